"""The dock of the lesson that is open, and the window in which a lesson is written.

What is done and what not is the business of ``services.lesson_session``.
"""
