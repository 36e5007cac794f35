"""A menu button in the corner of a widget that can be copied or saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from netbuilder.ui.widgets.accessible_roles import show_hint_beside


class CornerMenu(QToolButton):
    """A button in a widget's upper right corner, visible on hover or with the focus."""

    def __init__(
        self, over: QWidget, words: str, entries: Sequence[tuple[str, Callable[[], object]]]
    ) -> None:
        super().__init__(over)
        self._over = over
        self.setText("⋯")
        self.setProperty("role", "corner")
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for title, do in entries:
            menu.addAction(title, do)
        self.setMenu(menu)
        over.installEventFilter(self)
        self._place()

    def offer_on_right_click(self) -> None:
        self._over.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._over.customContextMenuRequested.connect(self._popup)

    def tell(self, words: str) -> None:
        show_hint_beside(self._over, words)

    def _popup(self, place: QPoint) -> None:
        self.menu().popup(self._over.mapToGlobal(place))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.Resize, QEvent.Type.Enter}:
            self._place()
        if event.type() in {QEvent.Type.Enter, QEvent.Type.Leave}:
            self.update()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.resize(self.sizeHint())
        # An empty widget has no height and nothing to copy.
        self.setVisible(self._over.height() >= self.height())
        self.move(self._over.width() - self.width() - 2, 2)
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._over.underMouse() or self.hasFocus():
            super().paintEvent(event)
