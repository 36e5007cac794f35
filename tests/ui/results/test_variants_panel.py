"""The Variants tab tries variants, types their values, and puts the best onto the canvas."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from netbuilder.core import i18n
from netbuilder.core.engine.runs.run_store import Run
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data
from netbuilder.core.results.tuning.search_space import parse_dimension, suggestions
from netbuilder.core.wording import format_percent
from netbuilder.ui.plots.comparison_cells import BAR_ROLE, CURVE_ROLE
from netbuilder.ui.results.experiments_panel import ExperimentsPanel
from netbuilder.ui.results.runs_model import CURVE, TEST
from netbuilder.ui.results.search_dimensions import DimensionRow
from netbuilder.ui.results.trial_rows import is_trial
from netbuilder.ui.style.shortcuts import key_text


def trials(panel: ExperimentsPanel) -> list[Run]:
    return [run for run in panel.runs.model.runs if is_trial(run.id)]


def test_suggestions_can_be_varied(example):
    for name in ("digits", "sales", "reviews", "temperatures", "residual"):
        project = example(name)
        for line in suggestions(project):
            parse_dimension(line, project)


@pytest.mark.slow
def test_the_best_variant_is_one_step(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    panel = window.docks.show_panel("compare").search
    before = window.store.project
    panel.varied.set_lines(["training.optimizer.learning_rate=0.1,fast"])
    panel.start.click()
    assert panel.variants.error is not None
    assert "learning_rate" in str(panel.variants.error)
    assert panel.planned.text() == str(panel.variants.error), "it was said before it was pressed"
    panel.varied.set_lines(["training.optimizer.learning_rate=1e-6,0.02"])
    assert panel.planned.text() == "2 trials: every combination."
    panel.start.click()
    assert panel.variants.running
    qtbot.waitUntil(lambda: not panel.variants.running)
    study = panel.variants.study
    assert len(study.trials) == 2
    assert len(trials(panel)) == 2
    held = study.trials[0].held
    assert held is not None and 0 < held < 30  # of the 150 flowers
    assert "% correct after epoch" in panel.words.text()
    model = panel.runs.model
    best, _other = trials(panel)
    assert model.differing[best.id] == "Adam 0.02", "the best stands first"
    cell = model.index(0, TEST)
    assert cell.data() == _("{value} val.", value=format_percent(cell.data(BAR_ROLE)))
    assert model.index(0, CURVE).data(CURVE_ROLE) == study.best.curve
    panel.best.click()
    after = window.store.project
    assert after.training.optimizer.params["learning_rate"] == 0.02
    assert panel.words.text().startswith(
        _("Best values applied. Press {key} to undo.", key=key_text("Ctrl+Z"))
    )
    assert "% correct after epoch" in panel.words.text()
    window.store.undo()
    assert window.store.project == before
    assert panel.words.text().startswith(_("{done} of {total} trials done", done=2, total=2))
    panel.runs.table.selectRow(1)
    panel.runs.back.click()
    assert window.store.project.training.optimizer.params["learning_rate"] == 1e-6
    window.store.undo()
    assert window.store.project == before
    panel.grab()


def test_without_data_or_layers_it_says_what_comes_first(open_window, example, qtbot):
    window = open_window(example("diabetes"))
    panel = window.docks.show_panel("compare").search
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert panel.waiting.currentIndex() == 1
    whole = window.store.project
    window.store.apply("Empty", lambda p: edits.remove_nodes(p, [n.id for n in p.graph.nodes[1:]]))
    assert panel.waiting.currentIndex() == 0
    first = _("Drag a layer onto the canvas first.")
    assert panel.waiting.words.text() == first
    window.store.apply("Back", lambda _p: edits.set_data(whole, Data()))
    assert panel.waiting.words.text().startswith(_("Choose data on the Data page first."))
    window.store.apply("Wrong", lambda _p: edits.set_params(whole, "output", units=3))
    qtbot.waitUntil(
        lambda: (
            _("{problem}\nFix it on the canvas first.", problem="") in panel.waiting.words.text()
        )
    )
    assert panel.waiting.words.text().startswith("The network ends in Dense 'output' with 3 units")
    window.store.apply("Right", lambda _p: whole)
    qtbot.waitUntil(lambda: panel.waiting.currentIndex() == 1)
    panel.varied.set_lines(["output.units=2,3"])
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.variants.running)
    assert "No trial could be trained. The network ends in Dense" in panel.words.text()


def test_what_is_varied_is_chosen_not_typed(open_window, example, qtbot):
    window = open_window(example("digits"))
    panel = window.docks.show_panel("compare").search
    rate, filters = panel.varied.rows
    assert [row.title.text() for row in (rate, filters)] == ["learning rate", "Conv2D · filters"]
    assert panel.varied.lines() == [
        "training.optimizer.learning_rate=log:1e-4:1e-1", "conv2d.filters=16,32,64",
    ]  # fmt: skip
    filters.how.setCurrentText("from … to")
    filters.how.activated.emit(filters.how.currentIndex())
    assert filters.line() == "conv2d.filters=16:64", "a list becomes the range that it spans"
    filters.last.clear()
    qtbot.keyClicks(filters.last, "8")
    assert "is empty" in panel.planned.text(), "16 to 8"
    qtbot.keyClicks(filters.last, "0")
    assert panel.planned.text() == "12 trials, chosen at random."
    titles = [panel.add.itemText(index) for index in range(panel.add.count())]
    for title in ("Dropout · with and without", "Conv2D · activation", "optimizer"):
        index = titles.index(title)
        panel.add.setCurrentIndex(index)
        panel.add.activated.emit(index)
    assert panel.varied.lines()[-3:] == [
        "dropout.on=yes,no", "conv2d.activation=relu,tanh,gelu",
        "training.optimizer=Adam,SGD,RMSprop",
    ]  # fmt: skip
    assert not panel.varied.rows[-1].how.isVisibleTo(panel), "words have no range"
    filters.remove.click()
    assert len(panel.varied.rows) == 4
    window.documents.show_project(example("iris"), None)
    assert [row.path for row in panel.varied.rows] == [
        "training.optimizer.learning_rate", "training.optimizer",
    ], "what the other network does not have is varied no more"  # fmt: skip


@pytest.mark.slow
def test_two_at_once_and_stopped(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=4000))
    panel = window.docks.show_panel("compare").search
    panel.varied.set_lines(["training.optimizer.learning_rate=1e-6,0.001,0.02"])
    panel.jobs.setValue(2)
    if panel.jobs.value() < 2:
        pytest.skip("one processor")
    grown: set[float] = set()
    panel.variants.grew.connect(lambda values, _curve: grown.update(values.values()))
    panel.start.click()
    qtbot.waitUntil(lambda: len(grown) >= 2)
    # The curves of all that are under way.
    qtbot.waitUntil(lambda: len(panel.under_way) >= 2)
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.variants.running)
    assert panel.variants.error is None


@pytest.mark.slow
def test_variants_of_one_project_are_none_of_the_next(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    panel = window.docks.show_panel("compare").search
    panel.varied.set_lines(["training.optimizer.learning_rate=0.01,0.02"])
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.variants.running)
    assert not panel.best.isHidden() and "Best so far" in panel.words.text()
    window.documents.show_project(example("moons"), None)
    assert panel.variants.study is None
    assert panel.best.isHidden() and panel.words.text() == ""
    # One that is still under way ends, and what it finds comes too late.
    qtbot.waitUntil(lambda: window.workbench.settled)
    panel.varied.set_lines(["training.epochs=100000,200000"])
    panel.start.click()
    with qtbot.waitSignal(panel.variants.grew):
        pass
    window.documents.show_project(example("diabetes"), None)
    qtbot.waitUntil(lambda: not panel.variants.running)
    assert panel.variants.study is None and panel.variants.error is None
    assert panel.words.text() == "" and panel.start.text() == _("Start")


@pytest.mark.slow
def test_what_was_tried_is_there_after_the_next_start(open_window, example, qtbot):
    """A search that is ended in the middle leaves what one leaves that is killed: its file."""
    project = edits.set_training(example("iris"), epochs=30)
    panel = open_window(project).docks.show_panel("compare").search
    lines = ["training.optimizer.learning_rate=log:0.001:0.1", "training.batch_size=16,64"]
    panel.varied.set_lines(lines)
    panel.method.setCurrentIndex(panel.method.findData("random"))
    panel.trials.setValue(4)
    panel.start.click()
    qtbot.waitUntil(lambda: panel.variants.study is not None)
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.variants.running)
    tried = panel.variants.study.trials
    assert 0 < len(tried) < 4

    renamed = replace(project, name="Flowers")
    window = open_window(edits.move_nodes(renamed, {renamed.graph.nodes[0].id: (5.0, 5.0)}))
    panel = window.docks.show_panel("compare").search
    qtbot.waitUntil(lambda: panel.variants.study is not None)
    assert panel.variants.study.trials == tried
    assert len(trials(panel)) == len(tried)
    assert panel.varied.lines() == [lines[0], "training.batch_size=16,64"]
    assert (panel.method.currentData(), panel.trials.value()) == ("random", 4)
    assert panel.start.text() == _("Continue")
    panel.start.click()
    assert len(trials(panel)) == len(tried), "they stay while it goes on"
    qtbot.waitUntil(lambda: not panel.variants.running)
    assert panel.variants.study.trials[: len(tried)] == tried
    assert len(panel.variants.study.trials) == 4
    assert panel.start.text() == _("Start")

    # One that was done comes back too, also with its best on the canvas.
    panel.best.click()
    taken = window.store.project
    window.documents.show_project(example("moons"), None)
    assert panel.variants.study is None
    window.documents.show_project(taken, None)
    qtbot.waitUntil(lambda: panel.variants.study is not None)
    assert len(panel.variants.study.trials) == 4
    assert "Best so far" in panel.words.text()


@pytest.fixture
def german() -> Iterator[None]:
    before = i18n.language()
    i18n.set_language("de")
    yield
    i18n.set_language(before)


def _row(qtbot: QtBot, line: str) -> DimensionRow:
    row = DimensionRow(line, "x", True, None)
    qtbot.addWidget(row)
    return row


LINES = ["x.rate=0.1,0.05", "x.units=16,32", "x.a=relu,tanh", "x.k=[3, 3],[5, 5]", "x.r=0.1:0.5"]


@pytest.mark.parametrize("line", LINES)
def test_a_line_stays_what_it_is(qtbot, line):
    assert _row(qtbot, line).line() == line


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("line", LINES)
def test_a_line_stays_what_it_is_with_a_decimal_comma(qtbot, line):
    assert _row(qtbot, line).line() == line


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0,1; 0,2", "0.1,0.2"),
        ("0,1", "0.1"),
        ("16, 32", "16,32"),
        ("0.1; 3", "0.1,3"),
        ("1.000; 2", '"1.000",2'),
    ],
)
def test_a_decimal_comma_is_typed(qtbot, typed, read):
    row = _row(qtbot, "x.rate=1,2")
    row.first.setText(typed)
    assert row.line() == f"x.rate={read}"


def test_the_way_to_choose_values_is_whole(qtbot, german):
    for row in (_row(qtbot, "x.rate=log:1e-4:1e-1"), _row(qtbot, "x.units=16,32")):
        row.show()
        row.resize(row.minimumSizeHint())
        option = QStyleOptionComboBox()
        row.how.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        kind = QStyle.ComplexControl.CC_ComboBox
        room = row.how.style().subControlRect(kind, option, part, row.how)
        for place in range(row.how.count()):
            words = row.how.itemText(place)
            assert row.how.fontMetrics().horizontalAdvance(words) <= room.width(), words
