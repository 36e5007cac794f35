"""The columns of the main window (lesson, palette, canvas, side) and their widths."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QByteArray, QMargins, QRect, QSize, Qt, QTimer
from PySide6.QtWidgets import QMainWindow, QSplitter, QStyle, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.callout_places import FORMER_PAGES
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.palette.palette_view import Palette, PaletteColumn
from netbuilder.ui.services.settings import settings
from netbuilder.ui.style.font_scale import initial_font_scale
from netbuilder.ui.widgets.corner_menu import CornerMenu
from netbuilder.ui.widgets.throttle import PaintTurns
from netbuilder.ui.window.side import LAYER, Side, Task
from netbuilder.ui.window.side_pages import LazyPage, Page

BUILD = "build"
PALETTE_WIDTH, RAIL_WIDTH, LESSON_WIDTH = 200, 44, 320
#: Minimum widths and shares of the columns; the canvas has less with large fonts.
_LEAST_SIDE, _LEAST_LESSON, _CANVAS_PART, _LEAST_CANVAS = 320, 280, 0.38, 240
_CANVAS_PART_BESIDE_LESSON, _PRESENTED_PART, _LEAST_PART = 0.34, 0.42, 0.36
#: Minimum initial size of the window, if the screen has room.
DESIGNED = QSize(1366, 768)
_SCREEN_PART = 0.85
_WITH_PALETTE = 800  # minimum width of a window with an open palette, at the usual font size
_ANY_WIDTH = 16_777_215  # QWIDGETSIZE_MAX


def size_class(width: int) -> str:
    """Return the class of a window's width; column widths are stored per class."""
    return "small" if width < 1200 else "medium" if width < 1600 else "large"


def first_side_width(width: int, *, building: bool) -> int:
    """Return the initial width of the side, in a window of ``width`` pixels."""
    window_class = size_class(width)
    if window_class == "small":
        return min(420, round(0.42 * width))
    if window_class == "medium":
        return 452 if building else min(600, round(0.44 * width))
    if building:
        return max(600, min(1000, width - PALETTE_WIDTH - 720))
    return max(900, round(0.521 * width))


def fitting(available: QRect, frame: QMargins) -> QRect:
    """Return the window's initial rectangle, without its ``frame``, in the ``available`` screen."""
    room = available.marginsRemoved(frame)
    size = QSize(
        max(round(_SCREEN_PART * available.width()), DESIGNED.width()),
        max(round(_SCREEN_PART * available.height()), DESIGNED.height()),
    )
    rect = QRect(room.topLeft(), size.boundedTo(room.size()))
    rect.moveCenter(room.center())
    # Centring may round beyond the room.
    rect.moveLeft(max(rect.left(), room.left()))
    rect.moveTop(max(rect.top(), room.top()))
    return rect


def fit(window: QMainWindow) -> None:
    """Give a new window its initial size and position."""
    screen = window.screen()
    if screen is None:
        window.resize(DESIGNED)
        return
    # A window has no frame before it is shown: ask the style.
    title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight, None, window)
    border = window.style().pixelMetric(QStyle.PixelMetric.PM_MdiSubWindowFrameWidth, None, window)
    window.setGeometry(
        fitting(screen.availableGeometry(), QMargins(border, title + border, border, border))
    )


@dataclass(frozen=True)
class Arrangement:
    """The visible pages, and the widths set by the user by "column/class of the window"."""

    task: str = BUILD
    chosen: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    palette_open: bool = False

    @classmethod
    def from_text(cls, text: str) -> Arrangement:
        """Parse what ``to_text`` wrote; ignore it if invalid."""
        try:
            raw = json.loads(text)
            texts = {
                name: {str(k): str(v) for k, v in raw[name].items()}
                for name in ("chosen", "beside")
            }
            widths = {str(k): max(int(v), 1) for k, v in raw["widths"].items()}
            return cls(
                str(raw["task"]), **texts, widths=widths, palette_open=bool(raw["palette_open"])
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def to_text(self) -> str:
        return json.dumps(vars(self))


class Docks:
    """The columns beside the canvas: a lesson, the palette, and the side with its pages."""

    def __init__(
        self,
        window: QMainWindow,
        palette: Palette,
        inspector: Inspector,
        middle: QWidget,
        tasks: Iterable[Task],
        pages: Iterable[Page],
    ) -> None:
        self._window, self._middle = window, middle
        self.inspector = inspector
        self.lesson: QWidget | None = None
        self.lesson_adds_layers = False
        self.expanded = self.presented = False
        self._widths: dict[str, int] = {}
        self.splitter = QSplitter(Qt.Orientation.Horizontal, window)
        self.splitter.setObjectName("columns")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.palette = PaletteColumn(palette, self.splitter)
        self.side = Side(tasks, pages, inspector, window)
        self.pages: dict[str, LazyPage] = self.side.pages
        middle.setMinimumWidth(_LEAST_CANVAS)
        for widget in (self.palette, middle, self.side):
            self.splitter.addWidget(widget)
        self._stretch()
        window.setCentralWidget(self.splitter)
        turns = PaintTurns(window)
        for widget in (window, *self.pages.values()):
            turns.add(widget)
        self.splitter.splitterMoved.connect(self._moved)
        self.side.arranged.connect(self.leave_room)
        self.side.expand_requested.connect(self.toggle_expanded)
        self.palette.opened_changed.connect(self.leave_room)
        self._first = self.state()

    def add_lesson(self, lesson: QWidget) -> None:
        self.lesson = lesson
        lesson.hide()
        self.splitter.insertWidget(0, lesson)
        self._stretch()

    def show_lesson(self, shown: bool, *, adds_layers: bool = False) -> None:
        """Show or hide the lesson; beside it the palette is open where a step adds layers."""
        if self.lesson is not None:
            self.lesson_adds_layers = adds_layers
            self.lesson.setVisible(shown)
            self.leave_room()

    def retitle(self, name: str, title: str, words: str) -> None:
        page = self.pages[name]
        if page.page.title == title:
            return
        page.page = replace(page.page, title=title, help=words)
        if page.detached:
            page.setWindowTitle(_(title))
        for column in (self.side.left, self.side.right):
            column.show_titles()

    def show_panel(self, name: str, *, focus: bool = True) -> QWidget:
        page = self.side.show_page(FORMER_PAGES.get(name, name))
        panel = page.fill()
        if focus:
            focus_first(panel)
        return panel

    def in_front(self, *names: str) -> bool:
        return any(
            name in self.pages and not self.pages[name].visibleRegion().isEmpty() for name in names
        )

    def edit_layer(self, *, rename: bool = False) -> None:
        if self.expanded:
            self.toggle_expanded()
        self.side.open_drawer()
        self.pages[LAYER].fill()
        self.inspector.focus_first(name=rename)

    def follow_selection(self) -> None:
        """In Build, show the selected layer."""
        if self.side.task == BUILD and LAYER not in self.side.shown:
            self.side.show_page(LAYER)

    def toggle_expanded(self) -> None:
        self.expanded = not self.expanded
        self.side.single = self.expanded
        self.side.expand.setChecked(self.expanded)
        if self.expanded and self._middle.isAncestorOf(self._window.focusWidget() or self._window):
            self.side.expand.setFocus(Qt.FocusReason.OtherFocusReason)
        self._middle.setHidden(self.expanded)
        self.palette.setHidden(self.expanded or self.presented)
        self.leave_room()
        self.side.show_task(self.side.task)

    def present(self, shown: bool) -> None:
        if self.expanded:
            self.toggle_expanded()
        self.presented = self.side.presented = shown
        self.palette.setHidden(shown)
        self.leave_room()

    def detach_page(self) -> None:
        if self.side.shown and self.side.shown[0] != LAYER:
            self.side.detach(self.side.shown[0])

    def leave_room(self) -> None:
        """Set each column's width so that the canvas keeps a share of the window."""
        whole = self.splitter.width()
        if whole < 2:
            return
        font_factor = max(initial_font_scale(), 1.0)
        window_class, building = size_class(whole), self.side.task == BUILD
        # With large fonts, the side needs the room more than the palette.
        roomy = window_class != "small" and whole / font_factor >= _WITH_PALETTE
        has_lesson = self.lesson is not None and not self.lesson.isHidden()
        self.palette.have_room(building and roomy and (self.lesson_adds_layers or not has_lesson))
        rail = self.palette.is_rail
        left = round((RAIL_WIDTH if rail else self._width("palette", PALETTE_WIDTH)) * font_factor)
        left = 0 if self.palette.isHidden() else min(left, whole // 3)
        self.palette.setMinimumWidth(left if rail else round(0.75 * PALETTE_WIDTH))
        self.palette.setMaximumWidth(left if rail and left else _ANY_WIDTH)
        lesson = round(self._width("lesson", LESSON_WIDTH) * font_factor) if has_lesson else 0
        side = round(
            self._width(self._side, first_side_width(whole, building=building)) * font_factor
        )
        if self.presented:
            side = round(_PRESENTED_PART * whole)
        part = _CANVAS_PART_BESIDE_LESSON if has_lesson else _CANVAS_PART
        least = max(round(max(part / font_factor, min(part, _LEAST_PART)) * whole), _LEAST_CANVAS)
        if self.expanded:
            self._set(lesson, 0, 0, whole - lesson)
            return
        missing = least - (whole - lesson - left - side)
        narrowest = whole - left - _LEAST_CANVAS - (_LEAST_LESSON if has_lesson else 0)
        narrowest = max(min(round(_LEAST_SIDE * font_factor), narrowest), _LEAST_SIDE)
        if missing > 0 and has_lesson:
            from_side = min(missing, max(side - narrowest, 0))
            side -= from_side
            lesson -= min(missing - from_side, max(lesson - _LEAST_LESSON, 0))
        elif missing > 0:
            side = max(side - missing, min(side, narrowest))
        self._set(lesson, left, max(whole - lesson - left - side, 0), side)

    def widen(self) -> None:
        QTimer.singleShot(0, self.splitter, self.leave_room)

    def reset(self) -> None:
        for name, page in self.pages.items():
            if page.detached:
                self.side.attach(name)
        if self.expanded:
            self.toggle_expanded()
        self.put_back(self._first)

    def state(self) -> Arrangement:
        side = self.side
        opened = self.palette.currentWidget() is self.palette.palette_view
        return Arrangement(
            side.task, dict(side.chosen), dict(side.beside), dict(self._widths), opened
        )

    def put_back(self, state: Arrangement) -> None:
        side = self.side
        self._widths = dict(state.widths)
        for saved, pages in ((state.chosen, side.chosen), (state.beside, side.beside)):
            pages.update(
                {task: name for task, name in saved.items() if task in pages and name in self.pages}
            )
        side.show_task(state.task if state.task in side.tasks else BUILD)
        if state.palette_open:
            self.palette.open()

    def save(self) -> None:
        store = settings()
        store.setValue("geometry", self._window.saveGeometry())
        store.setValue("columns", self.state().to_text())
        store.sync()

    def restore(self) -> None:
        store = settings()
        geometry, columns = store.value("geometry"), store.value("columns")
        if isinstance(geometry, QByteArray):
            self._window.restoreGeometry(geometry)
        else:
            fit(self._window)
        if isinstance(columns, str):
            self.put_back(Arrangement.from_text(columns))

    @property
    def _side(self) -> str:
        return "side in build" if self.side.task == BUILD else "side"

    def _width(self, column: str, first: int) -> int:
        return self._widths.get(f"{column}/{size_class(self.splitter.width())}", first)

    def _moved(self, _place: int, _handle: int) -> None:
        font_factor = max(initial_font_scale(), 1.0)
        columns: list[tuple[str, QWidget | None]] = [(self._side, self.side)]
        if not self.palette.is_rail:
            columns.append(("palette", self.palette))
        columns.append(("lesson", self.lesson))
        if self.expanded or self.presented:
            return
        for name, widget in columns:
            if widget is not None and widget.isVisible():
                key = f"{name}/{size_class(self.splitter.width())}"
                self._widths[key] = round(widget.width() / font_factor)

    def _stretch(self) -> None:
        for number in range(self.splitter.count()):
            widget = self.splitter.widget(number)
            self.splitter.setStretchFactor(number, int(widget is self._middle))

    def _set(self, lesson: int, palette: int, middle: int, side: int) -> None:
        sizes = [palette, middle, side]
        if self.lesson is not None:
            sizes.insert(0, lesson)
        if sizes != self.splitter.sizes():
            self.splitter.setSizes(sizes)


def focus_first(panel: QWidget) -> None:
    """Focus the first widget of a panel that takes the keyboard, except corner menus."""
    for widget in panel.findChildren(QWidget):
        if isinstance(widget, CornerMenu):
            continue
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if takes and widget.isVisibleTo(panel) and widget.isEnabled():
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
