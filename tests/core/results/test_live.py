"""The live views give what the trained model itself answers, and scikit-learn's components."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import evaluate_probe
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data
from netbuilder.core.results.layer_values import node_activations, raw_sample
from netbuilder.core.results.live import forecast_and_wall, histograms, maps, plane, sample_summary
from netbuilder.core.results.live.views import VIEWS, Axes, views_for
from netbuilder.core.results.predict import predict_raw
from tests.core.results.conftest import chain, train

Trained = tuple[TrainedModel, Dataset]


@pytest.fixture(scope="module")
def moons():
    graph = chain(
        ("hidden", "Dense", {"units": 12, "activation": "relu"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    return train(graph, Data("builtin", name="moons"), Path(), epochs=30)


def test_a_surface_is_what_the_model_answers(moons):
    trained, data = moons
    asked = plane.surface_request(data, trained.project, size=20)
    found = asked.read(evaluate_probe(trained, asked.probe))
    assert found.shares.shape == (20, 20, 2)
    left, bottom, right, top = found.box
    corners = [[left, bottom], [right, bottom], [left, top], [right, top]]
    answers = trained.model.predict(np.array(corners, np.float32), verbose=0)[:, 0]
    shown = found.shares[[0, 0, -1, -1], [0, -1, 0, -1], 1]
    assert shown == pytest.approx(answers, abs=1e-4)
    points = found.points
    assert set(points.part) == {0, 1, 2}
    own = trained.model.predict(np.asarray(points.at, np.float32), verbose=0)[:, 0]
    assert np.array_equal(points.right, (own >= 0.5) == (points.value == 1))
    assert 0.5 < points.right.mean() < 1


@pytest.mark.slow
def test_a_surface_goes_along_columns_of_several_inputs():
    project = files.read(resource("examples", "two_inputs.netbuilder"))
    inputs = {
        "sepal": ("sepal length (cm)", "sepal width (cm)", "petal width (cm)"),
        "petal": ("petal length (cm)", "petal width (cm)"),
    }
    recipe = replace(project.data, inputs=inputs)
    project = edits.set_training(replace(project, data=recipe), epochs=5)
    data = load_dataset(project, Path())
    trained = Session(project, data, on_event=lambda event: None).run()
    names = ("sepal length (cm)", "sepal width (cm)", "petal width (cm)", "petal length (cm)")
    assert plane.number_columns(data) == names
    assert [view.name for view in views_for(data, project)][:2] == ["surface", "curve"]

    # Petal length (of the one) against petal width (of both); the rest as in test row 4.
    view = next(one for one in VIEWS if one.name == "surface")
    asked = view.ask(data, trained.project, Axes("petal length (cm)", "petal width (cm)", row=4))
    found = asked.read(evaluate_probe(trained, asked.probe))
    rest = {key: np.repeat(values[4:5], 4, axis=0) for key, values in data.test.raw_x.items()}
    left, bottom, right, top = found.box
    rest["petal"][:, 0] = [left, right, left, right]
    rest["petal"][:, 1] = rest["sepal"][:, 2] = [bottom, bottom, top, top]
    answers = predict_raw(trained, rest).first.probabilities
    assert found.shares[[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx(answers, abs=1e-4)
    assert (found.points.part == 2).sum() == len(data.test)
    where = found.points.at[found.points.part == 2]
    assert where == pytest.approx(data.test.raw_x["petal"], abs=1e-5)

    own = {key: values[7] for key, values in data.test.raw_x.items()}
    asked = view.ask(data, trained.project, Axes("sepal length (cm)", own=own))
    shown = asked.read(evaluate_probe(trained, asked.probe)).shares
    asked = view.ask(data, trained.project, Axes("sepal length (cm)", row=7))
    assert np.array_equal(shown, asked.read(evaluate_probe(trained, asked.probe)).shares)

    asked = plane.curve_request(data, trained.project, "petal width (cm)")
    along = asked.read(evaluate_probe(trained, asked.probe))
    means = {key: np.repeat(v.mean(axis=0)[None], 2, axis=0) for key, v in data.train.raw_x.items()}
    means["petal"][:, 1] = means["sepal"][:, 2] = along.x[[0, -1]]
    ends = predict_raw(trained, means).first.probabilities
    assert along.y[[0, -1]] == pytest.approx(ends, abs=1e-4)


def test_the_running_training_answers_the_same_probe(moons):
    trained, data = moons
    probed: list[ProbeAnswered] = []

    def hear(event):
        if isinstance(event, ProbeAnswered):
            probed.append(event)
            session.stop()

    project = edits.set_training(trained.project, epochs=100_000)
    session = Session(project, data, on_event=hear, storage=RunStorage(record=False))
    asked = plane.surface_request(data, trained.project)
    session.watch(asked.probe)
    session.run()
    assert asked.read(probed[0]).shares is not None


def test_other_columns_are_held_where_they_are_typical(house_model):
    trained, data = house_model
    with pytest.raises(DataError, match="two numeric columns"):
        plane.surface_request(data, trained.project)
    asked = plane.curve_request(data, trained.project)
    found = asked.read(evaluate_probe(trained, asked.probe))
    assert found.across == "size"
    towns = data.train.raw_x["input"][:, 1:].mean(axis=0)
    held = np.eye(2)[towns.argmax()]
    rows = np.concatenate([found.x[:, None], np.repeat(held[None], len(found.x), 0)], axis=1)
    answers = trained.model.predict(rows.astype(np.float32), verbose=0)
    assert found.y == pytest.approx(answers[:, 0], rel=1e-3)
    with pytest.raises(DataError, match="Did you mean 'size'"):
        plane.curve_request(data, trained.project, "sise")


def test_other_columns_can_be_held_at_a_chosen_row(house_model):
    trained, data = house_model
    view = next(one for one in VIEWS if one.name == "curve")
    towns = data.test.raw_x["input"][:, 1:]
    usual = data.train.raw_x["input"][:, 1:].mean(axis=0).argmax()
    row = int(np.flatnonzero(towns.argmax(axis=1) != usual)[0])  # of the rarer town
    drawn = {}
    for chosen in (None, row):
        asked = view.ask(data, trained.project, Axes(row=chosen))
        drawn[chosen] = asked.read(evaluate_probe(trained, asked.probe))
    x = drawn[row].x
    rows = np.concatenate([x[:, None], np.repeat(towns[row][None], len(x), 0)], axis=1)
    answers = trained.model.predict(rows.astype(np.float32), verbose=0)[:, 0]
    assert drawn[row].y == pytest.approx(answers, rel=1e-3)
    assert np.abs(drawn[row].y - drawn[None].y).min() > 20_000, "the other town costs another price"


def test_the_wall_says_what_each_picture_is_taken_for(digits_model):
    trained, data = digits_model
    asked = forecast_and_wall.wall_request(data, trained.project)
    found = asked.read(evaluate_probe(trained, asked.probe))
    assert len(found.images) == len(found.answers) == 40
    assert sorted(set(found.truth)) == list("0123456789")
    answers = trained.model.predict(found.images, verbose=0).argmax(axis=1)
    assert found.answers == tuple(str(one) for one in answers)


def test_the_map_is_the_last_hidden_layers(moons):
    trained, data = moons
    asked = maps.hidden_map_request(data, trained.project)
    found = asked.read(evaluate_probe(trained, asked.probe))
    assert found.node == "hidden"
    assert data.test is not None
    hidden = np.array(
        [node_activations(trained, raw_sample(data.test, int(r)))["hidden"] for r in found.rows]
    )
    pca = PCA(2).fit(hidden)
    expected = pca.transform(hidden)
    assert np.abs(found.at) == pytest.approx(np.abs(expected), abs=1e-3)
    assert found.explained == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-4)
    turned, _ = maps.principal_components(hidden, -found.at)
    assert turned == pytest.approx(-found.at, abs=1e-6)


def test_views_fit_their_data(moons, house_model, digits_model, reviews_model):
    def names(one):
        return [view.name for view in views_for(one[1], one[0].project)]

    spreads = ["weights", "gradients", "activations"]
    assert names(moons) == ["surface", "curve", "map", *spreads]
    assert names(house_model) == ["curve", "map", *spreads]
    assert names(digits_model) == ["wall", "map", *spreads]
    assert names(reviews_model) == ["map", *spreads]
    assert len({view.name for view in VIEWS}) == len(VIEWS)


def test_histograms_count_every_weight(moons):
    trained, data = moons
    asked = histograms.histogram_request(data, trained.project, histograms.WEIGHTS)
    found = evaluate_probe(trained, asked.probe)
    asked.read(found)
    picture = asked.read(found)
    assert list(picture.layers) == ["hidden", "out"]
    shares, edges = picture.layers["hidden"]
    kernel = trained.training_model.get_layer("hidden").kernel.numpy()
    counts, _ = np.histogram(kernel, edges)
    assert shares.shape == (2, 40)
    assert shares[-1] == pytest.approx(counts / kernel.size)
    assert (edges[0], edges[-1]) == pytest.approx((kernel.min(), kernel.max()))


def test_histograms_of_gradients_are_those_of_the_tape(moons):
    import tensorflow as tf

    trained, data = moons
    asked = histograms.histogram_request(data, trained.project, histograms.GRADIENTS)
    picture = asked.read(evaluate_probe(trained, asked.probe))
    x, y = data.train.x["input"][:256], data.train.y["out"][:256]
    training_model = trained.training_model
    with tf.GradientTape() as tape:
        answers = training_model(x, training=False)
        loss = tf.reduce_mean(tf.keras.losses.binary_crossentropy(y.reshape(-1, 1), answers))
    (slope,) = tape.gradient(loss, [training_model.get_layer("hidden").kernel.value])
    shares, edges = picture.layers["hidden"]
    assert shares[0] == pytest.approx(np.histogram(slope, edges)[0] / np.size(slope))
    assert (edges[0], edges[-1]) == pytest.approx((np.min(slope), np.max(slope)), abs=1e-6)


def test_histograms_of_activations_are_what_the_layer_gives(moons):
    trained, data = moons
    asked = histograms.histogram_request(data, trained.project, histograms.ACTIVATIONS)
    picture = asked.read(evaluate_probe(trained, asked.probe))
    given = np.array(
        [node_activations(trained, raw_sample(data.train, row))["hidden"] for row in range(256)]
    )
    shares, edges = picture.layers["hidden"]
    # All 256 · 12 values are counted: every second one would be too few for 2,000.
    assert edges[0] >= given.min() - 1e-6
    assert edges[-1] <= given.max() + 1e-6
    counted = given.reshape(-1)[:: given.size // histograms.MOST_VALUES]
    assert shares[0] == pytest.approx(np.histogram(counted, edges)[0] / len(counted), abs=2e-3)
    assert picture.epochs.tolist() == [trained.epochs]


def test_bins_grow_with_the_numbers_and_old_moments_are_counted_anew():
    spread = histograms.LayerHistograms()
    spread.add(np.array([0.0, 1.0]))
    spread.add(np.array([0.0, 10.0]))
    assert spread.edges[0] == 0.0
    assert spread.edges[-1] > 10.0
    assert spread.shares[0].nonzero()[0].tolist() == [0, int(1.0 // np.diff(spread.edges)[0])]
    assert [row.sum() for row in spread.shares] == [1.0, 1.0]
    spread.add(np.array([np.nan, 2.0]))
    assert spread.shares[-1].sum() == 1.0, "numbers that are none are left out"


def test_the_nearest_word_is_that_of_the_smallest_angle():
    matrix = np.array([[9, 9], [1, 0], [1, 1], [2, 2.2], [-1, -1.0]])
    found = sample_summary.nearest_words(matrix, 2, ("", "[UNK]", "good", "fine", "bad"), most=2)
    assert [name for name, _ in found] == ["fine", "[UNK]"], "by angle, not by length"
    cosine = (1 * 2 + 1 * 2.2) / (np.sqrt(2) * np.sqrt(4 + 2.2**2))
    assert found[0][1] == pytest.approx(cosine)
    assert sample_summary.step_names(
        {"in": np.array([2, 4, 0])}, {"in": ("", "u", "good", "x", "bad")}, 3
    ) == ("good", "bad", "·")
