"""Tables that are no text: spreadsheets, Parquet, JSON lines, ARFF, the clipboard."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars
import pytest

from netbuilder.core import folders
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.pasted_table import store_table
from netbuilder.core.data.readers.csv_reader import read_csv, read_table
from netbuilder.core.data.readers.table_files import ENDINGS, sheet_names
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def frame(rows=40):
    steps = np.arange(rows)
    return pd.DataFrame(
        {"size": steps * 0.5, "rooms": steps % 5, "town": np.array(["Ulm", "Köln"])[steps % 2],
         "price": steps * 3.25 + 7}
    )  # fmt: skip


def cells_of(table):
    return [list(map(str, table.columns)), *table.astype(object).to_numpy().tolist()]


def xlsx(path, sheets):
    """A small Excel file, written by hand: sheets of numbers and texts."""

    def cell(value):
        if value is None:
            return "<c/>"
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    names = list(sheets)
    with zipfile.ZipFile(path, "w") as file:
        kinds = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.'
            'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in range(1, len(names) + 1)
        )
        file.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
            'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
            f'officedocument.spreadsheetml.sheet.main+xml"/>{kinds}</Types>',
        )
        file.writestr(
            "_rels/.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
            f'2006/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(names, 1)
        )
        file.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{listed}'
            "</sheets></workbook>",
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(1, len(names) + 1)
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/'
            f'2006/relationships">{links}</Relationships>',
        )
        for n, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            file.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'<?xml version="1.0"?><worksheet xmlns="{SHEET}"><sheetData>{body}</sheetData>'
                "</worksheet>",
            )


def ods(path, rows):
    """A small OpenDocument spreadsheet, written by hand."""

    def cell(value):
        if isinstance(value, str):
            return (
                f'<table:table-cell office:value-type="string"><text:p>{value}</text:p>'
                "</table:table-cell>"
            )
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr(
            "META-INF/manifest.xml",
            f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{ODF}:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.'
            'oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        file.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content xmlns:office="{ODF}:office:1.0" '
            f'xmlns:table="{ODF}:table:1.0" xmlns:text="{ODF}:text:1.0" office:version="1.2">'
            f'<office:body><office:spreadsheet><table:table table:name="One">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )


def arff(path, table):
    lines = [
        "@relation houses", "@attribute size numeric", "@attribute rooms numeric",
        "@attribute town {Ulm,Köln}", "@attribute price numeric", "@data",
        *(",".join(map(str, row)) for row in table.to_numpy().tolist()),
    ]  # fmt: skip
    path.write_text("\n".join(lines).replace("Köln", "Koeln") + "\n")


def write(path, table):
    ending = path.suffix
    if ending == ".xlsx":
        xlsx(path, {"Sheet1": cells_of(table)})
    elif ending == ".ods":
        ods(path, cells_of(table))
    elif ending == ".parquet":
        polars.DataFrame(table.to_dict("list")).write_parquet(path)
    elif ending == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in table.to_dict("records")) + "\n")
    elif ending == ".json":
        path.write_text(json.dumps(table.to_dict("records"), indent=1))
    else:
        arff(path, table)


@pytest.mark.parametrize("name", ["d.xlsx", "d.ods", "d.parquet", "d.jsonl", "d.json", "d.arff"])
def test_every_form_holds_the_same_numbers(tmp_path, name):
    table = frame()
    write(tmp_path / name, table)
    assert Path(name).suffix in ENDINGS
    assert recipe_for(tmp_path / name).kind == "csv"
    recipe = Data(
        "csv", path=name, target=("price",), scaling="none", test_split=0.0, validation_split=0.0
    )
    data = load_dataset(Project(graph=GRAPH, data=recipe), tmp_path)
    expected = np.stack(
        [table["size"], table["rooms"], table["town"] != "Ulm", table["town"] == "Ulm"], axis=1
    )
    np.testing.assert_allclose(data.train.raw_x["input"], expected.astype(np.float32))
    np.testing.assert_allclose(data.train.raw_y["out"][:, 0], table["price"])
    assert read_table(tmp_path / name, {})["rooms"].dtype.kind in "if"


@pytest.mark.parametrize(
    "name", ["d.xlsx", "d.ods", "d.xls", "d.parquet", "d.jsonl", "d.json", "d.arff"]
)
def test_what_only_has_the_ending(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is nothing of the sort\n\0\1\2")
    with pytest.raises(DataError, match=f"'{name}' is no"):
        read_table(tmp_path / name, {})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a\tb\n1\t2\n", "plain text.* Rename it to 'd.csv'"),
        ("<html><table><tr><td>1</td></tr></table></html>\n", "a web page"),
    ],
)
def test_texts_that_servers_call_spreadsheets(tmp_path, content, said):
    (tmp_path / "d.xls").write_text(content)
    with pytest.raises(DataError, match=f"'d.xls' is {said}"):
        read_table(tmp_path / "d.xls", {})


def test_the_sheet_can_be_chosen(tmp_path):
    other = [["a", "y"], *([n, n * 2] for n in range(30))]
    xlsx(tmp_path / "d.xlsx", {"Notes": [], "Houses": cells_of(frame()), "More": other})
    assert sheet_names(tmp_path / "d.xlsx") == ("Houses", "More")
    project = Project(graph=GRAPH, data=Data("csv", path="d.xlsx"))
    found = make_report(project, tmp_path)
    (told,) = [note for note in found.notes if note.code == "sheet"]
    assert (
        "Only the sheet 'Houses' is read. The file has the sheets 'Houses' and 'More'"
        in told.message
    )
    assert [c.name for c in make_report(told.fixes[0].edit(project), tmp_path).columns] == [
        "a",
        "y",
    ]
    with pytest.raises(DataError, match="Did you mean 'Houses'"):
        read_table(tmp_path / "d.xlsx", {"sheet": "House"})


def test_a_title_and_gaps_in_a_sheet(tmp_path):
    rows: list[list[object]] = [["Survey of 2024"], [], ["age", "town"]]
    rows += [[20 + n if n % 4 else None, "Ulm"] for n in range(12)]
    xlsx(tmp_path / "d.xlsx", {"One": rows})
    table = read_table(tmp_path / "d.xlsx", {})
    assert list(table.columns) == ["age", "town"]
    assert table["age"].isna().sum() == 3
    assert table["age"].dropna().iloc[0] == 21.0
    assert table.index[0] == 4


def test_missing_cells_in_parquet(tmp_path):
    polars.DataFrame(
        {"a": [1, None, 3], "b": ["x", None, "z"], "c": [True, False, None]}
    ).write_parquet(tmp_path / "d.parquet")
    table = read_table(tmp_path / "d.parquet", {})
    assert table.isna().sum().tolist() == [1, 1, 1]


def test_zips_that_cannot_be_unpacked_end_in_words(tmp_path):
    """A way of packing that Python lacks, a later version of the format, a password."""
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", "a,y\n1,2\n2,3\n")
    whole = path.read_bytes()
    directory = whole.index(b"PK\1\2")
    project = Project(data=Data("csv", path="t.zip", target=("y",)))
    assert len(load_dataset(project, tmp_path).train) > 0
    # Bytes of a central directory entry (APPNOTE.TXT of PKWARE, 4.3.12): version needed, flags,
    # method; the last two stand in the local header too.
    for places in ({directory + 6: 255}, {directory + 8: 1, 6: 1}, {directory + 10: 77, 8: 77}):
        data = bytearray(whole)
        for place, value in places.items():
            data[place] = value
        path.write_bytes(data)
        with pytest.raises(DataError):
            load_dataset(project, tmp_path)


def test_lists_in_cells_are_told_not_dropped_in_silence(tmp_path):
    lines = [json.dumps({"x": n, "tags": ["a", "b"], "y": 2 * n}) for n in range(40)]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    found = make_report(Project(graph=GRAPH, data=Data("csv", path="d.jsonl")), tmp_path)
    assert [one.name for one in found.columns] == ["x", "y"]
    assert "'tags' contains lists" in next(n for n in found.notes if n.code == "nested").message


def test_a_zip_of_several_tables_names_them(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("train.csv", "x,y\n1,2\n")
        archive.writestr("test.csv", "x,y\n1,2\n")
    with pytest.raises(DataError, match=r"2 files: 'train\.csv' and 'test\.csv'") as told:
        recipe_for(tmp_path / "d.zip")
    assert "Unpack it" in told.value.fix


CELLS = 'room\tsize\tprice\nkitchen\t12,5\t100\n"two\nlines; so"\t8,25\t90\n'


def test_cells_of_a_spreadsheet_keep_their_decimal_commas(tmp_path):
    path = store_table(CELLS, tmp_path)
    assert path == tmp_path / "Pasted table.csv"
    table = read_csv(path, {})
    assert list(table.columns) == ["room", "size", "price"]
    assert table["size"].tolist() == [12.5, 8.25]
    assert table["room"].tolist() == ["kitchen", "two\nlines; so"]


def test_nothing_that_was_pasted_before_is_written_over(tmp_path):
    first = store_table("a\tb\n1\t2\n3\t4\n", tmp_path)
    second = store_table("a\tb\n5\t6\n7\t8\n", tmp_path)
    assert second == tmp_path / "Pasted table 2.csv"
    assert read_csv(first, {})["a"].tolist() == [1, 3]
    assert read_csv(second, {})["a"].tolist() == [5, 7]


def test_without_a_project_file_it_lies_in_the_users_folder(home):
    path = store_table("a,b\n1,2\n3,4\n", None)
    assert path.parent == folders.data() / "pasted"
    assert read_csv(path, {})["b"].tolist() == [2, 4]


def test_a_single_column_of_numbers_is_a_table(tmp_path):
    assert read_csv(store_table("degrees\n3,5\n4,25\n5\n", tmp_path), {})["degrees"].sum() == 12.75


@pytest.mark.parametrize("text", ["", "hello", "one line; of text", "two lines\nof words\n"])
def test_words_are_no_table(tmp_path, text):
    with pytest.raises(DataError, match="no table on the clipboard"):
        store_table(text, tmp_path)
    assert not list(tmp_path.iterdir())
