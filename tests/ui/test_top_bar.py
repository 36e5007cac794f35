"""The bar at the top and the status: of this project and this run, and all of it."""

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core import i18n
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_progress import RunProgress
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.style import font_scale
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.widgets.role_boxes import CardStack, RoleBox
from netbuilder.ui.widgets.throttle import SteadyFrame
from netbuilder.ui.window.top_bar import ProgressView

RUN = RunProgress(
    "Epoch 3 of 2,000 · step 447 of 1,500 · 31 steps/s",
    "4 min 10 s left",
    0.2,
    short=("3 of 2,000",),
)


@pytest.mark.parametrize("width", [110, 150, 200, 260, 346])
def test_words_and_time_left_never_run_into_each_other(qtbot, width):
    view = ProgressView()
    qtbot.addWidget(view)
    view.resize(width, 40)
    view.show()
    view.show_progress(RUN)
    qtbot.wait(20)
    left, right = view.left, view.right
    assert left.text()
    for label in (left, right):
        needed = label.fontMetrics().horizontalAdvance(label.text())
        assert needed <= label.width(), f"“{label.text()}” is cut off"
    if right.text():
        assert left.geometry().right() + 8 <= right.geometry().left()
    assert "4 min 10 s left" in view.toolTip()


def test_all_is_said_where_there_is_room(qtbot):
    view = ProgressView()
    qtbot.addWidget(view)
    view.setMaximumWidth(900)
    view.resize(900, 40)
    view.show()
    view.show_progress(RUN)
    assert view.left.text() == RUN.words
    assert view.right.text() == RUN.left


@pytest.mark.parametrize(
    ("width", "said"),
    [(346, "Stopped at epoch 65 of 200"), (160, "Stopped: 65 of 200"), (110, "65 of 200")],
)
def test_a_stop_is_said_where_there_is_room(qtbot, width, said):
    view = ProgressView()
    qtbot.addWidget(view)
    view.resize(width, 40)
    view.show()
    short = ("Stopped: 65 of 200", "65 of 200")
    view.show_progress(RunProgress("Stopped at epoch 65 of 200", "", 0.3, short))
    assert view.left.text() == said
    assert "Stopped at epoch 65 of 200" in view.toolTip()


@pytest.mark.parametrize("language", ["en", *i18n.languages()])
def test_what_comes_before_a_run_is_said_whole(qtbot, language):
    """Beside Pause and Stop the view has about 91 pixels in a window of 1366."""
    view = ProgressView()
    qtbot.addWidget(view)
    view.resize(91, 40)
    view.show()
    i18n.set_language(language)
    for words, short in (
        (_("Building the network…"), _("Building…")),
        (_("Reading the data…"), _("Reading…")),
    ):
        view.show_progress(RunProgress(words, short=(short,)))
        assert view.left.text() in {words, short}


def test_letters_of_twice_the_size_still_tell_the_epoch(qtbot):
    view = ProgressView()
    qtbot.addWidget(view)
    font = view.left.font()
    font.setPointSizeF(2 * font.pointSizeF())
    for label in (view.left, view.right):
        label.setStyleSheet(f"font-size: {font.pointSizeF()}pt;")
    view.resize(150, 60)
    view.show()
    qtbot.wait(20)
    view.show_progress(RUN)
    assert view.left.text() == "3 of 2,000"


def test_what_stands_beside_train_stays_as_its_words_change(open_window, told):
    window = open_window(keras=False)
    bar = window.top_bar

    def places():
        told()
        return [(one.x(), one.width()) for one in (bar.train, bar.speed.parentWidget())]

    before = places()
    window.actions_table["speed-steps-2"].trigger()
    assert places()[0] == before[0]
    assert places()[1][0] == before[1][0]


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_button_moves_from_the_first_edit_to_the_end_of_a_run(
    open_window, example, qtbot, tmp_path, language
):
    """The bar says "saved", "not saved" or nothing, Train, Pause or Continue, and how far it is."""
    window = open_window(edits.set_training(example("xor"), epochs=4000))
    if language != "en":
        choose_language(language)
    window.resize(1366, 768)
    bar = window.top_bar
    qtbot.wait(500)  # the bar is laid out for the language

    def places():
        qtbot.wait(60)
        return {
            one.objectName() or one.text(): one.mapTo(bar, QPoint()).x()
            for one in bar.findChildren(QAbstractButton)
            if one.isVisible()
        } | {"train": bar.train.x(), "width": bar.train.width()}

    seen = {"opened": places()}
    window.store.apply("More", lambda p: edits.set_training(p, epochs=3999))
    seen["edited"] = places()
    window.store.apply("Name", lambda p: edits.rename_project(p, "A much longer name of it"))
    seen["renamed"] = places()
    assert window.documents.save_to(tmp_path / "short.netbuilder")
    seen["saved"] = places()
    window.actions_table["speed-full"].trigger()
    seen["speed"] = places()
    window.actions_table["speed-watch"].trigger()
    window.actions_table["train"].trigger()
    seen["started"] = places()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    seen["running"] = places()
    window.actions_table["pause"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    seen["paused"] = places()
    window.actions_table["stop"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    seen["ended"] = places()
    assert bar.train.isVisible() and len(seen["opened"]) > 8
    first = seen["opened"]
    moved = {
        (when, name): (first.get(name), one.get(name))
        for when, one in seen.items()
        for name in first.keys() | one.keys()
        if first.get(name) != one.get(name)
    }
    assert moved == {}


def test_nothing_to_redo_looks_so_after_the_bar_was_narrow(open_window, qtbot):
    """Qt enables the widget of a place that comes back, whatever its own action says."""
    window = open_window()
    actions = window.top_bar._actions
    buttons = {
        name: next(b for b in window.top_bar.findChildren(QToolButton)
                   if b.defaultAction() is actions[name])
        for name in ("undo", "redo", "save-model")
    }  # fmt: skip
    for width in (1366, 700, 1366):
        window.resize(width, 768)
        qtbot.wait(20)
        # As ever when something was done or chosen.
        window.store.apply("More", lambda p, n=width: edits.set_training(p, epochs=n % 97))
        qtbot.waitUntil(actions["undo"].isEnabled)
    qtbot.waitUntil(buttons["redo"].isVisible)
    assert buttons["undo"].isEnabled()
    assert not actions["redo"].isEnabled() and not buttons["redo"].isEnabled()
    assert not buttons["save-model"].isEnabled()
    window.store.undo()
    qtbot.waitUntil(buttons["redo"].isEnabled)


def test_a_bar_at_its_begin_stands_still(qtbot, open_window):
    """Of a long run nothing is done after seconds: the bar that ran to and fro before has ended."""
    moved: list[QEvent.Type] = []

    class Movements(QObject):
        def eventFilter(self, _watched, event):
            if event.type() is QEvent.Type.StyleAnimationUpdate:
                moved.append(event.type())
            return False

    window = open_window(keras=False)
    qtbot.waitExposed(window)
    progress = window.top_bar.progress
    movements = Movements()
    progress.bar.installEventFilter(movements)
    progress.show_progress(RunProgress("Building the network…"))
    qtbot.waitUntil(lambda: len(moved) > 3)
    progress.show_progress(RunProgress("Epoch 2 of 9,000,000", "", 1e-7))
    qtbot.wait(200)
    moved.clear()
    qtbot.wait(300)
    assert moved == []
    assert progress.bar.value() < 0.05 * progress.bar.maximum()


def test_pause_takes_the_place_of_train(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=5000))
    button = window.top_bar.train
    place, words = button.geometry(), button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.runner.state.running and button.isEnabled())
    assert button.text() != words
    assert button.geometry() == place, "nothing moves under the pointer"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.runner.state.paused)
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.runner.state.running and not window.runner.state.paused)
    window.runner.stop()
    qtbot.waitUntil(lambda: not window.runner.state.active and button.text() == words)


def test_the_bar_says_what_is_open_and_whether_it_is_saved(open_window, example, tmp_path, qtbot):
    window = open_window(example("iris"), keras=False)
    window.resize(1280, 760)  # in a narrow bar the name gives way
    document = window.top_bar.document
    qtbot.waitUntil(document.isVisible)
    assert document.name.text() == window.store.project.name
    assert not document.saved.text(), "an example: there is nothing to lose"
    window.store.apply("Add Dense", lambda p: edits.append_layer(p, "Dense"))
    unsaved = document.saved.text()
    assert unsaved and document.saved.isVisible()
    assert window.documents.save_to(tmp_path / "flowers.netbuilder")
    assert document.name.text() == "flowers.netbuilder"
    assert window.documents.save_to(tmp_path / "temperatures.netbuilder")
    assert document.name.text() == "temperatures", "whole, without the ending that has no room"
    assert document.saved.isVisible() and document.saved.text() != unsaved
    window.store.undo()
    assert document.saved.text() == unsaved


def test_undo_and_redo_have_room_in_every_language(qtbot, open_window):
    window = open_window(keras=False)
    bar = window.top_bar
    for language in ("en", "de", "fr", "pt_BR"):
        choose_language(language)
        window.resize(1366, 768)
        qtbot.waitUntil(lambda: all(bar._places[one].isVisible() for one in ("undo", "redo")))


def test_a_narrow_bar_keeps_what_is_used_all_the_time(qtbot, open_window):
    window = open_window(keras=False)

    def shown():
        return {name for name, place in window.top_bar._places.items() if place.isVisible()}

    def help_is_one_letter():
        button, words = window.top_bar._named["help"]
        return len(button.text()) == 1 and button.accessibleName() == words(whole=True)

    wanted = {"save", "undo", "redo", "stop", "speed", "document", "save-model", "help"}
    for language in ("en", "de", "fr", "es", "pt_BR"):
        choose_language(language)
        window.resize(1024, 700)
        qtbot.waitUntil(lambda: wanted <= shown())
        qtbot.waitUntil(help_is_one_letter)
        window.resize(1366, 768)
        qtbot.waitUntil(lambda: shown() == set(window.top_bar._places))
    window.resize(1024, 700)
    choose_language("en")
    qtbot.waitUntil(lambda: {"document", "save-model", "level"} <= shown())
    qtbot.waitUntil(help_is_one_letter)
    level = window.top_bar.findChild(QAbstractButton, "level-full").sizeHint().width()
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: "gallery" in shown())
    qtbot.waitUntil(
        lambda: window.top_bar.findChild(QAbstractButton, "level-full").sizeHint().width() > level
    )
    window.resize(1024, 700)
    font_scale.set_font_scale(1.75)
    qtbot.waitUntil(lambda: not {"document", "save-model"} & shown())
    assert {"stop", "speed"} <= shown()


@pytest.mark.slow
def test_what_a_run_finds_inside_is_counted_gone_to_and_mended(open_window, example, qtbot):
    project = example("iris")
    node = next(n.id for n in project.graph.nodes if n.layer == "Dense")
    asleep = {"name": "Constant", "params": {"value": -1000.0}}
    project = edits.set_params(project, node, activation="relu", bias_initializer=asleep)
    window = open_window(edits.set_training(project, epochs=1_000_000))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    bench, status = window.workbench, window.status
    assert status.problems.text() == "No problems"
    window.actions_table["train"].trigger()
    qtbot.waitUntil(lambda: bool(bench.all_problems))
    window.actions_table["stop"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert [(one.code, one.node) for one in bench.all_problems] == [("dead-units", node)]
    assert status.problems.text() == "1 suggestion"
    assert bench.problems == (), "it does not keep the network from being trained"

    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_F8)
    assert window.canvas.selection() == (node,)
    assert window.canvas.state.offered.code == "dead-units"
    assert window.inspector.cards.cards, "it stands in the inspector too"
    assert window.banner.cards == []
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert window.store.project.graph.by_id[node].params["activation"] == "leaky_relu"
    assert status.problems.text() == "No problems"
    assert window.canvas.picture.cards[node].problems == ()
    assert window.banner.cards == []
    window.store.undo()
    assert status.problems.text() == "1 suggestion", "that is the network that was looked into"
    window.documents.show_project(example("xor"), None)
    assert status.problems.text() == "No problems"


@pytest.mark.slow
def test_the_end_of_a_run_is_no_news_of_another(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    news, result = window.status.news, window.inspector.summary.lines["result"]
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    assert result.text() == _("training is running")
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: "accuracy" in news.text())
    assert "2 epochs" not in news.text(), "the card on the page Curves says it"
    assert "After 2 epochs" in result.text()

    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=1_000_000))
    with qtbot.waitSignal(window.runner.began):
        window.actions_table["train"].trigger()
    assert news.text() == ""
    assert result.text() == _("training is running"), "not what the run before came to"
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    window.docks.show_panel("training")
    panels = [window.docks.show_panel(name) for name in ("evaluate", "predict")]
    window.actions_table["pause"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    assert result.text() == _("training is paused")
    for panel in panels:
        assert panel.stale.text().startswith("⚠ Training is paused")
    window.actions_table["pause"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    assert result.text() == _("training is running")
    window.actions_table["stop"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    qtbot.waitUntil(lambda: news.text().startswith("Trained"))

    window.documents.show_project(example("xor"), None)
    assert news.text() == ""
    assert result.text() == "not trained"
    window.status.tell("Saved it.")
    window.runner.forget()
    assert news.text() == "Saved it.", "what is not of a run stays"


def test_of_several_banners_the_most_serious_is_seen_with_their_count(qtbot):
    stack = CardStack()
    qtbot.addWidget(stack)
    stack.show()
    hint, error, warning = (
        stack.add(RoleBox(role, role, "words", stack)) for role in ("info", "error", "warning")
    )
    assert stack.shown is error
    assert [card.isVisible() for card in (hint, error, warning)] == [False, True, False]
    seen = []
    for _press in range(3):
        seen.append((stack.shown, stack.next.text()))
        qtbot.mouseClick(stack.next, Qt.MouseButton.LeftButton)
    assert seen == [(error, "1 of 3 ›"), (warning, "2 of 3 ›"), (hint, "3 of 3 ›")]
    stack.remove(error)
    assert stack.shown is warning
    stack.remove(warning)
    assert stack.shown is hint and not stack.next.isVisible()
    stack.remove(hint)
    assert not stack.isVisible()


class Arrangements(QObject):
    """Counts the layouts that a widget is asked for."""

    def __init__(self, watched):
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, _watched, event):
        self.count += event.type() is QEvent.Type.LayoutRequest
        return False


def test_progress_and_legend_leave_the_docks_alone(open_window, qtbot, at_rest):
    window = open_window(keras=False)
    window.docks.show_panel("training")
    qtbot.waitExposed(window)
    progress, legend = window.top_bar.progress, window.docks.pages["training"].fill().curves.legend
    progress.show_progress(RunProgress("Epoch 1 of 900 · 12 epochs/s", "9 min left", 0.001))
    legend.setText("loss 0.5")
    counted = Arrangements(window)
    at_rest(lambda: counted.count)
    counted.count = 0
    for number in range(20):
        words = f"Epoch {number:,} of 900 · {number * 7} epochs/s"
        progress.show_progress(RunProgress(words, f"{900 - number} s left", number / 900))
        legend.setText(f"loss {1 / (number + 1):.4g}")
        qtbot.wait(5)
    assert counted.count < 5  # something else of a new window may still find its place
    assert progress.left.text().startswith("Epoch 19")


def test_a_text_of_more_lines_gets_its_room(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    label = QLabel("one line")
    label.setWordWrap(True)
    layout = QVBoxLayout(page)
    layout.addWidget(SteadyFrame(label, page, grows=True))
    layout.addStretch(1)
    page.resize(200, 300)
    page.show()
    qtbot.waitExposed(page)
    before = label.height()
    label.setText("many words " * 20)
    qtbot.waitUntil(lambda: label.height() > 3 * before)
    assert label.height() >= label.heightForWidth(label.width())
    label.setText("one line")
    qtbot.waitUntil(lambda: label.height() == before)


def test_what_takes_more_height_as_it_is_first_shown_is_seen_whole(qtbot):
    words = QLabel("one two three four five six seven eight nine ten " * 3)
    words.setWordWrap(True)
    page = QWidget()
    qtbot.addWidget(page)
    frame = SteadyFrame(words, page, grows=True)
    layout = QVBoxLayout(page)
    layout.addWidget(frame)
    layout.addStretch(1)
    page.resize(160, 400)
    page.show()
    qtbot.waitExposed(page)
    qtbot.wait(50)
    assert words.height() == frame.height() == words.heightForWidth(words.width())


def test_a_card_above_the_canvas_moves_nothing_under_the_pointer(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    canvas = window.canvas
    one = next(iter(canvas.picture.cards))

    def place():
        return canvas.viewport().mapToGlobal(
            canvas.scene_viewport.card_rect(one).center().toPoint()
        )

    qtbot.waitUntil(lambda: not canvas.scene_viewport.fit_pending)
    canvas.scene_viewport.set_camera(
        canvas.camera.moved(0, 150)
    )  # there is room above the first layer
    before, top = place(), canvas.mapToGlobal(QPoint()).y()
    canvas.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    card = window.banner.add(RoleBox("info", "Title", "Words", window))
    qtbot.waitUntil(lambda: canvas.mapToGlobal(QPoint()).y() > top)
    assert place() == before
    window.banner.remove(card)
    qtbot.waitUntil(lambda: canvas.mapToGlobal(QPoint()).y() == top)
    assert place() == before


def test_a_click_on_a_card_s_button_leaves_the_keyboard_where_it_was(qtbot):
    top = QWidget()
    qtbot.addWidget(top)
    line, box = QLineEdit(top), RoleBox("info", "A card", "Words.", top)
    card = RoleBox("info", "", "Words.", top, buttons=(("Close", box.parentWidget().update),))
    card.buttons[0].clicked.connect(card.hide)
    vbox(line, box, card, parent=top)
    top.show()
    qtbot.waitExposed(top)
    top.activateWindow()
    line.setFocus()
    qtbot.waitUntil(line.hasFocus)
    qtbot.mouseClick(card.buttons[0], Qt.MouseButton.LeftButton)
    assert card.isHidden() and line.hasFocus()
