"""Points that a person put in, moved or took away: what is learned from, split, and exported."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.examples import find_example
from netbuilder.core.data.kinds.builtin.generated import moons, sine
from netbuilder.core.data.load import load_dataset, point_number
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.errors import DataError, EditError
from netbuilder.core.formats.script.python import Style, script_source
from netbuilder.core.project import edits, files
from netbuilder.core.project.edits_data import (
    add_point,
    forget_point_edits,
    move_point,
    point_edits,
    remove_point,
)

source = partial(script_source, style=Style.EXACT)


@pytest.fixture(scope="module")
def project():
    return files.read(find_example("moons").path)


def places(data):
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    return {
        name: [tuple(map(float, row)) for row in np.asarray(split.raw_x["input"]).round(5)]
        for name, split in parts.items()
        if split is not None
    }


def test_moved_points_stay_in_their_part_and_no_other_point_moves(project):
    made, _ = moons()
    before = prepare_data(project, Path()).rows
    tested = int(before.test[3])
    after = prepare_data(move_point(project, tested, 5.0, -4.0), Path())
    assert np.array_equal(after.rows.test, before.test)
    assert np.array_equal(after.rows.train, before.train)
    table = after.samples.table.to_numpy()
    assert table[tested] == pytest.approx([5.0, -4.0])
    others = np.arange(len(made)) != tested
    assert np.array_equal(table[others], made[others])


def test_one_taken_away_and_one_put_in_leave_all_others_where_they_were(project):
    """A cut of the new number of rows would deal every point out again."""
    before = places(load_dataset(project, Path()))
    rows = prepare_data(project, Path()).rows
    gone = [int(rows.train[0]), int(rows.test[0])]
    changed = add_point(project, 2.5, 2.5, "blue")
    for row in gone:
        changed = remove_point(changed, row)
    data = load_dataset(changed, Path())
    after = places(data)
    assert after["test"] == before["test"][1:]
    assert after["validation"] == before["validation"]
    assert after["train"] == [*before["train"][1:], (2.5, 2.5)]
    assert data.facts.classes[int(next(iter(data.train.raw_y.values()))[-1])] == "blue"


def test_points_that_were_put_in_can_be_moved_and_taken_away_again(project):
    one = add_point(add_point(project, 0.0, 0.0, "blue"), 1.0, 1.0, "orange")
    moved = move_point(one, -2, 3.0, 4.0)
    assert point_edits(moved.data).added == ((0.0, 0.0, "blue"), (3.0, 4.0, "orange"))
    assert point_edits(remove_point(moved, -1).data).added == ((3.0, 4.0, "orange"),)
    assert remove_point(remove_point(moved, -1), -1) == project
    assert forget_point_edits(remove_point(moved, 7)) == project
    with pytest.raises(EditError) as caught:
        move_point(project, -1, 0.0, 0.0)
    assert caught.value.code == "point_gone"
    with pytest.raises(EditError) as caught:
        move_point(remove_point(project, 3), 3, 0.0, 0.0)
    assert caught.value.code == "point_gone"


def test_the_changes_survive_the_file(project, tmp_path):
    changed = remove_point(move_point(add_point(project, 0.123456, -2, "blue"), 12, 1, 2), 3)
    files.write(changed, tmp_path / "p.netbuilder")
    again = files.read(tmp_path / "p.netbuilder")
    assert point_edits(again.data) == point_edits(changed.data)
    assert places(load_dataset(again, tmp_path)) == places(load_dataset(changed, Path()))


@pytest.mark.parametrize(
    "value",
    [
        {"added": [[1, 2]]},
        {"moved": [[-1, 0, 0]]},
        {"removed": ["three"]},
        {"adds": []},
        [1],
        {"added": [[float("nan"), 0, "blue"]]},
    ],
)
def test_what_cannot_be_read_says_how_to_write_it(project, value):
    with pytest.raises(DataError, match="points") as told:
        load_dataset(edits.set_data(project, points=value), Path())
    assert "added" in str(told.value)


def test_a_smaller_set_passes_over_points_that_it_does_not_make(project):
    changed = remove_point(move_point(project, 390, 9, 9), 395)
    fewer = edits.set_data(changed, samples=100)
    assert places(load_dataset(fewer, Path())) == places(
        load_dataset(edits.set_data(project, samples=100), Path())
    )


def test_with_no_point_left_to_learn_from_it_says_what_to_do(project):
    few = edits.set_data(project, samples=40)
    for row in prepare_data(few, Path()).rows.train:
        few = remove_point(few, int(row))
    with pytest.raises(DataError, match="No point is left"):
        load_dataset(few, Path())


def test_the_script_makes_the_same_points_and_cuts_them_alike(project):
    changed = replace(project, data=replace(project.data, scaling="none"))
    for row in (3, 17, 200):
        changed = remove_point(changed, row)
    changed = add_point(move_point(changed, 12, 1.5, -0.25), 2.0, 2.0, "orange")
    text = source(changed)
    space: dict[str, np.ndarray] = {}
    exec(text[: text.index("# Build the network")], space)
    data = load_dataset(changed, Path())
    for name, split in (("train", data.train), ("val", data.validation), ("test", data.test)):
        assert np.allclose(space[f"x_{name}"], split.raw_x["input"])
        assert np.array_equal(space[f"y_{name}"], next(iter(split.raw_y.values())))


@pytest.fixture(scope="module")
def curve():
    return files.read(find_example("sine").path)


def test_points_of_a_curve_lie_on_its_formula(curve):
    exact = load_dataset(
        edits.set_data(curve, noise=0.0, frequency=2.5, samples=120, seed=4), Path()
    )
    for split in (exact.train, exact.validation, exact.test):
        x, y = split.raw_x["input"][:, 0], next(iter(split.raw_y.values())).ravel()
        assert x.min() >= 0.0 and x.max() <= 2 * np.pi + 1e-6
        assert y == pytest.approx(np.sin(2.5 * x), abs=1e-5)
    x, y = sine(samples=5000, noise=0.3, frequency=1.0)
    off = y - np.sin(x)
    assert off.mean() == pytest.approx(0.0, abs=0.02) and off.std() == pytest.approx(0.3, abs=0.02)


def test_points_of_a_curve_are_moved_put_in_and_taken_away(curve, tmp_path):
    before = prepare_data(curve, Path())
    tested, gone = int(before.rows.test[3]), int(before.rows.train[0])
    changed = remove_point(move_point(add_point(curve, 3.0, 9.0), tested, 1.0, -4.0), gone)
    files.write(changed, tmp_path / "p.netbuilder")
    assert point_edits(files.read(tmp_path / "p.netbuilder").data) == point_edits(changed.data)
    after = prepare_data(changed, Path())
    data, made = load_dataset(changed, Path()), load_dataset(curve, Path())
    assert data.validation is not None and made.validation is not None
    assert np.array_equal(data.validation.raw_x["input"], made.validation.raw_x["input"])
    assert len(after.rows.test) == len(before.rows.test)
    assert len(data.train) == len(made.train)  # one more, one less
    assert data.train.raw_x["input"][-1] == pytest.approx([3.0])
    assert next(iter(data.train.raw_y.values())).ravel()[-1] == pytest.approx(9.0)
    assert float(data.test.raw_x["input"][3, 0]) == pytest.approx(1.0)
    assert float(np.ravel(next(iter(data.test.raw_y.values())))[3]) == pytest.approx(-4.0)
    assert point_number(changed, Path(), (3.0, 9.0)) == -1
    assert point_number(changed, Path(), (1.0, -4.0)) == tested


def test_a_class_has_no_place_on_a_curve(curve):
    with pytest.raises(DataError, match="points") as told:
        load_dataset(edits.set_data(curve, points={"added": [[1, 2, "blue"]]}), Path())
    assert '"added": [[x, y]]' in str(told.value)


def test_the_script_has_the_same_curve(curve):
    changed = replace(curve, data=replace(curve.data, scaling="none"))
    changed = add_point(move_point(remove_point(changed, 3), 12, 1.5, -0.25), 2.0, 2.0)
    text = source(changed)
    space: dict[str, np.ndarray] = {}
    exec(text[: text.index("# Build the network")], space)
    data = load_dataset(changed, Path())
    for name, split in (("train", data.train), ("val", data.validation), ("test", data.test)):
        assert np.allclose(space[f"x_{name}"], split.raw_x["input"])
        assert np.allclose(np.ravel(space[f"y_{name}"]), np.ravel(next(iter(split.raw_y.values()))))
