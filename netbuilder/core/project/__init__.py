"""What the user made: values, pure edits, groups, layout, and the project file.

Nothing here knows data on disk, Keras or a window.
"""
