"""The target: which column, or columns, are to be learned."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from netbuilder.ui.forms.choose_row import ChooseRow
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox


class TargetPicker(QWidget):
    """A list of columns with ticks. ``edited(names)``."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()
        self._concluded: tuple[str, ...] = ()
        self._row = ChooseRow("target", "The column that the network shall learn to answer", self)
        self.button, self.menu = self._row.button, self._row.menu
        self.question = CardList(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.question)
        column.addWidget(self._row)

    def show_columns(self, columns: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        """Show the columns of the data; nothing chosen means a guess, and a question."""
        self._columns, self._chosen = columns, chosen
        self._show()

    def show_guess(self, names: tuple[str, ...]) -> None:
        """What was concluded to be the target, where nobody has chosen one."""
        if names != self._concluded:
            self._concluded = names
            self._show()

    @property
    def _guess(self) -> tuple[str, ...]:
        known = tuple(name for name in self._concluded if name in self._columns)
        return known or self._columns[-1:]

    def _show(self) -> None:
        columns = self._columns
        self._ask()
        shown = self._chosen or self._guess
        self._row.show_text(", ".join(shown) or "no columns yet")
        self.menu.clear()
        for name in columns:
            entry = self.menu.addAction(name.replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(name in shown)
            entry.triggered.connect(self._toggler(name))
        if len(columns) > 1:
            self.menu.addSeparator()
            hint = self.menu.addAction("Ctrl: several columns")
            hint.setEnabled(False)

    def _ask(self) -> None:
        self.question.clear()
        asked = bool(self._columns) and not self._chosen
        self._row.setVisible(not asked)  # the question says the same, and has the same list
        if not asked:
            return
        guess = ", ".join(self._guess)
        card = self.question.add(
            RoleBox(
                "info",
                "",
                f"What shall the network learn? NetBuilder guessed “{guess}”.",
                self,
                buttons=(
                    (f"Yes, {guess}", lambda: self._settle(self._guess)),
                    ("Another column…", lambda: self._list_below(card.buttons[1])),
                ),
            )
        )

    def _list_below(self, button: QWidget) -> None:
        self.menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _settle(self, chosen: tuple[str, ...]) -> None:
        self.show_columns(self._columns, chosen)
        self.edited.emit(chosen)

    def _toggler(self, name: str) -> Callable[[bool], None]:
        return lambda on: self._choose(name, on)

    def _choose(self, name: str, on: bool) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QApplication

        several = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        now = [name]
        if several:
            others = [one for one in self._chosen or self._guess if one != name]
            now = [*others, name] if on or not others else others
        self._settle(tuple(one for one in self._columns if one in now))
