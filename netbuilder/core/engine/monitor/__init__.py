"""What is watched while training: history, the watcher and its rules, Keras callbacks.

Nothing here changes how a step is computed.
"""
