"""What views show of a network: asked off the GUI thread, of the running training or afterwards.

The questions are ``core/results``'; drawing the answers is ``ui/plots``'.
"""
