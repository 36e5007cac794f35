"""The Training panel: plan, controls, live curves, messages of the watcher, export of curves.

The run itself and what is known of it stand in ``ui/services`` and ``core/engine``.
"""
