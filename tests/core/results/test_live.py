"""Live views, the landscape and k-means: what the model itself and scikit-learn give."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.events import ProbeAnswered
from netbuilder.core.engine.monitor.observer import evaluate_probe
from netbuilder.core.engine.networks.loss_values import loss_on
from netbuilder.core.engine.networks.network_copies import changing_weights, copy_network
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource
from netbuilder.core.lessons import library
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Project
from netbuilder.core.results.k_means import KMeans, column_samples, hidden_samples
from netbuilder.core.results.landscape import loss_landscape
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


@pytest.mark.slow
def test_a_path_past_a_frozen_body(tmp_path):
    """The history of a run does not hold the weights of a frozen pretrained network."""
    random = np.random.default_rng(1)
    bands = random.normal(size=(24, 80, 32)).astype(np.float32)
    np.savez(tmp_path / "d.npz", x=bands, y=np.arange(24) % 2)
    graph = chain(
        ("body", "SpeechEmbedding", {"pooling": "avg"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    data = Data("arrays", path=str(tmp_path / "d.npz"))
    trained, dataset = train(graph, data, Path(), epochs=1)
    end = [np.array(value) for value in changing_weights(trained.training_model)]
    assert len(end) == 2
    path = [[value * part for value in end] for part in (0.5, 0.7, 1.0)]
    landscape = loss_landscape(trained, dataset, [path], side=2)
    np.testing.assert_allclose(landscape.paths[0][-1], 0, atol=1e-6)
    assert np.linalg.norm(landscape.paths[0][0]) > np.linalg.norm(landscape.paths[0][1]) > 0


def test_losses_and_path_are_those_of_the_weights():
    graph = chain(
        ("hidden", "Dense", {"units": 3, "activation": "tanh"}),
        ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
    )
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=3)
    end = trained.training_model.get_weights()
    random = np.random.default_rng(0)
    first, second = ([random.normal(size=w.shape) for w in end] for _direction in range(2))
    # A path in a plane: two directions explain all of it.
    path = [
        [w + a * d + b * e for w, d, e in zip(end, first, second, strict=True)]
        for a, b in ((-2, 1), (-1, 0.5), (-0.5, -0.5), (0, 0))
    ]
    landscape = loss_landscape(trained, dataset, [path], side=5)
    assert landscape.explained == pytest.approx((1.0,))
    np.testing.assert_allclose(landscape.paths[0][-1], 0, atol=1e-6)
    # Distances are relative to the length of each unit's weights (Li et al. 2018).
    lengths = [np.linalg.norm(end[n - n % 2], axis=0) for n in range(len(end))]

    def relative(weights):
        parts = zip(weights, end, lengths, strict=True)
        return np.concatenate([((w - v) / length).ravel() for w, v, length in parts])

    sizes = [np.linalg.norm(relative(weights)) for weights in path]
    np.testing.assert_allclose(np.linalg.norm(landscape.paths[0], axis=1), sizes, rtol=1e-4)
    assert sizes != pytest.approx(
        [
            np.linalg.norm(np.concatenate([(w - v).ravel() for w, v in zip(p, end, strict=True)]))
            for p in path
        ],
        rel=0.05,
    )
    rows = np.linspace(0, len(dataset.train) - 1, min(len(dataset.train), 256)).astype(int)
    x = {name: values[rows] for name, values in dataset.train.x.items()}
    y = {name: values[rows] for name, values in dataset.train.y.items()}

    def loss(weights):
        network = copy_network(trained.training_model, trained.project, trained.facts)
        network.set_weights(weights)
        return loss_on(network, trained.project, x, y)

    # The first point of the path, rebuilt from its place on the map.
    left, bottom, right, top = landscape.box
    axes = np.linalg.lstsq(
        landscape.paths[0], np.array([np.concatenate([(w - v).ravel() for w, v in
                                                      zip(p, end, strict=True)]) for p in path]),
        rcond=None)[0]  # fmt: skip
    for row, column in ((0, 0), (2, 3), (4, 4)):
        spot = np.array([left + column / 4 * (right - left), bottom + row / 4 * (top - bottom)])
        ends = np.cumsum([w.size for w in end])[:-1]
        moved = np.split(np.concatenate([w.ravel() for w in end]) + spot @ axes, ends)
        there = loss([v.reshape(w.shape) for v, w in zip(moved, end, strict=True)])
        assert landscape.losses[row, column] == pytest.approx(there, rel=1e-3)


@pytest.mark.slow
def test_without_a_path_each_random_filter_is_as_long_as_the_networks():
    graph = chain(("out", "Dense", {"units": 1, "activation": "sigmoid"}))
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=1)
    landscape = loss_landscape(trained, dataset, side=3)
    assert landscape.box == (-1, -1, 1, 1)
    assert landscape.explained == ()
    assert landscape.paths == ()
    own = loss_on(trained.training_model, trained.project, dataset.train.x, dataset.train.y)
    assert landscape.losses[1, 1] == pytest.approx(own, rel=0.05)
    assert loss_landscape(trained, dataset, side=3, needed=lambda: False) is None


ONES = np.ones(2)


def test_the_steps_are_those_of_the_calculation_on_paper():
    samples = np.array([[0.0, 0.0], [0.0, 2.0], [6.0, 0.0], [6.0, 4.0]])
    first = KMeans.start(samples, ONES, np.array([[0.0, 0.0], [3.0, 0.0], [40.0, 40.0]]))
    assert not first.assigned and not first.settled
    assert first.move() is first, "without clusters there is no mean"
    assigned = first.assign()
    assert assigned.current.cluster_of.tolist() == [0, 0, 1, 1]
    assert assigned.inertia == 0 + 4 + 9 + 25
    moved = assigned.move()
    np.testing.assert_array_equal(moved.current.centroids, [[0, 1], [6, 2], [40, 40]])
    assert moved.inertia == 1 + 1 + 4 + 4
    assert moved.settled and moved.assign() is moved and moved.run() is moved
    back = moved.back()
    assert back.current is assigned.current, "a step is never changed"
    assert back.back().back().back().steps == first.steps
    dragged = moved.drag(2, (6.0, 4.0))
    assert dragged.current.cluster_of.tolist() == [0, 0, 1, 1], "assigned only when asked"
    assert dragged.assign().current.cluster_of.tolist() == [0, 0, 1, 2]
    counts = dragged.run().classes_in_clusters(np.array([1, 0, 1, 1]), 2)
    assert counts.tolist() == [[1, 1], [0, 1], [0, 1]]


def test_a_tie_goes_to_the_first_centroid_and_distances_are_standardized():
    samples = np.array([[1.0, 0.0], [1.0, 30.0]])
    ends = np.array([[2.0, 0.0], [0.0, 0.0]])
    assert KMeans.start(samples, ONES, ends).assign().current.cluster_of.tolist() == [0, 0]
    # In units of the columns the sample (1, 30) is nearer to (9, 30); standardized it is not.
    far = np.array([[9.0, 30.0], [1.0, 0.0]])
    scale = np.array([1.0, 100.0])
    assert KMeans.start(samples, ONES, far).assign().current.cluster_of[1] == 0
    assert KMeans.start(samples, scale, far).assign().current.cluster_of[1] == 1


@pytest.mark.parametrize("seed", range(4))
def test_the_end_is_scikit_learns(seed):
    from sklearn.cluster import KMeans as Reference
    from sklearn.datasets import make_blobs

    samples, truth = make_blobs(200, centers=4, cluster_std=1.0, random_state=seed)
    samples = samples * [1.0, 50.0]
    scale = samples.std(axis=0)
    begin = KMeans.random(samples, scale, 4, seed)
    assert KMeans.random(samples, scale, 4, seed).current.centroids.tolist() == (
        begin.current.centroids.tolist()
    )
    end = begin.run()
    assert end.settled
    known = Reference(4, init=begin.current.centroids / scale, n_init=1, tol=0).fit(samples / scale)
    np.testing.assert_array_equal(end.current.cluster_of, known.labels_)
    np.testing.assert_allclose(end.current.centroids, known.cluster_centers_ * scale)
    assert end.inertia == pytest.approx(known.inertia_)
    sums = [KMeans(samples, scale, end.steps[:n]).inertia for n in range(2, len(end.steps) + 1)]
    assert (np.diff(sums) <= 1e-9).all(), "the sum never rises"
    counts = end.classes_in_clusters(truth, 4)
    assert counts.sum() == 200


def test_no_more_centroids_than_places():
    samples = np.array([[1.0, 1.0]] * 5 + [[2.0, 2.0]] * 5)
    start = KMeans.random(samples, ONES, 4, 0)
    assert sorted(start.current.centroids[:, 0]) == [1, 2]
    assert start.run().inertia == 0


def test_the_columns_of_a_table_with_their_classes(tmp_path):
    lines = [f"{n},{100 * n},{'ab'[n % 2]},{n % 3}.5" for n in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["long,wide,kind,deep", *lines]), "utf-8")
    project = edits.set_data(Project(), kind="csv", path="t.csv", target=("kind",))
    project = edits.append_layer(edits.append_layer(project, "Input"), "Dense")
    samples = column_samples(load_dataset(project, tmp_path), "wide", "deep")
    assert samples.names == ("wide", "deep")
    order = np.argsort(samples.at[:, 0])
    assert samples.at[order, 0].tolist() == [100.0 * n for n in range(20)]
    np.testing.assert_allclose(samples.scale, samples.at.std(axis=0))
    assert [samples.classes[int(n)] for n in samples.class_of[order]] == list("ab") * 10


def _lowest(samples, k):
    starts = (KMeans.random(samples.at, samples.scale, k, seed) for seed in range(1, 9))
    return min((start.run() for start in starts), key=lambda end: end.inertia)


def test_what_the_lesson_says_about_its_samples():
    project = library.start_project(library.find_lesson("groups_without_labels"))
    samples = column_samples(load_dataset(project, Path()))
    sums = [_lowest(samples, k).inertia for k in range(2, 7)]
    assert 3.5 < sums[0] / sums[1] < 4.5, "to a quarter from k = 2 to 3"
    assert all(before / after < 1.4 for before, after in pairwise(sums[1:]))
    table = _lowest(samples, 3).classes_in_clusters(samples.class_of, 3)
    assert sorted(table.max(axis=1)) == [100, 100, 100]
    bad = KMeans.start(samples.at, samples.scale, np.array([[-6, -10], [-4, -9], [7, 5.0]])).run()
    assert bad.inertia > 3 * sums[1], "two centroids stay in one group"


@pytest.mark.slow
def test_the_hidden_layer_of_the_lesson_fits_the_growers_better():
    project = library.start_project(library.find_lesson("groups_without_labels"))
    project = edits.set_data(project, kind="builtin", name="wine", options={})
    dataset = load_dataset(project, Path())
    samples = column_samples(dataset)
    table = _lowest(samples, 3).classes_in_clusters(samples.class_of, 3)
    assert 0.7 < table.max(axis=1).sum() / len(samples.at) < 0.8, "about three of four"
    trained = Session(project, dataset, on_event=lambda _event: None).run()
    hidden = hidden_samples(dataset, trained)
    table = _lowest(hidden, 3).classes_in_clusters(hidden.class_of, 3)
    assert len(hidden.at) == 36
    assert table.max(axis=1).sum() > 30
