"""Input on the canvas: gestures, keys, drops, menus and the layer search."""
