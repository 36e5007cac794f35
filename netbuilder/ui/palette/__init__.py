"""The Palette panel: the list of layers and blocks that can be put on the canvas, with its search.

What a layer is stands in ``core/catalog``; dropping one is the canvas's.
"""
