"""What hands do on the canvas: gestures, keys, drops, menus, the layer search.

Each gesture ends in an edit of the project; what is drawn meanwhile is ``paint``'s.
"""
