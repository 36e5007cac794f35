"""The plot: follows, zooms, exports, and does not care how long the run is."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from netbuilder.core.errors import UserError
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.training.curve_view import CurveView, export_curves
from netbuilder.ui.training.training_messages import TrainingMessage, TrainingMessages


@pytest.fixture
def run():
    curves = RunCurves("test")
    steps = np.arange(1, 2001)
    curves.add_steps(steps / 100, {"loss": 2.0 / np.sqrt(steps), "accuracy": steps / 2000})
    epochs = np.arange(1, 21)
    curves.add_epochs("loss", epochs, 2.0 / epochs)
    curves.add_epochs("val_loss", epochs, 2.2 / epochs)
    return curves


@pytest.fixture
def view(qtbot, run):
    view = CurveView()
    qtbot.addWidget(view)
    view.resize(430, 300)
    view.show()
    view.show_run(run, 40)
    return view


def test_both_curves_stand_in_the_legend(view):
    assert "training 0.1" in view.legend.text()
    assert "validation 0.11" in view.legend.text()


def test_the_figure_is_the_newest_value_of_what_is_held_out(view):
    assert view.figure.text().startswith("100"), "accuracy, on the training set alone"
    assert view.figure.property("role") == "figure", "as large as that of Evaluate"
    view.plot.run.steps.pop("accuracy")
    view.show_run(view.plot.run, 40)
    assert view.figure.text() == "0.11", "else the validation loss"


def lines_of(view):
    """Where the plot and its lines at 0 and at the upper end are, in pixels of the view."""
    QApplication.sendPostedEvents()
    box = view.plot.getPlotItem().getViewBox()
    frame = box.sceneBoundingRect()
    _range, (_low, high) = box.viewRange()
    zero = box.mapViewToScene(QPointF(0, 0)).y()
    return (*frame.getRect(), zero, high)


def test_nothing_moves_while_the_lines_grow(qtbot, at_rest):
    view = CurveView()
    qtbot.addWidget(view)
    view.resize(430, 300)
    view.show()
    run = RunCurves("test")
    view.show_run(run, 20)
    at_rest(lambda: lines_of(view))
    before = lines_of(view)[:-1]
    run.add_steps([0.01], {"loss": [2.0], "accuracy": [0.1]})
    view.grow(20)
    at_rest(lambda: lines_of(view))
    first = lines_of(view)
    assert first[:-1] == pytest.approx(before, abs=1) and first[-1] == pytest.approx(2.1)
    noise = np.random.default_rng(0)
    for epoch in range(1, 21):
        x = epoch - 1 + np.arange(1, 101) / 100
        run.add_steps(x, {"loss": 3 / (epoch + 1) + noise.random(100), "accuracy": x / 20})
        run.add_epochs("loss", [epoch], [2 / epoch])
        run.add_epochs("val_loss", [epoch], [2.05 / epoch])
        view.grow(20)
        assert lines_of(view) == pytest.approx(first, abs=0.5)
    run.add_epochs("val_loss", [21], [4.0])
    view.grow(21)
    assert lines_of(view)[-1] == pytest.approx(4.2), "a mean that is higher is seen"


def test_the_lines_have_their_names_at_their_ends_apart_from_each_other(view):
    view.plot.redraw()
    view.grab()
    frame = view.plot.getPlotItem().getViewBox().sceneBoundingRect()
    training, validation = (
        label.textItem.mapRectToScene(label.textItem.boundingRect()) for label in view.plot.labels
    )
    assert all(label.isVisible() for label in view.plot.labels)
    assert frame.contains(training) and frame.contains(validation)
    assert abs(training.center().y() - validation.center().y()) >= 10
    dashed = [line.opts["pen"].style() == Qt.PenStyle.DashLine for line in view.plot.drawn]
    assert dashed == [False, False, True], "steps, training, validation"


def test_messages_are_over_the_emptier_corner_and_move_nothing(view):
    before = lines_of(view)
    messages = TrainingMessages(view)
    view.hold(messages)
    messages.put(TrainingMessage("result", "info", "Trained", "Some words. " * 12))
    QApplication.sendPostedEvents()
    assert lines_of(view) == before and messages.isVisible()
    frame = view.plot.getPlotItem().getViewBox().sceneBoundingRect().toRect()
    assert messages.geometry().center().x() > frame.center().x()
    assert messages.geometry().top() - frame.top() < 10, "a loss falls"
    assert messages.height() >= messages.layout().heightForWidth(messages.width())


def test_no_line_of_the_legend_ends_between_a_mark_and_its_name(view):
    assert "</span>&nbsp;training" in view.legend.text()


def test_the_legend_says_the_epoch_that_was_kept(view, run):
    run.kept_epoch = 8
    view.show_run(run, 20)
    assert "training 0.25" in view.legend.text()
    assert "validation 0.275" in view.legend.text()
    assert "epoch 8 restored" in view.legend.text()
    assert view.legend.toolTip()
    run.add_steps([20.1], {"loss": [0.5]})
    view.show_run(run, 21)
    assert "restored" not in view.legend.text()


def test_the_view_follows_to_the_planned_end(view):
    (left, right), (low, high) = view.plot.getPlotItem().getViewBox().viewRange()
    assert left == 0.0 and 44.0 <= right < 60.0, "the names of the lines have room"
    assert low <= 0.0
    assert high == pytest.approx(1.05 * 2.2)


def test_new_points_are_drawn_and_said_at_once(view, run):
    """Three timers stood between a step and its point, behind the one that says how often."""
    run.add_steps([20.5], {"loss": [0.05], "accuracy": [1.0]})
    run.add_epochs("loss", [21], [0.05])
    view.grow(40)
    x, _y = view.plot.drawn[0].getData()
    assert x[-1] == 20.5
    assert "training 0.05" in view.legend.text()


def test_hovering_tells_values(view):
    text = view.plot.text_at(10.0)
    assert "epoch 10.0" in text
    assert "validation 0.22" in text


def test_a_metric_can_be_drawn(view):
    view.quantity.setCurrentIndex(view.quantity.findData("accuracy"))
    view.quantity.activated.emit(view.quantity.currentIndex())
    assert view.plot.quantity == "accuracy"
    assert "training 1" in view.legend.text()


def test_log_and_smooth_and_epochs(view):
    for switch in (view.log, view.smooth, view.steps):
        switch.click()
    assert (view.plot.log, view.plot.smooth, view.plot.per_step) == (True, True, False)
    _, (low, high) = view.plot.getPlotItem().getViewBox().viewRange()
    assert low < -0.9
    assert high < 1


def test_a_change_of_the_rate_is_marked(view, run):
    run.mark(7.0, "rate 0.01")
    view.plot.redraw()
    assert [line.value() for line in view.plot.marks] == [7.0]
    run.clear()
    view.plot.redraw()
    assert view.plot.marks == []
    # Its words are whole at both edges.
    view.resize(600, 400)
    for place in (0.2, 9.8):
        run.mark(place, "back to epoch 7")
    view.plot.set_run(run, 10)
    view.plot.redraw()
    view.grab()
    seen = view.plot.getPlotItem().getViewBox().sceneBoundingRect()
    for line in view.plot.marks:
        words = line.label.textItem
        box = words.mapRectToScene(words.boundingRect())
        assert seen.left() <= box.left() < box.right() <= seen.right(), line.value()


def test_overlays_are_drawn_too(view, qtbot):
    other = RunCurves.from_history("before", {"loss": [3.0, 2.0], "val_loss": [5.0, 4.0]})
    view.plot.set_overlays({"before": other})
    view.plot.redraw()
    _, (_, high) = view.plot.getPlotItem().getViewBox().viewRange()
    assert high > 5.0
    assert "before 4" in view.plot.text_at(2.0)


def test_smooth_lines_are_painted_piece_by_piece_and_dashes_are_not(view, qtbot):
    """As a path a line of 400 points takes 30 ms, with all else waiting for it."""
    other = RunCurves.from_history("before", {"loss": [3.0, 2.0, 1.0], "val_loss": [5.0, 4.0, 3.0]})
    view.plot.set_overlays({"before": other})
    view.plot.redraw()
    lines = [one for one in view.plot.drawn if one.getData()[0] is not None]
    smooth = [one for one in lines if one.opts["antialias"]]
    solid = [one for one in smooth if one.opts["pen"].style() == Qt.PenStyle.SolidLine]
    assert 2 <= len(solid) < len(smooth)
    in_pieces = [one for one in smooth if one._shouldUseDrawLineSegments(one.opts["pen"])]
    assert in_pieces == solid


def test_a_million_points_are_few_on_the_screen(view):
    long = RunCurves()
    x = np.linspace(0, 1000, 1_000_000)
    long.add_steps(x, {"loss": np.random.default_rng(0).random(1_000_000)})
    view.show_run(long, 1000)
    drawn = sum(len(item.getData()[0]) for item in view.plot.drawn if item.getData()[0] is not None)
    assert 200 < drawn < 5_000


def test_curves_are_exported(view, tmp_path):
    for ending in ("png", "svg", "csv"):
        export_curves(view.plot, tmp_path / f"curves.{ending}")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "curves.svg").read_bytes()[:500]
    rows = list(csv.DictReader((tmp_path / "curves.csv").open(encoding="utf-8")))
    assert len(rows) == 20
    assert float(rows[9]["val_loss"]) == pytest.approx(0.22)


def test_an_unknown_ending_is_told(view, tmp_path):
    with pytest.raises(UserError, match="png"):
        export_curves(view.plot, tmp_path / "curves.docx")
