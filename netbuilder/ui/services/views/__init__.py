"""Data for views of the network."""
