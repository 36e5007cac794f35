"""One file a format that is written for others to read; each has a ``save``.

Scripts and notebooks stand in ``script``, reading in ``importing``.
"""
