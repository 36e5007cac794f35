"""Text made harmless, or valid, for where it is shown or written."""
