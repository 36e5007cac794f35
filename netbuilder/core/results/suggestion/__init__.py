"""Networks that fit the data: candidates of each kind, and the choice between them by trial.

Here is what proposes and selects; what trains stands in ``core/engine``.
"""
