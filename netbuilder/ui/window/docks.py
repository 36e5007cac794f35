"""The docks of the main window: where they are, and that they remember it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QTabWidget, QVBoxLayout, QWidget

from netbuilder.ui.services.settings import settings
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.paint_turns import PaintTurns
from netbuilder.ui.window.dock_widths import DockWidths
from netbuilder.ui.window.first_size import fit_window
from netbuilder.ui.window.tab_fit import TabFitter, TabName

log = logging.getLogger(__name__)

#: Changes when docks are added or renamed, so that an old arrangement is not forced on them.
LAYOUT_VERSION = 1
FIRST_PANEL = "training"
PALETTE_WIDTH, SIDE_WIDTH, INSPECTOR_HEIGHT = 226, 452, 240
_LARGE = 1.3


def first_widths() -> tuple[int, int]:
    """How wide palette and side are at first: as much wider as the letters are larger."""
    return round(PALETTE_WIDTH * initial_font_scale()), round(SIDE_WIDTH * initial_font_scale())


@dataclass(frozen=True)
class Page:
    """A tab: its id, its title (whole, and where there is little room), what it is for, and what
    builds it when it is first seen."""

    id: str
    title: str
    short: str
    help: str
    build: Callable[[], QWidget]


class LazyPage(QWidget):
    """A place for a panel that is built when it is first seen."""

    def __init__(self, build: Callable[[], QWidget], parent: QWidget) -> None:
        super().__init__(parent)
        self._build = build
        self.panel: QWidget | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)

    def sizeHint(self) -> QSize:
        return QSize(SIDE_WIDTH, 400)

    def minimumSizeHint(self) -> QSize:
        return QSize(280, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Build the panel once the page has really been seen, after the window was painted.

        Qt calls every tab visible for a moment while docks are arranged; only one is painted.
        """
        super().paintEvent(event)
        if self.panel is None:
            QTimer.singleShot(0, self, self.fill)

    def fill(self) -> QWidget:
        """Build the panel if it is not there yet."""
        if self.panel is None:
            try:
                self.panel = self._build()
            except ImportError as error:
                log.error("panel cannot be built", exc_info=error)
                self.panel = note_label(f"This panel is not available: {error}", role="empty")
            layout = self.layout()
            assert layout is not None
            layout.addWidget(self.panel)
            # Qt would show it in the next turn; who asked for it may want to point at it now.
            self.panel.show()
        return self.panel


class Docks:
    """Palette left, inspector right, and below it the tabs."""

    def __init__(
        self, window: QMainWindow, palette: QWidget, inspector: QWidget, pages: Iterable[Page]
    ) -> None:
        self._window = window
        self.title_changed = False
        window.setDockNestingEnabled(True)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setDocumentMode(True)
        right = Qt.DockWidgetArea.RightDockWidgetArea
        left = Qt.DockWidgetArea.LeftDockWidgetArea
        for corner, area in (
            (Qt.Corner.TopLeftCorner, left),
            (Qt.Corner.BottomLeftCorner, left),
            (Qt.Corner.TopRightCorner, right),
            (Qt.Corner.BottomRightCorner, right),
        ):
            window.setCorner(corner, area)
        self.palette = self._dock("palette", "Layers", palette)
        self.inspector = self._dock("inspector", "Inspector", inspector)
        self.pages: dict[str, LazyPage] = {}
        self.panels: dict[str, QDockWidget] = {}
        names: dict[QDockWidget, TabName] = {}
        for page in pages:
            self.panels[page.id] = self._panel(page)
            names[self.panels[page.id]] = TabName(page.title, page.short, page.help)
        self._all = [self.palette, self.inspector, *self.panels.values()]
        turns = PaintTurns(window)
        for one in (window, *self._all):
            turns.add(one)
        self.widths = DockWidths(window, self.palette, self.inspector)
        self.widths.want(*first_widths())
        #: What stands on the left needs so much in a narrow window, if it was wanted that wide.
        self.least_left = 0
        self._arrange()
        self.show_titles(False)
        self._first = window.saveState(LAYOUT_VERSION)
        self._tabs = TabFitter(window, names)
        self._tabs.dress()
        for dock in self._all:
            dock.dockLocationChanged.connect(lambda _area: self._tabs.dress())
            dock.topLevelChanged.connect(lambda _floating: self._tabs.dress())

    def show_panel(self, name: str, *, focus: bool = True) -> QWidget:
        """Bring a tab to the front and give its panel."""
        dock = self.panels[name]
        dock.show()
        dock.raise_()
        panel = self.pages[name].fill()
        if focus:
            focus_first(panel)
        return panel

    def in_front(self, *names: str) -> bool:
        """Whether one of these tabs is what is seen of its group."""
        return any(
            name in self.panels and not self.panels[name].visibleRegion().isEmpty()
            for name in names
        )

    def show_titles(self, shown: bool) -> None:
        """Give every dock a title to be dragged by, or take it away."""
        self.title_changed = shown
        for dock in self._all:
            if shown:
                bar = dock.titleBarWidget()
                dock.setTitleBarWidget(None)  # type: ignore[arg-type]
                if bar is not None:
                    bar.deleteLater()
            elif dock.titleBarWidget() is None:
                dock.setTitleBarWidget(QWidget(dock))

    def widen(self, factor: float) -> None:
        """Let the docks grow or shrink with the letters in them."""
        palette, side = self.widths.wanted
        self.widths.want(round(palette * factor), round(side * factor))
        self._resize(*self.widths.wanted)
        QTimer.singleShot(0, self._window, self.leave_room)

    def leave_room(self) -> None:
        """In a narrow window give the canvas at least two fifths: the docks beside it give way.

        Larger letters leave it less, down to three tenths, since the docks are full of them.
        Where there is room again they are as wide as the user had them.
        """
        if not self.inspector.isVisible() or self.inspector.isFloating():
            return
        palette, side = self.widths.wanted
        whole = self._window.width()
        beside = side
        if self.palette.isVisible() and not self.palette.isFloating():
            beside += palette
        part = max(0.4 / max(initial_font_scale(), 1.0), 0.3)
        if whole - beside < part * whole:
            # Large letters need a quarter even where the words beside the network are few.
            least = min(palette, self.least_left)
            palette = max(min(palette, whole // (4 if initial_font_scale() > _LARGE else 5)), least)
            side = min(side, max(round(whole * (0.76 - part)), 320))
        if (palette, side) != (self.palette.width(), self.inspector.width()):
            self._resize(palette, side)

    def _resize(self, palette: int, side: int) -> None:
        self._window.resizeDocks(
            [self.palette, self.inspector], [palette, side], Qt.Orientation.Horizontal
        )

    def reset(self) -> None:
        """Everything where it was at first."""
        self.put_back(self._first)
        self.widths.want(*first_widths())
        QTimer.singleShot(0, self._window, self.leave_room)
        self.panels[FIRST_PANEL].raise_()

    def state(self) -> QByteArray:
        """Where everything is, for ``put_back``."""
        return self._window.saveState(LAYOUT_VERSION)

    def put_back(self, state: QByteArray) -> None:
        """Put everything where it was."""
        # Qt makes new tab bars for it, and may leave an old one lying over another panel.
        for bar in self._window.findChildren(QTabBar):
            if bar.parent() is self._window:
                bar.hide()
        self._window.restoreState(state, LAYOUT_VERSION)
        self._tabs.dress()

    def save(self) -> None:
        """Remember where everything is."""
        kept = settings()
        kept.setValue("geometry", self._window.saveGeometry())
        kept.setValue("docks", self.state())
        kept.setValue("widths", list(self.widths.wanted))
        kept.setValue("titles", self.title_changed)
        kept.sync()

    def restore(self) -> None:
        """Put everything where it was when the window was last closed."""
        kept = settings()
        geometry, docks = kept.value("geometry"), kept.value("docks")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)
        else:
            fit_window(self._window)
        if isinstance(docks, QByteArray):
            self.put_back(docks)
            self.widths.read(kept.value("widths"))
        if str(kept.value("titles", "false")).lower() == "true":
            self.show_titles(True)

    def _arrange(self) -> None:
        window = self._window
        right = Qt.DockWidgetArea.RightDockWidgetArea
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.palette)
        window.addDockWidget(right, self.inspector)
        first, *others = self.panels.values()
        window.addDockWidget(right, first)
        window.splitDockWidget(self.inspector, first, Qt.Orientation.Vertical)
        for dock in others:
            window.tabifyDockWidget(first, dock)
        self.panels[FIRST_PANEL].raise_()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.resizeDocks([self.palette, self.inspector], list(first_widths()), horizontal)
        window.resizeDocks([self.inspector, first], [INSPECTOR_HEIGHT, 460], vertical)

    def _panel(self, page: Page) -> QDockWidget:
        lazy = LazyPage(page.build, self._window)
        self.pages[page.id] = lazy
        return self._dock(f"panel-{page.id}", page.title, lazy)

    def _dock(self, name: str, title: str, content: QWidget) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setWidget(content)
        return dock


def focus_first(panel: QWidget) -> None:
    """Put the keyboard into the first widget of a panel that takes it; not into a corner's menu,
    which would be seen from then on over what it lies upon."""
    for widget in panel.findChildren(QWidget):
        if isinstance(widget, CornerMenu):
            continue
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.isVisibleTo(panel) and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
