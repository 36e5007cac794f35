"""The docks of the main window: where they are, and that they remember it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QEvent, QMargins, QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QMainWindow,
    QStyle,
    QTabBar,
    QTabWidget,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from netbuilder.ui.services.settings import settings
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.paint_turns import PaintTurns

log = logging.getLogger(__name__)

#: Changes when docks are added or renamed, so that an old arrangement is not forced on them.
LAYOUT_VERSION = 1
FIRST_PANEL = "training"
PALETTE_WIDTH, SIDE_WIDTH, INSPECTOR_HEIGHT = 226, 452, 240
_LARGE = 1.3
#: How large the window is at first, where the screen has room for that.
DESIGNED = QSize(1366, 768)


def first_widths() -> tuple[int, int]:
    """How wide palette and side are at first: as much wider as the letters are larger."""
    return round(PALETTE_WIDTH * initial_font_scale()), round(SIDE_WIDTH * initial_font_scale())


@dataclass(frozen=True)
class TabName:
    """What stands on a tab: its name, what is left of it where there is little room, its help."""

    full: str
    short: str
    help: str


#: (whether names are short, whether they stand close), the roomiest first.
_WAYS = ((False, False), (False, True), (True, True))


class TabFit(QObject):
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


class ChosenWidths(QObject):
    """The widths (palette, side) in pixels that count where there is room for them.

    They change when the user drags the line between two docks. Qt tells nothing of that, but the
    main window itself gets the mouse then: what is wider or narrower after it was chosen.
    """

    def __init__(self, window: QMainWindow, palette: QDockWidget, side: QDockWidget) -> None:
        super().__init__(window)
        self._palette, self._side = palette, side
        self.wanted = (palette.width(), side.width())
        self._pressed = (0, 0)
        window.installEventFilter(self)

    @property
    def _now(self) -> tuple[int, int]:
        return self._palette.width(), self._side.width()

    def want(self, palette: int, side: int) -> None:
        """Take these widths from now on."""
        self.wanted = (palette, side)

    def read(self, kept: object) -> None:
        """Take the widths of the last time; where they were not kept, those that are now."""
        try:
            palette, side = (int(str(one)) for one in kept)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            palette, side = self._now
        self.want(max(palette, 1), max(side, 1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = self._now
        elif event.type() == QEvent.Type.MouseButtonRelease:
            # The window moves the docks when it has handled the release, after this.
            QTimer.singleShot(0, self, self._dragged)
        return super().eventFilter(watched, event)

    def _dragged(self) -> None:
        now = self._now
        chosen = [
            new if new != old else kept
            for new, old, kept in zip(now, self._pressed, self.wanted, strict=True)
        ]
        self.want(*chosen)


def fitting(available: QRect, frame: QMargins, wanted: QSize = DESIGNED) -> QRect:
    """The window's own rectangle, without frame, in the middle of what is free of the screen.

    Args:
        available: the screen without task bars.
        frame: what title bar and borders add at each side.
        wanted: the size where there is room.
    """
    room = available.marginsRemoved(frame)
    size = wanted.boundedTo(room.size())
    place = QRect(room.topLeft(), size)
    place.moveCenter(room.center())
    # Of an even number of pixels the middle lies half a pixel off, beyond the room.
    place.moveLeft(max(place.left(), room.left()))
    place.moveTop(max(place.top(), room.top()))
    return place


def fit(window: QMainWindow) -> None:
    """Give a window that was never moved its first size and place."""
    screen = window.screen()
    if screen is None:
        window.resize(DESIGNED)
        return
    # A window that was not shown yet has no frame to measure: the style says how high titles are.
    title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
    border = window.style().pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, window)
    window.setGeometry(
        fitting(screen.availableGeometry(), QMargins(border, title + border, border, border))
    )


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
        self.widths = ChosenWidths(window, self.palette, self.inspector)
        self.widths.want(*first_widths())
        #: What stands on the left needs so much in a narrow window, if it was wanted that wide.
        self.least_left = 0
        self._arrange()
        self.show_titles(False)
        self._first = window.saveState(LAYOUT_VERSION)
        self._tabs = TabFit(window, names)
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
            fit(self._window)
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
