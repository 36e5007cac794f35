"""Ways to put a question to the trained network: a row, a picture, a text, a series, a sound.

Each is a view of its own; the Predict tab shows the one that fits and the answer.
"""
