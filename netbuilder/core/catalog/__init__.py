"""What can be used, as rows: kinds of parameters, validation, search, pages made from the rows.

Layers stand in ``layers``, what trains them in ``training``. Nothing here builds a Keras object.
"""
