"""The Inspector panel: the selection, its parameters and its problems."""
