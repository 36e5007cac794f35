"""HDF5 files from elsewhere: opened by ``door``, asked what they hold by ``contents``.

The HDF5 library itself loops for ever, or ends the whole program, on some damaged files; no
exception tells. So a process of its own (``worker``) reads a file first.
"""
