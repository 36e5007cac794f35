"""The project: values, pure edits, groups, layout and file. Knows neither data files nor Keras."""
