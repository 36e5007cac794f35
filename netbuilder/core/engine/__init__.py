"""From a project and its data to a trained model: the session and what other rooms need of it.

How it is done stands in the sub-rooms; judging and writing the result is ``results``' and
``formats``'.
"""
