"""Forms made from the catalog's rows: an editor for each kind of parameter, nested choices.

What a form is about (a layer, a loss, a data recipe) is handed in by the panel that shows it.
"""
