"""The Inspector panel: what is selected, its form and its numbers.

The forms themselves are made in ``ui/forms`` from the catalog's rows.
"""
