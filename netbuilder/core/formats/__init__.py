"""Files that come in and go out: one file per format, a registry, and what guards the door."""
