"""How the window looks: colours, fonts, spacing, icons, size of letters.

No widgets and nothing about projects.
"""
