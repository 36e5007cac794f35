"""File > Open on code and weights, and a script with several models."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QInputDialog

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


TWO_MODELS = """from keras import Input, Sequential
from keras.layers import Dense
first = Sequential([Input((4,)), Dense(3)])
first.compile("sgd", "mse")
first.fit(a, b, epochs=7)
second = Sequential([Input((5,)), Dense(2)])
second.compile("adam", "mse")
second.fit(c, d, epochs=9)
"""


@pytest.mark.parametrize(("index", "epochs"), [(0, 7), (1, 9), (None, 50)])
def test_the_window_asks_which_model_to_open(open_window, qtbot, tmp_path, index, epochs):
    path = tmp_path / "two.py"
    path.write_text(TWO_MODELS)
    window = open_window(keras=False)
    titles: list[str] = []

    def choose():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QInputDialog):
            QTimer.singleShot(20, choose)
            return
        titles.extend([*dialog.comboBoxItems(), dialog.textValue()])
        if index is None:
            dialog.reject()
        else:
            dialog.setTextValue(titles[index])
            dialog.accept()

    choose()
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: len(titles) == 3 and window.documents.opening == "")
    assert titles[2] == titles[1]  # the model that is imported without a choice
    assert window.store.project.training.epochs == epochs
