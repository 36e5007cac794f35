"""Output shapes, parameter counts, memory and multiply-adds of every node, from Keras itself.

Fixes that make shapes fit stand here too; rules that use them in ``rules``.
"""
