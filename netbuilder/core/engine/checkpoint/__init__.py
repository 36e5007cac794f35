"""What of a run is kept while it goes on, in which format and how often, and how it comes back.

Finished runs are ``runs``'.
"""
