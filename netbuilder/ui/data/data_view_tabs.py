"""Views of the data: columns, rows, and those of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHeaderView,
    QMenu,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QTabWidget,
    QWidget,
)

from netbuilder.core.data.data_report import ColumnFacts, DataReport
from netbuilder.core.data.data_views import TableDataView
from netbuilder.core.data.findings import INFO, Finding
from netbuilder.core.data.registry import KINDS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.ui.data.column_model import DISTRIBUTION, FACTS_ROLE, FIELDS, GOES_TO, ColumnModel
from netbuilder.ui.forms.boxes import NoWheelComboBox, NoWheelTabBar
from netbuilder.ui.kinds.registry import DATA_VIEW_ROWS, DataViewRow
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.table_preview import PreviewView
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.column_headers import ColumnHeaders
from netbuilder.ui.widgets.fix_buttons import Apply
from netbuilder.ui.widgets.layouts import hbox, prepared
from netbuilder.ui.widgets.model_index import Index

_ROLE = next(n for n, field in enumerate(FIELDS) if field.key == "role")
_SIGN = 22
_ROOM = 6
_WIDEST = 1.6
_ANY_HEIGHT = 16_777_215  # Qt's QWIDGETSIZE_MAX


class ChoiceDelegate(QStyledItemDelegate):
    """A list in the cell; choosing ends the edit and applies to all selected columns."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        box = NoWheelComboBox(parent)
        model = index.model()
        assert isinstance(model, ColumnModel)
        for value, words in model.choices_of(index.row(), index.column()).items():
            box.addItem(words, value)
        title = FIELDS[index.column()].title
        box.setAccessibleName(
            _("{field} of {column}", field=_(title), column=index.sibling(index.row(), 0).data())
        )
        box.activated.connect(lambda _index: self._done(box))
        return box

    def _done(self, box: QComboBox) -> None:
        self.commitData.emit(box)
        self.closeEditor.emit(box, QStyledItemDelegate.EndEditHint.NoHint)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model = index.model()
        assert isinstance(model, ColumnModel)
        current = model.chosen_in(index.row(), index.column())
        editor.setCurrentIndex(max(editor.findData(current), 0))
        editor.showPopup()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        view = self.parent()
        if isinstance(view, ColumnView):
            view.choose(index.row(), FIELDS[index.column()].key, str(editor.currentData()))


class DistributionDelegate(QStyledItemDelegate):
    """A small histogram, or the shares of the most frequent values."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        facts = index.data(FACTS_ROLE)
        if not isinstance(facts, ColumnFacts):
            return
        box = QRectF(option.rect).adjusted(4, 3, -4, -3)
        if facts.histogram is not None:
            paint_histogram(painter, box, facts.histogram.counts)
        elif facts.common:
            model = index.model()
            rows = model.rows if isinstance(model, ColumnModel) else facts.unique
            paint_common(painter, box, facts.common, rows)


class ColumnQuestion(QWidget):
    """A question about a column over its cells, with a button for each answer."""

    def __init__(self, finding: Finding, apply: Apply, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setAccessibleName(finding.message)
        self.setToolTip(finding.message)
        row = hbox(parent=self, margins=(4, 0, 4, 0))
        for fix in finding.fixes:
            if fix.short:
                button = prepared(QPushButton(fix.short, self), small=True, toolTip=fix.label)
                button.setAccessibleName(fix.label)
                button.clicked.connect(partial(apply, fix.label, fix.edit))
                row.addWidget(button)
        row.addStretch(1)


class ColumnView(QTableView):
    """The table of columns. Enter, F2 or a click opens a cell's list. ``apply(label, edit)`` makes
    fixes."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self._questions: dict[int, Finding] = {}
        self._names: list[str] = []
        self._fitted: dict[int, int] = {}  # widths that columns got for their words
        self.columns = ColumnModel(self)
        self.setModel(self.columns)
        choose = ChoiceDelegate(self)
        for number, field in enumerate(FIELDS):
            if field.key:
                self.setItemDelegateForColumn(number, choose)
            self.setColumnWidth(number, field.width)
        self.setItemDelegateForColumn(DISTRIBUTION, DistributionDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDefaultDropAction(Qt.DropAction.CopyAction)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(_("Columns of the data"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 12)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        # Columns go below the names by pixels, and not a whole one at a time.
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.names = FrozenNames(self, self._released, self._show_menu)
        self.columns.modelReset.connect(self._begin)
        self.columns.dataChanged.connect(self._follow)
        ColumnHeaders(self)
        self._begin()

    @property
    def selected_rows(self) -> list[int]:
        return sorted(index.row() for index in self.selectionModel().selectedRows())

    def choose(self, row: int, key: str, value: str) -> None:
        """Choose a value for ``row``, or for all selected columns if it is one of them."""
        rows = self.selected_rows
        self.columns.choose(rows if row in rows else [row], key, value)

    def _begin(self) -> None:
        self._questions = {}  # a reset takes the widgets of all rows away
        self._fitted = {}
        self.clearSpans()
        self._follow()
        names = [str(self.columns.index(row, 0).data()) for row in range(self.columns.rowCount())]
        if names != self._names:  # of other data one wants to see the names first
            self._names = names
            self.horizontalScrollBar().setValue(0)
        # The bar that brings the columns at the right into view stands below the last row, and
        # not below the edge of the panel.
        self.setMaximumHeight(self._height(max(self.columns.rowCount(), 1)))

    def _fit(self) -> None:
        for number, field in enumerate(FIELDS):
            if self.isColumnHidden(number):
                continue
            words = field.width
            if number != DISTRIBUTION:
                words = min(self.sizeHintForColumn(number) + _ROOM, round(_WIDEST * words))
            width = max(words, self.horizontalHeader().sectionSizeHint(number))
            if width == self._fitted.get(number):
                continue  # a width that somebody chose stays as long as the words do
            self._fitted[number] = width
            self.setColumnWidth(number, width)
        self._stretch()

    def _stretch(self) -> None:
        """Extend the last column to free space; Qt's own way would cut it."""
        last = len(FIELDS) - 1
        free = self.viewport().width() - self.horizontalHeader().length() + self.columnWidth(last)
        self.setColumnWidth(last, max(self._fitted.get(last, 0), free))

    def _follow(self, *_changed: object) -> None:
        """Show the Inputs and outputs of columns if there is a choice, and open questions."""
        self.setColumnHidden(GOES_TO, not self.columns.ends.several)
        self._fit()
        questions = self.columns.asked()
        if questions == self._questions:
            return
        self.clearSpans()
        for row in {*self._questions, *questions}:
            old = self.indexWidget(self.columns.index(row, _ROLE))
            if old is not None:
                old.hide()  # it is deleted a moment later
            self.setIndexWidget(self.columns.index(row, _ROLE), None)  # type: ignore[arg-type]
        for row, finding in questions.items():
            self.setSpan(row, _ROLE, 1, len(FIELDS) - _ROLE)
            widget = ColumnQuestion(finding, self._apply, self)
            self.setIndexWidget(self.columns.index(row, _ROLE), widget)
        self._questions = questions

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        opens = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}
        if opens and index.isValid():
            if FIELDS[index.column()].key and index.row() not in self._questions:
                self.edit(index)
            else:
                self.menu_for(index.row()).popup(self._below(index))
            return
        super().keyPressEvent(event)

    def _below(self, index: QModelIndex) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._stretch()
        self.names.follow()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        # The names are always in view, and what is sought must not lie below them.
        bar, before = self.horizontalScrollBar(), self.horizontalScrollBar().value()
        super().scrollTo(index, hint)
        if index.column() == 0:
            bar.setValue(before)
        else:
            hidden = self.columnWidth(0) - self.visualRect(index).left()
            bar.setValue(bar.value() - max(hidden, 0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._released(event, self.indexAt(event.position().toPoint()))

    def _released(self, event: QMouseEvent, index: QModelIndex) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        left = event.button() == Qt.MouseButton.LeftButton
        # The warning sign is what one presses to see what is wrong and how it is mended.
        on_sign = index.isValid() and index.column() == 0 and event.position().x() < _SIGN
        if plain and left and on_sign and self.columns.warned(index.row()):
            self.menu_for(index.row()).popup(self._below(index))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._show_menu(self.indexAt(event.pos()), event.globalPos())

    def _show_menu(self, index: QModelIndex, place: QPoint) -> None:
        if index.isValid():
            self.menu_for(index.row()).exec(place)

    def menu_for(self, row: int) -> QMenu:
        """Return a menu of findings with fixes, and of all settings of the selected columns."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for finding in self.columns.findings_of(row):
            mark = "" if finding.severity == INFO else "⚠ "
            words = menu.addAction(f"{mark}{finding.message}")
            words.setEnabled(False)
            for fix in finding.fixes:
                menu.addAction(fix.label, partial(self._apply, fix.label, fix.edit))
            menu.addSeparator()
        for number, field in enumerate(FIELDS):
            if not field.key or self.isColumnHidden(number):
                continue
            part = menu.addMenu(field.title)
            for value, words_of_it in self.columns.choices_of(row, number).items():
                entry = part.addAction(words_of_it)
                entry.triggered.connect(partial(self._chosen, row, field.key, value))
        return menu

    def _chosen(self, row: int, key: str, value: str, _on: bool = False) -> None:
        self.choose(row, key, value)

    def _height(self, rows: int) -> int:
        line = self.verticalHeader().defaultSectionSize()
        head = self.horizontalHeader().sizeHint().height()
        bar = self.horizontalScrollBar().sizeHint().height()
        return head + rows * line + bar + 8

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height(min(self.columns.rowCount(), 14)))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, min(self.sizeHint().height(), 240))


def paint_histogram(painter: QPainter, box: QRectF, counts: Mapping[str, Sequence[int]]) -> None:
    """Draw counts (class → a number per bin) into ``box``; "" is the class of all rows."""
    bins = max((len(row) for row in counts.values()), default=0)
    if not bins:
        return
    totals = [sum(row[i] for row in counts.values()) for i in range(bins)]
    top = max(totals, default=0) or 1
    width = box.width() / bins
    for i in range(bins):
        bottom = box.bottom()
        for number, (name, row) in enumerate(counts.items()):
            height = box.height() * row[i] / top
            if not row[i]:
                continue
            color = class_color(number) if name else QColor(theme.colors().training)
            gap = 1.0 if width > 3 else 0.0
            place = QRectF(box.left() + i * width, bottom - height, width - gap, height)
            painter.fillRect(place, color)
            bottom -= height


def paint_common(
    painter: QPainter, box: QRectF, common: Sequence[tuple[str, int]], total: int
) -> None:
    """Draw the most frequent values as parts of one bar."""
    left = box.left()
    bar = QRectF(box.left(), box.center().y() - 5, box.width(), 10)
    painter.fillRect(bar, QColor(theme.colors().hairline))
    for number, (_name, count) in enumerate(common):
        width = box.width() * count / max(total, 1)
        painter.fillRect(QRectF(left, bar.top(), max(width - 1, 0.5), 10), class_color(number))
        left += width


class FrozenNames(QTableView):
    """The first column over the left edge of the scrolled table ``of``.

    ``released(event, index)`` and ``menu(index, place)`` are the table's mouse handlers.
    """

    def __init__(
        self,
        of: QTableView,
        released: Callable[[QMouseEvent, QModelIndex], object],
        menu: Callable[[QModelIndex, QPoint], object],
    ) -> None:
        super().__init__(of)
        self._of, self._released, self._menu = of, released, menu
        self.setModel(of.model())
        self.setSelectionModel(of.selectionModel())
        self.setSelectionBehavior(of.selectionBehavior())
        self.setSelectionMode(of.selectionMode())
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(of.dragDropMode())
        self.setDefaultDropAction(of.defaultDropAction())
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(of)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("role", "frozen")
        self.setShowGrid(of.showGrid())
        self.setAlternatingRowColors(of.alternatingRowColors())
        self.setWordWrap(of.wordWrap())
        self.setAccessibleName(_("Names of the columns"))
        for bar in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(of.verticalHeader().defaultSectionSize())
        self.setVerticalScrollMode(of.verticalScrollMode())
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        of.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(of.verticalScrollBar().setValue)
        of.horizontalScrollBar().valueChanged.connect(self.follow)
        of.horizontalHeader().sectionResized.connect(self.follow)
        of.horizontalHeader().geometriesChanged.connect(self.follow)
        self.hide()

    def follow(self) -> None:
        """Show the first column if the table is scrolled."""
        of, scrolled = self._of, self._of.horizontalScrollBar().value() > 0
        self.setVisible(scrolled)
        if not scrolled:
            return
        for column in range(self.model().columnCount()):
            self.setColumnHidden(column, column > 0)
        head, width = of.horizontalHeader().geometry(), of.columnWidth(0)
        self.horizontalHeader().setFixedHeight(head.height())
        self.verticalHeader().setDefaultSectionSize(of.verticalHeader().defaultSectionSize())
        self.setColumnWidth(0, width)
        bottom = of.viewport().geometry().bottom() + 1
        self.setGeometry(head.left(), head.top(), width, bottom - head.top())
        self.verticalScrollBar().setValue(of.verticalScrollBar().value())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self.viewport()) as painter:
            painter.setPen(QColor(theme.colors().hairline))
            right = self.viewport().width() - 1
            painter.drawLine(right, 0, right, self.viewport().height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._released(event, self.indexAt(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._menu(self.indexAt(event.pos()), event.globalPos())


_COLUMNS, _ROWS = N_("Columns"), N_("Rows")


class DataViewTabs(QTabWidget):
    """The views that suit the data, built on first use."""

    def __init__(self, apply: Apply, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._apply = apply
        self.setTabBar(NoWheelTabBar(self))
        self.setDocumentMode(True)
        self.tabBar().setProperty("close", 1)
        # Names stay whole: at large letters arrows bring the last ones into view.
        self.tabBar().setElideMode(Qt.TextElideMode.ElideNone)
        self.tabBar().setAccessibleName(_("Views of the data"))
        self.columns = ColumnView(apply, self)
        self.preview = PreviewView(self)
        self.tabs: dict[str, Any] = {}
        self._titles: dict[QWidget | None, str] = {self.columns: _COLUMNS, self.preview: _ROWS}
        self._of: object = self  # the data whose tabs these are
        self._waiting: dict[QWidget, tuple[object, Project, Path]] = {}
        self.currentChanged.connect(self._draw)
        self.currentChanged.connect(self._fit)
        self.columns.columns.modelReset.connect(self._fit)
        self.addTab(self.columns, _(_COLUMNS))
        self.addTab(self.preview, _(_ROWS))
        self.show_nothing()
        self._fit()

    def show_report(
        self, report: DataReport, looks: tuple[object, ...], project: Project, base: Path
    ) -> None:
        rows = sum(report.rows.values())
        self.columns.columns.show_columns(report.columns, report.notes, rows, project)
        self.columns.updateGeometry()
        # Two columns at least can be drawn against each other.
        views = {
            type(view): view
            for view in looks
            if not isinstance(view, TableDataView) or len(view.names) > 1
        }
        titles = {_COLUMNS} if report.columns else set()
        titles |= {row.title for row in DATA_VIEW_ROWS if row.look in views}
        understood = report.columns or report.facts is not None
        if understood and not any(row.instead for row in DATA_VIEW_ROWS if row.look in views):
            titles.add(_ROWS)
        self._waiting = {
            self._tab(row): (views[row.look], project, base)
            for row in DATA_VIEW_ROWS
            if row.look in views
        }
        # Of what is made by sliders one wants to see the points move.
        synthetic = any(param.slide for param in KINDS[report.kind].params(project.data))
        data = project.data
        self._only(titles, (data.kind, data.name, data.path), ["Scatter"] if synthetic else [])
        self._draw()

    @property
    def empty(self) -> bool:
        visible = [place for place in range(self.count()) if self.isTabVisible(place)]
        only_rows = all(self.widget(place) is self.preview for place in visible)
        return only_rows and not self.preview.model.rowCount()

    def show_nothing(self) -> None:
        self._only({_ROWS}, None)

    def follow(self, project: Project) -> None:
        """Update Inputs and outputs of columns, and augmented pictures."""
        self.columns.columns.follow(project)
        for tab, (look, _project, base) in self._waiting.items():
            self._waiting[tab] = (look, project, base)
        for tab in self.tabs.values():
            if hasattr(tab, "follow"):
                tab.follow(project)

    def sizeHint(self) -> QSize:
        # A plot that was never shown asks for 480 pixels, which no small window has.
        rows = self.columns.sizeHint().height() + self.tabBar().sizeHint().height()
        height = rows if self.currentWidget() is self.columns else 0
        return QSize(super().sizeHint().width(), max(height, self.minimumHeight()))

    def _fit(self) -> None:
        """Give columns the height of their rows, plots all free height."""
        most = _ANY_HEIGHT
        if self.currentWidget() is self.columns:
            most = self.tabBar().sizeHint().height() + self.columns.maximumHeight()
        self.setMinimumHeight(min(320, most))
        self.setMaximumHeight(most)

    def _draw(self) -> None:
        """Draw the current tab; others are drawn when opened."""
        tab: Any = self.currentWidget()
        waiting = self._waiting.pop(tab, None)
        if waiting is not None:
            tab.show_look(*waiting)

    def _tab(self, row: DataViewRow) -> Any:
        if row.title not in self.tabs:
            self.tabs[row.title] = tab = row.build(self._apply, self)
            order = [view.title for view in DATA_VIEW_ROWS]
            before = [self._titles[self.widget(place)] for place in range(2, self.count())]
            place = 2 + sum(order.index(name) < order.index(row.title) for name in before)
            self._titles[tab] = row.title
            self.insertTab(place, tab, _(row.title))
        return self.tabs[row.title]

    def _only(self, visible: set[str], of: object, first: Sequence[str] = ()) -> None:
        """Show these tabs, and of other data the most informative one."""
        titles = [self._titles[self.widget(place)] for place in range(self.count())]
        before = titles[self.currentIndex()]
        for place, title in enumerate(titles):
            self.setTabVisible(place, title in visible)
        self.tabBar().setVisible(len(visible) > 1)
        other, self._of = of != self._of, of
        if other or before not in visible:
            # What a kind has of its own tells more than its columns, those more than points.
            own = (row.title for row in DATA_VIEW_ROWS if row.own)
            order = (*first, *own, _COLUMNS, "Arrays", _ROWS)
            front = next((title for title in order if title in visible), _ROWS)
            self.setCurrentIndex(titles.index(front))
