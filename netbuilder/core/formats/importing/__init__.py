"""From a checked file of another program to a project, and to a trained network where possible.

What may pass at all is decided in ``safety``.
"""
