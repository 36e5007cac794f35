"""Small widgets without meaning of their own: cards, labels, flowing rows, buttons for fixes.

They hold no project and draw no numbers; plots and forms stand a floor above.
"""
