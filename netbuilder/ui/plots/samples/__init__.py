"""Pictures of data before anything is learned from it: points, parts, texts, series, sounds.

They draw what ``core/data/looks`` hands over; plots of runs and answers stand in ``ui/plots``.
"""
