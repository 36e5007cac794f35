"""Generated sets: their values are slid, and drawn anew while one slides."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.builtin.generated import moons, xor
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.window.documents import empty_project


@pytest.mark.parametrize("name", ["moons", "xor", "circles", "spiral", "blobs"])
def test_every_playground_has_size_noise_and_shape_to_slide(name):
    slid = [param.name for param in BUILTINS[name].options if param.slide]
    assert slid[:2] == ["samples", "noise"]
    assert len(slid) == 3


def test_moons_lie_apart_and_quarters_are_turned():
    near, groups = moons(noise=0.0)
    far, same = moons(noise=0.0, apart=1.0)
    assert (groups == same).all()
    blue = groups == "blue"
    assert np.allclose(near[~blue], far[~blue])
    assert np.allclose(near[blue] - [0, 1], far[blue])
    points, colours = xor(noise=0.0, turned=90.0)
    # A quarter turn changes the colours of the quarters.
    assert ((points[:, 0] * points[:, 1] < 0) == (colours == "orange")).all()


@pytest.mark.parametrize(
    ("param", "places"),
    [
        (Param("noise", Kind.FLOAT, 0.1, "", 0.0, 1.0), {0: 0.0, 30: 0.15, 200: 1.0}),
        (Param("clouds", Kind.INT, 3, "", 2, 8), {0: 2, 1: 3, 6: 8}),
        (Param("even", Kind.FLOAT, 5.0, "", 0.04, 10.04), {0: 0.04, 100: 5.04, 200: 10.04}),
        (Param("samples", Kind.INT, 400, "", 40, 20_000), {0: 40, 74: 400, 200: 20_000}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_places_of_the_slider(qtbot, param, places):
    editor = SlideEditor(param)
    qtbot.addWidget(editor)
    for place, value in places.items():
        assert editor.value_at(place) == value
        assert type(editor.value_at(place)) is (int if param.kind is Kind.INT else float)
        editor.show_value(value)
        assert editor.slider.value() == place


def test_points_are_drawn_anew_while_one_slides(open_window, qtbot):
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_builtin("moons")
    qtbot.waitUntil(lambda: "Scatter" in panel.look.tabs)
    assert panel.look.tabText(panel.look.currentIndex()) == "Scatter"
    scatter = panel.look.tabs["Scatter"]
    chosen = window.store.undo_label
    editor = panel.form.rows["noise"].editor
    assert editor.isVisible()
    assert (
        editor.mapTo(panel, editor.rect().topLeft()).y()
        < panel.look.mapTo(panel, panel.look.rect().topLeft()).y()
    ), "the slider stands above what it changes"

    def spread():
        return float(np.ptp(scatter._look.values[:, 1]))

    before = spread()
    editor.slider.setFocus()
    for _ in range(5):
        QTest.keyClick(editor.slider, Qt.Key.Key_PageUp)
    noise = window.store.project.data.options["noise"]
    assert noise == 0.65
    qtbot.waitUntil(lambda: spread() > before + 1)
    assert editor.box.lineEdit().text() == "0.65"
    window.store.undo()
    assert "noise" not in window.store.project.data.options, "one slide is one step"
    assert window.store.undo_label == chosen
    assert editor.slider.value() == 30
    qtbot.waitUntil(lambda: abs(spread() - before) < 1e-9)
    assert panel.look.tabText(panel.look.currentIndex()) == "Scatter"
