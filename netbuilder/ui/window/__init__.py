"""The main window's frame: docks, menus, actions, bars, dialogs, opening and saving."""
