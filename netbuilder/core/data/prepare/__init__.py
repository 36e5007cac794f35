"""From raw samples to model-ready arrays: splits, encodings, checks, streams."""
