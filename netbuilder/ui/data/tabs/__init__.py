"""Ways to look at data, a tab each: pictures, texts, series, sequences, sounds, parts.

Each has ``show_look(look, project, base)``; which tabs there are is ``look_tabs``'s.
"""
