"""Import checked files of other programs as projects; ``safety`` decides what may pass."""
