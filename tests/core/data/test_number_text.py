"""Numbers as people write them, and the wrong numbers that a careless reader would take."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.preprocessing.cells import dates_as_days
from netbuilder.core.data.preprocessing.number_text import number_style
from netbuilder.core.data.readers.csv_dialect import numbered_names
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def column(folder, cells, separator=";", **options: object):
    """The column as it is read, beside a plain one, in a file that separates by ``separator``."""
    quoted = [f'"{cell}"' if separator in cell else cell for cell in cells]
    lines = [f"n{separator}v", *(f"{i}{separator}{cell}" for i, cell in enumerate(quoted))]
    (folder / "d.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    values = read_table(folder / "d.csv", options)["v"]
    assert values.dtype.kind in "if", values.dtype
    return [float(value) for value in values]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,125", "995", "12,300", "7"], [1125, 995, 12300, 7]),
        (["1,5", "2,25", "1,125"], [1.5, 2.25, 1.125]),
        (["0,125", "1,125", "3,500"], [0.125, 1.125, 3.5]),
        (["1.304,50", "20,00", "995"], [1304.5, 20, 995]),
        (["1,304.50", "20.00", "995"], [1304.5, 20, 995]),
        (["1'200", "950", "12'345'678"], [1200, 950, 12345678]),
        (["1’200.5", "950", "3"], [1200.5, 950, 3]),
        (["1 200", "950", "12 345 678"], [1200, 950, 12345678]),
        (["1\u202f200", "950", "12\u00a0345"], [1200, 950, 12345]),
        (["$1,304", "$995", "-$20"], [1304, 995, -20]),
        (["€ 1.304,50", "€ 20,00", "€ 9,99"], [1304.5, 20, 9.99]),
        (["12 kg", "9.5kg", "100 kg"], [12, 9.5, 100]),
        (["90 m2", "63.5 m2", "151m2"], [90, 63.5, 151]),
        (["7 %", "12.5%", "100 %"], [7, 12.5, 100]),
        (["1,304,995", "2,000", "17"], [1304995, 2000, 17]),
        (["1.304.995", "2.000", "17"], [1304995, 2000, 17]),
        (["−5", "+7", "3"], [-5, 7, 3]),
        (["1e3", "2.5E-2", "7"], [1000, 0.025, 7]),
    ],
)
def test_numbers_in_all_writings(tmp_path, cells, numbers):
    assert column(tmp_path, cells) == numbers
    assert column(tmp_path, cells, "\t") == numbers


def test_quoted_thousands_in_a_file_with_commas(tmp_path):
    assert column(tmp_path, ["1,125", "995"], ",") == [1125, 995]


def test_hundreds_and_thousands_stay_what_they_are_over_many_rows(tmp_path):
    """The measured case: 117 of 144 rows were a thousandth of what stood there."""
    truth = [int(n) for n in np.random.default_rng(5).integers(600, 9000, 144)]
    assert column(tmp_path, [f"{n:,}" for n in truth]) == truth


def test_where_both_are_possible_it_asks_and_takes_the_answer(tmp_path):
    cells = [f"{n:,}" for n in range(950, 1450, 10)]
    column(tmp_path, cells)
    project = Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("n",)))
    (asked,) = [n for n in make_report(project, tmp_path).notes if n.code == "ambiguous-numbers"]
    assert (asked.severity, asked.column) == ("error", "v")
    assert "'1,000', which are ambiguous: 1000 (the comma" in asked.message
    assert [fix.label for fix in asked.fixes] == [
        "Read as 1000", "Read as 1.000",
    ]  # fmt: skip
    thousands, decimals = (fix.edit(project) for fix in asked.fixes)
    # Where 1,125 is 1.125, 995 stays 995 in the very same column.
    for chosen, highest, total in (
        (thousands, 1440.0, sum(range(950, 1450, 10))),
        (decimals, 990.0, sum(n if n < 1000 else n / 1000 for n in range(950, 1450, 10))),
    ):
        found = make_report(chosen, tmp_path)
        assert [n for n in found.notes if n.code == "ambiguous-numbers"] == []
        assert found.columns[1].maximum == highest
        table = read_table(tmp_path / "d.csv", reading_options(chosen.data))
        assert table["v"].sum() == pytest.approx(total)


def test_an_open_question_keeps_it_from_training_until_it_is_answered(tmp_path):
    lines = ["n;v;w;k", *(f"{i};{n:,};{2 * n:,};{n:,}" for i, n in enumerate(range(950, 1450, 10)))]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    decided = {"k": ColumnChoice("ignore")}  # what is not used is not asked about
    project = Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("n",), columns=decided))

    def asked(one):
        problems = diagnose(one, load_dataset(one, tmp_path).facts)
        return [p.message[:10] for p in problems if p.code == "ambiguous-numbers" and p.blocks]

    assert asked(project) == ["Column 'v'", "Column 'w'"]
    problem = next(p for p in diagnose(project, load_dataset(project, tmp_path).facts) if p.blocks)
    assert len(problem.fixes) == 4, "for this column, and for all that are asked about"
    one, both = problem.fixes[0].edit(project), problem.fixes[3].edit(project)
    assert asked(one) == ["Column 'w'"]
    assert asked(both) == []
    assert both.data.columns["w"].decimal == ","
    assert [c.maximum for c in make_report(both, tmp_path).columns[1:3]] == [990.0, 2.88]
    assert asked(set_columns(project, ["v", "w"], type="category")) == []


def test_one_column_may_be_decided_against_the_file(tmp_path):
    """b proves a decimal comma; a person says that in a it groups thousands nevertheless."""
    lines = ["a;b", *(f"1,{n};0,{n % 10}5" for n in range(100, 160))]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    table = read_table(tmp_path / "d.csv", {"decimals": {"a": "."}})
    assert table["a"].iloc[:2].tolist() == [1100, 1101]
    assert table["b"].iloc[:2].tolist() == [0.05, 0.15]
    table = read_table(tmp_path / "d.csv", {})
    assert table["a"].iloc[:2].tolist() == [1.1, 1.101]
    assert [f for f in table_reading(table).findings if f.code == "ambiguous-numbers"] == []


def test_new_rows_that_can_be_read_in_two_ways_are_refused(tmp_path):
    lines = ["v;y", *(f"{n};{n}" for n in range(100, 160))]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    project = Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("y",)))
    preprocessing = load_dataset(project, tmp_path).preprocessing
    (tmp_path / "new.csv").write_text("v;y\n1,125;3\n995;4\n")
    with pytest.raises(DataError, match=r"new.csv: Column 'v' .* 1125 .* or 1\.125"):
        read_split(project.data, preprocessing, tmp_path / "new.csv")
    told = set_columns(project, ["v"], decimal=".").data
    assert read_split(told, preprocessing, tmp_path / "new.csv").raw_x["input"].tolist() == [
        [1125],
        [995],
    ]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("20,5;Moskva;100,25\n3,25;Tula;7,5\n", [20.5, 100.25, 3.25, 7.5]),
        ("1,5;2,5\n3,25;4,75\n", [1.5, 2.5, 3.25, 4.75]),
        ("1,5\t2,5\n3,25\t4,75\n", [1.5, 2.5, 3.25, 4.75]),
        ("a,b,c\n1,2,3\n4,5,6\n", [1, 2, 3, 4, 5, 6]),
        ("1,x;y,2\n3,z;w,4\n", [1, 2, 3, 4]),
    ],
)
def test_a_comma_that_only_stands_in_numbers_separates_nothing(tmp_path, text, numbers):
    (tmp_path / "d.csv").write_text(text)
    table = read_table(tmp_path / "d.csv", {}).select_dtypes("number")
    assert table.to_numpy().ravel().tolist() == numbers


def test_the_unit_is_shown(tmp_path):
    lines = ["w,p,y", *(f'{n} kg,"${n},500",{n}' for n in range(1, 41))]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    found = make_report(
        Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("y",))), tmp_path
    )
    assert [(c.unit, c.type, c.maximum) for c in found.columns] == [
        ("kg", "number", 40.0), ("$", "number", 40500.0), ("", "number", 40.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "cells",
    [
        ["12 kg", "5 cm", "3 kg"],
        ["$5", "7 €", "$3"],
        ["6'4", "5'31", "6'1"],
        ["7B", "8", "12C"],
        ["A1", "B2", "C3"],
        ["2024-01-02", "2024-02-03"],
        ["10:30", "11:45"],
        ["1-2", "3-4"],
        ["room 12", "room 13"],
        ["red", "5", "blue"],
        ["192.168.0.1", "10.0.0.12"],
    ],
)
def test_what_is_no_number_stays_what_it_is(cells):
    assert number_style(cells) is None


def test_one_row_is_read_as_the_training_file_was(tmp_path):
    lines = ["v;y", *(f"{1 + n / 1000:.3f};{n / 10:.1f}".replace(".", ",") for n in range(60))]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    data = load_dataset(
        Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("y",))), tmp_path
    )
    assert data.preprocessing.hints["like_decimal"] == ","
    (tmp_path / "one.csv").write_text("v;w\n1,125;2\n")
    assert read_table(tmp_path / "one.csv", {})["v"].tolist() == [1125]
    assert read_table(tmp_path / "one.csv", data.preprocessing.hints)["v"].tolist() == [1.125]


def test_nothing_among_numbers_and_nothing_among_words(tmp_path):
    lines = ["n,c,k", "1,None,0", "NA,wood,1", "?,brick,2", "4,None,3", "null,,4"]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    table = read_table(tmp_path / "d.csv", {})
    assert table["n"].tolist()[::3] == [1.0, 4.0]
    assert table["n"].isna().sum() == 3
    assert table["c"].tolist()[:4] == ["None", "wood", "brick", "None"]
    assert table["c"].isna().sum() == 1
    told = next(f for f in table_reading(table).findings if f.code == "word-for-nothing")
    assert "'None' in 2 rows: it counts as a category" in told.message
    project = told.fixes[0].edit(Project(data=Data("csv", path="d.csv")))
    assert project.data.options["missing_values"] == {"c": ["None"]}


def test_a_cell_that_never_ends_is_no_number(tmp_path):
    """Tried in every way, one of 200,000 letters would hold the program up for minutes."""
    long = ["(" + "1" * 200_000, "-" + " " * 200_000 + "x", "1" + " " * 200_000 + "GMT"]
    lines = ["v,y", *(f"${1000 + n},{n}" for n in range(60)), *(f"{one},1" for one in long)]
    (tmp_path / "d.csv").write_text("\n".join(lines) + "\n")
    table = read_table(tmp_path / "d.csv", {})
    assert table["y"].tolist()[-3:] == [1, 1, 1]
    cells = ["1/2", "3/4", "1e99999999", "1 1/2"] * 10  # a fraction of 100 million digits
    (tmp_path / "f.csv").write_text("v,y\n" + "".join(f"{cell},1\n" for cell in cells))
    assert read_table(tmp_path / "f.csv", {})["y"].sum() == 40
    days = pd.Series(["1/2/2024 10:00:00 GMT+1", "1/2/2024" + " " * 200_000])
    assert dates_as_days(days, "", "").tolist()[1] == 19_724


def test_columns_of_one_name_are_counted():
    names = ["a", "a", "b", "a.1", "a", "b"]
    assert numbered_names(names) == ["a", "a.2", "b", "a.1", "a.3", "b.1"]
    assert len(set(numbered_names(["x"] * 20_000))) == 20_000
