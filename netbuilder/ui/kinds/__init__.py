"""What the window has of each kind of data: tabs of the Data panel, forms of the Predict panel.

A module a kind, its plots included, and a row in ``registry``. The panels themselves, and what
they have for all kinds alike, stand in ``ui/data`` and ``ui/results``.
"""
