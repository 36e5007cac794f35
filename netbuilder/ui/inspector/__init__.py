"""The form of what is selected, made from the catalog's rows."""
