"""Lessons: file format, checks (pure functions of a ``LessonState``) and where they are stored."""
