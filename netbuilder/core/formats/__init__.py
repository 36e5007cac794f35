"""Read and write model files: one module per format, a registry and safety checks."""
