"""Samples that are unlike the training data: flagged, in every way to predict, and after reopening.

The truth is known: one class of the data is left out of the training.
"""

import json
import shutil
import subprocess
from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_iris

import netbuilder as nb
from netbuilder.cli.predict import rows_of
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.manual_weights import WeightIndex, with_weights
from netbuilder.core.engine.novelty import (
    NoveltyReference,
    features_of,
    hidden_model,
    novelty_reference,
)
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.folders import resource
from netbuilder.core.formats.metadata import sidecar_from_json, sidecar_json
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.predict import predict_raw, predict_rows
from netbuilder.core.results.predict_file import predict_file

NODE = shutil.which("node")


@pytest.fixture(scope="module")
def flowers():
    """Irises without setosa to train on and to ask about, and the setosas."""
    data = load_iris(as_frame=True)
    table = data.frame.assign(species=data.target_names[data.target]).drop(columns="target")
    table.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    others = table[table.species != "setosa"].sample(frac=1, random_state=0)
    return others[:75], others[75:], table[table.species == "setosa"]


@pytest.fixture(scope="module")
def model(flowers, tmp_path_factory):
    path = tmp_path_factory.mktemp("novelty") / "irises.csv"
    flowers[0].to_csv(path, index=False)
    return nb.new(path, "species").train(40, progress=False)


def rows(table):
    return [dict(row) for row in table.drop(columns="species").to_dict("records")]


def share(model, table):
    return float(model.is_unlike_training_data(rows(table)).mean())


def test_the_class_that_was_left_out_is_flagged(model, flowers):
    _train, ordinary, left_out = flowers
    assert share(model, left_out) >= 0.9
    assert share(model, ordinary) <= 0.2  # of 25: a twentieth is expected
    noise = ordinary.copy()
    noise.iloc[:, :4] = np.random.default_rng(0).uniform(-8, 20, (len(noise), 4))
    assert share(model, noise) >= 0.9


def test_a_threshold_without_leave_one_out_flags_everything(model, flowers):
    """The wrong reading: each training sample is its own nearest one, at distance 0."""
    known = model.value.novelty
    own = known.samples * known.scale + known.mean
    itself = float(np.quantile(known.distances(own), 0.95))
    wrong = replace(model.value, novelty=replace(known, threshold=itself))
    assert np.mean(predict_rows(wrong, rows(flowers[1])).unlike) > 0.9
    others = known.distances(own, leave_one_out=True)
    assert 0.3 < known.threshold / np.quantile(others, 0.95) < 3


def test_every_way_to_predict_says_the_same(model, flowers, tmp_path):
    setosa = flowers[2][:3]
    found = predict_rows(model.value, rows(setosa))
    assert found.unlike == (True, True, True)
    assert [row["unlike_training_data"] for row in rows_of(found)] == [True] * 3
    assert predict_rows(model.value, rows(setosa)[:1]).unlike_note
    assert not predict_rows(replace(model.value, novelty=None), rows(setosa)).unlike_note
    file = tmp_path / "setosa.csv"
    setosa.to_csv(file, index=False)
    from_file = predict_file(model.value, file)
    assert from_file.unlike == found.unlike
    assert from_file.unlike_note in from_file.notes


def test_a_reopened_file_knows_it_and_stays_plain_keras(model, flowers, tmp_path):
    table = pd.concat(flowers[1:])
    expected = model.is_unlike_training_data(rows(table))
    for ending in (".h5", ".keras"):
        path = model.save(tmp_path / f"irises{ending}")
        again = nb.load(path)
        assert (again.is_unlike_training_data(rows(table)) == expected).all()
        keras.models.load_model(path, compile=False)
    written = json.dumps(sidecar_json(model.value)["novelty"])
    assert len(written) < 500_000


@pytest.mark.parametrize(
    "damage",
    [{"threshold": "far"}, {"scale": ""}, {"samples": "AAAA"}, {"stride": 0}, {"mean": "***"}],
)
def test_a_damaged_reference_is_an_error(model, damage):
    ours = json.loads(json.dumps(sidecar_json(model.value)))
    ours["novelty"] |= damage
    with pytest.raises(FormatError) as error:
        sidecar_from_json(ours, "irises.h5")
    assert error.value.code == "stored_data_damaged"


def test_weights_set_by_hand_make_the_reference_void(model, flowers):
    dense = next(one.id for one in model.value.project.graph.nodes if one.layer == "Dense")
    changed = with_weights(model.value, {WeightIndex(dense, "kernel", (0, 0)): 3.0})
    assert changed.novelty is None
    with pytest.raises(UserError) as error:
        nb.Model(changed, model.base).is_unlike_training_data(rows(flowers[1]))
    assert error.value.code == "training_data_unknown"


@pytest.mark.skipif(NODE is None, reason="no Node.js to run the page's code in")
@pytest.mark.parametrize("normalized", [False, True])
def test_the_web_page_computes_the_same(model, flowers, tmp_path, normalized):
    known = model.value.novelty
    own = known.samples * known.scale + known.mean
    other = replace(known, normalized=normalized)
    other = replace(other, samples=other.place(own).astype(np.float16))
    threshold = float(np.quantile(other.distances(own, leave_one_out=True), 0.95))
    model = nb.Model(replace(model.value, novelty=replace(other, threshold=threshold)), model.base)
    model.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    parts = [
        page.split(f'id="{name}">')[1].split("</script>")[0] for name in ("network", "weights")
    ]
    table = pd.concat(flowers[1:])
    raw = table.drop(columns="species").to_numpy(float)
    names = ("numbers.js", "layers.js")
    engine = "".join(resource("web", name).read_text("utf-8") for name in names)
    script = f"""{engine}
    const network = withWeights({json.dumps(json.loads(parts[0])["network"])}, {parts[1]!r});
    const rows = {raw.tolist()};
    console.log(JSON.stringify(rows.map((row) => isUnlike(
      network.novelty, run(network, [tensor([4], Float32Array.from(row))]).slice(1)))));
    """
    file = tmp_path / "script.js"
    file.write_text(script, "utf-8")
    done = subprocess.run([NODE, str(file)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == model.is_unlike_training_data(rows(table)).tolist()


def test_outputs_of_frozen_layers_are_not_computed_again(model):
    known, graph = model.value.novelty, model.value.project.graph
    (node,) = known.nodes
    assert graph.by_id[node].layer != "Dropout", "it is not there when the network predicts"
    dataset = load_dataset(model.value.project, model.base)
    keras_model = model.value.training_model
    hidden = hidden_model(keras_model, graph, known.nodes)

    def computed(split):
        return replace(split, x={node: np.asarray(hidden(split.x["input"])[-1])})

    held = dataset.validation
    once = replace(
        dataset, train=computed(dataset.train), validation=held if held is None else computed(held)
    )
    found = novelty_reference(keras_model, graph, dataset, once)
    assert found.threshold == pytest.approx(known.threshold, rel=1e-4)
    assert np.allclose(found.samples, known.samples, atol=1e-2)


def test_noise_whose_features_collapse_is_unlike_where_features_are_many():
    """Behind a backbone noise gives short vectors: near to all others by Euclid's distance."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(4, 600))
    features = np.abs(np.repeat(directions, 15, axis=0) + 0.3 * random.normal(size=(60, 600)))
    noise = 0.02 * np.abs(random.normal(size=(20, 600)))
    split = Split({"hidden": features.astype(np.float32)}, {}, {})
    dataset = Dataset(DataFacts(), split, None, None, Preprocessing())
    graph = Graph(
        (Node("input", "Input"), Node("hidden", "Dense"), Node("output", "Dense")),
        (("input", "hidden"), ("hidden", "output")),
    )
    given = keras.Input((3,), name="input")
    hidden = keras.layers.Dense(600, name="hidden")(given)
    network = keras.Model(given, keras.layers.Dense(4, name="output")(hidden))
    known = novelty_reference(network, graph, dataset, dataset)
    assert known.normalized
    assert known.is_unlike(noise).all()
    assert known.is_unlike(features).mean() <= 0.1
    many = replace(split, x={"hidden": np.repeat(split.x["hidden"], 8, axis=0)})
    few = novelty_reference(
        network, graph, replace(dataset, train=many), replace(dataset, train=many)
    )
    assert len(few.samples) == 300
    assert few.is_unlike(features).mean() <= 0.1, "samples of all classes are kept"
    plain = np.sort(((features[:, None] - features[None]) ** 2).sum(-1) ** 0.5, axis=1)[:, 1]
    near = ((noise[:, None] - features[None]) ** 2).sum(-1).min(1) ** 0.5
    assert near.max() < 3 * np.quantile(plain, 0.95), "the wrong measure hardly tells them apart"


def test_large_layers_are_averaged_and_thinned():
    maps = np.random.default_rng(0).normal(size=(3, 16, 16, 12)).astype(np.float32)
    flat = np.arange(3 * 5000, dtype=np.float32).reshape(3, 5000)
    assert np.allclose(features_of([maps], 1), maps.mean(axis=(1, 2)), atol=1e-6)
    assert features_of([flat], 3).shape == (3, 1667)
    assert features_of([maps[:, :2, :2], flat], 1).shape == (3, 5048)


def test_a_sample_that_is_no_number_is_unlike():
    known = NoveltyReference(
        ("dense",), 1, np.zeros(2, np.float32), np.ones(2, np.float32),
        np.zeros((3, 2), np.float16), 1.0,
    )  # fmt: skip
    asked = np.array([[0.5, 0.5], [np.nan, 0.0], [np.inf, 0.0], [1e9, 0.0]], np.float32)
    assert known.is_unlike(asked).tolist() == [False, True, True, True]


@pytest.mark.slow
def test_digits_without_nine(tmp_path):
    data, random = load_digits(), np.random.default_rng(0)
    x, y = data.images[..., None].astype("float32"), data.target
    order = random.permutation(np.flatnonzero(y != 9))
    train, ordinary = order[:1200], order[1200:]
    np.savez(tmp_path / "digits.npz", x=x[train], y=np.array([f"d{one}" for one in y[train]]))
    model = nb.new(tmp_path / "digits.npz").train(20, progress=False).value
    key = next(iter(model.preprocessing.inputs))

    def flagged(pictures):
        return float(np.mean(predict_raw(model, {key: pictures}).unlike))

    assert flagged(x[ordinary]) <= 0.1
    assert flagged(x[y == 9]) >= 0.4
    assert flagged(random.uniform(0, 16, (100, 8, 8, 1)).astype("float32")) >= 0.9
