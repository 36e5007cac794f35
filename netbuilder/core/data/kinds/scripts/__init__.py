"""Lines of exported scripts about the data, that several kinds share.

Nothing here is about one kind alone; each kind puts its data section together from them.
"""
