"""From graph and rows to Keras objects: layers, models, losses, optimizers, seeds.

Training them is ``loop``'s.
"""
