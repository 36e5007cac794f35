"""Which recipe a file or folder gets, and how its path is written."""

import pytest

from netbuilder.core.errors import DataError
from netbuilder.ui.services.data_recipes import recipe_for, relative_path


def test_a_recipe_follows_the_ending(tmp_path):
    assert recipe_for(tmp_path / "a.csv", None).kind == "csv"
    assert recipe_for(tmp_path / "a.npz", None).kind == "arrays"
    assert recipe_for(tmp_path, None).kind == "images"
    with pytest.raises(DataError, match=r"a\.docx"):
        recipe_for(tmp_path / "a.docx", None)


def test_paths_inside_the_project_are_relative(tmp_path):
    assert relative_path(tmp_path / "data" / "a.csv", tmp_path) == "data/a.csv"
    assert relative_path(tmp_path / "a.csv", tmp_path / "other") == str(tmp_path / "a.csv")
    assert relative_path(tmp_path / "a.csv", None) == str(tmp_path / "a.csv")
