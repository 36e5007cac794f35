"""From cells to values: types, roles, missing values, scaling, and the way back from answers.

Nothing here opens a file; readers hand over tables, kinds say what their samples are.
"""
