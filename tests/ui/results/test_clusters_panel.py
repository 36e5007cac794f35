"""k-means on the page Clusters: centroids are dragged, samples assigned, steps taken back."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QTableView

from netbuilder.core.project import edits
from netbuilder.ui.plots.colour_bar import class_color


def button(panel, key):
    return panel.findChild(QPushButton, f"cluster_{key}")


def points(panel):
    return [brush.color().name() for brush in panel.plot.points.data["brush"]]


def test_drag_assign_move_step_back_until_nothing_changes(open_window, example, qtbot):
    blobs = {"kind": "builtin", "name": "blobs", "options": {"samples": 90, "noise": 1.2}}
    window = open_window(edits.set_data(example("moons"), **blobs))
    panel: Any = window.docks.show_panel("clusters")
    qtbot.waitUntil(lambda: panel.state is not None)
    begin = panel.state
    done: set[str] = set()  # as a lesson sees it
    window.workbench.happened.connect(done.add)

    def happened():
        actions = {event.removeprefix("clustered:") for event in done}
        done.clear()
        return actions

    assert not button(panel, "move").isEnabled() and not button(panel, "back").isEnabled()
    colors = {class_color(number).name() for number in range(3)}
    assert not colors & set(points(panel)), "no colour of a class before a cluster is known"

    editing, view = panel.plot.editing, panel.plot.viewport()
    old = tuple(begin.current.centroids[1])
    goal = panel.samples.at.mean(axis=0)
    start, end = editing.spot(old).toPoint(), editing.spot(tuple(goal)).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    np.testing.assert_allclose(panel.state.current.centroids[1], goal, atol=0.2)
    np.testing.assert_array_equal(
        panel.state.current.centroids[[0, 2]], begin.current.centroids[[0, 2]]
    )

    assert not happened(), "a centroid was dragged, and nothing follows yet"
    button(panel, "assign").click()
    assert happened() == {"assign"}
    assert not button(panel, "assign").isEnabled() and button(panel, "move").isEnabled()
    assert set(points(panel)) <= colors
    assigned = panel.state.current
    button(panel, "move").click()
    assert panel.state.inertia < panel.state.back().inertia and "move" in happened()
    button(panel, "back").click()
    assert panel.state.current is assigned and len(panel.state.steps) == 3

    place = button(panel, "assign").pos()
    compare, table = button(panel, "compare"), panel.findChild(QTableView, "cluster_classes")
    assert not compare.isEnabled(), "labels come after the clusters"
    button(panel, "run").click()
    assert panel.state.settled and compare.isEnabled() and table.isHidden()
    assert happened() == {"assign", "move", "drag", "end", "end 3"}
    steps = len(panel.state.steps)
    button(panel, "assign").click()
    button(panel, "move").click()
    assert len(panel.state.steps) == steps, "nothing changes any more"
    compare.click()
    assert {"compare", "compare blobs"} <= happened()
    cells = [[int(table.model().index(row, column).data()) for column in range(1, 4)]
             for row in range(3)]  # fmt: skip
    assert np.sum(cells) == 90
    assert button(panel, "assign").pos() == place, "the text below moves no button"

    panel.k.setValue(2)
    assert len(panel.state.current.centroids) == 2 and table.isHidden() and not happened()
    button(panel, "run").click()
    assert "end 2" in happened() and compare.isChecked() and not table.isHidden()
    assert sorted(panel._lowest) == [2, 3] and panel._lowest[2] > panel._lowest[3]
    first = panel.state.steps[0].centroids
    button(panel, "new").click()
    assert not np.array_equal(panel.state.current.centroids, first)
    across = panel.findChild(QComboBox, "across")
    across.setCurrentIndex(1)
    across.activated.emit(1)
    qtbot.waitUntil(lambda: panel.samples.names[0] == across.itemText(1))
    assert len(panel.state.steps) == 1 and not panel._lowest
    button(panel, "run").click()
    compare.setChecked(True)
    fewer = {**blobs, "options": {"samples": 60}}
    window.store.apply("fewer", lambda project: edits.set_data(project, **fewer))
    qtbot.waitUntil(lambda: len(panel.samples.at) == 60)
    assert len(panel.state.current.cluster_of) == 60 and not compare.isChecked()


@pytest.mark.slow
def test_clusters_of_the_last_hidden_layer(open_window, example, qtbot):
    window = open_window(edits.set_training(example("digits_plain"), epochs=3))
    panel: Any = window.docks.show_panel("clusters")
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert panel.waiting.currentIndex() == 0, "pictures have no columns"
    window.commands.train()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: not window.runner.state.active)
    window.docks.show_panel("clusters")
    qtbot.waitUntil(lambda: panel.state is not None)
    assert panel.samples.names == () and len(panel.samples.classes) == 10
    button(panel, "run").click()
    happened: list[str] = []
    window.workbench.happened.connect(happened.append)
    assert panel.state.settled
    button(panel, "compare").click()
    assert "clustered:compare hidden" in happened
    assert np.all(panel.samples.scale == panel.samples.scale[0]), "components are not standardized"
