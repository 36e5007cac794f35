"""Import Keras code from ``.py`` and ``.ipynb`` by interpreting its syntax tree."""
