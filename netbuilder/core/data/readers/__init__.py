"""From files to raw samples: dialects, CSV in memory and in pieces, what a sample is.

What the samples mean for a network is ``kinds``' and ``prepare``'s.
"""
