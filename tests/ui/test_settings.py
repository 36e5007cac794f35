"""The settings dialog: how many trainings are kept, and that only OK counts."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QWidget

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import edits
from netbuilder.ui.services.runs.run_progress import FULL, WATCH
from netbuilder.ui.services.runs.run_record import remembered_speed
from netbuilder.ui.services.settings import choose_font_scale, lists_all_layers
from netbuilder.ui.window.settings_dialog import SettingsDialog


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
