"""Nothing that is no number reaches the network, from whatever part and kind of data."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def frame(rows=50):
    source = np.random.default_rng(4)
    return pd.DataFrame({"a": source.normal(size=rows), "b": source.normal(size=rows),
                         "y": source.normal(size=rows)})  # fmt: skip


def refused(folder, **data: object):
    recipe = Data(**{"kind": "csv", "path": "d.csv", "target": ("y",), **data})
    with pytest.raises(DataError) as caught:
        load_dataset(Project(graph=GRAPH, data=recipe), folder)
    return caught.value


def test_a_column_that_is_empty_in_the_test_file_only(tmp_path):
    frame().to_csv(tmp_path / "d.csv", index=False)
    frame(20).assign(b=np.nan).to_csv(tmp_path / "t.csv", index=False)
    error = refused(tmp_path, test_path="t.csv")
    assert str(error).startswith("'b' in t.csv has an empty cell in line 2. 19 more rows")
    assert error.fixes
    recipe = Data(
        "csv", path="d.csv", test_path="t.csv", target=("y",), options={"missing": "mean"}
    )
    data = load_dataset(Project(graph=GRAPH, data=recipe), tmp_path)
    mean = data.preprocessing.inputs["input"].columns[1].mean
    np.testing.assert_allclose(data.test.raw_x["input"][:, 1], mean, rtol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["x", "y"])
def test_arrays(tmp_path, wrong, where):
    arrays = {"x": np.zeros((40, 3), np.float32), "y": np.linspace(0, 1, 40)}
    arrays["x"][:, 0] = np.arange(40)
    arrays[where][7] = wrong
    np.savez(tmp_path / "d.npz", **arrays)
    error = refused(tmp_path, kind="arrays", path="d.npz", target=(), options={})
    assert "row 8" in str(error) or "d.npz" in str(error)


def test_a_target_is_never_filled(tmp_path):
    table = frame()
    table.loc[[3, 4], "y"] = np.nan
    table.to_csv(tmp_path / "d.csv", index=False)
    recipe = Data("csv", path="d.csv", target=("y",), options={"missing": "mean"})
    found = load_facts(Project(graph=GRAPH, data=recipe), tmp_path)
    assert found.rows + found.validation_rows + found.test_rows == 48
    assert "2 rows with missing values were left out." in found.notes
