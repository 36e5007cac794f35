"""The canvas: the network as cards and wires, and every gesture on it.

Here stand the view and its viewport; what is drawn is in ``scene``, how in ``paint``, what hands
do in ``input``, what a screen reader gets in ``accessibility``.
"""
