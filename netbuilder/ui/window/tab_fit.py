"""Tabs that fit: their names move together, then shrink, before they have to be scrolled to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QToolTip


@dataclass(frozen=True)
class TabName:
    """What stands on a tab: its name, what is left of it where there is little room, its help."""

    full: str
    short: str
    help: str


#: (whether names are short, whether they stand close), the roomiest first.
_WAYS = ((False, False), (False, True), (True, True))


class TabFitter(QObject):
    """Gives the tab bars of a window names that fit, whenever their width or letters change.

    Qt takes a tab's text from the title of its dock: that is what is changed.
    """

    def __init__(self, window: QMainWindow, docks: Mapping[QDockWidget, TabName]) -> None:
        super().__init__(window)
        self._window, self._docks = window, docks
        self._names = {text: name for name in docks.values() for text in (name.full, name.short)}
        self._busy = False

    def dress(self) -> None:
        """Follow all tab bars that there are; docks that are moved make new ones."""
        for dock, name in self._docks.items():
            if dock.isFloating() or not self._window.tabifiedDockWidgets(dock):
                dock.setWindowTitle(name.full)  # it stands alone, and has room
        for bar in self._window.findChildren(QTabBar):
            if bar.parent() is self._window:
                bar.setElideMode(Qt.TextElideMode.ElideNone)
                bar.setUsesScrollButtons(True)  # where even the short names do not fit
                bar.setExpanding(False)
                bar.removeEventFilter(self)
                bar.installEventFilter(self)
                self._fit(bar)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = (QEvent.Type.Resize, QEvent.Type.FontChange, QEvent.Type.Show)
        if isinstance(watched, QTabBar) and event.type() in kinds:
            self._fit(watched)
        if isinstance(watched, QTabBar) and isinstance(event, QHelpEvent):
            name = self._names.get(watched.tabText(watched.tabAt(event.pos())))
            if name is not None:
                QToolTip.showText(event.globalPos(), f"{name.full}: {name.help}", watched)
                return True
        return False

    def _fit(self, bar: QTabBar) -> None:
        names = [self._names.get(bar.tabText(number)) for number in range(bar.count())]
        if self._busy or not names or None in names:
            return
        self._busy = True
        known = [name for name in names if name is not None]
        for short, close in _WAYS:
            _apply(bar, known, short, close)
            if sum(bar.tabRect(number).width() for number in range(bar.count())) <= bar.width():
                break
        for dock, name in self._docks.items():
            if name in known and not dock.isFloating():
                dock.setWindowTitle(name.short if short else name.full)
        self._busy = False


def _apply(bar: QTabBar, names: list[TabName], short: bool, close: bool) -> None:
    if bar.property("close") != close:
        bar.setProperty("close", close)
        bar.style().unpolish(bar)
        bar.style().polish(bar)
        # Measures the tabs anew, which polishing alone does not.
        QApplication.sendEvent(bar, QEvent(QEvent.Type.StyleChange))
    for number, name in enumerate(names):
        text = name.short if short else name.full
        if bar.tabText(number) != text:
            bar.setTabText(number, text)
        # Said and shown in whole, whatever there is room for.
        bar.setAccessibleTabName(number, name.full)
