"""The speed beside Train: Step, Watch or Full speed, with slower ones in a menu."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _


class SpeedControl(QFrame):
    """One button for each speed; the chosen one is down.

    While a run is slowed down the button of full speed is "Finish now": it ends the waiting of
    this run and leaves the choice as it is.

    Args:
        choices: actions with a tick, one for each button.
        full: of them the one of full speed.
        finish: trains the rest of the run at full speed; enabled while a run is slowed down.
        more: actions of the menu; None is a line.
    """

    def __init__(
        self,
        choices: Iterable[QAction],
        full: QAction,
        finish: QAction,
        more: Iterable[QAction | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("speed_control")
        self.setProperty("role", "tasks")
        self.setAccessibleName(_("Training speed"))
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(0)
        self._full, self._finish = full, finish
        self._choices = {action.objectName(): action for action in choices}
        self.buttons: dict[str, QPushButton] = {}
        for action in self._choices.values():
            button = QPushButton(self)
            button.setObjectName(action.objectName())
            button.setProperty("role", "segment")
            button.setCheckable(True)
            self.buttons[action.objectName()] = button
            button.clicked.connect(lambda _checked, chosen=action: self._press(chosen))
            action.changed.connect(self._follow)
            row.addWidget(button)
        finish.changed.connect(self._follow)
        self.more = QToolButton(self)
        self.more.setText("▾")
        self.more.setToolTip(_("Slower speeds, one epoch, back to the start"))
        self.more.setAccessibleName(_("More speeds"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        for one in more:
            if one is None:
                menu.addSeparator()
            else:
                menu.addAction(one)
        self.more.setMenu(menu)
        row.addWidget(self.more)
        self._follow()

    def _press(self, action: QAction) -> None:
        if action is self._full and self._finish.isEnabled():
            self._finish.trigger()
        else:
            action.trigger()
        self._follow()  # a press alone does not change which speed is chosen

    def _follow(self) -> None:
        for name, button in self.buttons.items():
            action = self._choices[name]
            finishes = action is self._full and self._finish.isEnabled()
            shown = self._finish if finishes else action
            button.setText(shown.text())
            button.setToolTip(shown.toolTip())
            button.setChecked(action.isChecked())

    def sizeHint(self) -> QSize:
        """As wide as with its longest words: what stands beside it does not move."""
        hint, full = super().sizeHint(), self.buttons[self._full.objectName()]
        words = full.fontMetrics()
        widths = [words.horizontalAdvance(one.text()) for one in (self._full, self._finish)]
        return QSize(
            hint.width() + max(widths) - words.horizontalAdvance(full.text()), hint.height()
        )
