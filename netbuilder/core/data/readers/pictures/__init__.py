"""Picture files: where they come from, whether they are whole, their sizes and pixels."""
