"""Records of finished runs: kept, listed, compared, brought back.

A run that goes on is the session's, its snapshots ``checkpoint``'s.
"""
