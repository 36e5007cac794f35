"""The lesson that is open, and how far each pupil is.

What a lesson is stands in ``core/lessons``; its dock in ``ui/lessons``.
"""
