"""What stands beside the numbers of the target stands beside the answers about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from netbuilder.core.data.load import load
from netbuilder.core.data.preprocessing.preprocess import Preprocessing
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.evaluate import evaluate
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState
from netbuilder.ui.services.views.activations import truth_of

MINUTE = 60_000


def test_answers_about_money_are_money(
    open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    rows = [f"{40 + n},${200 + 3 * n}" for n in range(50)]
    (tmp_path / "d.csv").write_text("size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project(graph=graph, data=Data("csv", path="d.csv", target=("price",)))
    window = open_window(edits.set_training(project, epochs=2), tmp_path / "own.netbuilder")
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    trained = window.workbench.trained
    assert trained is not None
    again = Preprocessing.from_json(trained.pre.to_json())
    assert again.outputs["out"].column_units == ("$",), "a file of the model keeps it"
    test = load(project, tmp_path).test
    assert test is not None
    sentence = evaluate(trained, test).sentence
    assert "price is off by $" in sentence
    assert "would be off by $" in sentence
    assert truth_of(test, trained.pre, 0) == f"${np.ravel(test.raw_y['out'])[0]:.0f}"
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text().startswith("price: $"), timeout=MINUTE)
    qtbot.waitUntil(lambda: window.looking.look_now is not None, timeout=MINUTE)
    assert window.looking.look_now.units == {"out": ("$",)}
