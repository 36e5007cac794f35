"""The project as a Python script or notebook that needs no NetBuilder.

Each section of the script is a file.
"""
