"""A package for each kind of data: its files, options, reader, views and script."""
