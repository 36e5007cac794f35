"""Training loop over tensors and a compiled model; it knows no project files and no run records."""
