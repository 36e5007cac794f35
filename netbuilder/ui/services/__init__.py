"""What the window knows and does without showing it: store, workbench, jobs, runs, settings.

Services speak by signals and values. Nothing here lays out a widget that people see; panels do.
"""
