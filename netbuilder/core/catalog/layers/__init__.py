"""One row a layer, one file a family; ``index`` puts them together and searches them.

Facts that others need about a layer stand on its row, never in a list elsewhere.
"""
