"""How a single output value is computed, step by step, and its formula in words.

Formulas are Keras 3's, in float64; tests compare each with the layer's own output.
"""
