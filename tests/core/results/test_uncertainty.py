"""How sure an answer is: against counts by hand, and on weights that are known."""

from dataclasses import replace

import numpy as np
import pytest

from netbuilder.core.project.model import Data
from netbuilder.core.results.explain.table_methods import vary_column
from netbuilder.core.results.own_units import predict_values
from netbuilder.core.results.uncertainty import (
    FEWEST,
    KnownErrors,
    known_errors,
    uncertainty_band,
    uncertainty_of,
    with_dropout,
)
from tests.core.results.conftest import chain, train


def test_eight_of_ten_known_answers_lie_within():
    places = np.array([[0.0]] * 9 + [[100.0]] * 91)
    errors = np.concatenate([np.arange(1.0, 10.0), np.full(91, 50.0)])
    known = KnownErrors(places, np.ones(1), errors, "test")
    # 40 neighbours of 0: nine near ones and 31 of the far; rank ⌈0.8·41⌉ = 33 is a far one's 50.
    assert known.half_widths({"x": np.array([[0.0]])}) == pytest.approx([50.0])
    few = KnownErrors(places[:9], np.ones(1), errors[:9], "test")
    # Nine known: rank ⌈0.8·10⌉ = 8.
    assert few.half_widths({"x": np.array([[0.0]])}) == pytest.approx([8.0])
    near = KnownErrors(
        np.concatenate([np.zeros((40, 1)), np.full((40, 1), 9.0)]),
        np.ones(1),
        np.concatenate([np.full(40, 1.0), np.full(40, 7.0)]),
        "test",
    )
    found = near.half_widths({"x": np.array([[0.1], [8.0]])})
    assert found == pytest.approx([1.0, 7.0]), "only rows that are like it speak"


def test_the_range_holds_eight_of_ten_test_rows(house_model):
    trained, dataset = house_model
    known = known_errors(trained, dataset)
    assert known.split == "validation"
    test = dataset.test
    half = known.half_widths(trained.preprocessing.apply_inputs(test.raw_x))
    given = predict_values(trained, trained.preprocessing.apply_inputs(test.raw_x))["out"][:, 0]
    inside = np.abs(given - test.raw_y["out"][:, 0]) <= half
    assert 0.6 < inside.mean() <= 1.0
    one = {key: value[:1] for key, value in test.raw_x.items()}
    said = uncertainty_of(trained, one, known)
    assert said.low == pytest.approx(given[0] - half[0], rel=1e-5)
    assert "validation rows" in said.sentence
    assert "dropout" not in said.sentence, "this network has none"
    assert uncertainty_of(trained, one, None) is None


def test_dropout_stays_on_and_touches_nothing(digits_model):
    trained, dataset = digits_model
    x = {key: value[:3] for key, value in dataset.train.x.items()}
    before = predict_values(trained, x)["out"]
    drop = next(
        layer for layer in trained.training_model.layers if type(layer).__name__ == "Dropout"
    )
    state = np.array(drop.seed_generator.state)
    found = with_dropout(trained, x, tries=200)
    values = found["out"]
    assert values.shape == (200, 3, 10)
    assert values.std(axis=0).max() > 1e-3, "masks differ"
    again = with_dropout(trained, x, tries=200)
    assert np.array_equal(values, again["out"]), "the same masks for the same question"
    assert np.array_equal(predict_values(trained, x)["out"], before)
    assert np.array_equal(np.array(drop.seed_generator.state), state), "training goes on the same"


def test_a_unit_that_is_switched_off_is_counted_right(tmp_path):
    """One number through dropout 0.5: twice as large in half of the tries, else nothing."""
    lines = ["x,y", *(f"{i / 10},{i / 10}" for i in range(40))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    graph = chain(("drop", "Dropout", {"rate": 0.5}), ("out", "Dense", {"units": 1}))
    data = Data("csv", path="t.csv", target=("y",), scaling="none", test_split=0.3)
    trained, dataset = train(graph, data, tmp_path, epochs=1)
    trained.training_model.get_layer("out").set_weights([np.array([[3.0]]), np.array([1.0])])
    found = with_dropout(trained, {"input": np.array([[2.0]], np.float32)}, tries=400)
    values = found["out"].reshape(-1)
    assert set(np.round(values, 4)) == {1.0, 13.0}
    assert (values > 1).mean() == pytest.approx(0.5, abs=0.1)
    rows = vary_column(trained, {"input": np.array([0.0])}, "x", [0.0, 1.0, 2.0])
    around = uncertainty_band(trained, rows, 0, None)
    assert around[0] == pytest.approx([1.0, 1.0, 1.0])
    assert around[1] == pytest.approx([1.0, 7.0, 13.0]), "wider where the column counts more"
    few = replace(dataset, validation=None, test=None)
    assert FEWEST > 0
    assert known_errors(trained, few) is None


def test_no_range_is_given_for_a_row_unlike_all_known_ones(house_model):
    trained, dataset = house_model
    known = known_errors(trained, dataset)
    assert known is not None
    sample = {key: value[0] for key, value in dataset.test.raw_x.items()}
    column = next(c for c in trained.preprocessing.inputs["input"].columns if c.name == "size")
    assert column.low is not None
    assert column.high is not None
    wide = column.high - column.low
    grid = [column.low, column.high + 0.05 * wide, column.high + wide]
    low, high = uncertainty_band(trained, vary_column(trained, sample, "size", grid), 0, known) or (
        [],
        [],
    )
    assert np.isfinite(low).tolist() == np.isfinite(high).tolist() == [True, True, False]
    far = uncertainty_of(trained, vary_column(trained, sample, "size", grid[2:]), known)
    assert (far.low, far.high) == (None, None)
    assert "cannot be estimated" in far.sentence
    assert "%" not in far.sentence
