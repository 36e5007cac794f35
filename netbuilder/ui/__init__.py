"""The window. It shows core's values and turns gestures into edits."""
