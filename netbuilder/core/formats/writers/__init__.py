"""Write export formats, one module each, with ``save`` and ``verify``."""
