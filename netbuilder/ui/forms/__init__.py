"""Forms for parameters of the catalog, with an editor for each kind."""
