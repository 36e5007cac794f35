"""The script of a table does with its columns what the recipe says, on the same numbers."""

import json
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.kinds.scripts import table_script
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.formats import metadata
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from tests.core.formats.same_numbers import chain, same_numbers

source = partial(script_source, style=Style.EXACT)

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def script_frame(recipe, folder, monkeypatch):
    monkeypatch.chdir(folder)
    """The numbers that a script makes of the columns, by their names."""
    project = Project(graph=GRAPH, data=recipe, training=Training(loss=Choice("mse")))
    lines = source(replace(project, data=replace(recipe, scaling="none")))
    space: dict[str, Any] = {}
    exec(lines.split("# Build the network")[0], space)
    words = space["words"]
    names = [
        name for column in space["x"]
        for name in ([f"{column}_{one}" for one in words[column]] if column in words else [column])
    ]  # fmt: skip
    return pd.DataFrame(space["x_train"], columns=names)


def test_columns_and_gaps(tmp_path, monkeypatch):
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
    data = load_dataset(Project(graph=GRAPH, data=recipe), tmp_path)
    script = script_frame(recipe, tmp_path, monkeypatch)
    mine = pd.DataFrame(data.train.raw_x["input"], columns=list(data.facts.column_names))
    for name in ("a", "b", "ok", "day"):
        np.testing.assert_allclose(script[name].astype(float), mine[name], rtol=1e-6)
    for code in "012":
        np.testing.assert_allclose(script[f"code_{code}"].astype(float), mine[f"code={code}"])
    assert "note" not in script


def test_thousands_beside_hundreds_in_a_short_script(tmp_path, monkeypatch):
    """``read_csv`` with the separator of thousands must not be told to keep them as texts."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{n}\t{n} €\t{n / 8:.2f}".replace(".", ",") + f"\t{n % 7}" for n in range(700, 760)]
    rows += ["1.602\t2,622 €\t57,89\t3", "2.302\t2,958 €\t79,87\t4"]
    (tmp_path / "d.csv").write_text("\n".join(["a\tb\tc\ty", *rows]), "utf-8")
    recipe = Data("csv", path="d.csv", target=("y",), scaling="none", test_split=0.0,
                  validation_split=0.0)  # fmt: skip
    project = Project(graph=GRAPH, data=recipe, training=Training(loss=Choice("mse")))
    data = load_dataset(project, tmp_path)
    text = script_source(project, data.facts, Style.SHORT)
    space: dict[str, Any] = {}
    exec(text.split("# Build the network")[0], space)
    read = data.train.raw_x["input"]
    assert read[-2].tolist() == pytest.approx([1602.0, 2622.0, 57.89])
    np.testing.assert_allclose(np.asarray(space["x_train"], float), read, rtol=1e-5)
    assert 'thousands="."' in text


@pytest.mark.parametrize("name", ["d.parquet", "d.jsonl", "d.json"])
def test_files_that_are_no_csv(tmp_path, monkeypatch, name):
    import polars

    frame = polars.DataFrame({"a": [1.5, 2.5, 3.5], "c": ["x", "y", "x"], "y": [1, 2, 3]})
    frame.write_parquet(tmp_path / "d.parquet")
    frame.write_ndjson(tmp_path / "d.jsonl")
    frame.write_json(tmp_path / "d.json")
    whole = Data("csv", path=name, target=("y",), test_split=0.0, validation_split=0.0)
    found = script_frame(whole, tmp_path, monkeypatch)
    assert found["a"].tolist() == [1.5, 2.5, 3.5]
    assert found["c_x"].tolist() == [1, 0, 1]


TITLE = "Квартиры города, опрос"


def flats(folder, name, rows, *, header=True):
    """Flats with their town, written as a program of Russia writes them."""
    towns = ["Москва", "Самара", "Тверь"]
    lines = [TITLE, ""] if header else []
    lines += ["площадь;город;этаж;цена"] if header else []
    lines += [f"{20 + i % 50},5;{towns[i % 3]};{i % 7 + 1};{100 + i % 50 * 2},25" for i in rows]
    (folder / name).write_bytes("\r\n".join(lines).encode("cp1251"))


@pytest.mark.slow
@pytest.mark.parametrize("header", [True, False])
def test_a_script_reads_the_file_as_the_program_did(tmp_path, header, plain_python):
    flats(tmp_path, "d.csv", range(80), header=header)
    flats(tmp_path, "t.csv", range(80, 100), header=header)
    names = ["площадь", "город", "этаж", "цена"] if header else [f"column {i}" for i in range(1, 5)]
    recipe = Data("csv", path="d.csv", test_path="t.csv", target=(names[-1],))
    project = Project(
        graph=GRAPH, data=recipe, training=Training(loss=Choice("mean_squared_error"), epochs=1)
    )
    known = load_facts(project, tmp_path)
    assert known.read_as["encoding"] == "cp1251"
    # A trained file keeps what was concluded.
    kept = metadata.facts_from_json(json.loads(json.dumps(metadata.facts_to_json(known))))
    text = source(project, kept)
    assert text == source(project, known)
    more = "skiprows=2" if header else f"header=None, names={json.dumps(names)}"
    wanted = f'pd.read_csv("d.csv", sep=";", decimal=",", encoding="cp1251", {more})'
    assert wanted in text, text
    told = "\nprint(list(x), words, float(x.iloc[:, 0].sum()), len(x_test))\n"
    said = plain_python(text + told, tmp_path)
    size = sum(20.5 + i % 50 for i in range(80))
    words = {names[1]: ["Москва", "Самара", "Тверь"]}
    assert said.splitlines()[-1] == f"{names[:3]} {words} {size} 20"


def test_what_was_decided_by_hand_and_names_in_a_comment(tmp_path, monkeypatch):
    rows = "\n".join(f"{i}.5 {i % 3} {i * 2}" for i in range(1, 30))
    (tmp_path / "d.txt").write_text(f"# a b y\n{rows}\n", "utf-8")
    recipe = Data("csv", path="d.txt", target=("y",), options={"separator": "blanks"})
    known = load_facts(Project(graph=GRAPH, data=recipe), tmp_path)
    monkeypatch.chdir(tmp_path)
    text = table_script.reader(Project(data=recipe), recipe.path, known)
    frame = eval(text, {"pd": pd})
    assert list(frame) == ["a", "b", "y"]
    assert frame["y"].tolist() == [i * 2 for i in range(1, 30)]
    # Facts come with files of others: what is no argument of the dialect is not written.
    odd = replace(known, read_as={"sep": ";", "x=1)\nprint(1)\n(": 1})
    assert "print" not in table_script.reader(Project(data=recipe), recipe.path, odd)


ROWS = np.arange(120)
#: Columns of texts, and what the Data page decides of them.
WRITTEN: dict[str, tuple[list[str], ColumnChoice, dict[str, object]]] = {
    "money": ([f"${1000 + i * 17.25:,.2f}" for i in ROWS], ColumnChoice(), {}),
    "german": ([f"{i},5 €" for i in ROWS], ColumnChoice(), {}),
    "kg and g": ([f"{i + 1} kg" if i % 2 else f"{i + 1}000 g" for i in ROWS], ColumnChoice(), {}),
    "feet": ([f"{4 + i % 3}'{i % 12}\"" for i in ROWS], ColumnChoice(), {}),
    "owed": ([f"({i}.5)" if i % 3 else f"{i}.5" for i in ROWS], ColumnChoice(), {}),
    "inches": ([f"{i % 9} 1/4" if i % 2 else f"{i}" for i in ROWS], ColumnChoice(), {}),
    "powers": ([f"{1 + i % 9}×10^-{i % 4}" for i in ROWS], ColumnChoice(), {}),
    "places": ([f"{i / 2}°{'NS'[i % 2]}" for i in ROWS], ColumnChoice(), {}),
    "lasts": ([f"{i % 5 + 1}h {i % 60}m" for i in ROWS], ColumnChoice(), {}),
    "clock": ([f"{1 + i % 12}:{i % 60:02} {'ap'[i % 2]}m" for i in ROWS], ColumnChoice(), {}),
    "month": ([str(d) for d in pd.date_range("1990", periods=120, freq="MS").strftime("%b %Y")],
              ColumnChoice(type="date"), {}),
    "quarter": ([f"{1980 + i // 4}Q{i % 4 + 1}" for i in ROWS], ColumnChoice(type="date"), {}),
    "born": ([f"{i % 28 + 1}/{i % 12 + 1}/{(i * 7) % 100:02}" for i in ROWS],
             ColumnChoice(type="date"), {"centuries": {"born": 1930}, "dates": {"born": "day"}}),
    "ok": (["yes" if i % 2 else "no" for i in ROWS], ColumnChoice(type="boolean"), {}),
    "spelt": ([("red", "Red ", "RED", "blue")[i % 4] for i in ROWS], ColumnChoice(),
              {"same_words": ["spelt"]}),
    "tags": ([("a;b", "b; c", "a")[i % 3] for i in ROWS], ColumnChoice(),
             {"labels": {"tags": {"separator": ";", "labels": ["a", "b", "c"]}}}),
    "unknown": (["-999" if i % 9 == 1 else str(i) for i in ROWS], ColumnChoice(missing="mean"),
                {"missing_values": {"unknown": [-999]}}),
    "gaps": (["" if i % 7 == 2 else "xyz"[i % 3] for i in ROWS],
             ColumnChoice(missing="category"), {}),
    "who": ([str(i // 4) for i in ROWS], ColumnChoice("group"), {}),
    "counts": ([str(1 + i % 2) for i in ROWS], ColumnChoice("weight"), {}),
    "when": ([f"2024-{1 + i % 12:02}-{1 + i % 28:02}" for i in ROWS], ColumnChoice("order"), {}),
    "part": ([("train", "train", "test")[i % 3] for i in ROWS], ColumnChoice("split"), {}),
}  # fmt: skip


def written(names, folder, **more: Any):
    """A table with these columns, and a project that predicts a price from them."""
    columns, options = {}, {"missing": "median"}
    for name in names:
        options |= WRITTEN[name][2]
        columns |= {} if name == "tags" else {name: WRITTEN[name][1]}
    frame = pd.DataFrame({name: WRITTEN[name][0] for name in names})
    frame = frame.assign(size=ROWS * 1.5, price=ROWS % 17 * 2.0)
    frame.to_csv(folder / "d.csv", index=False)
    recipe = Data("csv", path="d.csv", target=("price",), columns=columns, options=options, **more)
    return Project(graph=GRAPH, data=recipe, training=Training(loss=Choice("mse")))


@pytest.mark.parametrize("names", [
    (*list(WRITTEN)[:6],), (*list(WRITTEN)[6:13],), (*list(WRITTEN)[13:18],),
])  # fmt: skip
def test_a_short_script_reads_every_writing_as_the_program(names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = written(names, tmp_path, scaling="none", test_split=0.0, validation_split=0.0)
    data = load_dataset(project, tmp_path)
    text = script_source(project, data.facts).split("# Build the network")[0]
    assert "def " not in text
    space: dict[str, Any] = {}
    exec(text.replace("import matplotlib.pyplot as plt", ""), space)
    mine, script = (np.asarray(x, float).T for x in (data.train.x["input"], space["x_train"]))
    assert mine.shape == script.shape
    for column in mine:  # numbers come first, then words
        assert any(np.allclose(column, other, rtol=1e-4, atol=1e-4) for other in script)


@pytest.mark.slow
def test_a_short_script_of_any_two_rules_has_at_most_seventy_lines(tmp_path):
    kinds: tuple[dict[str, Any], ...] = ({}, {"test_path": "d.csv"}, {"scaling": "bins"})
    for place, names in enumerate(combinations(WRITTEN, 2)):
        project = written(names, tmp_path, **kinds[place % 3])
        text = script_source(project, load_facts(project, tmp_path))
        code = [line for line in text.split("\n") if line.strip(" #") == line.strip() != ""]
        assert len(code) <= 70, names


def test_days_are_those_that_the_program_reads(tmp_path, monkeypatch):
    rows = [
        f"{'2024-01-06' if n == 7 else f'0{1 + n % 9}/0{1 + n % 5}/2024'},{20240101 + n % 28},"
        f"2024/03/{1 + n % 28:02d} 8:15 PM GMT+1,{n}"
        for n in range(40)
    ]
    (tmp_path / "d.csv").write_text("british,number,form,y\n" + "\n".join(rows))
    recipe = Data(
        "csv", path="d.csv", target=("y",), scaling="none", test_split=0.0, validation_split=0.0,
        columns={name: ColumnChoice(type="date") for name in ("british", "number", "form")},
        options={"dates": {"british": "day"}},
    )  # fmt: skip
    data = load_dataset(Project(graph=GRAPH, data=recipe), tmp_path)
    script = script_frame(recipe, tmp_path, monkeypatch)
    mine = data.train.raw_x["input"]
    first = (np.datetime64("2024-01-01") - np.datetime64("1970-01-01")).astype(int)
    months = mine[:, 0] // 1 - first
    assert months.max() > 100, "the month comes second: from January to May"
    assert months[7] == 5, "but not where the year comes first"
    for place, name in enumerate(("british", "number", "form")):
        np.testing.assert_allclose(script[name].astype(float), mine[:, place], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "columns", "features", "targets"),
    [
        ("iris", {"petal width (cm)": "ignore"}, 3, ["species"]),
        ("iris", {"petal width (cm)": "target", "species": "ignore"}, 3, ["petal width (cm)"]),
        ("iris", {"petal width (cm)": "target"}, 6, ["petal width (cm)"]),  # species: three
        ("linnerud", {}, 3, ["Weight", "Waist", "Pulse"]),
        ("linnerud", {"Weight": "feature"}, 4, ["Waist", "Pulse"]),
        ("linnerud", {"Weight": "ignore", "Chins": "ignore"}, 2, ["Waist", "Pulse"]),
        ("diabetes", {"age": "target"}, 10, ["age"]),
        ("breast_cancer", {"mean radius": "ignore"}, 29, ["diagnosis"]),
        ("sales", {"price": "ignore"}, 8, ["earnings"]),
        ("moons", {"x": "ignore"}, 1, ["colour"]),
        ("sine", {"x": "target", "y": "feature"}, 1, ["x"]),
    ],
)
def test_columns_of_a_built_in_set_are_what_they_were_decided_to_be(
    name, columns, features, targets, tmp_path, monkeypatch
):
    """Once they were shown as decided, and trained on as they came."""
    recipe = Data("builtin", name=name, columns={k: ColumnChoice(v) for k, v in columns.items()})
    report = make_report(Project(data=recipe), tmp_path)
    roles = {one.name: one.role for one in report.columns}
    assert columns.items() <= roles.items()
    assert [one for one, role in roles.items() if role == "target"] == targets
    assert list(report.facts.target_names) == targets
    last = {"units": len(report.facts.classes) or len(targets)}
    if report.facts.classes:
        last["activation"] = "softmax"
    project = chain(recipe, ("Dense", last))
    assert load_dataset(project, tmp_path).train.x["input"].shape[1] == features
    same_numbers(project, tmp_path, monkeypatch, alone=False)
