"""Write export formats: a module each, as ``registry.Format`` describes."""
