"""From raw samples to model-ready arrays: splits, encodings, scaling, streams, and the way back.

Reading files is ``readers``'.
"""
