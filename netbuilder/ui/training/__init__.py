"""The Training panel: settings, controls, live curves, messages."""
