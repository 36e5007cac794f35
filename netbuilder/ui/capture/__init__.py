"""Collect samples: classes, camera or microphone, training and the live prediction in one window.

What takes samples from a device is in ``services/devices``; what trains is the window's runner.
"""
