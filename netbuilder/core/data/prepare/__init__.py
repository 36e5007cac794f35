"""From raw samples to model-ready arrays: splits, encodings, the gate, streams.

Reading files is ``readers``', what a cell means ``preprocessing``'s.
"""
