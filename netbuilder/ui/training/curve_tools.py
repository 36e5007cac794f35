"""The row of what is drawn and how: switches without room are in the menu instead."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QToolButton, QWidget


class CurveTools(QWidget):
    """A choice, switches, and a menu that takes the switches that do not fit, the last first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._choice: QComboBox | None = None
        self._menu_button: QToolButton | None = None
        self._switches: list[tuple[QToolButton, QAction]] = []

    def fill(
        self, choice: QComboBox, switches: tuple[QToolButton, ...], menu_button: QToolButton
    ) -> None:
        """Put the widgets into the row; ``menu_button`` already has its menu."""
        self._choice, self._menu_button = choice, menu_button
        menu = menu_button.menu()
        before = menu.actions()[0] if menu.actions() else None
        for switch in switches:
            action = QAction(switch.text(), menu)
            action.setToolTip(switch.toolTip())
            action.setCheckable(True)
            action.setChecked(switch.isChecked())
            action.setVisible(False)
            action.toggled.connect(switch.setChecked)
            switch.toggled.connect(action.setChecked)
            if before is None:
                menu.addAction(action)
            else:
                menu.insertAction(before, action)
            self._switches.append((switch, action))
        # As wide as its words: its arrow stands behind them, and not at the other end.
        policy = choice.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Maximum)
        choice.setSizePolicy(policy)
        self._row.addWidget(choice)
        self._row.addStretch(1)
        for widget in (*switches, menu_button):
            self._row.addWidget(widget)

    def sizeHint(self) -> QSize:
        """With every switch in the row."""
        hint = self.minimumSizeHint()
        return QSize(
            hint.width() + sum(one.sizeHint().width() for one, _ in self._switches), hint.height()
        )

    def minimumSizeHint(self) -> QSize:
        """With every switch in the menu."""
        always = [
            one.sizeHint().boundedTo(one.maximumSize())
            for one in (self._choice, self._menu_button)
            if one is not None
        ]
        heights = [one.sizeHint().height() for one, _ in self._switches]
        height = max([*(size.height() for size in always), *heights], default=0)
        return QSize(sum(size.width() for size in always), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width() - self.minimumSizeHint().width()
        for switch, action in self._switches:
            room -= switch.sizeHint().width()
            switch.setVisible(room >= 0)
            action.setVisible(room < 0)
