"""Many training steps in one compiled call, what is compiled how, and how that is remembered.

It knows tensors and a compiled model, no project files and no run records.
"""
