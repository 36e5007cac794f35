"""Points on the Surface tab are put in, moved and taken away by mouse and by keyboard."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionComboBox

from netbuilder.core.data.load import load_dataset
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.edits_data import point_edits
from netbuilder.ui.services.runs.run_record import RunState


@pytest.fixture
def editing(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=2))
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: panel.picture is not None)
    panel.points.edit.click()
    return window, panel


def done(window):
    return point_edits(window.store.project.data)


def shown(panel, place):
    return bool((np.abs(panel.plot.drawn_at - place).max(axis=1) < 1e-4).any())


def test_the_mouse_puts_in_moves_and_takes_away_and_undo_brings_back(editing, qtbot):
    window, panel = editing
    hand, view = panel.points.hand, panel.plot.viewport()
    panel.points.label.setCurrentText("orange")
    corner = hand.spot((2.0, 1.2)).toPoint()
    wanted = hand.place(QPointF(corner))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=corner)
    (added,) = done(window).added
    assert added[:2] == pytest.approx(wanted, rel=1e-4)
    assert added[2] == "orange"
    qtbot.waitUntil(lambda: shown(panel, added[:2]))

    first = load_dataset(window.store.project, Path()).train.raw_x["input"][0]
    begin = hand.spot((float(first[0]), float(first[1]))).toPoint()
    end = hand.spot((-1.2, -0.6)).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    ((number, place),) = done(window).moved.items()
    assert place == pytest.approx(hand.place(QPointF(end)), rel=1e-4)
    qtbot.waitUntil(lambda: shown(panel, place))
    assert not shown(panel, (float(first[0]), float(first[1])))

    # A click beside its middle is no drag. The axes may have grown for the new place.
    qtbot.wait(50)
    spot = hand.spot(place).toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot + QPoint(4, 3))
    assert done(window).moved == {number: place}

    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=spot)
    assert done(window).removed == {number}
    assert window.store.undo_label == _("Delete a point")
    for _time in range(3):
        window.store.undo()
    assert not done(window)
    qtbot.waitUntil(lambda: not shown(panel, added[:2]))


def test_the_keyboard_can_do_all_of_it(editing, qtbot):
    window, panel = editing
    hand, plot = panel.points.hand, panel.plot
    hand.at = (2.2, 1.3)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert hand.at[0] > 2.2
    QTest.keyClick(plot, Qt.Key.Key_Return)
    (added,) = done(window).added
    assert added[:2] == pytest.approx(hand.at, rel=1e-4)
    qtbot.waitUntil(lambda: shown(panel, added[:2]))
    QTest.keyClick(plot, Qt.Key.Key_Space)
    assert "Picked up" in panel.note.text()
    QTest.keyClick(plot, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(plot, Qt.Key.Key_Space)
    (moved,) = done(window).added
    assert moved[1] < added[1] - 0.05
    qtbot.waitUntil(lambda: shown(panel, moved[:2]))
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert not done(window)
    QTest.keyClick(plot, Qt.Key.Key_Space)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert not done(window), "what is let go with Escape stays where it was"


@pytest.mark.slow
def test_what_was_put_in_is_trained_with_and_seen_beside_the_trained_network(editing, qtbot):
    window, panel = editing
    panel.points.hand.put.emit(2.4, -0.9)
    qtbot.train(window)
    train = window.runner.record.dataset.train
    assert train.raw_x["input"][-1] == pytest.approx([2.4, -0.9])
    qtbot.waitUntil(lambda: panel.live.idle and panel.picture.answered)
    before = panel.picture
    # One more point: the network of before answers for it, and its surface is the same.
    panel.points.hand.put.emit(2.3, -0.8)
    qtbot.waitUntil(lambda: shown(panel, (2.3, -0.8)))
    here = panel.picture
    assert len(here.points.at) == len(before.points.at) + 1
    assert np.allclose(here.box, before.box)
    assert np.allclose(here.shares, before.shares, atol=1e-5)
    panel.points.as_made.click()
    qtbot.waitUntil(lambda: not shown(panel, (2.4, -0.9)))
    assert not done(window)


@pytest.mark.slow
def test_what_was_answered_stays_pale_until_the_next_network_answers(editing, qtbot):
    window, panel = editing

    def trained():
        qtbot.train(window)
        qtbot.waitUntil(lambda: panel.picture is not None and panel.picture.answered)

    trained()
    seen: list[tuple[bool, float]] = []
    panel.live.changed.connect(
        lambda: seen.append((panel.plot.answered, panel.plot.image.opacity()))
    )
    corner = panel.points.hand.spot((2.0, 1.2)).toPoint()
    QTest.mouseClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=corner)
    trained()
    assert seen and all(answered for answered, _ in seen), "it is never white"
    assert min(opacity for _, opacity in seen) < 1.0
    assert panel.plot.image.opacity() == 1.0


@pytest.mark.parametrize(
    "size", [(1366, 768), pytest.param((1024, 700), marks=pytest.mark.slow)], ids=str
)
def test_nothing_that_is_said_moves_the_plot_under_the_hand(size, editing, qtbot):
    window, panel = editing
    panel.points.edit.click()
    window.resize(*size)
    qtbot.train(window)
    qtbot.waitUntil(lambda: panel.picture.answered)
    panel.points.edit.click()
    view = panel.plot.viewport()

    def place():
        QApplication.processEvents()
        return view.mapToGlobal(QPoint(0, 0)), view.size()

    before = place()
    QTest.mouseClick(
        view, Qt.MouseButton.LeftButton, pos=panel.points.hand.spot((2.0, 1.2)).toPoint()
    )
    assert done(window).added
    qtbot.waitUntil(lambda: not panel.stale.isHidden())  # and "As made" is there
    assert panel.points.as_made.isVisibleTo(panel) and place() == before
    window.runner.start()
    qtbot.waitUntil(panel.stale.isHidden)
    assert place() == before
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert place() == before
    window.resize(size[0] + 100, size[1] + 400)  # a larger window has a larger plot
    qtbot.waitUntil(lambda: view.height() > before[1].height())


@pytest.mark.slow
def test_a_point_of_a_curve_is_dragged_and_the_curve_follows(open_window, example, qtbot):
    window = open_window(edits.set_training(example("sine"), epochs=3))
    panel = window.docks.show_panel("surface")
    qtbot.waitUntil(lambda: panel.picture is not None)
    assert "Press Train" in panel.note.text()  # points alone, before there is a network
    panel.points.edit.click()
    assert not panel.points.label.isVisibleTo(panel), "a point of a curve has no class"
    hand, view = panel.points.hand, panel.plot.viewport()
    corner = hand.spot((3.0, 1.0)).toPoint()
    wanted = hand.place(QPointF(corner))
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=corner)
    (added,) = done(window).added
    assert added == (*(pytest.approx(one, rel=1e-4) for one in wanted), "")
    qtbot.waitUntil(lambda: shown(panel, added[:2]))
    qtbot.train(window)
    qtbot.waitUntil(lambda: panel.live.idle and panel.picture.answered)
    assert window.runner.record.dataset.train.raw_x["input"][-1] == pytest.approx(added[:1])
    views = [panel.view.itemText(n) for n in range(panel.view.count())]
    assert "Hidden layer" in views  # there was the curve alone
    look = QStyleOptionComboBox()
    panel.view.initStyleOption(look)
    field = panel.view.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, look, QStyle.SubControl.SC_ComboBoxEditField, panel.view
    )
    assert field.width() >= max(map(panel.view.fontMetrics().horizontalAdvance, views))
    before = panel.picture

    begin, end = hand.spot(added[:2]).toPoint(), hand.spot((3.5, 0.5)).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    (moved,) = done(window).added
    assert moved[:2] == pytest.approx(hand.place(QPointF(end)), rel=1e-3)
    # The network of before answers still, and the moved point is seen.
    qtbot.waitUntil(lambda: shown(panel, moved[:2]))
    assert panel.picture.y == pytest.approx(before.y, abs=1e-4)
    seen: list[bool] = []
    panel.live.changed.connect(lambda: seen.append(panel.plot.answered))
    qtbot.train(window)
    qtbot.waitUntil(lambda: panel.live.idle)
    assert seen and all(seen), "the curve of before stays until there is a newer one"

    spot = hand.spot(moved[:2]).toPoint()
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=spot)
    assert not done(window)
    window.store.undo()
    assert done(window).added == (moved,)


@pytest.mark.slow
def test_points_painted_while_it_trains_are_trained_with(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=100_000))
    panel = window.docks.show_panel("surface")
    window.runner.start()
    qtbot.waitUntil(lambda: panel.picture is not None and bool(panel.picture.epoch))
    before = len(window.runner.record.dataset.train)
    panel.points.brush.click()
    panel.points.label.setCurrentText("orange")
    view, hand = panel.plot.viewport(), panel.points.hand
    spots = [hand.spot((x, -0.6)).toPoint() for x in (-1.0, -0.8, -0.6)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=spots[0])
    for spot in spots[1:]:
        QTest.mouseMove(view, spot)
    assert not done(window), "one stroke is one edit"
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=spots[-1])
    added = done(window).added
    assert len(added) == 3 and {label for _x, _y, label in added} == {"orange"}
    qtbot.waitUntil(lambda: len(window.runner.record.dataset.train) == before + 3)
    qtbot.waitUntil(lambda: window.runner.record.project.data == window.store.project.data)
    assert window.runner.state.active
    window.store.undo()
    assert not done(window)
    panel.points.edit.click()
    assert not panel.points.brush.isChecked() and not hand.brush
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
