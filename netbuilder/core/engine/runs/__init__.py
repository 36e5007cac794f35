"""Records of finished runs: kept, listed, compared, brought back."""
