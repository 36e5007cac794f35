"""The pages Evaluate, Predict, Inside and Runs."""
