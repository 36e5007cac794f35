"""NetBuilder: draw a neural network, watch it learn, take the trained ``.h5`` away."""

__version__ = "0.2.0"
