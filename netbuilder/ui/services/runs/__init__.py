"""One run at a time: begun, followed, slowed, kept and brought back.

Training itself is ``core/engine``'s; what is drawn of a run stands in panels.
"""
