"""The script of a table does with its columns what the recipe says, on the same numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.kinds import table_script
from netbuilder.core.data.load import load
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def script_frame(recipe: Data, folder: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(folder)
    lines = [
        "import numpy as np", "import pandas as pd", *table_script.imports(recipe),
        f"data = {table_script.reader(Project(data=recipe), recipe.path)}",
        *table_script.column_lines(recipe, ("data",)),
        f"x = pd.get_dummies(data.drop(columns={['y', *table_script.unused(recipe)]}))",
    ]  # fmt: skip
    space: dict[str, object] = {}
    exec("\n".join(lines), space)
    frame = space["x"]
    assert isinstance(frame, pd.DataFrame)
    return frame


def test_columns_and_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = np.arange(40)
    pd.DataFrame(
        {
            "a": np.where(steps % 9 == 4, np.nan, steps * 1.5),
            "b": np.where(steps % 7 == 3, -999, steps),
            "code": steps % 3,
            "ok": np.where(steps % 2, "yes", "no"),
            "day": pd.date_range("2024-01-01", periods=40).astype(str),
            "note": "text",
            "y": steps * 2.0,
        }
    ).to_csv(tmp_path / "d.csv", index=False)
    columns = {
        "a": ColumnChoice(missing="median"), "b": ColumnChoice(missing="mean"),
        "code": ColumnChoice(type="category"), "ok": ColumnChoice(type="boolean"),
        "day": ColumnChoice(type="date"), "note": ColumnChoice("ignore"),
    }  # fmt: skip
    recipe = Data(
        "csv", path="d.csv", target=("y",), scaling="none", test_split=0.0, validation_split=0.0,
        columns=columns, options={"missing_values": {"b": [-999]}},
    )  # fmt: skip
    data = load(Project(graph=GRAPH, data=recipe), tmp_path)
    script = script_frame(recipe, tmp_path, monkeypatch)
    mine = pd.DataFrame(data.train.raw_x["input"], columns=list(data.facts.column_names))
    for name in ("a", "b", "ok", "day"):
        np.testing.assert_allclose(script[name].astype(float), mine[name], rtol=1e-6)
    for code in "012":
        np.testing.assert_allclose(script[f"code_{code}"].astype(float), mine[f"code={code}"])
    assert "note" not in script


@pytest.mark.parametrize("name", ["d.parquet", "d.jsonl"])
def test_files_that_are_no_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    import polars

    frame = polars.DataFrame({"a": [1.5, 2.5, 3.5], "c": ["x", "y", "x"], "y": [1, 2, 3]})
    frame.write_parquet(tmp_path / "d.parquet")
    frame.write_ndjson(tmp_path / "d.jsonl")
    found = script_frame(Data("csv", path=name, target=("y",)), tmp_path, monkeypatch)
    assert found["a"].tolist() == [1.5, 2.5, 3.5]
    assert found["c_x"].tolist() == [True, False, True]
