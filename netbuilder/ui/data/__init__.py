"""The Data panel: data source, recipe, and views of the data."""
