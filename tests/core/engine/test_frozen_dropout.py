"""A frozen backbone drops nothing out: its outputs are computed once, and scripts do the same."""

import numpy as np
import pytest

from netbuilder.core.engine.networks.frozen_prefix import find_frozen_layers
from netbuilder.core.engine.networks.graph_to_keras import build_training_model
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.registry import save_network
from netbuilder.core.formats.writers.web_network import web_network
from netbuilder.core.project.edits import set_params

pytestmark = pytest.mark.slow
LAYERS = [
    ("body", "EfficientNetB0", {"weights": "none", "pooling": "avg"}),
    ("out", "Dense", {"units": 3, "activation": "softmax"}),
]


def test_dropout_of_a_frozen_backbone(chain, tmp_path):
    project = set_params(chain(LAYERS), "input", shape=[32, 32, 3])
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


def test_a_web_page_takes_a_backbone(chain):
    layers = [("body", "SpeechEmbedding", {"pooling": "avg"}), LAYERS[1]]
    model = build_training_model(set_params(chain(layers), "input", shape=[80, 32]), None)
    network = web_network(model)
    assert len(network.outputs) == 1
    assert sum(layer["type"] == "Conv2D" for layer in network.layers) == 20
