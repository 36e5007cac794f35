"""The target: which column, or columns, are to be learned."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from netbuilder.ui.inspector.form import LABEL_WIDTH


class TargetPicker(QWidget):
    """A list of columns with ticks. ``edited(names)``."""

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()
        label = QLabel("target", self)
        label.setProperty("role", "field")
        label.setFixedWidth(LABEL_WIDTH)
        self.button = QPushButton(self)
        self.button.setProperty("role", "choose")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.setAccessibleName("target")
        self.button.setToolTip("The column that the network shall learn to answer")
        self.menu = QMenu(self.button)
        self.button.setMenu(self.menu)
        label.setBuddy(self.button)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.button, 1)

    def show_columns(self, columns: tuple[str, ...], chosen: tuple[str, ...]) -> None:
        """Show the columns of the data; nothing chosen means the last one."""
        self._columns, self._chosen = columns, chosen
        shown = chosen or columns[-1:]
        # The stylesheet's padding does not reach the text of a button with a menu.
        self.button.setText("\u2002" + (", ".join(shown) or "no columns yet"))
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

    def _toggler(self, name: str) -> Callable[[bool], None]:
        return lambda on: self._choose(name, on)

    def _choose(self, name: str, on: bool) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QApplication

        several = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        now = [name]
        if several:
            others = [one for one in self._chosen or self._columns[-1:] if one != name]
            now = [*others, name] if on or not others else others
        chosen = tuple(one for one in self._columns if one in now)
        self.show_columns(self._columns, chosen)
        self.edited.emit(chosen)
