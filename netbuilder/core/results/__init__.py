"""What a trained network does: how good it is, what it answers, what goes on inside it."""
