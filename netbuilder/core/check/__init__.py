"""What is wrong or doubtful about a project, in words, with fixes.

``rules`` holds one file a subject, ``shapes`` what Keras says of shapes. Nothing here trains.
"""
