"""A test file without the values that the training file has is not taken without a word."""

import numpy as np
import pandas as pd
import pytest

from netbuilder.cli import main
from netbuilder.core.data.load import load_facts
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.errors import DataError
from netbuilder.core.project import files
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data, Graph, Node, Project, Training


def _rows(count, seed):
    random = np.random.default_rng(seed)
    size, rooms = random.uniform(40, 200, count), random.integers(1, 6, count)
    price = 2000 * size + 9000 * rooms + random.normal(0, 9000, count)
    town = random.choice(["Bath", "York"], count)
    return pd.DataFrame({"size": size, "rooms": rooms, "town": town, "price": price.round()})


TEST = _rows(40, 2)


def _project(folder, test, train=None):
    (_rows(200, 1) if train is None else train).to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    nodes = (Node("input", "Input"), Node("out", "Dense", {"units": 1}))
    recipe = Data(
        "csv", path="train.csv", test_path="test.csv", target=("price",),
        options={"missing": "median"},
    )  # fmt: skip
    return Project(
        graph=Graph(nodes, (("input", "out"),)), data=recipe, training=Training(epochs=1)
    )


@pytest.mark.parametrize("name", ["rooms", "town"])
def test_an_empty_column_is_a_finding_with_fixes(tmp_path, name):
    project = _project(tmp_path, TEST.assign(**{name: None}))
    facts = load_facts(project, tmp_path)
    [finding] = [one for one in facts.findings if one.code == "test-column-empty"]
    assert (finding.column, finding.severity) == (name, "warning")
    for fix in finding.fixes:
        mended = load_facts(fix.edit(project), tmp_path)
        assert not [one for one in mended.findings if one.code == "test-column-empty"]


def test_some_values_and_what_chance_explains_are_quiet(tmp_path):
    some = TEST.assign(rooms=[1.0, *[None] * 39])
    rare = _rows(200, 1).assign(rooms=[1.0] * 10 + [None] * 190)
    for project in (
        _project(tmp_path, TEST), _project(tmp_path, some),
        _project(tmp_path, TEST.assign(rooms=None), rare),
        _project(tmp_path, TEST.assign(note=None)),
    ):  # fmt: skip
        codes = {one.code for one in load_facts(project, tmp_path).findings}
        assert "test-column-empty" not in codes


@pytest.mark.parametrize(
    ("test", "code"),
    [
        (TEST.drop(columns="rooms"), "test_lacks_columns"),
        (TEST.drop(columns=["rooms", "town"]), "test_lacks_columns"),
        (TEST.drop(columns="price"), "column_missing"),
        (TEST.assign(price=None), "target_empty"),
    ],
)
def test_each_fix_of_a_test_file_that_lacks_a_column_mends_it(tmp_path, test, code):
    project = _project(tmp_path, test)
    with pytest.raises(DataError) as caught:
        load_facts(project, tmp_path)
    assert caught.value.code == code and caught.value.fixes
    for fix in caught.value.fixes:
        mended = load_facts(apply_data_fix(project, fix), tmp_path)
        assert mended.target_names == ("price",) and mended.test_rows


def test_data_and_train_say_it_and_evaluate_refuses_it(tmp_path, capsys):
    path, model = tmp_path / "p.netbuilder", tmp_path / "m.h5"
    files.write(_project(tmp_path, TEST.assign(rooms=None)), path)
    for words in (["data", str(path)], ["train", str(path), "-o", str(model)]):
        assert main(words) == 0
        assert "'rooms'" in "".join(capsys.readouterr()).split("warning", 1)[1].split("\n")[0]
    for name, column in (("f.csv", "rooms"), ("t.csv", "price")):
        TEST.assign(**{column: None}).to_csv(tmp_path / name, index=False)
        assert main(["evaluate", str(model), "--data", str(tmp_path / name)]) == 1
        assert f"'{column}'" in capsys.readouterr().err


def test_a_file_to_evaluate_on_needs_a_value_in_each_column(tmp_path):
    project = _project(tmp_path, TEST)
    from netbuilder.core.data.load import load_dataset

    fitted = load_dataset(project, tmp_path).preprocessing
    for table, refused in (
        (TEST, False), (TEST.assign(town=None), True), (TEST.assign(price=None), True),
        (TEST[:3].assign(town=None), False),
    ):  # fmt: skip
        table.to_csv(tmp_path / "more.csv", index=False)
        if not refused:
            assert len(read_split(project.data, fitted, tmp_path / "more.csv"))
            continue
        with pytest.raises(DataError) as caught:
            read_split(project.data, fitted, tmp_path / "more.csv")
        assert caught.value.code == "test_column_empty"
