"""The Code panel: the project as Python, coloured.

The script is written by ``core/formats/script``.
"""
