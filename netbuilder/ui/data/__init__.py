"""The Data panel: choosing data, its recipe, and a look at it.

Reading and understanding files is ``core/data``'s.
"""
