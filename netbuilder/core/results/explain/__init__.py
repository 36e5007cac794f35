"""Why the network answers as it does: pictures, tables, texts and series.

Each method is a row of ``methods``; nothing here draws on a screen.
"""
