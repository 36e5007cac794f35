"""CSV files in all the forms in which they come: headers, dialects, encodings, packed."""

import bz2
import gzip
import lzma
import zipfile

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.load import load_facts
from netbuilder.core.data.readers.csv_reader import read_csv, read_table
from netbuilder.core.data.readers.encodings import encoding_of
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def read(folder, text, **options: object):
    (folder / "d.csv").write_text(text, encoding="utf-8")
    return read_table(folder / "d.csv", options)


def codes(table):
    return [one.code for one in table_reading(table).findings]


IRIS = """5.1,3.5,1.4,0.2,Iris-setosa
4.9,3.0,1.4,0.2,Iris-setosa
7.0,3.2,4.7,1.4,Iris-versicolor
6.3,3.3,6.0,2.5,Iris-virginica
5.8,2.7,5.1,1.9,Iris-virginica
6.4,3.2,4.5,1.5,Iris-versicolor
"""


def test_the_first_flower_is_a_flower(tmp_path):
    table = read(tmp_path, IRIS)
    assert list(table.columns) == [f"column {n}" for n in range(1, 6)]
    assert table.iloc[0].tolist() == [5.1, 3.5, 1.4, 0.2, "Iris-setosa"]
    assert codes(table) == ["no-header"]
    assert next(iter(read(tmp_path, IRIS, header=True).columns)) == "5.1"


def test_years_are_names(tmp_path):
    text = "country,2000,2001,2002\nChad,8.3,8.6,8.9\nMali,11.0,11.3,11.7\nPeru,26.4,26.8,27.1\n"
    assert list(read(tmp_path, text).columns) == ["country", "2000", "2001", "2002"]
    assert list(read(tmp_path, text.replace("country", "")).columns)[1:] == ["2000", "2001", "2002"]
    numbers = "2000,2001,2002\n8.3,8.6,8.9\n11.0,11.3,11.7\n"
    assert len(read(tmp_path, numbers)) == 2


def test_pandas_counts_its_columns(tmp_path):
    pd.DataFrame(np.random.default_rng(0).normal(size=(20, 4))).to_csv(
        tmp_path / "d.csv", index=False
    )
    assert read_table(tmp_path / "d.csv", {}).shape == (20, 4)


def test_rows_of_numbers_without_names_with_repeated_values(tmp_path):
    table = read(tmp_path, "0,0,1,5\n0,1,1,6\n1,0,0,7\n1,1,0,9\n")
    assert table.shape == (4, 4)
    assert table.iloc[0].tolist() == [0, 0, 1, 5]


def test_words_without_names_and_words_with_names(tmp_path):
    rows = "good film,pos\nbad film,neg\nfine play,pos\nweak plot,neg\n"
    assert len(read(tmp_path, rows)) == 4
    table = read(tmp_path, "text,label\n" + rows)
    assert (list(table.columns), len(table)) == (["text", "label"], 4)


def test_a_column_that_counts_is_told_and_can_be_used(tmp_path):
    rows = "\n".join(f"{n},{n * 0.5},{n % 7 + 0.25}" for n in range(40))
    (tmp_path / "d.csv").write_text(f",a,y\n{rows}\n")
    project = Project(graph=GRAPH, data=Data("csv", path="d.csv", target=("y",)))
    found = make_report(project, tmp_path)
    assert [(c.name, c.role) for c in found.columns] == [
        ("column 1", "ignore"), ("a", "feature"), ("y", "target"),
    ]  # fmt: skip
    (told,) = [note for note in found.notes if note.code == "counting-column"]
    used = told.fixes[0].edit(project)
    assert load_facts(project, tmp_path).column_names == ("a",)
    assert load_facts(used, tmp_path).column_names == ("column 1", "a")
    assert list(read_csv(tmp_path / "d.csv", {}).columns) == ["a", "y"]


PLAIN = [(1.5, 20, 0.25), (2.5, 30, 0.5), (3.5, 40, 0.75), (4.5, 50, 1.0)]


@pytest.mark.parametrize(
    "text",
    [
        "a b c\n1.5 20 0.25\n2.5 30 0.5\n3.5 40 0.75\n4.5 50 1.0\n",
        "   a     b     c\n  1.5   20  0.25\n  2.5   30  0.5\n  3.5   40  0.75\n  4.5   50  1\n",
        "# measured in March\n# by hand, twice\n"
        "a,b,c\n1.5,20,0.25\n2.5,30,0.5\n3.5,40,0.75\n4.5,50,1.0\n",
        "# a b c\n1.5 20 0.25\n2.5 30 0.5\n3.5 40 0.75\n4.5 50 1.0\n",
        "sep=;\na;b;c\n1,5;20;0,25\n2,5;30;0,5\n3,5;40;0,75\n4,5;50;1,0\n",
        "Results of class 9b\n\na,b,c\n1.5,20,0.25\n2.5,30,0.5\n3.5,40,0.75\n4.5,50,1.0\n",
        "Results of class 9b;;\na;b;c\n1,5;20;0,25\n2,5;30;0,5\n3,5;40;0,75\n4,5;50;1,0\n",
        "a|b|c\n1.5|20|0.25\n2.5|30|0.5\n3.5|40|0.75\n4.5|50|1.0\n",
        "a,b,c\n1.5,20,0.25\n# a pause\n2.5,30,0.5\n3.5,40,0.75\n4.5,50,1.0\n",
    ],
    ids=["blanks", "aligned", "comments", "savetxt", "sep", "title", "title cells", "bar", "pause"],
)
def test_dialects(tmp_path, text):
    table = read(tmp_path, text)
    assert list(table.columns) == ["a", "b", "c"]
    assert [tuple(map(float, row)) for row in table.to_numpy()] == PLAIN


def test_a_title_is_told(tmp_path):
    text = "Results of class 9b\na,b,c\n1.5,20,0.25\n2.5,30,0.5\n3.5,40,0.75\n4.5,50,1.0\n"
    told = table_reading(read(tmp_path, text)).findings
    assert "first line ('Results of class 9b') is treated as a title" in told[0].message


def test_a_hash_among_the_cells_is_no_comment(tmp_path):
    table = read(tmp_path, "colour,y\n#ff0000,1\n#00ff00,2\n#0000ff,3\nred #1,4\n")
    assert table["colour"].tolist() == ["#ff0000", "#00ff00", "#0000ff", "red #1"]


WORDS = {
    "gb18030": ("城市,人口\n" + "北京,2154\n上海,2424\n广州,1490\n深圳,1302\n" * 3, "北京"),
    "shift_jis": ("都市,人口\n" + "東京,1396\n大阪,275\nさいたま,132\nカタカナ,1\n" * 3, "東京"),
    "cp1251": ("город,люди\n" + "Москва,12655\nКазань,1257\nТомск,570\n" * 3, "Москва"),
    "cp1252": ("Stadt,Größe\n" + "Köln,405\nDüsseldorf,217\nFürth,63\n" * 3, "Köln"),
    "utf-16": ("город,люди\n" + "Москва,12655\nКазань,1257\nТомск,570\n" * 3, "Москва"),
    "utf-16-le": ("Stadt,Größe\n" + "Köln,405\nDüsseldorf,217\nFürth,63\n" * 3, "Köln"),
    "utf-8-sig": ("Stadt,Größe\n" + "Köln,405\nDüsseldorf,217\nFürth,63\n" * 3, "Köln"),
    "euc_kr": ("도시,인구\n" + "서울,966\n부산,339\n인천,295\n" * 3, "서울"),
}


@pytest.mark.parametrize("encoding", WORDS)
def test_encodings(tmp_path, encoding):
    text, first = WORDS[encoding]
    (tmp_path / "d.csv").write_bytes(text.encode(encoding))
    table = read_table(tmp_path / "d.csv", {})
    assert table.iloc[0, 0] == first
    assert table.iloc[:, 1].dtype.kind == "i"
    assert ("encoding" in codes(table)) == (encoding != "utf-8-sig")


def test_a_few_letters_are_read_as_the_training_file_was(tmp_path):
    few = "Томск".encode("cp1251")
    assert encoding_of(tmp_path, few, like="cp1251") == "cp1251"
    assert encoding_of(tmp_path, "Томск".encode(), like="cp1251") == "utf-8"


@pytest.mark.parametrize("packed", ["d.csv.gz", "d.csv.xz", "d.csv.bz2", "d.zip"])
def test_packed_files(tmp_path, packed):
    content = b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (n, n * 2, n % 5) for n in range(60))
    path = tmp_path / packed
    if packed.endswith("zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner/d.csv", content)
            archive.writestr("__MACOSX/inner/._d.csv", b"\0")
    else:
        pack = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}[packed[6:]]
        path.write_bytes(pack(content))
    table = read_table(path, {})
    assert (table.shape, table["b"].sum()) == ((60, 3), 3540)
    found = load_facts(Project(graph=GRAPH, data=Data("csv", path=packed, target=("y",))), tmp_path)
    assert found.rows + found.validation_rows + found.test_rows == 60
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match="damaged"):
        read_table(path, {})


def test_archives_that_are_no_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
        archive.writestr("b.csv", "a,b\n1,2\n")
    with pytest.raises(DataError, match=r"2 files \(a.csv and b.csv\)"):
        read_table(tmp_path / "d.zip", {})
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", "0" * 30_000_000 + "\n")
    (tmp_path / "d.csv.gz").write_bytes(b"no gzip at all")
    with pytest.raises(DataError, match="damaged"):
        read_table(tmp_path / "d.csv.gz", {})
