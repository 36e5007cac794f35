"""The side: four tasks, their pages in one or two columns, and the strip of the selected layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QWidget,
)

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.inspector.inspector_panel import Inspector
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale, scaled
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.window.side_pages import LazyPage, Page, PageColumn

#: The page of the selected layer; other pages have a strip at the foot.
LAYER = "layer"
#: Width of a side with two columns, at the system's font size.
TWO_COLUMNS, _PRESENTED_COLUMNS = 890, 700
STRIP_HEIGHT, OPEN_STRIP_HEIGHT = 52, 32
#: Share of the side's height for the selected layer.
_DRAWER_PART = 0.4
#: Width of the four tasks.
_TASKS_WIDTH = 360
#: Margins of a task's name, normally and at least, and of all tasks.
_AROUND_TASK, _LEAST_AROUND = 20, 6
_AROUND_TASKS = 60


@dataclass(frozen=True)
class Task:
    """A task: its pages in a narrow side, and those of both columns in a wide one.

    ``left_share``: the left column's share of the width; pictures have the larger one.
    """

    id: str
    title: str
    help: str
    pages: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    left_share: float


class TaskButton(QPushButton):
    """A task; a dot means new results."""

    def __init__(self, task: Task, parent: QWidget) -> None:
        super().__init__(_(task.title), parent)
        self._task, self.marked = task, False
        prepared(self, objectName=f"task_{task.id}", checkable=True, role="task")
        self.setToolTip(_(task.help))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def mark(self, marked: bool) -> None:
        self.marked = marked
        words = _(self._task.help)
        self.setToolTip(_("{help} (new results)", help=words) if marked else words)
        self.setAccessibleDescription(_("New results") if marked else "")
        self.update()

    def wide(self, letters: float = 1.0) -> int:
        heavy = QFontMetrics(theme.ui_font(letters, bold=True))
        return heavy.horizontalAdvance(self.text())

    def sizeHint(self) -> QSize:
        return QSize(self.wide() + _AROUND_TASK, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # at the system's font size
        least = self.wide(1 / max(initial_font_scale(), 1.0)) + _LEAST_AROUND
        return QSize(least, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.marked:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colors().accent))
            words = self.fontMetrics().horizontalAdvance(self.text())
            right = min(self.width() / 2 + words / 2 + 6, self.width() - 9)
            painter.drawEllipse(QRectF(right, self.height() / 2 - 7, 6, 6))


class LayerStrip(QFrame):
    """The selected layer in one line; ``pressed``: open or close it."""

    pressed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        prepared(self, objectName="layer_strip", role="strip")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.title = prepared(QLabel(self), role="heading")
        self.words = ClampedLabel("", self, lines=1)
        for label in (self.title, self.words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.button = prepared(QPushButton(_("Edit"), self), objectName="edit_layer", role="link")
        self.button.setAccessibleName(_("Edit the selected layer"))
        self.button.clicked.connect(lambda _checked=False: self.pressed.emit())
        row = (self.title, (self.words, 1), self.button)
        hbox(*row, parent=self, margins=(16, 0, 12, 0), spacing=12)
        self.grow()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def grow(self) -> None:
        height = OPEN_STRIP_HEIGHT if self.property("opened") else STRIP_HEIGHT
        self.setFixedHeight(scaled(height))

    def show_words(self, title: str, words: str, *, editable: bool, opened: bool) -> None:
        self.title.setText("" if opened else title)
        self.words.setText("" if opened else words)
        self.setProperty("opened", opened)
        self.grow()
        self.button.setText(_("Close") if opened else _("Edit") if editable else _("Show"))


class Side(QWidget):
    """The side; signal ``arranged``: task, page or columns changed."""

    arranged = Signal()
    expand_requested = Signal()

    def __init__(
        self, tasks: Iterable[Task], pages: Iterable[Page], inspector: Inspector, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("side")
        self._window = parent
        self.tasks = {task.id: task for task in tasks}
        self.inspector = inspector
        self.layer_slot = _slot(self)
        self.pages: dict[str, LazyPage] = {}
        for page in pages:
            self.pages[page.id] = lazy = LazyPage(page, self)
            lazy.hide()
            lazy.closed.connect(lambda name=page.id: self.attach(name))
        #: The pages that the level shows; requested ones are shown in any level.
        self.offered: frozenset[str] = frozenset(self.pages)
        self.requested: set[str] = set()
        self.task = next(iter(self.tasks))
        #: The front page by task, and that in the right column of a wide side.
        self.chosen = {task.id: task.pages[0] for task in self.tasks.values()}
        self.beside = {task.id: task.right[0] for task in self.tasks.values()}
        self.single = self.presented = False
        self._build()
        inspector.headline_changed.connect(self._show_strip)
        self._show()

    def _build(self) -> None:
        bar = prepared(QFrame(self), role="tasks")
        segments = hbox(parent=bar, margins=4, spacing=4)
        group = QButtonGroup(self)
        self.buttons: dict[str, TaskButton] = {}
        for task in self.tasks.values():
            self.buttons[task.id] = button = TaskButton(task, bar)
            group.addButton(button)
            segments.addWidget(button, 1)
            button.clicked.connect(lambda _checked=False, name=task.id: self.show_task(name))
        self.expand = prepared(
            QToolButton(self), objectName="expand_page", text="⤢", checkable=True, role="quiet"
        )
        self.expand.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.expand.setAccessibleName(_("Expand the page over the canvas"))
        keys = key_text("Shift+F11")
        self.expand.setToolTip(_("Expand the page over the canvas, and back ({keys})", keys=keys))
        self.expand.clicked.connect(lambda _checked=False: self.expand_requested.emit())
        # Aligned right, so that tasks stay under the pointer when the width changes.
        row = (STRETCH, (bar, 1000), self.expand)
        head = hbox(*row, margins=(16, 8, 12, 4))
        self._bar = bar
        self.columns = QSplitter(Qt.Orientation.Horizontal, self)
        self.left, self.right = (PageColumn(self.pages, self) for _side in range(2))
        for column in (self.left, self.right):
            self.columns.addWidget(column)
            column.chosen.connect(self.show_page)
        self.left.tabs.setObjectName("pages")
        self.right.tabs.setObjectName("pages_beside")
        self.drawer = _slot(self)
        self.upright = QSplitter(Qt.Orientation.Vertical, self)
        self.upright.addWidget(self.columns)
        self.upright.addWidget(self.drawer)
        self.drawer.hide()
        for splitter in (self.columns, self.upright):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        self.strip = LayerStrip(self)
        self.strip.pressed.connect(self.toggle_drawer)
        vbox(head, (self.upright, 1), self.strip, parent=self, margins=0, spacing=0)

    @property
    def wide(self) -> bool:
        # An audience sees curve and surface beside each other, whatever the letters.
        least = _PRESENTED_COLUMNS if self.presented else scaled(TWO_COLUMNS)
        return not self.single and self.width() >= least

    @property
    def shown(self) -> tuple[str, ...]:
        columns = (self.left, self.right) if not self.right.isHidden() else (self.left,)
        return tuple(column.current for column in columns if column.current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()
        if self.wide == self.right.isHidden():
            self._show()

    def _fit_bar(self) -> None:
        buttons = self.buttons.values()
        words, segments = sum(button.wide() for button in buttons), self._bar.layout()
        assert isinstance(segments, QHBoxLayout)
        needed = words + len(buttons) * _AROUND_TASK
        self._bar.setMaximumWidth(max(scaled(_TASKS_WIDTH), needed))
        room = self.width() - self.expand.sizeHint().width() - _AROUND_TASKS
        longest = max(button.wide() for button in buttons) + _AROUND_TASK
        equal = len(buttons) * longest <= min(room, self._bar.maximumWidth())
        for at, button in enumerate(buttons):
            segments.setStretch(at, 1 if equal else button.wide() + _AROUND_TASK)
        letters = min((room - len(buttons) * _LEAST_AROUND) / words, 1.0)
        size = max(letters, 1 / max(initial_font_scale(), 1.0)) * theme.ui_font().pointSizeF()
        sheet = f'QPushButton[role="task"] {{ padding: 0; font-size: {size:.1f}pt; }}'
        sheet = sheet if needed > room else ""
        if sheet != self._bar.styleSheet():
            self._bar.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.strip.grow()
            self._fit_bar()
            for column in (self.left, self.right):
                column.tabs.fit()

    def offer(self, pages: Iterable[str]) -> None:
        """Show only these pages and requested ones."""
        self.offered = frozenset(pages)
        self.requested.clear()
        for task, name in self.chosen.items():
            if name not in self.offered:
                pages = [page for page in self.tasks[task].pages if page in self.offered]
                self.chosen[task] = pages[0] if pages else name
        self._show()

    def show_task(self, name: str) -> None:
        self.task = name
        self.buttons[name].mark(False)
        self._show()

    def show_page(self, name: str) -> LazyPage:
        """Bring a page to the front, with its task unless it is beside another task."""
        page = self.pages[name]
        if page.detached:
            page.show()
            page.raise_()
            page.activateWindow()
            return page
        if name not in self.offered:
            self.requested.add(name)
        task = self.tasks[self.task]
        guest = self.wide and name in (*task.left, *task.right)
        if not guest and name not in task.pages:
            task = next(other for other in self.tasks.values() if name in other.pages)
        if self.wide and name in task.right:
            self.beside[task.id] = name
        else:
            self.chosen[task.id] = name
        self.show_task(task.id)
        return page

    def mark(self, task: str) -> None:
        if task != self.task:
            self.buttons[task].mark(True)

    def detach(self, name: str) -> None:
        page = self.pages[name]
        size = page.size()
        page.setParent(self._window, Qt.WindowType.Window)
        page.setWindowTitle(_(page.page.title))
        page.resize(size.expandedTo(QSize(460, 480)))
        self._show()
        page.show()

    def attach(self, name: str) -> None:
        page = self.pages[name]
        if page.detached:
            page.hide()
            page.setParent(self)
            self._show()

    def open_drawer(self) -> None:
        if LAYER in self.shown or self.pages[LAYER].detached:
            return
        if self.task == self.pages[LAYER].page.task:
            self.show_page(LAYER)
            return
        if self.drawer.isHidden():
            self.drawer.show()
            whole = self.upright.height()
            part = round(_DRAWER_PART * whole)
            self.upright.setSizes([whole - part, part])
            self._show_strip()

    def close_drawer(self) -> None:
        self.drawer.hide()
        self._show_strip()

    def toggle_drawer(self) -> None:
        if self.drawer.isHidden():
            self.open_drawer()
        else:
            self.close_drawer()

    def _visible(self, ids: Iterable[str]) -> list[str]:
        return [
            page
            for page in ids
            if (page in self.offered or page in self.requested) and not self.pages[page].detached
        ]

    def _show(self) -> None:
        task, wide = self.tasks[self.task], self.wide
        self.buttons[self.task].setChecked(True)
        left = self._visible(task.left if wide else task.pages)
        right = self._visible(task.right) if wide else []
        if not left and not wide:
            left = self._visible(task.left)
        first = self.chosen[task.id]
        self.right.setHidden(not right)
        self.left.show_pages(left, first if first in left else left[0] if left else "")
        beside = self.beside[task.id]
        if first in right:  # it was in front with one column
            beside = first
        self.right.show_pages(right, beside if beside in right else right[0] if right else "")
        if right:
            left_width = round(task.left_share * self.columns.width())
            self.columns.setSizes([left_width, self.columns.width() - left_width])
        self._place_inspector()
        self.arranged.emit()

    def _place_inspector(self) -> None:
        as_page = LAYER in self.shown or self.pages[LAYER].detached
        slot = self.layer_slot if as_page else self.drawer
        layout = slot.layout()
        assert layout is not None
        if layout.indexOf(self.inspector) < 0:
            layout.addWidget(self.inspector)
            self.inspector.show()
        if as_page:
            self.drawer.hide()
        self._show_strip()

    def _show_strip(self) -> None:
        as_page = LAYER in self.shown or self.pages[LAYER].detached
        nothing = self.drawer.isHidden() and not self.inspector.selected
        self.strip.setHidden(as_page or nothing)
        self.strip.show_words(
            *self.inspector.headline,
            editable=self.inspector.has_fields,
            opened=not self.drawer.isHidden(),
        )


def _slot(parent: QWidget) -> QWidget:
    slot = QWidget(parent)
    vbox(parent=slot, margins=0)
    return slot
