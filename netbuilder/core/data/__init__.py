"""A recipe becomes arrays or a stream, with the preprocessing that leads there and back."""
