"""From files to raw samples: dialects, encodings, tables, pictures, sounds, and what is remembered.

What the samples mean for a network is ``kinds``' and ``prepare``'s.
"""
