"""What would be lost by leaving, and the one question about all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.question_dialogs import plain_buttons


@dataclass(frozen=True)
class UnsavedItem:
    """Something that no file holds: what it is in words, more about it, and what saves it.

    ``save`` gives False where it was not saved: it failed, which was said, or was cancelled.
    """

    what: str
    about: str
    save: Callable[[], bool]


class UnsavedDialog(QDialog):
    """Lists what is unsaved, each with a tick; ``answer`` is "save", "leave" or "cancel"."""

    def __init__(self, things: Sequence[UnsavedItem], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved work")
        self.answer = "cancel"
        layout = QVBoxLayout(self)
        layout.setSpacing(6)
        layout.addWidget(heading("This is not saved yet", self))
        self.ticks: list[QCheckBox] = []
        for thing in things:
            tick = QCheckBox(thing.what, self)
            tick.setChecked(True)
            tick.setAccessibleDescription(thing.about)
            # Of one thing there is nothing to choose: the buttons say it all.
            tick.setEnabled(len(things) > 1)
            tick.toggled.connect(lambda _on: self._ticked())
            self.ticks.append(tick)
            layout.addWidget(tick)
            about = note_label(thing.about, self)
            about.setContentsMargins(26, 0, 0, 6)
            layout.addWidget(about)
        roles = QDialogButtonBox.ButtonRole
        buttons = QDialogButtonBox(self)
        self.save = buttons.addButton("Save", roles.AcceptRole)
        leave = buttons.addButton("Don't save", roles.DestructiveRole)
        cancel = buttons.addButton("Cancel", roles.RejectRole)
        self.save.setDefault(True)
        self.save.clicked.connect(lambda _checked=False: self._end("save"))
        leave.clicked.connect(lambda _checked=False: self._end("leave"))
        cancel.clicked.connect(self.reject)
        layout.addWidget(plain_buttons(buttons))
        self.setMinimumWidth(420)

    def _ticked(self) -> None:
        self.save.setEnabled(any(tick.isChecked() for tick in self.ticks))

    def _end(self, answer: str) -> None:
        self.answer = answer
        self.accept()


def confirm_leave(things: Sequence[UnsavedItem], parent: QWidget) -> bool:
    """Ask about all that is unsaved at once; True where it is saved or need not be."""
    if not things:
        return True
    dialog = UnsavedDialog(things, parent)
    dialog.exec()
    answer = dialog.answer
    chosen = [thing for thing, tick in zip(things, dialog.ticks, strict=True) if tick.isChecked()]
    dialog.deleteLater()
    if answer == "save":
        return all(thing.save() for thing in chosen)
    return answer == "leave"
