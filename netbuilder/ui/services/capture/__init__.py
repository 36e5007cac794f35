"""Where samples come from that a class takes itself: cameras and microphones, by QtMultimedia.

What is done with a sample (kept in a folder, shown to the network) is the panels' affair.
"""
