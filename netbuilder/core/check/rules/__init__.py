"""The rules, one file a subject; each is a row with an example that feeds tests and docs.

``diagnostics`` a floor above runs them.
"""
