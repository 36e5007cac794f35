"""Questions with a button for each answer, and the buttons of dialogs."""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox, QWidget


def ask(parent: QWidget, title: str, text: str, answers: tuple[str, ...]) -> str:
    """Ask a question; the first answer is the default, the last one that of Escape."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, parent=parent)
    roles = QMessageBox.ButtonRole
    buttons = {}
    for number, answer in enumerate(answers):
        last = number == len(answers) - 1
        buttons[answer] = box.addButton(answer, roles.RejectRole if last else roles.AcceptRole)
    box.setDefaultButton(buttons[answers[0]])
    box.setEscapeButton(buttons[answers[-1]])
    box.exec()
    clicked = box.clickedButton()
    chosen = next((answer for answer, one in buttons.items() if one is clicked), answers[-1])
    box.deleteLater()
    return chosen


def save_changes(parent: QWidget, text: str) -> str:
    """Ask what to do with changes: "save", "leave" or "cancel"."""
    answer = ask(parent, "Unsaved changes", text, ("Save", "Don't save", "Cancel"))
    return {"Save": "save", "Don't save": "leave"}.get(answer, "cancel")


def plain_buttons(box: QDialogButtonBox) -> QDialogButtonBox:
    """Take the style's pictures off the buttons of a dialog."""
    for button in box.buttons():
        button.setIcon(QIcon())
    return box
