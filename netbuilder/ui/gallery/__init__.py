"""The start page: examples, lessons and recent files as pictures, and the way to data of one's own.

It only says what was chosen; the window opens it.
"""
