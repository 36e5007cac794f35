"""What a view shows of a network while it learns and afterwards: each is a probe and a reading.

``views`` has the rows; ``pictures`` what they give. How it is drawn stands in ``ui/plots``.
"""
