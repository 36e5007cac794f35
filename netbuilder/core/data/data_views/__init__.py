"""What there is to see of data beyond its columns: points, parts, texts, series, sounds, pictures.

A module a sort of sight, a row of ``looks.LOOKS`` each; reading and fitting are ``prepare``'s and
drawing is ``ui/plots``'s.
"""
