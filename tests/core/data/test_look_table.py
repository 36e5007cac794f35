"""Numbers to look at: known pairs of columns give the known correlation."""

import numpy as np
import pandas as pd

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.data_views import MOST_ROWS, correlation, table_data_view
from netbuilder.core.data.preprocessing.cells import number_summary
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def _look(tmp_path, text, target):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    project = Project("t", GRAPH, Data("csv", path="t.csv", target=(target,)))
    return table_data_view(project, tmp_path, make_report(project, tmp_path))


def test_correlation_of_columns_whose_relation_is_known(tmp_path):
    rows = [f"{n},{10 - 2 * n},{7},{(n * 7919) % 13}" for n in range(40)]
    look = _look(tmp_path, "up,down,same,mixed\n" + "\n".join(rows) + "\n", "mixed")
    r = correlation(look)
    names = look.names
    up, down = names.index("up"), names.index("down")
    assert r[up, down] == -1
    assert r[up, up] == 1
    if "same" in names:
        assert np.isnan(r[up, names.index("same")])
    wanted = np.corrcoef(range(40), [(n * 7919) % 13 for n in range(40)])[0, 1]
    assert np.isclose(r[up, names.index("mixed")], wanted)


def test_classes_colour_the_points_and_large_tables_are_sampled(tmp_path):
    rows = [f"{n},{n % 5},{'cat' if n % 2 else 'dog'}" for n in range(MOST_ROWS + 500)]
    look = _look(tmp_path, "a,b,pet\n" + "\n".join(rows) + "\n", "pet")
    assert set(look.labels) == {"cat", "dog"}
    assert (len(look.values), look.sampled, look.target) == (MOST_ROWS, 500, "pet")
    a = look.values[:, look.names.index("a")]
    assert all(
        (value % 2 == 1) == (label == "cat") for value, label in zip(a, look.labels, strict=True)
    )


def test_numbers_at_a_glance_are_what_pandas_says_of_them():
    """NumPy on the values of a column, against pandas: the careful way."""
    source = np.random.default_rng(0)
    for turn in range(200):
        series = pd.Series(source.normal(size=source.integers(1, 90)) * 100).round(turn % 3)
        if turn % 4 == 1:
            series[source.random(len(series)) < 0.2] = np.nan
        series = series.astype(int) if turn % 4 == 2 else series
        values = series.astype(float).dropna()
        found = number_summary(series)
        if found is None:
            assert not len(values)
            continue
        whole = bool((values == values.round()).all())
        assert tuple(found) == (
            values.min(), values.max(), values.mean(), values.median(), values.mode()[0], whole,
            series.nunique(),
        )  # fmt: skip
