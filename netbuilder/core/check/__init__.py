"""Diagnosis: problems of a project in words, with fixes. Nothing here trains."""
