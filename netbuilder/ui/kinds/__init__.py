"""Widgets of each kind of data: a module a kind, a row in ``registry``."""
