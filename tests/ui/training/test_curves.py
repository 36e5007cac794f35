"""Curves: what is kept of them, what is drawn, what is told below them."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from netbuilder.core.engine.runs.run_store import Run
from netbuilder.core.errors import UserError
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_duration
from netbuilder.ui.plots.run_curves import MOST_POINTS, MOST_WAITING, RunCurves, Series, visible
from netbuilder.ui.services.runs.run_progress import previous_run_sentence
from netbuilder.ui.services.runs.run_record import RunState
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


def test_a_series_grows_and_knows_its_range():
    series = Series()
    for start in range(0, 1000, 10):
        series.extend(np.arange(start, start + 10), np.arange(start, start + 10) * 2.0)
    assert len(series) == 1000
    assert series.last == 1998
    assert (series.low, series.high) == (0, 1998)
    assert np.array_equal(series.y, np.arange(1000) * 2.0)


def test_values_that_are_no_numbers_do_not_spoil_the_range():
    series = Series()
    series.extend([1, 2, 3, 4], [1.0, np.nan, np.inf, 3.0])
    assert (series.low, series.high) == (1.0, 3.0)


def test_a_spike_survives_thinning_out():
    series = Series()
    y = np.zeros(100_000)
    y[54_321] = 9.0
    y[12_345] = -4.0
    series.extend(np.arange(100_000), y)
    x, drawn = visible(series, 0, 100_000, 400)
    assert len(x) <= 2 * 400 + 400
    assert drawn.max() == 9.0
    assert drawn.min() == -4.0
    assert np.all(np.diff(x) >= 0)


def test_only_what_is_in_view_is_drawn():
    series = Series()
    series.extend(np.arange(1000), np.arange(1000))
    x, _ = visible(series, 100, 110, 400)
    assert x.min() >= 98
    assert x.max() <= 112


def test_the_moving_average_is_one():
    series = Series()
    y = np.random.default_rng(1).random(500)
    series.extend(np.arange(500), y)
    x, smooth = visible(series, 0, 500, 1000, window=10)
    for place, value in list(zip(x.astype(int), smooth, strict=True))[::37]:
        assert value == pytest.approx(y[max(place - 9, 0) : place + 1].mean())


def test_of_a_long_run_a_bounded_number_of_points_is_held_and_no_spike_is_lost():
    most, count, chunk = 4096, 300_000, 5000
    y = 1.0 + np.random.default_rng(2).random(count)
    y[[1234, 77_777, 210_001]] = 9.0, -4.0, 8.0
    series = Series(most)
    for start in range(0, count, chunk):
        series.extend(np.arange(start, start + chunk), y[start : start + chunk])
        assert len(series) <= most
        assert series.last == y[start + chunk - 1]
    assert series.count == count
    assert (series.low, series.high) == (-4.0, 9.0)
    assert np.all(np.diff(series.x) >= 0)
    assert np.array_equal(series.y, y[series.x.astype(int)])
    for place in (1234, 77_777, 210_001):
        assert series.at(place) == y[place]
    # As dense at the beginning as towards the end; only the newest points are held whole.
    thirds = np.histogram(series.x[: series._thinned], 3)[0]
    assert thirds.max() <= 1.2 * thirds.min()
    x, smooth = visible(series, 0, count, 500, window=10_000)
    for place, value in list(zip(x.astype(int), smooth, strict=True))[::37]:
        near = y[max(place - 9999, 0) : place + 1].mean()
        assert value == pytest.approx(near, abs=0.02)


def test_what_is_drawn_stays_when_points_go():
    series = Series(1000)
    series.extend(np.arange(900), np.arange(900) * 2.0)
    x, y = visible(series, 0, 100, 400)
    before = x.copy(), y.copy()
    series.extend(np.arange(900, 1800), np.zeros(900))
    assert np.array_equal((x, y), before)


def test_points_that_come_at_once_are_thinned_too():
    series = Series(1000)
    series.extend(np.arange(50_000), np.full(50_000, 2.0))
    assert len(series) <= 1000
    assert series.x[0] == 0
    assert series.x[-1] == 49_999
    assert series.mean_around(np.array([len(series) - 1]), 20_000)[0] == pytest.approx(2.0)


def test_quantities_begin_with_the_loss():
    curves = RunCurves()
    curves.add_steps([1], {"accuracy": [0.5], "loss": [1.0]})
    curves.add_epochs("val_loss", [1], [2.0])
    assert curves.quantities == ["loss", "accuracy"]
    assert curves.validation("loss").last == 2.0


def test_marks_at_one_place_become_one():
    curves = RunCurves()
    curves.mark(1.0, "rate 0.1")
    curves.mark(1.1, "rate 0.2")
    curves.mark(3.0, "rate 0.3")
    assert curves.marks == [(1.0, "rate 0.2"), (3.0, "rate 0.3")]


def test_what_is_put_in_waits_until_someone_looks(monkeypatch):
    put: list[int] = []
    plain = Series._put

    def counted(series, x, y):
        put.append(len(x))
        plain(series, x, y)

    monkeypatch.setattr(Series, "_put", counted)
    series, x = Series(MOST_POINTS), np.arange(1, 11)
    for chunk in range(50):
        series.extend(chunk + x / 10, np.float32(chunk) + x.astype(np.float32))
    assert put == []
    assert (len(series), series.low, series.high, series.last) == (500, 1.0, 59.0, 59.0)
    assert put == [500]  # all at once, and once only
    assert series.y[123] == 16.0
    # Nobody looks for long: what waits is bounded.
    for chunk in range(50, 50 + 2 * MOST_WAITING // 10):
        series.extend(chunk + x / 10, np.ones(10))
    assert len(put) == 2
    assert series.count == 500 + 2 * MOST_WAITING // 10 * 10


def test_what_can_be_done_with_a_run_stays_when_another_message_is_looked_at(qtbot):
    box = TrainingMessages()
    qtbot.addWidget(box)
    pressed: list[str] = []
    save = (("Save", lambda: pressed.append("save")),)
    fix = (("Stop it", lambda: pressed.append("stop")),)
    box.put(TrainingMessage("notice gap", "info", "A gap", "Words.", fix))
    box.put(TrainingMessage("result", "info", "Trained", "Words.", save, always=True))

    def texts():
        return [one.text() for one in box.card.buttons]

    assert texts() == ["Save", "1 of 2 ›"]
    box.next()
    assert texts() == ["Stop it", "Save", "2 of 2 ›"]
    box.card.buttons[1].click()
    assert pressed == ["save"]


def test_a_quick_run_took_some_time():
    assert format_duration(0.03) == "less than 0.1 s"
    assert format_duration(0.06) == "0.1 s"


IRIS = Project(name="iris", data=Data(kind="builtin", name="iris"))


def run_of(number, project=IRIS, samples=2000, **test: float):
    when = f"2026-01-0{number}T00:00:00"
    errors = {"mean_absolute_error": 0.1}
    return Run(
        str(number), "", project, when, test=test, test_samples=samples, standard_errors=errors
    )


def test_a_run_is_compared_with_the_one_before():
    def sentence(run, *before: Run):
        return previous_run_sentence(run, [*before, run])

    first = run_of(1, accuracy=0.931)
    assert not sentence(first)
    better = sentence(run_of(2, accuracy=0.956), first)
    assert "93.1%" in better and "2.5 " in better and "better" in better
    worse = sentence(run_of(2, accuracy=0.9), run_of(1, accuracy=0.95))
    assert "95.0%" in worse and "5 " in worse and "worse" in worse
    same = sentence(run_of(2, accuracy=0.9312), first)
    assert "93.1%" in same and "same" in same, "written alike, they are alike"
    # The newest of those before counts; an error is better where it is less, in its own unit.
    prices = [run_of(n, mean_absolute_error=error) for n, error in ((1, 9.0), (2, 5.0), (3, 4.0))]
    prices = [replace(one, units=("$",)) for one in prices]
    assert "$5" in sentence(prices[2], *prices[:2])
    assert "better" in sentence(prices[2], *prices[:2])


def test_a_difference_that_may_be_chance_is_not_called_better_or_worse():
    """Of two standard errors: McNemar's test of one sample of 359 has p = 1, too."""

    def judged(before, now):
        words = previous_run_sentence(now, [before, now])
        found = [word for word in ("better", "worse") if word in words]
        return found[0] if found else words

    one = judged(
        run_of(1, samples=359, accuracy=354 / 359), run_of(2, samples=359, accuracy=353 / 359)
    )
    assert "1 of 359" in one
    # 0.95 of 100: 2 standard errors of the difference from 0.9 are 0.074; of 2,000 0.017.
    assert "5 of 100" in judged(
        run_of(1, samples=100, accuracy=0.9), run_of(2, samples=100, accuracy=0.95)
    )
    assert judged(run_of(1, accuracy=0.9), run_of(2, accuracy=0.95)) == "better"
    # An error of 1794 within ± 160 and one of 1778.
    wide = {"mean_absolute_error": 82.0}
    errors = [
        replace(run_of(n, mean_absolute_error=e), standard_errors=wide)
        for n, e in ((1, 1794.0), (2, 1778.0), (3, 1300.0))
    ]
    assert "chance" in judged(*errors[:2])
    assert judged(*errors[1:]) == "better"
    # Of a run of which too little is recorded nothing is claimed.
    old = replace(errors[0], standard_errors={})
    words = judged(old, errors[2])
    assert "chance" not in words and "1794" in words


@pytest.mark.parametrize(
    "other",
    [
        replace(IRIS, name="another"),
        replace(IRIS, data=replace(IRIS.data, target=("a",))),
        replace(IRIS, data=replace(IRIS.data, test_split=0.5)),
        edits.set_training(IRIS, seed=7),
    ],
)
def test_runs_that_were_not_tested_alike_are_not_compared(other):
    before = run_of(1, other, accuracy=0.9)
    now = run_of(2, accuracy=0.95)
    assert not previous_run_sentence(now, [before, now])
    units = run_of(1, mean_absolute_error=0.9)
    assert not previous_run_sentence(now, [units, now])
    failed = run_of(1)
    assert not previous_run_sentence(now, [failed, now])
    assert previous_run_sentence(now, [run_of(1, accuracy=0.9), now])


@pytest.mark.slow
def test_the_result_says_what_the_run_before_came_to(open_window, qtbot, example):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    panel = window.docks.show_panel("training")

    def train():
        window.commands.train()
        qtbot.waitUntil(lambda: window.runner.state.active)
        qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
        qtbot.waitUntil(lambda: panel.messages.shown is not None and panel._previous.idle)

    window.docks.side.open_drawer()
    train()
    assert window.docks.side.drawer.isHidden(), "it would lie over the result"
    qtbot.waitUntil(lambda: not panel.messages.visibleRegion().isEmpty())
    assert "previous run" not in panel.messages.shown.words.lower()
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=40))
    train()
    results = [one.words for one in panel.messages.messages if one.key == "result"]
    assert "previous run" in results[0].lower() and "%" in results[0]

    def offers():
        return sum(len(one.buttons) for one in panel.messages.messages if one.key == "result")

    offered = [offers()]
    for _time in range(2):
        window.commands.presentation.toggle()
        offered.append(offers())
    assert offered == [2, 1, 2], "nobody saves before a class"
