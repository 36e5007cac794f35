"""The frame around the panels: docks, menus and actions, bars, dialogs, opening and saving.

What one panel shows does not live here; panels stand in rooms of their own and know no window.
"""
