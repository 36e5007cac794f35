"""The project as Python."""
