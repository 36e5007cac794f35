"""What leads a newcomer through the window: start page, tour, the lesson's dock, its places.

The pages themselves are ``ui/gallery``'s and ``ui/lessons``'.
"""
