"""Output shapes, parameter counts, memory and multiply-adds from Keras, and fixes for shapes."""
