"""Bad files: one clear message that names the place and the mend, exit 1, nothing lost."""

import json
from typing import Any

import h5py
import pytest

GOOD: dict[str, Any] = {
    "format": "netbuilder-project",
    "version": 1,
    "name": "Bad",
    "graph": {
        "nodes": [
            {"id": "input", "layer": "Input", "params": {}},
            {"id": "dense", "layer": "Dense", "params": {"units": 4, "activation": "relu"}},
            {"id": "out", "layer": "Dense", "params": {"units": 1}},
        ],
        "edges": [["input", "dense"], ["dense", "out"]],
    },
    "data": {"kind": "csv", "path": "rows.csv", "target": ["price"]},
    "training": {"epochs": 1},
}
ROWS = "size,rooms,price\n" + "".join(f"{i},{i % 4},{3 * i}\n" for i in range(40))


def changed(**graph: Any):
    return json.dumps({**GOOD, "graph": {**GOOD["graph"], **graph}})


PROJECTS = {
    "cut off": (json.dumps(GOOD)[:200], "ends unexpectedly"),
    "a table": (ROWS, "table with 3 columns. A table is data. To inspect it, run: netbuilder data"),
    "a text": ("Dear all: see you\n", "starts with “Dear all: see you”."),
    "a web page": ("<html a, b>\n", "starts with “<html a, b>”."),
    "empty": ("", "empty"),
    "newer": (json.dumps({**GOOD, "version": 7}), "newer"),
    "another format": ('{"hello": 1}', "not a NetBuilder project"),
    "binary": ("\udc80\udcff", ""),
    "cycle": (changed(edges=[["input", "dense"], ["dense", "out"], ["out", "dense"]]), "cycle"),
    "dangling edge": (changed(edges=[["input", "dense"], ["dense", "nobody"]]), "nobody"),
    "unknown layer": (
        changed(nodes=[*GOOD["graph"]["nodes"][:2], {"id": "out", "layer": "Denes", "params": {}}]),
        "Denes",
    ),
    "wrong type": (
        changed(
            nodes=[
                GOOD["graph"]["nodes"][0],
                {"id": "dense", "layer": "Dense", "params": {"units": "many"}},
                GOOD["graph"]["nodes"][2],
            ]
        ),
        "units",
    ),
    "no nodes": (changed(nodes=[], edges=[]), ""),
}


@pytest.mark.parametrize("case", PROJECTS, ids=str)
def test_bad_projects(run, tmp_path, case):
    text, word = PROJECTS[case]
    path = tmp_path / "bad.netbuilder"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = path.read_bytes()
    (tmp_path / "rows.csv").write_text(ROWS)
    for verb in ("check", "train"):
        done = run(verb, path, "--json")
        assert done.code == 1, (verb, done.out)
        assert word in done.out + done.err
        assert "unexpected error" not in done.err
        json.loads(done.out.splitlines()[-1])
    assert path.read_bytes() == before
    assert not (tmp_path / "bad.h5").exists()


TABLES = {
    "missing values": (ROWS.replace("7,3,21", "7,,21"), "rooms"),
    "text in a number column": (ROWS.replace("7,3,21", "7,3,lots"), "lots"),
    "no rows": ("size,rooms,price\n", "rows"),
    "target of one value": ("size,rooms,price\n" + "1,2,5\n2,3,5\n" * 20, "price"),
    "no such column": (ROWS.replace("price", "cost"), "price"),
    "empty": ("", "rows.csv"),
}


@pytest.mark.parametrize("case", TABLES, ids=str)
def test_bad_tables(run, tmp_path, case):
    text, word = TABLES[case]
    path = tmp_path / "p.netbuilder"
    path.write_text(json.dumps(GOOD))
    (tmp_path / "rows.csv").write_text(text)
    done = run("train", path)
    assert done.code == 1, done.err
    assert word in done.err
    assert "unexpected error" not in done.err
    done = run("check", path, "--json")
    assert done.code == 1
    assert any(word in one["message"] for one in done.json["problems"])


def test_tables_that_are_odd_but_good(run, tmp_path):
    path = tmp_path / "p.netbuilder"
    path.write_text(json.dumps(GOOD))
    for text in (ROWS.replace(",", ";"), "\ufeff" + ROWS, ROWS.replace("\n", "\r\n")):
        (tmp_path / "rows.csv").write_bytes(text.encode())
        done = run("check", path, "--json")
        assert done.code == 0, done.out
        assert done.json["shapes"]["input"] == [None, 2]


def test_files_that_are_no_models(run, tmp_path):
    text = tmp_path / "m.h5"
    text.write_text("no model at all")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "rows.csv").write_text(ROWS)
    for model in (text, tmp_path / "nothing.h5", folder):
        for words in (
            ("evaluate", model, "--data", tmp_path / "rows.csv"),
            ("predict", model, tmp_path / "rows.csv"),
            ("import", model, "-o", tmp_path / "x.netbuilder"),
            ("export", model, "-o", tmp_path / "x.py"),
            ("check", model),
        ):
            done = run(*words)
            assert done.code == 1, words
            assert model.name in done.err
            assert "unexpected error" not in done.err, done.err
    assert not (tmp_path / "x.netbuilder").exists()


def test_an_evil_model(run, tmp_path):
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "in"}},
                {"class_name": "Lambda", "config": {"name": "evil", "function": ["4wEA", None]}},
            ],
        },
    }
    path = tmp_path / "evil.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    for words in (
        ("import", path, "-o", tmp_path / "x.netbuilder"),
        ("evaluate", path),
        ("check", path),
    ):
        done = run(*words)
        assert done.code == 1
        assert "'evil'" in done.err
        assert "Python code" in done.err
