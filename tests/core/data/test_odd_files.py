"""Files that ended in an exception or lost rows unseen; and a second look that reads nothing."""

import pickle
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from netbuilder.core.data import data_report
from netbuilder.core.data.load import load_facts
from netbuilder.core.data.prepare import prepared_data
from netbuilder.core.data.readers import csv_reader, disk_cache
from netbuilder.core.data.readers.csv_dialect import MOST_COLUMNS, sniff
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
PROJECT = Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("y",)))
TOWNS = ("Köln", "Münster", "Gießen", "Düsseldorf", "Lübeck", "São Paulo")


def codes(path, **options: object):
    return {one.code for one in table_reading(read_table(path, options)).findings}


def test_an_error_of_a_spreadsheet_is_no_comment(tmp_path):
    rows = [f"{'#N/A' if n % 5 == 0 else n},{n * 2}" for n in range(40)]
    (tmp_path / "d.csv").write_text("x,y\n" + "\n".join(rows) + "\n")
    table = read_table(tmp_path / "d.csv", {})
    assert len(table) == 40, "the careless reading passes 8 rows over"
    assert table["x"].isna().sum() == 8 and "comments" not in codes(tmp_path / "d.csv")


@pytest.mark.parametrize("encoding", ["cp437", "cp850", "mac_roman", "cp1252"])
def test_western_words_in_old_encodings(tmp_path, encoding):
    rows = [f"{TOWNS[n % len(TOWNS)]},{n}" for n in range(30)]
    if encoding == "cp437":
        rows = [row.replace("ã", "a") for row in rows]
    (tmp_path / "d.csv").write_text("town,y\n" + "\n".join(rows) + "\n", encoding=encoding)
    assert read_table(tmp_path / "d.csv", {})["town"].iloc[:3].tolist() == [*TOWNS[:3]]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", "Größe;Umsatz;Straße"),  # "öß" was Greek "φί"
        ("cp1252", "Übergröße;Menge"),
        ("cp1252", "créée;vitesse"),
        ("cp1252", "ação;preço"),
        ("cp437", "Größe;Höhe"),
        ("cp1250", "číslo;řada"),
        ("cp1250", "idő;hőmérséklet"),
        ("cp1251", "размер;цена"),
        ("cp1253", "μέγεθος;τιμή"),
    ],
)
def test_a_few_words_of_a_header_are_enough(tmp_path, encoding, names):
    width = names.count(";") + 1
    rows = [";".join([f"{n},5"] * width) for n in range(50)]
    (tmp_path / "d.csv").write_text("\n".join([names, *rows]) + "\n", encoding=encoding)
    assert list(read_table(tmp_path / "d.csv", {}).columns) == names.split(";")


def test_a_letter_alone_in_its_cell_is_of_the_west(tmp_path):
    rows = [f"{'ÄÖÜ'[n % 3]};{n}" for n in range(50)]
    (tmp_path / "d.csv").write_text("group;y\n" + "\n".join(rows) + "\n", encoding="cp1252")
    assert set(read_table(tmp_path / "d.csv", {})["group"]) == set("ÄÖÜ")  # half-width kana: ﾄﾖﾜ


def test_prices_with_a_no_break_space_do_not_hide_the_western_words(tmp_path):
    """Århus was Ĺrhus: two bytes above ASCII beside each other looked like another alphabet."""
    towns = ["Ulm", "Århus", "Köln"]
    rows = [f'"{n},5\u00a0€",{towns[n % 3]},{n}' for n in range(30)]
    (tmp_path / "d.csv").write_text("p,town,y\n" + "\n".join(rows) + "\n", encoding="cp1252")
    table = read_table(tmp_path / "d.csv", {})
    assert table["town"].tolist() == towns * 10
    assert table["p"].iloc[3] == 3.5


ARFF = """@relation quoted
@attribute 'my colour' {red,'dark blue',"light, green"}
@attribute size numeric
@attribute note string
@data
red,1,'it\\'s small'
% a comment
'dark blue',?,plain
'light, green',3.5,?
"""


def test_weka_s_quoted_names_and_words(tmp_path):
    (tmp_path / "d.arff").write_text(ARFF)
    table = read_table(tmp_path / "d.arff", {})
    assert table["my colour"].tolist() == ["red", "dark blue", "light, green"]
    assert table["size"].tolist()[::2] == [1.0, 3.5]
    assert table["note"].tolist()[:2] == ["it's small", "plain"]
    assert table.index.tolist() == [6, 8, 9]
    (tmp_path / "sparse.arff").write_text(
        "@relation s\n@attribute a numeric\n@attribute c {no,yes}\n@data\n{0 3, 1 yes}\n{ }\n"
    )
    sparse = read_table(tmp_path / "sparse.arff", {})
    assert (sparse["a"].tolist(), sparse["c"].tolist()) == ([3, 0], ["yes", "no"])


def sheet(path):
    book = openpyxl.Workbook()
    page = book.active
    page.append(["region", "y", "twice"])
    for n in range(12):
        page.append(["north" if n < 6 else "south", n, f"=B{n + 2}*2"])
    page.merge_cells("A2:A7")
    for row in (4, 5):
        page.row_dimensions[row].hidden = True
    book.save(path)


def test_what_a_sheet_hides_is_asked(tmp_path):
    path = tmp_path / "d.xlsx"
    sheet(path)
    found = {one.code: one for one in table_reading(read_table(path, {})).findings}
    assert {"hidden-rows", "merged-cells", "formulas-without-value"} <= set(found)
    assert "C2" in found["formulas-without-value"].message
    project = replace(PROJECT, data=replace(PROJECT.data, path="d.xlsx"))
    out = found["hidden-rows"].fixes[0].edit(project).data.options
    assert out["skip_lines"] == [4, 5] and "hidden-rows" not in codes(path, **out)
    filled = found["merged-cells"].fixes[0].edit(project).data.options
    assert read_table(path, {})["region"].isna().sum() == 5
    assert read_table(path, filled)["region"].tolist() == ["north"] * 6 + ["south"] * 6


@pytest.mark.slow
def test_two_hundred_thousand_columns_end_in_words(tmp_path):
    names = ",".join(f"c{n}" for n in range(200_000))
    (tmp_path / "d.csv").write_text(names + "\n" + ",".join("1" * 200_000) + "\n")
    with pytest.raises(DataError) as error:
        sniff(tmp_path / "d.csv", {})
    assert error.value.code == "too_many_columns"
    assert f"{MOST_COLUMNS:,}" in error.value.what


@pytest.mark.parametrize("inputs", [{"nosuch": ("a",)}, {"input": ("a", "zz")}])
def test_an_unknown_name_among_the_inputs_ends_in_words(tmp_path, inputs):
    (tmp_path / "d.csv").write_text("a,y\n" + "\n".join(f"{n},{n * 2}" for n in range(40)) + "\n")
    with pytest.raises(DataError) as error:
        load_facts(replace(PROJECT, data=replace(PROJECT.data, inputs=inputs)), tmp_path)
    assert "nosuch" in error.value.what or "zz" in error.value.what


def test_a_second_look_reads_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr(disk_cache, "_PAYS_SECONDS", 0.0)
    path = tmp_path / "d.csv"
    path.write_text("a,y\n" + "\n".join(f"{n},{n * n}" for n in range(60)) + "\n")
    first, known = data_report.make_report(PROJECT, tmp_path), load_facts(PROJECT, tmp_path)

    def forget():
        for held in (
            prepared_data._PLANS,
            prepared_data._SAMPLES,
            prepared_data._FOUND,
            csv_reader._TABLES,
        ):
            held.clear()

    forget()
    with monkeypatch.context() as patch:
        patch.setattr(csv_reader, "read_with", None)  # whoever reads fails
        again = data_report.make_report(PROJECT, tmp_path)
        assert load_facts(PROJECT, tmp_path) == known
    assert again == first and again.columns[0].maximum == 59
    path.write_text("a,y\n" + "\n".join(f"{n},{n * n}" for n in range(80)) + "\n")
    assert data_report.make_report(PROJECT, tmp_path).columns[0].maximum == 79, (
        "another file is read"
    )


def test_the_cache_makes_nothing_but_what_was_found(tmp_path, monkeypatch):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    folder = disk_cache.cache_folder() / "key"
    folder.mkdir()
    (folder / "value.pickle").write_bytes(pickle.dumps(Path("/etc/passwd")))
    (folder / "meta.json").write_text("{}")
    assert disk_cache.remembered("key", lambda: "looked again") == "looked again"


def test_a_row_of_names_that_begins_with_a_hash(tmp_path):
    rows = [f"{n + 1},Pikachu {n % 3},{n * 2}" for n in range(30)]
    (tmp_path / "d.csv").write_text("#,Name,y\n" + "\n".join(rows) + "\n")
    table = read_table(tmp_path / "d.csv", {})
    assert [*table.columns] == ["#", "Name", "y"] and len(table) == 30


def test_a_title_across_columns_is_no_merged_value(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Measurements"])
    sheet.merge_cells("A1:C1")
    for row in [("a", "b", "y"), *((n, n % 3, n * 2) for n in range(20))]:
        sheet.append(row)
    book.save(tmp_path / "d.xlsx")
    assert "merged-cells" not in codes(tmp_path / "d.xlsx")
    sheet.merge_cells("B4:B6")
    book.save(tmp_path / "d.xlsx")
    assert "merged-cells" in codes(tmp_path / "d.xlsx")
