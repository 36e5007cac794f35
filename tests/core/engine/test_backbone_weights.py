"""Pretrained backbones: their weights from files, downloads, frozen dropout and fine-tuning."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from inspect import getsource
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.networks.backbone_weights import report_download, take_weights
from netbuilder.core.engine.networks.frozen_prefix import find_frozen_layers
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.engine.session import RunStart, RunStorage, Session
from netbuilder.core.errors import BuildError
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.paths import rebased
from netbuilder.core.formats.registry import load_network, save_network
from netbuilder.core.formats.writers.web_network import web_network
from netbuilder.core.project.edits import set_params
from netbuilder.core.project.graph_ends import changed_since
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.results.evaluate import Evaluation, evaluate
from netbuilder.core.results.fine_tuning import (
    EPOCHS,
    LEARNING_RATE,
    fine_tuned,
    gain_sentence,
    may_fine_tune,
)

PARAMS = {"weights": "none", "pooling": "avg", "alpha": 0.1}
FACTS = DataFacts(rows=4, input_shapes={"input": (32, 32, 3)}, tasks={"out": "regression"})
Chain = Callable[..., Project]


def network(chain, seed=1, **params: Any):
    layers = [("body", "MobileNet", {**PARAMS, **params}), ("out", "Dense", {"units": 1})]
    return chain(layers, seed=seed, epochs=2)


def from_file(chain, name):
    return network(chain, seed=9, weights="file", weights_file=name)


def inner(training_model):
    return next(
        part for part in training_model.get_layer("body").layers if part.name.endswith("_body")
    )


def same(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture
def trained(chain, dataset, tmp_path):
    """A network whose body learned too, and its file."""
    random = np.random.default_rng(0)
    pictures = random.uniform(0, 255, (24, 32, 32, 3)).astype(np.float32)
    data = dataset({"input": pictures}, {"out": random.normal(size=(24, 1)).astype(np.float32)})
    project = network(chain, trainable=True)
    project = replace(project, training=replace(project.training, loss=None))
    found = Session(project, data).run()
    save_network(found, tmp_path / "m.h5")
    return found, data


@pytest.mark.slow
def test_the_body_of_a_trained_network_is_taken_over(trained, chain, tmp_path):
    model, data = trained
    random = build_training_model(network(chain, seed=9), FACTS)
    training_model = build_training_model(from_file(chain, "m.h5"), FACTS, base=tmp_path)
    assert same(inner(training_model), inner(model.training_model))
    assert not same(inner(random), inner(model.training_model))
    assert [w.path for w in training_model.trainable_weights] == ["out/kernel", "out/bias"]
    # Trained with the body frozen, saved, opened and gone on with where its file is not.
    project = from_file(chain, "m.h5")
    frozen = Session(project, data, storage=RunStorage(tmp_path)).run()
    assert same(inner(frozen.training_model), inner(model.training_model))
    save_network(frozen, tmp_path / "away.h5")
    (tmp_path / "m.h5").unlink()
    opened = load_network(tmp_path / "away.h5")
    more = Session(
        opened.project, data, storage=RunStorage(tmp_path), start=RunStart(opened, epochs=3)
    )
    assert same(inner(more.run().training_model), inner(model.training_model))
    with pytest.raises(BuildError) as caught:
        Session(project, data, storage=RunStorage(tmp_path)).run()
    assert caught.value.code == "weights_do_not_fit"
    assert "m.h5" in caught.value.what


def test_files_of_keras_applications(chain, tmp_path):
    """As keras.applications keeps them, with the layers at the top and the names of Keras 2."""
    whole = keras.applications.MobileNet(
        weights=None, alpha=0.1, classes=7, input_shape=(32, 32, 3)
    )
    with h5py.File(tmp_path / "old.h5", "w") as file:
        for layer in whole.layers:
            for weight in layer.weights:
                depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
                name = f"depthwise_{weight.name}" if depthwise else weight.name
                file[f"{layer.name}/{layer.name}/{name}:0"] = weight.numpy()
    training_model = build_training_model(from_file(chain, "old.h5"), FACTS, base=tmp_path)
    # A script has the text of the function, and nothing of the program.
    script: dict[str, Any] = {"keras": keras}
    exec(getsource(take_weights), script)
    plain = keras.applications.MobileNet(
        include_top=False, weights=None, alpha=0.1, input_shape=(32, 32, 3), pooling="avg"
    )
    assert script["take_weights"](plain, str(tmp_path / "old.h5"))
    assert same(plain, inner(training_model))
    for layer in inner(training_model).layers:
        theirs = whole.get_layer(layer.name) if layer.weights else layer
        for one, other in zip(layer.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_what_does_not_fit_is_told(chain, tmp_path):
    wide = keras.applications.MobileNet(
        include_top=False, weights=None, alpha=0.2, input_shape=(32, 32, 3)
    )
    wide.save(tmp_path / "wide.h5")
    (tmp_path / "cut.h5").write_bytes((tmp_path / "wide.h5").read_bytes()[:5000])
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["conv1"] = h5py.ExternalLink("/etc/passwd", "x")
    for name, words in (("wide.h5", "do not fit"), ("cut.h5", "damaged"), ("link.h5", "link")):
        with pytest.raises(BuildError, match=words) as caught:
            build_training_model(from_file(chain, name), FACTS, base=tmp_path)
        assert caught.value.node == "body"
        assert "MobileNet" in caught.value.fix


def test_a_missing_file_is_a_problem_before_training(chain, tmp_path):
    project = from_file(chain, "m.h5")
    found = {one.code: one for one in diagnose(project, base=tmp_path)}["no-weights-file"]
    assert (found.node, found.field) == ("body", "weights_file")
    assert "'m.h5'" in found.message
    assert found.fix.edit(project).graph.by_id["body"].params["weights"] == "none"
    (tmp_path / "m.h5").write_bytes(b"")
    for fine in (project, set_params(project, "body", weights="imagenet")):
        assert "no-weights-file" not in {one.code for one in diagnose(fine, base=tmp_path)}


def test_the_path_follows_the_project(chain, tmp_path):
    (tmp_path / "m.h5").write_bytes(b"")
    moved = rebased(from_file(chain, "m.h5"), tmp_path, tmp_path / "deep")
    assert moved.graph.by_id["body"].params["weights_file"] == "../m.h5"


def test_a_growing_file_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "old.h5").write_bytes(b"0" * 5_000_000)
    words: list[str] = []
    with report_download("the weights of MobileNetV2", words.append):
        sys.stdout.write("1234/5678 ------")
        for size in (1, 2):
            with (folder / "new.h5").open("ab") as file:
                file.write(b"0" * (size * 1_000_000))
            time.sleep(0.7)
    assert words == [
        "Downloading the weights of MobileNetV2: 1.0 MB so far",
        "Downloading the weights of MobileNetV2: 3.0 MB so far",
    ]
    assert capsys.readouterr().out == ""


def test_nothing_is_told_where_nothing_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    words: list[str] = []
    with report_download("the weights", words.append):
        time.sleep(0.7)
    assert words == []


WITH_DROPOUT = [
    ("body", "EfficientNetB0", {"weights": "none", "pooling": "avg"}),
    ("out", "Dense", {"units": 3, "activation": "softmax"}),
]


@pytest.mark.slow
def test_dropout_of_a_frozen_backbone(chain, tmp_path):
    project = set_params(chain(WITH_DROPOUT), "input", shape=[32, 32, 3])
    x = np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype(np.float32)
    model = build_training_model(project, None)
    twice = [np.array(model(x, training=training)) for training in (True, False)]
    np.testing.assert_allclose(*twice, atol=1e-6)
    prefix = find_frozen_layers(model, project, 10_000, float("inf")).prefix
    assert prefix.nodes == {"body"}
    # What trains keeps its Dropout.
    free = build_training_model(set_params(project, "body", trainable=True), None)
    assert not np.allclose(free(x, training=True), free(x, training=False), atol=1e-6)
    for name in ("exact", "short"):
        file = tmp_path / f"{name}.py"
        save_network(project, file, tmp_path, style=name)
        assert "inner.rate = 0.0" in file.read_text("utf-8")
        imported = import_file(file).project.graph
        assert [node.layer for node in imported.nodes] == ["Input", "EfficientNetB0", "Dense"]
        assert not imported.nodes[1].params.get("trainable")


@pytest.mark.slow
def test_a_web_page_takes_a_backbone(chain):
    layers = [("body", "SpeechEmbedding", {"pooling": "avg"}), WITH_DROPOUT[1]]
    model = build_training_model(set_params(chain(layers), "input", shape=[80, 32]), None)
    network = web_network(model)
    assert len(network.outputs) == 1
    assert sum(layer["type"] == "Conv2D" for layer in network.layers) == 20


FINE_TUNED = [("body", "EfficientNetLite0", {"pooling": "avg"}), ("out", "Dense", {"units": 1})]


def test_the_edit(chain):
    project = chain(FINE_TUNED)
    assert may_fine_tune(project)
    tuned = fine_tuned(project)
    params = tuned.graph.by_id["body"].params
    assert (params["trainable"], params["trainable_blocks"]) == (True, 1)
    assert tuned.training.optimizer.params["learning_rate"] == LEARNING_RATE
    assert not may_fine_tune(tuned)
    assert changed_since(project, tuned) == "", "the trained network predicts the same"
    for accuracy in (0.75, 1.0):
        measured = Evaluation("classes", 4, {"accuracy": accuracy}, "", np.zeros(4), np.zeros(4))
        assert may_fine_tune(project, measured) is (accuracy < 1)
    assert fine_tuned(tuned) == tuned
    for other in ("none", "whole"):
        changed = {"weights": "none"} if other == "none" else {"trainable": True}
        assert not may_fine_tune(chain([("body", FINE_TUNED[0][1], changed), FINE_TUNED[1]]))


@pytest.mark.slow
def test_it_goes_on_from_the_trained_weights(chain, dataset):
    random = np.random.default_rng(0)
    pictures = random.uniform(0, 255, (24, 32, 32, 3)).astype(np.float32)
    data = dataset({"input": pictures}, {"out": pictures[:, :4, :4, 0].mean(axis=(1, 2))[:, None]})
    project = chain(FINE_TUNED, epochs=3, seed=1)
    project = replace(project, training=replace(project.training, optimizer=Choice("Adam")))
    before = Session(project, data).run()
    after = Session(fine_tuned(project), data, start=RunStart(before, epochs=3 + EPOCHS)).run()
    body = [model.training_model.get_layer("body").layers[-1] for model in (before, after)]
    changed = {
        one.path.split("/")[-2]
        for one, other in zip(*(part.weights for part in body), strict=True)
        if not np.array_equal(one.numpy(), other.numpy())
    }
    trained = {"block16_expand_conv", "block16_depthwise_conv", "block16_project_conv", "head_conv"}
    assert changed == trained
    assert after.history["loss"][-1] < before.history["loss"][-1]
    old, new = (evaluate(model, data.train) for model in (before, after))
    # The same network twice gains nothing; a worse network is called worse.
    assert "no better" in gain_sentence(old, old)
    assert "worse" in gain_sentence(new, old) or "no better" in gain_sentence(new, old)
