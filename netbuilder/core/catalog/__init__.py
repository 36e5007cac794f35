"""Tables of what Keras offers: layers, what trains them, parameters, validation and search."""
