"""Several Inputs that take different things: each is seen in Predict, and numbers are changed."""

import numpy as np
import pytest

from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.ui.kinds.several_inputs import CurveEditor, NumbersEditor, PictureDisplay
from netbuilder.ui.services.runs.run_record import RunState


def project(folder):
    random = np.random.default_rng(0)
    pixels = random.random((60, 6, 6, 1)).astype("float32")
    cells = random.normal(size=(60, 3)).astype("float32")
    steps = random.normal(size=(60, 5, 2)).astype("float32")
    y = (pixels.mean((1, 2, 3)) + cells[:, 0] + steps[:, -1, 0]).astype("float32")
    np.savez(folder / "d.npz", pixels=pixels, cells=cells, steps=steps, y=y)
    inputs = ("pixels", "cells", "steps")
    nodes = (
        *(Node(name, "Input") for name in inputs),
        *(Node(f"flat_{name}", "Flatten") for name in inputs),
        Node("all", "Concatenate"), Node("out", "Dense", {"units": 1}),
    )  # fmt: skip
    edges = (
        *((name, f"flat_{name}") for name in inputs),
        *((f"flat_{name}", "all") for name in inputs), ("all", "out"),
    )  # fmt: skip
    data = Data(
        "arrays", path="d.npz", target=("y",), inputs={name: [name] for name in inputs},
        test_split=0.2,
    )  # fmt: skip
    plan = Training(loss=Choice("mean_squared_error"), epochs=2)
    return Project("P", Graph(nodes, edges), data, plan)


@pytest.mark.slow
def test_each_is_seen_and_numbers_are_changed_by_hand(open_window, qtbot, tmp_path):
    window = open_window(project(tmp_path), tmp_path / "p.netbuilder")
    qtbot.train(window)
    assert window.workbench.run_error is None, window.workbench.run_error
    panel = window.docks.show_panel("predict")
    assert panel.view is panel.forms["several"]
    parts = panel.forms["several"].parts
    pixels, cells, steps = (parts[name] for name in ("pixels", "cells", "steps"))
    assert isinstance(pixels, PictureDisplay)
    assert isinstance(cells, NumbersEditor)
    assert isinstance(steps, CurveEditor)
    qtbot.waitUntil(lambda: panel.answer.text() != "")
    first = window.activations_service.look.raw
    assert not pixels.picture.pixmap().isNull()
    assert np.allclose(cells.values, first["cells"])
    assert np.allclose(steps.curve.values, first["steps"][:, 0])

    model, before = window.workbench.models.trained.model, panel.answer.text()
    cells.form.edited.emit("value 1", 5.0)
    steps.column.setCurrentIndex(1)
    steps.curve.values = np.arange(5.0)
    steps.curve.dragged.emit()
    qtbot.waitUntil(lambda: panel.answer.text() != before and panel.idle)
    qtbot.waitUntil(lambda: window.activations_service.look.own == "your sample")
    mine = {key: np.array(value)[None] for key, value in first.items()}
    mine["cells"][0, 0] = 5.0
    mine["steps"][0, :, 1] = np.arange(5.0)
    wanted = float(model.predict(mine, verbose=0)[0, 0])
    assert abs(float(panel.predictions.first.values[0, 0]) - wanted) < 1e-4

    # Another network of the same data is asked about the same; another row takes its place.
    trained = window.workbench.models.trained
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not trained)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: panel.answer.text() != "" and panel.idle)
    assert cells.values[0] == 5.0 and panel.forms["several"].parts["cells"] is cells
    panel.another.click()
    qtbot.waitUntil(lambda: "Test sample 2 of" in panel.about.text())
    assert cells.values[0] != 5.0
