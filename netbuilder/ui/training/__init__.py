"""The training plan, the run and its curves."""
