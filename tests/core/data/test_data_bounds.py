"""Data that would fill the memory is refused in one sentence, before it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from netbuilder.core.data.load import facts, load
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project

MANY = 200_000


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("names")
    lines = [f"n{i},{i % 7},{i}" for i in range(MANY)]
    (folder / "d.csv").write_text("name,size,price\n" + "\n".join(lines), encoding="utf-8")
    return folder


def peak() -> float:
    """What this process has taken at most, in MiB."""
    resource = pytest.importorskip("resource")  # not on Windows
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def refused(data: Data, folder: Path) -> str:
    """The message, and that it came before gigabytes were taken."""
    before = peak()
    with pytest.raises(DataError) as caught:
        load(Project(data=data), folder)
    assert caught.value.mend
    assert peak() - before < 1024
    return str(caught.value)


def test_a_category_of_200000_values(names: Path) -> None:
    columns = {"name": ColumnChoice(type="category")}
    said = refused(Data("csv", path="d.csv", target=("price",), columns=columns), names)
    assert "Column 'name' of d.csv is a category of 144,000 different values" in said
    assert "the limit is 1,024 MiB" in said
    assert '"memory_limit_mb"' in said


def test_the_limit_is_the_recipes(tmp_path: Path) -> None:
    lines = [f"n{i % 70},{i}" for i in range(4000)]
    (tmp_path / "d.csv").write_text("name,price\n" + "\n".join(lines), encoding="utf-8")
    data = Data("csv", path="d.csv", target=("price",), options={"categories": ["name"]})
    assert len(facts(Project(data=data), tmp_path).column_names) == 70
    tight = {"categories": ["name"], "memory_limit_mb": 2}
    said = refused(Data("csv", path="d.csv", target=("price",), options=tight), tmp_path)
    assert "a category of 70 different values" in said
    assert "the limit is 2 MiB" in said


def test_a_target_of_200000_classes(names: Path) -> None:
    data = Data("csv", path="d.csv", target=("name",), options={"task": "classes"})
    said = refused(data, names)
    assert "has 200000 classes" in said
    assert "At most 1000" in said
