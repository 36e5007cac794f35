"""From files of arrays to samples: what is in a file, which array is which, what they are.

How they are fitted for a network is ``kinds.arrays``'.
"""
