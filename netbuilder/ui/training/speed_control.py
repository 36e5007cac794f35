"""The training speed: Step, Watch or Full speed, with slower ones in a menu."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction, QFont, QFontMetrics
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.widgets.layouts import hbox, prepared

#: Pixels left and right of a button's words, together; in a narrow bar.
_SIDES, _CLOSE = 20, 10


class SpeedControl(QFrame):
    """One button for each speed; the chosen one is down.

    During a slowed run the full-speed button is "Finish now", which speeds up this run only.

    Args:
        choices: checkable actions, one for each button.
        full: the one of full speed.
        finish: trains the rest at full speed; enabled during a slowed run.
        more: actions of the menu; None is a separator.
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
        self.buttons: dict[str, QPushButton] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        prepared(self, objectName="speed_control", role="tasks", accessibleName=_("Training speed"))
        row = hbox(parent=self, margins=4, spacing=0)
        self._full, self._finish, self._sides = full, finish, _SIDES
        more = list(more)
        self._slower = [action for action in more if action and "speed" in action.objectName()]
        self._choices = {action.objectName(): action for action in choices}
        for action in self._choices.values():
            button = prepared(QPushButton(self), objectName=action.objectName(), role="segment")
            button.setCheckable(True)
            self.buttons[action.objectName()] = button
            button.clicked.connect(lambda _checked, chosen=action: self._press(chosen))
            action.changed.connect(self._follow)
            row.addWidget(button)
        finish.changed.connect(self._follow)
        self.more = prepared(QToolButton(self), text="▾", checkable=True)
        self.more.setToolTip(_("Slower speeds, one epoch, back to the start"))
        self.more.setAccessibleName(_("More speeds"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = prepared(QMenu(self.more), toolTipsVisible=True)
        for entry in more:
            if entry is None:
                menu.addSeparator()
            else:
                menu.addAction(entry)
                entry.changed.connect(self._follow)
        self.more.setMenu(menu)
        row.addWidget(self.more)
        self._follow()
        self._widen()

    def _press(self, action: QAction) -> None:
        if action is self._full and self._finish.isEnabled():
            self._finish.trigger()
        else:
            action.trigger()
        self._follow()  # a press alone does not change which speed is chosen

    def _follow(self) -> None:
        for name, button in self.buttons.items():
            action = self._choices[name]
            # Kept: letters may change while the actions are being taken down.
            self._texts[name] = (action.text(), *self._more_text(action))
            finishes = action is self._full and self._finish.isEnabled()
            current = self._finish if finishes else action
            button.setText(current.text())
            button.setToolTip(current.toolTip())
            button.setChecked(action.isChecked())
        self.more.setChecked(any(action.isChecked() for action in self._slower))

    def _more_text(self, action: QAction) -> tuple[str, ...]:
        return (self._finish.text(),) if action is self._full else ()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        built = hasattr(self, "more")
        if built and event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._widen()

    def set_compact(self, compact: bool) -> None:
        """Take less room, or as much as in a wide bar."""
        self._sides = _CLOSE if compact else _SIDES
        self._widen()

    def _widen(self) -> None:
        """Fit each button to its longest text in bold, so that nothing moves."""
        for name, button in self.buttons.items():
            font = QFont(button.font())
            font.setBold(True)
            words = QFontMetrics(font)
            button.setMinimumWidth(
                max(map(words.horizontalAdvance, self._texts[name])) + self._sides
            )
