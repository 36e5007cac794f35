"""Every format of the registry: its module, and what else knows its ending."""

import importlib
import inspect
from pathlib import Path

import pytest

from netbuilder.core.formats.registry import FORMATS
from netbuilder.core.lessons.check_values import ENDINGS

ROWS = pytest.mark.parametrize("row", FORMATS, ids=lambda row: row.name)


@ROWS
def test_a_module_writes_and_verifies(row):
    module = importlib.import_module(f"netbuilder.core.formats.{row.module}")
    assert callable(module.save)
    assert callable(module.verify)
    assert ("style" in inspect.signature(module.save).parameters) == row.styled
    assert row.title
    assert row.help.endswith(".")


def test_an_ending_belongs_to_one_format():
    endings = [ending for row in FORMATS for ending in row.endings]
    assert sorted(endings) == sorted(set(endings))


@ROWS
def test_lessons_and_the_readme_know_the_ending(row, root):
    readme = (root / "README.md").read_text("utf-8").split("## What it opens and saves")[1]
    for ending in row.endings[:1]:
        last = Path(f"model{ending}").suffix
        assert last in ENDINGS, "core/lessons/check_values.py: what lessons can ask to be saved"
        assert f"`{last}`" in readme, "README.md: What it opens and saves"
