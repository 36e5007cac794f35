"""Export a project as a Python script or notebook that does not need NetBuilder."""
