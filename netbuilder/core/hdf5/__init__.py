"""HDF5 files from elsewhere.

The HDF5 library hangs or crashes on some damaged files, so a process of its own reads them first.
"""
