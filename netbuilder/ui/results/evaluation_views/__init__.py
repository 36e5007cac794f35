"""Parts of the Evaluate tab: residuals, a curve over amounts of data, runs side by side.

How the network is judged is ``core/results``; the tab itself is ``evaluate``.
"""
