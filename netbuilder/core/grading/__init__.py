"""A class's work: handing in, judging every file of a folder in a bounded process, the report.

Judging one model is ``results``', a lesson's checks are ``lessons``'; here is what a pile of
files needs: bounds, rubric, sameness, table.
"""
