"""What was seen wrong in the window, each with the reading that a careless program would give."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.training_curves import OVERLAY_COLORS
from netbuilder.ui.results.runs_model import CURVE, TEST
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.style import theme
from netbuilder.ui.training.curve_view import CurveView
from netbuilder.ui.window.documents import empty_project
from netbuilder.ui.window.panels import PANELS

MINUTE = 60_000
Open = Callable[..., MainWindow]
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def mistaken(open_window, example):
    """Classes, and a loss that is made for one-hot rows."""
    project = example("iris")
    loss = Choice("categorical_crossentropy")
    return open_window(edits.set_training(project, loss=loss))


def test_a_wrong_loss_is_said_beside_its_field(mistaken, qtbot):
    panel = mistaken.docks.show_panel("settings")
    mistaken.canvas.hide()  # where its card is in view, its fix stands there

    def fix():
        (box,) = panel.plan.complaints["loss"].cards
        return box.button

    qtbot.waitUntil(lambda: fix() is not None)
    fix().click()
    assert mistaken.store.project.training.loss != Choice("categorical_crossentropy")
    qtbot.waitUntil(lambda: panel.plan.complaints["loss"].cards == [])


def test_f8_and_enter_mend(mistaken, qtbot):
    window = mistaken
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    layers = len(window.store.project.graph.nodes)
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Return)
    assert len(window.store.project.graph.nodes) == layers
    qtbot.waitUntil(lambda: not window.workbench.problems)
    assert window.canvas.hasFocus()


def test_a_problem_stands_on_its_card_and_a_refused_train_goes_to_it(open_window, example, qtbot):
    project = example("iris")
    last = project.graph.outputs[0]
    window = open_window(edits.set_params(project, last, units=7))
    window.activateWindow()
    canvas, layer_page = window.canvas, window.inspector.cards
    qtbot.waitUntil(lambda: bool(window.workbench.problems))
    canvas.scene_viewport.centre_on(5000.0, 5000.0)
    window.commands.train()
    qtbot.waitUntil(lambda: canvas.state.offered is not None)
    assert canvas.selection() == (last,)
    (bubble,) = canvas.bubbles_now()
    box = QRectF(QPointF(*bubble.box[:2]), QPointF(*bubble.box[2:]))
    seen = canvas.scene_viewport.seen_box()
    assert QRectF(QPointF(*seen[:2]), QPointF(*seen[2:])).contains(box)
    assert window.banner.cards == []
    assert "cannot be trained" in window.status.news.text()
    qtbot.waitUntil(lambda: [one.buttons for one in layer_page.cards] == [[]])
    canvas.scene_viewport.centre_on(5000.0, 5000.0)
    qtbot.waitUntil(lambda: len(layer_page.cards[0].buttons) == 1)

    window.commands.train()
    qtbot.waitUntil(lambda: canvas.state.offered is not None)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert window.store.project.graph.by_id[last].params["units"] == 3
    qtbot.waitUntil(lambda: not window.workbench.problems)
    assert "cannot be trained" not in window.status.news.text()
    assert window.banner.cards == []


def test_of_layers_that_look_alike_the_name_is_told(open_window, example, diagnosed, qtbot):
    project = example("iris")
    name = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    window = open_window(edits.set_params(project, name, activation="reluu"), keras=False)
    diagnosed(window.workbench)
    window.status.next_problem()
    assert window.canvas.selection() == (name,)
    window.commands.train()
    qtbot.waitUntil(lambda: f"({name})" in window.status.news.text())


def test_escape_in_a_side_panel_goes_to_the_canvas(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.select((window.store.project.graph.order[1],))
    ways = [
        (Qt.Key.Key_L, CONTROL),  # the palette's search
        (Qt.Key.Key_F2, NONE),  # the inspector
        *((Qt.Key(Qt.Key.Key_1 + number), ALT) for number in range(len(PANELS))),
    ]
    for back in ((Qt.Key.Key_Escape, NONE), (Qt.Key.Key_0, ALT)):
        seen = set()
        for there in ways:
            QTest.keyClick(window.canvas, *there)
            qtbot.wait(20)
            inside = QApplication.focusWidget()
            # Panels that wait for a network have no field that takes the keyboard.
            if inside is not window.canvas:
                seen.add(inside)
                QTest.keyClick(inside, *back)
            assert window.canvas.hasFocus(), (there, inside)
        assert len(seen) >= 5, seen


def test_a_beginning_is_no_mistake(open_window, qtbot):
    window = open_window(empty_project())
    assert "problem" not in window.status.problems.text()
    assert window.status.problems.text() == "2 steps to go: no data"
    assert theme.colors().accent in window.status.problems.styleSheet(), "not in red, nor in grey"
    window.commands.train()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    assert window.banner.cards[0].property("role") == "info"
    assert not window.runner.state.active


def test_a_network_that_is_half_drawn_is_told_what_comes_next(open_window, example, qtbot):
    project = example("iris")
    last = project.graph.outputs[0]
    project = edits.add_node(edits.remove_nodes(project, [last]), "Add", position=(600.0, 100.0))
    window = open_window(project)
    panel = window.docks.show_panel("data")
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    (end, join) = (p for p in window.workbench.problems if p.follows is None)
    assert {end.tone, join.tone} == {"hint"}
    assert window.status.problems.text().startswith("2 steps to go: ")
    assert theme.colors().error not in window.status.problems.styleSheet(), "not in red"
    (card,) = panel.cards.cards
    last_missing = next(p for p in (end, join) if p.code == "output-units")
    assert card.property("role") == "info"
    assert card.title.text() == last_missing.title == "The last layer is missing"
    assert [one.text() for one in card.buttons] == [last_missing.fix.label], "as on the canvas"
    card.button.click()
    assert window.store.project.graph.by_id[window.store.project.graph.nodes[-1].id].params == {
        "units": 3,
        "activation": "softmax",
    }
    qtbot.waitUntil(lambda: not panel.cards.cards)
    # What does not fit stays an error: three classes, and another number of answers.
    node = window.store.project.graph.nodes[-1].id
    window.store.apply("Units", lambda p: edits.set_params(p, node, units=7))
    qtbot.waitUntil(lambda: bool(panel.cards.cards))
    assert panel.cards.cards[0].property("role") == "error"
    assert "problem" in window.status.problems.text()


def click(window, card, modifiers=NONE):
    """Click on a card, as seen."""
    view = window.canvas
    view.viewport().repaint()  # where the first look puts the cards
    spot = view.scene_viewport.card_rect(card).center().toPoint()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifiers, spot)


def test_what_was_searched_goes_behind_the_selected_layer(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    click(window, "input")
    assert window.canvas.selection() == ("input",)
    QTest.keyClick(window.canvas, Qt.Key.Key_L, CONTROL)
    line = window.palette_view.line
    assert QApplication.focusWidget() is line
    QTest.keyClicks(line, "dropout")
    QTest.keyClick(line, Qt.Key.Key_Return)
    graph = window.store.project.graph
    new = next(n.id for n in graph.nodes if n.layer == "Dropout")
    assert ("input", new) in [tuple(edge) for edge in graph.edges]

    # With its parameters, as behind Tab on the canvas.
    QTest.keyClick(line, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(line, "dense 50 relu")
    assert window.palette_view.model.index(0).data() == "Dense  50 · relu"
    QTest.keyClick(line, Qt.Key.Key_Return)
    graph = window.store.project.graph
    (typed,) = window.canvas.selection()
    assert (graph.by_id[typed].params["units"], graph.by_id[typed].params["activation"]) == (
        50,
        "relu",
    )
    assert graph.sources[typed] == (new,)


def test_two_layers_are_edited_and_a_group_named_and_repeated_by_keyboard(
    open_window, example, qtbot
):
    project = example("iris")
    one, two = [n.id for n in project.graph.nodes if n.layer == "Dense"][:2]
    window = open_window(project, keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    before = window.store.project

    def units():
        return [window.store.project.graph.by_id[name].params["units"] for name in (one, two)]

    click(window, one)
    click(window, two, CONTROL)
    QTest.keyClick(window.canvas, Qt.Key.Key_F2)
    field = QApplication.focusWidget()
    assert window.inspector.isAncestorOf(field)
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, "23")
    assert units() == [23, 23]
    QTest.keyClick(field, Qt.Key.Key_Escape)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CONTROL)
    assert window.store.project == before, "one undo for both"

    QTest.keyClick(window.canvas, Qt.Key.Key_G, CONTROL)
    (group,) = window.store.project.graph.groups
    assert window.canvas.selection() == (group.id,)
    QTest.keyClick(window.canvas, Qt.Key.Key_F2)
    name = QApplication.focusWidget()
    assert name is window.inspector.name
    QTest.keyClick(name, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(name, "Hidden")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert window.store.project.graph.groups[0].name == "Hidden"
    while not window.inspector.group.times.hasFocus():
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(window.inspector.group.times, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(window.inspector.group.times, "3")
    while not window.inspector.group.button.hasFocus():
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClick(window.inspector.group.button, Qt.Key.Key_Space)
    names = [group.name for group in window.store.project.graph.groups]
    assert names == ["Hidden", "Hidden 2", "Hidden 3", "Hidden ×3"]


def test_a_new_project_has_the_whole_palette(open_window, example):
    window = open_window(example("iris"), keras=False)
    window.palette_view.line.setText("lstm")
    window.documents.new()
    assert window.palette_view.line.text() == ""


def test_the_legend_has_the_colours_of_the_plot(qtbot):
    view = CurveView()
    qtbot.addWidget(view)
    view.plot.set_overlays(
        {name: RunCurves.from_history(name, {"loss": [1.0, 0.5]}) for name in ("one", "two")}
    )
    view._show_legend()
    for color in OVERLAY_COLORS[:2]:
        assert color in view.legend.text()


@pytest.mark.slow
def test_runs_have_the_error_that_evaluate_has(open_window, example, qtbot):
    window = open_window(edits.set_training(example("diabetes"), epochs=2))
    qtbot.train(window)
    (run,) = runs.list_runs()
    error = window.evaluation_service.evaluation.metrics["mean_absolute_error"]
    assert run.test["mean_absolute_error"] == pytest.approx(error)
    assert error > 5, "disease scores reach from 25 to 346: this is not of scaled targets"


@pytest.mark.slow
def test_while_it_trains_nothing_of_the_last_run_stays(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    names = ("surface", "evaluate", "predict", "inside")
    waiting = [window.docks.show_panel(name).waiting.words for name in names]
    assert all("Press Train" in words.text() for words in waiting)
    window.runner.start()
    assert all("Press Train" not in words.text() for words in waiting)
    surface, evaluate, predict, inside = (words.text() for words in waiting)
    assert surface.startswith("Training is running") and inside.startswith("Training is running")
    assert evaluate == predict == "Results appear here when training ends or is paused."
    assert "Press Train" not in window.docks.show_panel("training").curves.invitation.text()
    qtbot.waitUntil(lambda: bool(window.strips.shown), timeout=MINUTE // 3)
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=50_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING, timeout=MINUTE // 3)
    # What is shown is what the run makes of the sample now, or nothing yet.
    look = window.strips.look
    assert look is None or look.trained is None
    window.runner.stop()
    qtbot.waitUntil(lambda: bool(window.strips.shown), timeout=MINUTE // 3)


@pytest.mark.slow
def test_nothing_of_a_network_stays_on_another_that_is_opened_at_once(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=50_000))
    window.runner.start()
    qtbot.waitUntil(lambda: bool(window.strips.shown), timeout=MINUTE // 3)
    seen: list[bool] = []

    def at_once():
        seen.extend((not window.activations_service.idle, window.canvas.shown_sample.isVisible()))
        window.documents.show_project(example("xor"), None)
        seen.append(window.canvas.shown_sample.isVisible() or bool(window.canvas.previews.ids))

    # Before the event loop can bring the answer about the network that was trained.
    window.runner.ended.connect(at_once)
    window.runner.stop()
    qtbot.waitUntil(lambda: len(seen) == 3)
    assert seen == [True, True, False], "it names a row of data that is gone"
    qtbot.waitUntil(lambda: window.activations_service.idle, timeout=MINUTE // 3)
    assert not window.canvas.shown_sample.isVisible()
    assert window.canvas.previews.ids == frozenset()


def test_curves_are_told_apart_without_colours(qtbot):
    view = CurveView()
    qtbot.addWidget(view)
    run = RunCurves.from_history("now", {"loss": [1.0, 0.5], "val_loss": [1.1, 0.7]})
    view.plot.set_overlays(
        {name: RunCurves.from_history(name, {"loss": [1.0, 0.5]}) for name in ("one", "two")}
    )
    view.show_run(run, 2)
    view.plot.redraw()
    ends = view.plot.ends.data
    symbols = [str(one) for one in ends["symbol"]]
    assert len(symbols) >= 2
    assert len(set(symbols)) == len(symbols)
    assert sorted(ends["y"])[-2:] == [0.5, 0.7]
    run.kept_epoch = 1  # back to the best epoch: its signs stand where the network is from
    view.plot.redraw()
    signs = view.plot.ends.data
    assert {(x, y) for x, y in zip(signs["x"], signs["y"], strict=True)} >= {(1.0, 1.0), (1.0, 1.1)}
    legend = view.legend.text()
    assert all(sign in legend for sign in "●◆▲▼")


def test_runs_keep_their_names_in_a_narrow_window(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    letter = panel.fontMetrics().averageCharWidth()
    qtbot.waitUntil(lambda: panel.table.columnWidth(0) >= 14 * letter)
    hidden = map(panel.table.isColumnHidden, (CURVE, TEST))
    assert not any(hidden), "the curve and the result of the test stay"


def test_undo_of_a_deleted_layer_brings_its_picture_and_the_wires_back(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=1))
    window.runner.start()
    canvas = window.canvas
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE and bool(window.strips.shown))
    # What was seen while it trained makes room for the model that it left.
    qtbot.waitUntil(lambda: window.activations_service.idle)
    graph = window.store.project.graph
    hidden = graph.sources[graph.outputs[0]][0]
    wires = canvas.state.wire_weights
    assert hidden in canvas.previews.ids and wires
    window.store.apply("Delete", lambda p: edits.remove_nodes(p, (hidden,)))
    assert hidden not in canvas.previews.ids and not canvas.state.wire_weights
    window.store.undo()
    qtbot.waitUntil(lambda: hidden in canvas.previews.ids and window.activations_service.idle)
    assert canvas.state.wire_weights == wires


def test_a_widget_that_is_gone_gets_no_keyboard_from_the_start_page(open_window, qtbot):
    window = open_window(keras=False)
    page = window.welcome.page
    page.open()
    page.recent_cards.clear()
    page.close_button.setFocus()
    page.open()  # its cards and buttons are made anew: those of before are deleted
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    page.shut()
    assert page.isHidden()


def test_edits_go_on_where_the_working_folder_is_gone(
    open_window, example, tmp_path, monkeypatch, qtbot
):
    """A stick is pulled: nothing of the window may ask for a folder that is not there."""
    gone = tmp_path / "stick"
    gone.mkdir()
    monkeypatch.chdir(gone)
    window = open_window(example("iris"), keras=False)
    gone.rmdir()
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=3))
    with qtbot.waitSignal(window.documents.recovery.wrote):
        window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=4))
    assert window.workbench.base == Path.home()
    window.store.undo()
    assert window.store.project.training.epochs == 3
