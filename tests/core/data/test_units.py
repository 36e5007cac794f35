"""Numbers in several units, with units beside some only, in brackets: right, or told."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.number_text import factors
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.errors import DataError
from netbuilder.core.formats import registry
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from tests.few import few

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
RECIPE = Data(
    "csv", path="d.csv", target=("y",), scaling="none", test_split=0.0, validation_split=0.0
)
PROJECT = Project(graph=GRAPH, data=RECIPE, training=Training(loss=Choice("mse")))
#: How a column is written, what it says, and the unit that is shown.
COLUMNS = {
    "weights": (["12 kg", "900 g", "3.5 kg", "1 kg"], [12, 0.9, 3.5, 1], "kg"),
    "mostly small": (["12 g", "2 kg", "7 g", "1 g"], [12, 2000, 7, 1], "g"),
    "disks": (["256 GB", "1TB", "512GB", "2 TB"], [256, 1000, 512, 2000], "GB"),
    "money": (["€110.5M", "€565K", "€0", "€2M"], [110.5e6, 565e3, 0, 2e6], "€"),
    "views": (["36k", "950", "1.2M", "12"], [36e3, 950, 1.2e6, 12], ""),
    "books": (["(1,200)", "(45)", "7", "(3)"], [-1200, -45, 7, -3], ""),
    "footnotes": (["1,200*", "45 kg**", "7 kg", "3 kg †"], [1200, 45, 7, 3], "kg"),
    "footnotes alone": (["12.5*", "45†", "7", "3"], [12.5, 45, 7, 3], ""),
}
CODES = {"books": {"owed"}, "footnotes": {"footnote-marks", "some-without-unit"},
         "footnotes alone": {"footnote-marks"}}  # fmt: skip


def write(folder, cells, name="d.csv"):
    rows = (f'"{cell}",{place}' for place, cell in enumerate(cells * 12))
    (folder / name).write_text("x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", list(COLUMNS))
def test_a_column_is_read_in_one_unit_by_program_and_script(tmp_path, name, monkeypatch):
    cells, numbers, unit = COLUMNS[name]
    write(tmp_path, cells)
    told = np.array([numbers * 12], float).T
    np.testing.assert_allclose(load_dataset(PROJECT, tmp_path).train.raw_x["input"], told)
    found = make_report(PROJECT, tmp_path)
    assert (found.columns[0].unit, found.columns[0].type) == (unit, "number")
    said = {one.code for one in found.notes if one.column == "x" and one.fixes}
    assert said == CODES.get(name, {"units-made-one"})
    registry.save_network(PROJECT, tmp_path / "out.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    space: dict[str, Any] = {}
    exec((tmp_path / "out.py").read_text("utf-8").split("# Build the network")[0], space)
    np.testing.assert_allclose(space["x_train"], told, rtol=1e-6)


def test_new_rows_are_read_in_the_unit_that_was_learned(tmp_path):
    write(tmp_path, ["12 kg", "3.5 kg", "1 kg"])
    preprocessing = Preprocessing.from_json(load_dataset(PROJECT, tmp_path).preprocessing.to_json())
    write(tmp_path, ["900 g", "40 g"], "new.csv")
    values = read_split(RECIPE, preprocessing, tmp_path / "new.csv").raw_x["input"]
    np.testing.assert_allclose(values[:2, 0], [0.9, 0.04])


@pytest.mark.parametrize(
    ("cells", "bare"),
    [(["45%", "0.37", "12%"], "0.37"), (["3 kg", "7", "2 kg"], "7"), (["3 kg", "0", "2 kg"], "")],
)
def test_a_number_without_the_unit_of_the_others_is_told(tmp_path, cells, bare):
    write(tmp_path, cells)
    findings = table_reading(read_table(tmp_path / "d.csv", {})).findings
    told = [one.message for one in findings if one.code == "some-without-unit"]
    assert bool(told) == bool(bare)
    assert not bare or f"'{bare}' is read as {bare} " in told[0]


def test_money_of_another_country_is_told(tmp_path):
    write(tmp_path, ["$12", "$3", "$450"])
    write(tmp_path, ["12 €", "3 €"], "new.csv")
    preprocessing = load_dataset(PROJECT, tmp_path).preprocessing
    with pytest.raises(
        DataError, match=r"new\.csv: Column 'x' is in €, but the training data is in \$"
    ):
        read_split(RECIPE, preprocessing, tmp_path / "new.csv")
    tested = replace(PROJECT, data=replace(RECIPE, test_path="new.csv"))
    told = [one for one in make_report(tested, tmp_path).notes if one.code == "other-unit"]
    assert [one.severity for one in told] == ["warning"]
    assert not [n for n in make_report(PROJECT, tmp_path).notes if n.code == "other-unit"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [(["21 °C", "70 °F", "25 °C"], True), (["9a", "9b", "9c", "10a", "10b", "10c"], False)],
)
def test_units_that_cannot_be_made_one_are_told_classes_of_a_school_are_none(tmp_path, cells, told):
    write(tmp_path, cells)
    codes = {one.code for one in table_reading(read_table(tmp_path / "d.csv", {})).findings}
    assert ("several-units" in codes) == told


@pytest.mark.parametrize("limit", few([1024, 1], 1))
def test_a_unit_that_comes_far_down_is_named(tmp_path, limit):
    rows = [f"{n / 8} kg,{n}" for n in range(60_000)]
    rows[50_000] = "900 cm,3"
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    recipe = replace(RECIPE, options={"memory_limit_mb": limit})
    with pytest.raises(DataError, match="line 50002 has the text '900 cm'"):
        load_dataset(replace(PROJECT, data=recipe), tmp_path)


def test_feet_and_inches_are_no_thousands(tmp_path):
    write(tmp_path, ['6\'4""', '5\'11""', '6\'1""'])
    column = make_report(PROJECT, tmp_path).columns[0]
    assert column.type == "number" and column.ends == ("71", "76"), "6'4\" was read as 64"


def test_what_differs_in_kind_has_no_factor():
    assert factors(["kg", "cm"]) is None
    assert factors(["$", "€"]) is None
    assert factors(["", "m"]) is None, "5 m are metres and no millions"
    assert factors(["B", ""]) is None, "the B of a house is no billion"
    assert factors(["$ m", "$"]) == ("$", {"$ m": 1e6, "$": 1.0})
    assert factors(["B", "M"]) == ("", {"B": 1e9, "M": 1e6})
    assert factors(["min"], "h") == ("h", {"min": 1 / 60, "h": 1.0})
