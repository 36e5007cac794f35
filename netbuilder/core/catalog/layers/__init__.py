"""Rows of layers, a file a family; ``layer_index`` puts them together and searches them."""
