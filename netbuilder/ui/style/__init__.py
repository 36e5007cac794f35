"""Colours, fonts, icons, font scale and shortcuts of the window."""
