"""Handing work in, and the teacher's window that grades a folder of it.

What is judged and how points are given is ``core/grading``'s; nothing here opens a model.
"""
