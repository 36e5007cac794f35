"""Pictures that move while a network learns: surface, map, wall, histograms; points by hand.

What they show comes from ``core/results/live``; who asks for it stands in ``services/views``.
"""
