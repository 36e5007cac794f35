"""k-means by hand: each step is what is calculated on paper, and the end is scikit-learn's."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import Session
from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.core.results.k_means import KMeans, column_samples, hidden_samples

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
