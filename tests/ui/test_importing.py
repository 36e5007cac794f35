"""File > Open on code and on weights: the network on the canvas, and what became of the file."""

from collections.abc import Callable

from netbuilder.core.project.model import Graph, Node, Project
from netbuilder.ui.main_window import MainWindow

Open = Callable[..., MainWindow]
CODE = """
import keras
m = keras.Sequential([keras.Input((4,)), keras.layers.Dense(len(names)), keras.layers.Dense(2)])
m.compile("sgd", "mse")
m.fit(x, y, epochs=7)
"""


def test_code_is_opened_with_a_report(open_window, qtbot, tmp_path):
    window = open_window(Project(), keras=False)
    path = tmp_path / "net.py"
    path.write_text(CODE, encoding="utf-8")
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.store.project.name == "net")
    graph = window.store.project.graph
    assert [node.layer for node in graph.nodes] == ["Input", "Dense", "Dense"]
    assert window.store.project.training.epochs == 7
    (card,) = [one for one in window.banner.cards if "net.py" in one.title.text()]
    assert "len(names)" in card.words.text()


def test_weights_go_onto_the_open_project(open_window, qtbot, tmp_path):
    import keras
    import numpy as np

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    path = tmp_path / "w.weights.h5"
    model.save_weights(path)
    nodes = (Node("input", "Input", {"shape": [3]}), Node("out", "Dense", {"units": 2}))
    window = open_window(Project("mine", Graph(nodes, (("input", "out"),))))
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    trained = window.workbench.models.trained
    for ours, theirs in zip(trained.model.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(ours, theirs)
