"""The bar at the top: what it says fits, in wide windows and in narrow ones."""

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QToolButton

from netbuilder.core import i18n
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_progress import RunProgress
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.style import font_scale
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
