"""A package for each kind of data: what it opens, its options, its reader, views and script.

Cutting and fitting are ``prepare``'s, for all kinds alike.
"""
