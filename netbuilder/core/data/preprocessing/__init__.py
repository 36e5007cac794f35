"""From cells to values: types, roles, missing values, scaling, and back to the data's units."""
