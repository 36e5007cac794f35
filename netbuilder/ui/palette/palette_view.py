"""The palette: a search field and the layers by category."""

from __future__ import annotations

import re
from typing import cast

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDrag,
    QFont,
    QKeyEvent,
    QPainter,
    QPixmap,
    QResizeEvent,
    QStaticText,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)

from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.fragments import SavedBlock
from netbuilder.ui.palette.palette_model import (
    SPEC_ROLE,
    PaletteModel,
    Row,
    all_rows,
    basic_rows,
    found_rows,
    teaching_rows,
)
from netbuilder.ui.services.settings import lists_all_layers
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.style.glyphs import glyph_name, paint_tile, tile_icon
from netbuilder.ui.widgets.layouts import STRETCH, hbox, prepared, vbox
from netbuilder.ui.widgets.model_index import Index

#: Where a name may wrap: in "GlobalMaxPooling1D" before Max and Pooling.
_BREAK = re.compile(r"(?<=[a-z\d])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_MAY_BREAK = "\u200b"


def name_lines(name: str, font: QFont, room: float) -> QStaticText:
    """Return a name as text that wraps at capitals if wider than ``room`` pixels."""
    text = QStaticText(_BREAK.sub(_MAY_BREAK, name))
    text.setTextFormat(Qt.TextFormat.PlainText)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    text.setTextOption(option)
    text.setTextWidth(room)
    text.prepare(font=font)
    return text


WIDTH, _SQUARE = 200, 20.0
_Words = tuple[QFont, float, QStaticText]


def row_color(row: LayerSpec | SavedBlock) -> QColor:
    """Return the colour of a row's square: its category's, or the accent for a saved block."""
    if isinstance(row, LayerSpec):
        return theme.category_color(row.category)
    return QColor(theme.colors().accent)


class PaletteDelegate(QStyledItemDelegate):
    """Paints headings in small letters, and layers with their category's square."""

    def _words(self, option: QStyleOptionViewItem, index: Index, width: float) -> _Words:
        is_layer = index.data(SPEC_ROLE) is not None
        font = QFont(option.font) if is_layer else theme.ui_font(theme.SMALL, bold=True)
        left = _SQUARE + 14 if is_layer else 4.0
        return font, left, name_lines(str(index.data()), font, width - left - 4)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        width = cast(QListView, option.widget).viewport().width()
        words = self._words(option, index, width)[2]
        more = 11 if index.data(SPEC_ROLE) is not None else 14
        line = max(option.fontMetrics.height(), round(words.size().height()))
        return QSize(10, line + more)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        scheme = theme.colors()
        spec: LayerSpec | SavedBlock | None = index.data(SPEC_ROLE)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if spec is not None:
            state = QStyle.StateFlag
            if option.state & (state.State_Selected | state.State_MouseOver):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(scheme.selection))
                painter.drawRoundedRect(box.adjusted(0, 1, 0, -1), 6, 6)
            square = QRectF(box.left() + 6, box.center().y() - _SQUARE / 2, _SQUARE, _SQUARE)
            glyph = "group"
            if isinstance(spec, LayerSpec):
                glyph = glyph_name(spec.name, spec.category)
            paint_tile(painter, square, row_color(spec), glyph)
        font, left, words = self._words(option, index, box.width())
        painter.setFont(font)
        painter.setPen(QColor(scheme.secondary if spec is None else scheme.text))
        below = 8 if spec is None else 0
        top = box.top() + below + (box.height() - below - words.size().height()) / 2
        painter.drawStaticText(QPointF(box.left() + left, top), words)
        painter.restore()


class PaletteList(QListView):
    """A list whose rows can be dragged."""

    def startDrag(self, actions: Qt.DropAction) -> None:
        index = self.currentIndex()
        data = self.model().mimeData([index])
        drag = QDrag(self)
        drag.setMimeData(data)
        picture = _drag_picture(index.data(SPEC_ROLE), self)
        drag.setPixmap(picture)
        drag.setHotSpot(picture.rect().center() / max(picture.devicePixelRatio(), 1.0))
        drag.exec(Qt.DropAction.CopyAction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.scheduleDelayedItemsLayout()


def _drag_picture(spec: LayerSpec | SavedBlock, widget: QWidget) -> QPixmap:
    ratio = widget.devicePixelRatioF()
    size = QSize(widget.fontMetrics().horizontalAdvance(spec.name) + 44, 36)
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scheme = theme.colors()
        box = QRectF(0.5, 0.5, size.width() - 1, size.height() - 1)
        painter.setPen(QColor(scheme.hairline))
        painter.setBrush(QColor(scheme.raised))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(row_color(spec))
        painter.drawRoundedRect(QRectF(8, 9, 18, 18), 4, 4)
        painter.setPen(QColor(scheme.text))
        painter.setFont(theme.ui_font(bold=True))
        painter.drawText(box.adjusted(34, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, spec.name)
    return picture


class Palette(QWidget):
    """The searchable list of layers.

    Signals:
        chosen: name of a layer to append.
        found: name and typed parameters of a layer to add after the selection.
        block_chosen: block to append.
        listed: categories of the list without a search.
    """

    chosen = Signal(str)
    found = Signal(str, object)
    block_chosen = Signal(object)
    listed = Signal(frozenset)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(150)
        self._build_line()
        self.list = PaletteList(self)
        self.list.setAccessibleName(_("Layers"))
        self.model = PaletteModel(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(PaletteDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setDragEnabled(True)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.fold = prepared(QToolButton(self), text="«", role="quiet")
        self.fold.setAccessibleName(_("Collapse the palette"))
        self.fold.setToolTip(_("Collapse the palette"))
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.fold.hide()
        vbox(
            hbox((self.line, 1), self.fold, spacing=4),
            (self.list, 1),
            parent=self,
            margins=(8, 8, 8, 4),
            spacing=4,
        )
        self._all = lists_all_layers()
        self._only: frozenset[str] | None = None
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._take_first)
        self.line.installEventFilter(self)
        self.list.doubleClicked.connect(self._take)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.installEventFilter(self)
        self._search("")

    def _build_line(self) -> None:
        self.line = prepared(QLineEdit(self), placeholderText=_("Search layers"))
        self.line.setAccessibleName(_("Search layers"))
        self.line.setToolTip(_("Search all Keras layers by name or purpose"))
        self.line.setClearButtonEnabled(True)
        hint = prepared(QLabel(_("Tab"), self.line), role="note")
        hint.setToolTip(_("On the canvas, press Tab and type a layer's name"))
        hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        hbox(STRETCH, hint, parent=self.line, margins=(0, 0, 8, 0))
        self._hint = hint
        self.line.textChanged.connect(lambda _text: self._show_hint())

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 400)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_hint()

    def _show_hint(self) -> None:
        words = self.line.fontMetrics().horizontalAdvance(self.line.placeholderText())
        room = self.line.width() - words - self._hint.sizeHint().width() > 30
        self._hint.setVisible(room and not self.line.text())

    def show_all(self, everything: bool) -> None:
        self._all = everything
        self._search(self.line.text())
        self.listed.emit(self.categories)

    @property
    def shows_all(self) -> bool:
        return self._all

    def index_of(self, name: str) -> QModelIndex | None:
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            thing = self.model.thing(index)
            if isinstance(thing, LayerSpec) and thing.name == name:
                return index
        return None

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(row.category for row in self._rows() if isinstance(row, LayerSpec))

    def list_only(self, names: frozenset[str] | None) -> None:
        """List only these layers without a search; None lists those of level Full."""
        if names != self._only:
            self._only = names
            self._search(self.line.text())
            self.listed.emit(self.categories)

    def _rows(self) -> list[Row]:
        if self._all:
            return all_rows()
        return teaching_rows() if self._only is None else basic_rows(self._only)

    def show_category(self, category: str) -> None:
        self.line.clear()
        for row in range(self.model.rowCount()):
            index = self.model.index(row, 0)
            thing = self.model.thing(index)
            if isinstance(thing, LayerSpec) and thing.category == category:
                heading = self.model.index(max(row - 1, 0), 0)
                self.list.scrollTo(heading, QAbstractItemView.ScrollHint.PositionAtTop)
                self.list.setCurrentIndex(index)
                self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def start_search(self) -> None:
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def end_search(self) -> None:
        self.line.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if watched is self.line and key == Qt.Key.Key_Down:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                self.list.setCurrentIndex(self.model.first_layer())
                return True
            if watched is self.line and key == Qt.Key.Key_Escape and self.line.text():
                self.line.clear()
                return True
            if watched is self.list and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        if text.strip():
            self.model.set_rows(found_rows(text.strip()))
        else:
            self.model.set_rows(self._rows())

    def _take_first(self) -> None:
        if self.line.text().strip():
            self._take(self.model.first_layer())

    def refresh(self) -> None:
        self._search(self.line.text())

    def _take(self, index: QModelIndex) -> None:
        row = self.model.thing(index)
        if isinstance(row, LayerSpec):
            if self.line.text().strip():
                self.found.emit(row.name, self.model.typed(index))
            else:
                self.chosen.emit(row.name)
        elif isinstance(row, SavedBlock):
            self.block_chosen.emit(row)

    def _show_menu(self, where: QPoint) -> None:
        index = self.list.indexAt(where)
        row = self.model.thing(index)
        if row is None:
            return
        menu = QMenu(self)
        menu.addAction(_("Add at the end"), lambda: self._take(index))
        if isinstance(row, SavedBlock):
            menu.addAction(_("Delete this block"), lambda: self.model.remove_block(index))
        menu.exec(self.list.viewport().mapToGlobal(where))
        menu.deleteLater()


_SWATCH = 20


class PaletteRail(QWidget):
    """A column of category buttons. ``opened(category)``: show its layers; "" shows all."""

    opened = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.column = vbox(parent=self, margins=(0, 8, 0, 8), spacing=4)
        self.buttons: dict[str, QToolButton] = {}
        for category in Category:
            words = _("Show the layers: {category}", category=_(category))
            self.buttons[category] = self._button(category, words)
        self.unfold = self._button("", _("Show all layers"))
        self.unfold.setText("»")
        self.column.addStretch(1)
        self.restyle()

    def _button(self, category: str, words: str) -> QToolButton:
        button = prepared(QToolButton(self), objectName=f"rail_{category or 'all'}", role="rail")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: self.opened.emit(category))
        self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button

    def restyle(self) -> None:
        side = scaled(_SWATCH)
        for category in Category:
            square = tile_icon(theme.category_color(category), category, side)
            self.buttons[category].setIcon(square)
            self.buttons[category].setIconSize(QSize(side, side))

    def show_categories(self, visible: frozenset[str]) -> None:
        for category in Category:
            self.buttons[category].setHidden(category not in visible)


class PaletteColumn(QStackedWidget):
    """The rail or the palette. ``opened_changed``: the user opened or collapsed it."""

    opened_changed = Signal()

    def __init__(self, palette: Palette, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.palette_view = palette
        self.rail = PaletteRail(self)
        self.addWidget(palette)
        self.addWidget(self.rail)
        self._wide, self._opened = True, False
        self.rail.opened.connect(self.open)
        palette.fold.clicked.connect(lambda _checked=False: self.close_palette())
        palette.listed.connect(self.rail.show_categories)
        theme.theme().changed.connect(self.rail.restyle)
        self.rail.show_categories(palette.categories)
        self._show()

    @property
    def is_rail(self) -> bool:
        return not (self._wide or self._opened)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 100)

    def have_room(self, wide: bool) -> None:
        """Show the palette, or without room the rail until it is opened."""
        if wide != self._wide:
            self._wide, self._opened = wide, False
            self._show()

    def open(self, category: str = "") -> None:
        if self.is_rail:
            self._opened = True
            self._show()
            self.opened_changed.emit()
        if category:
            self.palette_view.show_category(category)

    def close_palette(self) -> None:
        if self._opened:
            self._opened = False
            self._show()
            self.opened_changed.emit()

    def _show(self) -> None:
        self.palette_view.fold.setHidden(self._wide)
        self.setCurrentWidget(self.rail if self.is_rail else self.palette_view)
