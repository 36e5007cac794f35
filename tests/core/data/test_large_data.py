"""Data that does not fit in memory gives the same as data that does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.readers import large_csv
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project
from tests.core.data.stream_batches import stream_batches

ROWS = 3000


@pytest.fixture
def folder(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "colour": random.choice(["red", "green", "blue"], ROWS),
            "size": random.normal(50, 9, ROWS),
            "price": random.normal(1e5, 2e4, ROWS),
            "kind": random.choice(["a", "b", "c"], ROWS, p=[0.6, 0.3, 0.1]),
        }
    ).to_csv(tmp_path / "d.csv", index=False)
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 700)
    monkeypatch.setattr(large_csv, "HELD_ROWS", 200)
    return tmp_path


def project(target="price", limit=0.01, **options: object):
    options = {"memory_limit_mb": limit, "ignore": ["kind" if target == "price" else "price"],
               **options}  # fmt: skip
    return Project(
        data=Data("csv", path="d.csv", target=(target,), scaling="minmax", options=options)
    )


def test_a_large_csv_is_streamed_with_exact_scales(folder):
    found = load_dataset(project(), folder)
    assert found.facts.streamed
    assert found.facts.rows == found.stream.rows
    assert len(found.train) == 200
    assert 0.68 * ROWS < found.facts.rows < 0.76 * ROWS
    batches = list(stream_batches(found.stream, 64, True, 3))
    x = np.concatenate([batch[0]["input"] for batch in batches])
    y = np.concatenate([batch[1]["output"] for batch in batches])
    assert [len(batch[0]["input"]) for batch in batches[:-1]] == [64] * (len(batches) - 1)
    assert len(batches) == found.stream.steps(64)
    assert len(x) == len(y) == found.stream.rows
    assert np.allclose([x.min(axis=0), x.max(axis=0)], [[0] * 5, [1] * 5], atol=1e-6)
    assert (y.min(), y.max()) == (0.0, 1.0)


COLUMNS = {
    "clock": ["7:30", "12:05", "", "18:45"],
    "day": ["03.04.2024", "28.12.2023", "", "01.02.2024"],
    "answer": ["ja", "nein", "", "ja"],
    "amount": ["1.200,50", "3,25", "", "17,00"],
    "code": ["7", "12", "", "18"],
    "colour": ["red", "blue", "", "red"],
    "remark": ["a b", "c", "", "d e f"],
}
CHOICES = {
    "day": ColumnChoice(type="date"),
    "answer": ColumnChoice(type="boolean"),
    "code": ColumnChoice(type="category"),
}


def test_each_type_of_column_is_read_as_in_a_small_file(folder):
    """The same columns, ranges and features, whether the file fits in memory or is streamed."""
    repeats = ROWS // 4
    table = pd.DataFrame({name: cells * repeats for name, cells in COLUMNS.items()})
    table["remark"] += [f" {row}" for row in range(len(table))]
    table["price"] = np.arange(len(table))
    table.to_csv(folder / "d.csv", sep=";", index=False)
    options = {"missing": "most_frequent"}

    def columns(limit):
        limits = {"memory_limit_mb": limit}
        data = Data("csv", path="d.csv", target=("price",), options={**options, **limits})
        dataset = load_dataset(Project(data=replace(data, columns=CHOICES)), folder)
        assert dataset.facts.streamed == (limit < 1)
        fitted = dataset.preprocessing.inputs["input"].columns
        exact = {c.name: (c.kind, c.categories, c.style, c.low, c.high, c.fill) for c in fitted}
        return exact, dataset.train.raw_x["input"][:1].shape

    in_memory, streamed = columns(1024), columns(0.01)
    assert streamed == in_memory
    assert {name: entry[0] for name, entry in in_memory[0].items()} == {
        "clock": "date", "day": "date", "answer": "boolean", "amount": "number",
        "code": "category", "colour": "category",
    }  # fmt: skip
    assert in_memory[0]["clock"][3:5] == (7.5 / 24, 18.75 / 24)
    assert in_memory[0]["day"][2] == "dayfirst"


def test_parts_do_not_overlap_and_epochs_differ_only_in_order(folder):
    found = load_dataset(project(), folder)
    assert found.stream is not None

    def ids(seed, shuffle=True):
        parts = stream_batches(found.stream, 100, shuffle, seed)
        joined = np.concatenate([found_x[0]["input"] for found_x in parts])
        back = joined[:, 0] * found.preprocessing.inputs["input"].scale[0]
        return np.round(back + found.preprocessing.inputs["input"].offset[0]).astype(int).tolist()

    first, second = ids(1), ids(2)
    assert first != second
    assert sorted(first) == sorted(second) == sorted(ids(1, shuffle=False))
    assert ids(1) == first
    assert found.validation is not None
    assert found.test is not None
    held = {int(v) for part in (found.validation, found.test) for v in part.raw_x["input"][:, 0]}
    assert held.isdisjoint(first)


def test_standard_scaling_equals_that_of_all_training_rows(folder):
    recipe = project()
    found = load_dataset(
        Project(data=Data(**{**recipe.data.__dict__, "scaling": "standard"})), folder
    )
    assert found.stream is not None
    x = np.concatenate([batch[0]["input"] for batch in stream_batches(found.stream, 500, False, 0)])
    at = [found.facts.column_names.index(name) for name in ("id", "size")]
    assert np.allclose(x[:, at].mean(axis=0), 0, atol=1e-5)
    assert np.allclose(x[:, at].std(axis=0), 1, atol=1e-5)


def test_classes_of_a_large_csv(folder):
    found = load_dataset(project("kind"), folder)
    assert found.facts.classes == ("a", "b", "c")
    assert sum(found.facts.class_counts) == ROWS
    assert 4 < found.facts.imbalance < 9


def test_text_and_gaps_far_down_are_named(folder):
    lines = (folder / "d.csv").read_text().splitlines()
    lines[2500] = lines[2500].replace(lines[2500].split(",")[2], "big")
    (folder / "d.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="line 2501 has the text 'big'"):
        load_facts(project(), folder)
    lines[2500] = lines[2500].replace("big", "")
    (folder / "d.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match="column 'size' in line 2501"):
        load_facts(project(), folder)
    dropped = load_facts(project(missing="drop"), folder)
    kept = load_dataset(project(missing="drop"), folder)
    assert kept.stream is not None
    assert (
        sum(len(b[0]["input"]) for b in stream_batches(kept.stream, 99, False, 0)) == dropped.rows
    )


def test_the_preview_of_a_large_file_is_its_beginning(folder):
    assert load_preview(project(), folder, 3).rows[0][0] == "0"


def test_many_pictures_are_streamed(tmp_path):
    for label, grey in (("dark", 40), ("light", 210)):
        (tmp_path / label).mkdir()
        for index in range(30):
            Image.new("L", (16, 16), grey + index % 7).save(tmp_path / label / f"{index}.png")
    recipe = Data("images", path=".", options={"color_mode": "grayscale", "memory_limit_mb": 0.02})
    found = load_dataset(Project(data=recipe), tmp_path)
    assert found.stream is not None
    assert found.facts.streamed
    x, y, weight = next(stream_batches(found.stream, 20, True, 1))
    assert x["input"].shape == (20, 16, 16, 1)
    assert weight is None
    light = x["input"][:, 0, 0, 0] > 0.5
    assert np.array_equal(light, y["output"][:, 0] == 1.0)
    total = sum(len(batch[0]["input"]) for batch in stream_batches(found.stream, 20, True, 1))
    assert total == found.facts.rows == 43
