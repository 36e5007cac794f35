"""The ways of packing that HDF5 has built in."""

#: deflate, shuffle, fletcher32, szip, nbit, scale-offset; 32000 is h5py's own lzf. Any other would
#: be loaded as a program from a plugin folder.
FILTERS = frozenset({1, 2, 3, 4, 5, 6, 32000})
