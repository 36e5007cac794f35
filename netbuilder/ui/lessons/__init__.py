"""The panel of the open lesson, and the window in which a lesson is written."""
