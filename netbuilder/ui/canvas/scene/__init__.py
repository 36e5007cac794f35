"""The network as boxes and lines in scene coordinates: cards, wires, geometry, hit testing.

Values and pure functions without a widget; painting them is ``paint``'s.
"""
