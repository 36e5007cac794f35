"""The canvas for a screen reader: cards as children with names, and what is announced.

Nothing is painted here.
"""
