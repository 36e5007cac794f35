"""One module a kind of data: what it opens, its options, how it is read, shown and written as code.

Cutting and fitting are ``prepare``'s, for all kinds alike.
"""
