"""Questions with a button for each answer, and the buttons of dialogs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Unsaved:
    """Unsaved work in words; ``save`` returns False if it failed or was cancelled."""

    what: str
    save: Callable[[], bool]


def may_discard(parent: QWidget, unsaved: Sequence[Unsaved], note: str = "") -> bool:
    """Ask whether to save before a window closes; return whether it may close."""
    if not unsaved:
        return True
    message = "\n".join((_("Not saved:"), *(f"• {work.what}" for work in unsaved)))
    answers = (_("Save"), _("Don't save"), _("Cancel"))
    words = "\n\n".join(filter(None, (message, note)))
    answer = ask_question(parent, _("Unsaved work"), words, answers)
    return answer == answers[1] or (answer == answers[0] and all(work.save() for work in unsaved))


def plain_buttons(box: QDialogButtonBox) -> QDialogButtonBox:
    """Take the style's pictures off the buttons of a dialog."""
    for button in box.buttons():
        button.setIcon(QIcon())
    return box
