"""The canvas: the network as cards and wires, and every gesture on it."""
