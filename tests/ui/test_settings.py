"""The settings, reduced motion, and the presentation for a class."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QFrame, QWidget

import netbuilder.ui
from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.ui.services.runs.run_progress import FULL, SPEEDS, WATCH, RunProgress
from netbuilder.ui.services.runs.run_record import RunState, remembered_speed
from netbuilder.ui.services.settings import choose_font_scale, lists_all_layers
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.motion import set_reduced_motion
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.window.panels import TASKS
from netbuilder.ui.window.settings_dialog import SettingsDialog
from netbuilder.ui.window.top_bar import ProgressView
from netbuilder.ui.window.window_commands import LETTERS


def in_dialog(window, qtbot, typed, button):
    """Open the settings by their key, type, press; what the dialog said of the typed number."""
    said: list[str] = []

    def answer():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(30, answer)
            return
        row = next(one for one in dialog.rows if one.change is runs.set_run_limit)
        field = dialog.form.rows[row.param.name].editor
        line = field.findChild(QWidget, "qt_spinbox_lineedit") or field
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, typed)
        said.append(dialog.effect.text())
        dialog.findChild(QDialogButtonBox).button(button).click()
        assert dialog.result() in (QDialog.DialogCode.Accepted, QDialog.DialogCode.Rejected)

    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTimer.singleShot(30, answer)
    QTest.keyClick(window.canvas, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert said, "its key opens it"
    return said[0]


@pytest.mark.slow
def test_as_many_trainings_are_kept_as_was_said(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1))

    def train():
        qtbot.train(window)

    for _run in range(3):
        train()
    newest = [run.id for run in runs.list_runs()]
    assert runs.run_limit() == runs.USUAL_LIMIT
    buttons = QDialogButtonBox.StandardButton
    said = in_dialog(window, qtbot, "2", buttons.Cancel)
    assert said == " ".join(
        (
            ngettext("{count} run is now kept.", "{count} runs are now kept.", 3),
            ngettext(
                "The oldest run is deleted when the next run ends, with its network.",
                "The oldest {count} runs are deleted when the next run ends, with their networks.",
                1,
            ),
        )
    )
    assert runs.run_limit() == runs.USUAL_LIMIT, "Cancel changes nothing"
    assert in_dialog(window, qtbot, "0", buttons.Ok) == ngettext(
        "{count} run is now kept.", "{count} runs are now kept.", 3
    )
    assert runs.run_limit() == 0
    train()
    assert runs.run_count() == 4
    in_dialog(window, qtbot, "2", buttons.Ok)
    assert runs.run_count() == 4, "nothing goes before the next training ends"
    train()
    kept = [run.id for run in runs.list_runs()]
    assert len(kept) == 2
    assert not set(newest) & set(kept)


def test_what_controls_of_the_window_remember_can_be_set_here(open_window):
    window = open_window(keras=False)
    other = next(one for one in (WATCH, FULL) if one != remembered_speed())
    dialog = SettingsDialog(window, window.actions_table)
    rows = {row.param.name: row for row in dialog.rows}
    assert not lists_all_layers()
    dialog.values |= {_("all layers"): True, _("training speed"): _(other.title)}
    assert dialog.values.keys() == rows.keys()
    dialog.accept()
    assert window.palette_view.shows_all and lists_all_layers()
    assert window.runner.speed.chosen == other == remembered_speed()


def test_nothing_is_cut_at_large_letters(open_window, qtbot):
    window = open_window(keras=False)
    choose_font_scale(1.75)
    try:
        dialog = SettingsDialog(window, window.actions_table)
        dialog.show()
        page = dialog.form.parentWidget()  # which scrolls where the screen is low
        needed = page.layout().totalHeightForWidth
        qtbot.waitUntil(lambda: page.height() >= needed(page.width()) > 100)
        assert dialog.height() <= dialog.screen().availableGeometry().height()
        assert dialog.height() < 700
        for row in dialog.form.rows.values():
            assert not any(line.endswith("…") for line in row.help.shown_lines())
        dialog.close()
    finally:
        choose_font_scale(1.0)


@pytest.fixture(params=[True, False], ids=["still", "moving"])
def still(request):
    set_reduced_motion(request.param)
    yield request.param
    set_reduced_motion(None)


def test_the_canvas_and_the_docks_stand_still(open_window, example, qtbot, still):
    window = open_window(edits.set_training(example("iris"), epochs=1_000_000))
    assert window.isAnimated() != still
    window.canvas.commands.set_horizontal(True)
    assert window.canvas.layout_animation.running != still
    window.runner.start()
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs.get("loss", ())) > 5)
    if still:
        assert window.canvas.pulse.at is None
    else:
        qtbot.waitUntil(lambda: window.canvas.pulse.at is not None)
    window.runner.stop()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    window.commands.toggle_motion()
    assert window.isAnimated() == still


def test_what_is_pointed_at_is_seen_without_a_ghost_that_runs(qtbot, still):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    callout = Callout(
        window,
        QRect(20, 20, 80, 30),
        "Here",
        "Drag it.",
        (),
        towards=QPoint(300, 300),
        ghost="Dense",
    )
    assert callout.timer.isActive() != still
    assert (callout.at > 0) == still, "it stands near its end"
    callout.end()


def test_a_bar_without_an_end_stands_still(qtbot, still):
    view = ProgressView()
    qtbot.addWidget(view)
    view.show_progress(RunProgress("Reading the data…"))
    assert (view.bar.maximum() == 0) != still, "Qt lets a bar without a range run to and fro"


def test_menus_and_tips_do_not_glide():
    QApplication.setEffectEnabled(Qt.UIEffect.UI_AnimateMenu, True)
    set_reduced_motion(True)
    assert not QApplication.isEffectEnabled(Qt.UIEffect.UI_AnimateMenu)
    set_reduced_motion(None)


def test_whatever_moves_asks_first():
    moves = re.compile(r"QVariantAnimation\(|QPropertyAnimation\(|QTimeLine\(|_Animation\(")
    root = Path(netbuilder.ui.__file__).parent
    texts = {path.name: path.read_text("utf-8") for path in root.rglob("*.py")}
    movers = {name for name, text in texts.items() if moves.search(text)}
    assert movers == {name for name in movers if "reduced_motion()" in texts[name]}
    assert movers, "the pattern finds something"


def test_it_is_large_and_slow_and_then_as_before(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    letters, present = font_scale.font_scale(), window.commands.presentation
    level = window.top_bar.findChild(QFrame, "level_switch")
    visible = level.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    try:
        assert present.on
        assert window.isFullScreen()
        assert font_scale.font_scale() >= LETTERS
        assert not window.docks.palette.isVisible()
        assert window.runner.speed.chosen is WATCH
        qtbot.wait(50)
        assert window.docks.side.task == "train", "curve and surface"
        assert not level.isVisible(), "nobody saves before a class"
        for number, task in enumerate(TASKS, 1):
            QTest.keyClick(window.canvas, Qt.Key(Qt.Key.Key_0 + number))
            qtbot.waitUntil(lambda task=task: window.docks.side.task == task.id)
            assert present.spotlight.key == str(number)
        # A tab that comes forward lies over nothing of it: seen from the last row, not only known.
        card = window.canvas.scene_viewport.card_rect("input").toRect().center()
        QCursor.setPos(window.canvas.viewport().mapToGlobal(card))

        def ring_is_seen():
            lit, picture = present.spotlight.lit, window.grab().toImage()
            if lit is None:
                return False
            ratio = picture.devicePixelRatio()
            edge = QPoint(lit.center().x(), lit.top() - 5) * ratio
            return picture.pixelColor(edge) == QColor(theme.colors().accent)

        qtbot.waitUntil(ring_is_seen)
        card = window.canvas.scene_viewport.card_rect("input").toRect().center()
        at = window.canvas.viewport().mapTo(window, card)
        present.spotlight.look_at(at, False)
        assert present.spotlight.lit.contains(at)
        present.spotlight.look_at(QPoint(2, 2), False)
        assert present.spotlight.lit is None
    finally:
        QTest.keyClick(window.canvas, Qt.Key.Key_F11)
    assert not present.on
    assert not window.isFullScreen()
    assert font_scale.font_scale() == letters
    assert window.docks.palette.isVisible()
    assert window.statusBar().isVisible() and level.isVisible() == visible
    assert window.runner.speed.chosen == SPEEDS[0]
    assert not present.spotlight.isVisible()
