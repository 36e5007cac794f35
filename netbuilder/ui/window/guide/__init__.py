"""Guides through the window: start page, tour and lesson dock."""
