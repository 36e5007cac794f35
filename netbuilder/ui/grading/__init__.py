"""Handing in work, and the teacher's window that grades a folder of submissions."""
