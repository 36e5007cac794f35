"""How one number of a layer comes about, and how it is said.

The formulas are those of Keras 3; the tests compare each with the layer's own output. Everything
is computed in float64 from what the layer was given: nothing here asks a network.
"""
