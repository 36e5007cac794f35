"""Services of the window: store, workbench, jobs, runs, settings. They have no visible widgets."""
