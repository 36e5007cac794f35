"""What the commands have in common: what they say, their bar, what they read.

A verb stands in a file of its own, a floor above.
"""
