"""Pictures of numbers: curves, bars, confusion matrix, strips of activations, table previews.

A plot draws the values it is given and knows neither store nor workbench. What is computed for it
stands in ``core/results``.
"""
