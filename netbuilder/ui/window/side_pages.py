"""Pages of the side, built when first visible, in columns with tabs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QStackedWidget, QTabBar, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.widgets.keyboard_widgets import press_focused_button
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, polish_again, prepared, vbox
from netbuilder.ui.widgets.view_memory import ViewOptions, restore_view_options, view_options

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """A page: its id, title, help and task, and what builds it."""

    id: str
    title: str
    help: str
    task: str
    build: Callable[[QWidget], QWidget]


class LazyPage(QWidget):
    """A page whose panel is built when first visible; ``closed``: its own window was."""

    seen_changed = Signal(bool)
    closed = Signal()

    def __init__(self, page: Page, parent: QWidget) -> None:
        super().__init__(parent)
        self.page = page
        self.setObjectName(f"panel-{page.id}")
        self.panel: QWidget | None = None
        self.saved_options: ViewOptions = {}  # for the panel, once it is built
        vbox(parent=self, margins=0)

    @property
    def detached(self) -> bool:
        return self.isWindow()

    @property
    def options(self) -> ViewOptions:
        return self.saved_options if self.panel is None else view_options(self.panel)

    def sizeHint(self) -> QSize:
        return QSize(452, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 120)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen_changed.emit(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self.detached and press_focused_button(event)):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Build the panel after the first painting of the window."""
        super().paintEvent(event)
        if self.panel is None:
            QTimer.singleShot(0, self, self.fill)

    def fill(self) -> QWidget:
        if self.panel is None:
            try:
                self.panel = self.page.build(self)
            except ImportError as error:
                log.error("panel cannot be built", exc_info=error)
                words = _("This page is not available: {error}", error=error)
                self.panel = note_label(words, role="empty")
            layout = self.layout()
            assert layout is not None
            # Reparenting the inspector takes its focus.
            focused = QApplication.focusWidget()
            layout.addWidget(self.panel)
            # Qt would show it only in the next turn of the event loop.
            self.panel.show()
            restore_view_options(self.panel, self.saved_options)
            if focused is not None and self.panel.isAncestorOf(focused):
                focused.setFocus()
        return self.panel


class PageTabs(QTabBar):
    """Tabs with whole names: closer together and in smaller letters if room is short, and with
    buttons to scroll if even so not all are in view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setExpanding(False)
        self.setDrawBase(False)
        self.setProperty("close", 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        self.setUsesScrollButtons(False)
        for close in range(3):
            if self.property("close") != close:
                self.setProperty("close", close)
                polish_again(self)
                # Polishing alone does not measure the tabs.
                QApplication.sendEvent(self, QEvent(QEvent.Type.StyleChange))
            if sum(self.tabSizeHint(tab).width() for tab in range(self.count())) <= self.width():
                return
        self.setUsesScrollButtons(True)


class PageColumn(QWidget):
    """Tabs and the chosen page; ``chosen(id)``: by the user."""

    chosen = Signal(str)

    def __init__(self, pages: Mapping[str, LazyPage], parent: QWidget) -> None:
        super().__init__(parent)
        self._pages = pages
        self._ids: tuple[str, ...] = ()
        self.tabs = PageTabs(self)
        self.stack = QStackedWidget(self)
        row = hbox((self.tabs, 1), margins=(8, 0, 0, 0))
        line = prepared(QFrame(self), role="line", minimumHeight=1, maximumHeight=1)
        vbox(row, line, (self.stack, 1), parent=self, margins=0, spacing=0)
        self.tabs.currentChanged.connect(self._changed)

    @property
    def ids(self) -> tuple[str, ...]:
        return self._ids

    @property
    def current(self) -> str:
        at = self.tabs.currentIndex()
        return self._ids[at] if 0 <= at < len(self._ids) else ""

    def show_pages(self, ids: Sequence[str], current: str) -> None:
        blocked = self.tabs.blockSignals(True)
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            while self.tabs.count():
                self.tabs.removeTab(0)
            for number, name in enumerate(ids):
                page = self._pages[name].page
                self.tabs.addTab(_(page.title))
                self.tabs.setTabToolTip(number, _(page.help))
        if current in self._ids:
            self.tabs.setCurrentIndex(self._ids.index(current))
        self.tabs.blockSignals(blocked)
        self.tabs.fit()
        self.place()

    def show_titles(self) -> None:
        for number, name in enumerate(self._ids):
            self.tabs.setTabText(number, _(self._pages[name].page.title))
            self.tabs.setTabToolTip(number, _(self._pages[name].page.help))
        self.tabs.fit()

    def place(self) -> None:
        if not self.current:
            return
        page = self._pages[self.current]
        if self.stack.indexOf(page) < 0:
            self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)

    def _changed(self, _index: int) -> None:
        if self.current:
            self.chosen.emit(self.current)
