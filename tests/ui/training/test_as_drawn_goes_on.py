"""Trained as one draws, a network whose points are edited goes on from what it has learned."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from pytestqt.qtbot import QtBot

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.project.points import add_point, move_point
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState

Open = Callable[..., MainWindow]


def weights(window: MainWindow) -> list[np.ndarray]:
    return window.workbench.trained.core.get_weights()


def test_moved_points_are_learned_from_where_the_network_stands(
    open_window: Open, example: Callable[[str], Project], qtbot: QtBot
) -> None:
    # So small a rate that what is anew is far from what goes on.
    slow = Choice("SGD", {"learning_rate": 1e-6})
    project = edits.set_training(example("moons"), epochs=3, optimizer=slow)
    window = open_window(project)
    store, runner = window.store, window.runner

    def trained_after(act: Callable[[], object]) -> None:
        before = window.workbench.trained
        act()
        qtbot.waitUntil(
            lambda: window.workbench.trained is not before and runner.state is RunState.IDLE
        )

    # Weights that no beginning gives.
    trained_after(runner.start)
    core = window.workbench.trained.core
    core.set_weights([one + 0.5 for one in core.get_weights()])
    held = weights(window)

    trained_after(window.actions_table["as-drawn"].trigger)
    assert not np.allclose(weights(window)[0], held[0], atol=1e-2), "switched on, it begins anew"
    core = window.workbench.trained.core
    core.set_weights(held)

    trained_after(lambda: store.apply("Move", partial(move_point, number=0, x=2.0, y=1.0)))
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(weights(window), held, strict=True))
    assert window.workbench.trained.epochs == 6
    assert window.workbench.trained.project.data == store.project.data
    assert runner.curves.marks == [(3.0, "data changed")]
    assert len(runner.curves.epochs["loss"]) == 6
    assert runner.best_epoch > 3, "what was lost on the points of before is not compared"

    trained_after(lambda: store.apply("Put in", partial(add_point, x=2.0, y=-1.0, label="orange")))
    assert all(np.allclose(a, b, atol=1e-3) for a, b in zip(weights(window), held, strict=True))
    assert runner.curves.marks == [(3.0, ""), (6.0, "data changed")]

    # Another network is another beginning.
    node = next(n.id for n in store.project.graph.nodes if n.layer == "Dense")
    units = int(store.project.graph.by_id[node].params["units"])
    trained_after(
        lambda: store.apply("Units", partial(edits.set_params, node_id=node, units=units + 1))
    )
    assert window.workbench.trained.epochs == 3
    assert runner.curves.marks == []
