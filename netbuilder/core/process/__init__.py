"""This process and its workers: start, warnings, garbage collection."""
