"""The network unit by unit, instead of layer by layer. The canvas holds the layers."""
