"""What the trained network does: evaluate, predict, look inside, earlier runs."""
