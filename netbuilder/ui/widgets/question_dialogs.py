"""Questions with a button for each answer, and the buttons of dialogs."""

from __future__ import annotations

from PySide6.QtCore import SignalInstance
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox, QWidget

from netbuilder.core.i18n import gettext as _


def ask_question(
    parent: QWidget,
    title: str,
    text: str,
    answers: tuple[str, ...],
    until: SignalInstance | None = None,
    default: str = "",
) -> str:
    """Ask a question; the first answer is the default where no other is, the last one Escape's.

    The question goes when the signal ``until`` says that it has become idle; that gives "".
    """
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, parent=parent)
    roles = QMessageBox.ButtonRole
    buttons = {}
    for number, answer in enumerate(answers):
        last = number == len(answers) - 1
        buttons[answer] = box.addButton(answer, roles.RejectRole if last else roles.AcceptRole)
    box.setDefaultButton(buttons[default or answers[0]])
    box.setEscapeButton(buttons[answers[-1]])
    idle: list[bool] = []

    def go() -> None:
        idle.append(True)
        box.reject()

    if until is not None:
        until.connect(go)
    box.exec()
    if until is not None:
        until.disconnect(go)
    clicked = box.clickedButton()
    chosen = next((answer for answer, button in buttons.items() if button is clicked), answers[-1])
    box.deleteLater()
    return "" if idle else chosen


def confirm_discard(parent: QWidget, words: str) -> bool:
    """Whether a window may go with what stands in it, which no file holds."""
    answers = (_("Close anyway"), _("Cancel"))
    return (
        ask_question(parent, _("Unsaved changes"), words, answers, default=answers[1]) == answers[0]
    )


def plain_buttons(box: QDialogButtonBox) -> QDialogButtonBox:
    """Take the style's pictures off the buttons of a dialog."""
    for button in box.buttons():
        button.setIcon(QIcon())
    return box
