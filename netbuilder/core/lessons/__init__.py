"""Lessons: their file format, the words of their checks, and where they lie.

Checks are pure functions over a ``LessonState`` that is handed in; nothing here looks at files of
models, asks Keras or knows the window.
"""
