"""Fields on the canvas: the layer search, the name of a group, and finding a layer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QListWidgetItem, QWidget

from netbuilder.core.catalog.layer_parser import ParsedLayer
from netbuilder.core.i18n import gettext as _, pgettext
from netbuilder.core.wording import as_sentence, join_sentences
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.style.glyphs import glyph_name, tile_icon
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import announce
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

_WIDTH, _HEIGHT, _TILE = 300, 320, 20


class LayerSearch(QFrame):
    """A search popup over the layers that fit; ``chosen`` is called with the chosen layer.

    It is a child of the canvas, since a window manager may misplace windows.
    ``passed``: Tab was pressed with an empty field.
    """

    passed = Signal()

    def __init__(
        self,
        parent: QWidget,
        find: Callable[[str], list[ParsedLayer]],
        chosen: Callable[[ParsedLayer], object],
        heading: str,
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._find = find
        self._chosen = chosen
        self._matches: list[ParsedLayer] = []
        self._closing = False
        self.setObjectName("layerSearch")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._heading = QLabel(heading)
        self._heading.setFont(theme.ui_font(theme.SMALL))
        self.field = prepared(QLineEdit(), placeholderText=_("Type a layer: lstm, dense 50 relu …"))
        self.field.setAccessibleName(_("Search layers"))
        self.list = prepared(QListWidget(), accessibleName=_("Layers that fit"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(scaled(14), scaled(14)))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        vbox(self._heading, self.field, self.list, parent=self, margins=8)
        self.field.textChanged.connect(self._search)
        self.list.itemClicked.connect(lambda _item: self._choose())
        self.field.installEventFilter(self)
        self._search("")

    def open_at(self, spot: QPoint) -> None:
        """Open the popup near a place on the canvas."""
        parent = self._parent
        height = min(self._preferred_height(), parent.height() - 8)
        width = min(_WIDTH, parent.width() - 8)
        x = max(4, min(spot.x(), parent.width() - width - 4))
        y = max(4, min(spot.y(), parent.height() - height - 4))
        self.setGeometry(x, y, width, height)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _preferred_height(self) -> int:
        return min(_HEIGHT, 84 + 28 * max(1, self.list.count()))

    def _search(self, text: str) -> None:
        self.list.clear()
        self._matches = self._find(text)
        for parsed in self._matches:
            spec = parsed.spec
            square = tile_icon(
                theme.category_color(spec.category), glyph_name(spec.name, spec.category), _TILE
            )
            item = QListWidgetItem(square, parsed.title)
            item.setToolTip(spec.explanation)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, spec.explanation)
            item.setSizeHint(QSize(0, 28))
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        else:
            item = QListWidgetItem(_("No layer with this name fits here"))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        if self.isVisible():
            self.resize(self.width(), min(self._preferred_height(), self._parent.height() - 8))

    def _spoken_item(self) -> str:
        """Return the current item for screen readers, since the focus is in the field."""
        item = self.list.currentItem()
        if item is None:
            return ""
        return join_sentences((as_sentence(item.text()), item.toolTip()))

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        parsed = self._matches[self.list.currentRow()]
        self._end()
        self._chosen(parsed)

    def _end(self) -> None:
        if not self._closing:
            self._closing = True
            self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
            self.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = event.key()
            if key == Qt.Key.Key_Escape:
                self._end()
                return True
            if key == Qt.Key.Key_Tab and not self.field.text().strip():
                self._end()
                self.passed.emit()
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                self._choose()
                return True
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                step = 1 if key == Qt.Key.Key_Down else -1
                row = max(0, min(self.list.count() - 1, self.list.currentRow() + step))
                self.list.setCurrentRow(row)
                announce(self.field, self._spoken_item())
                return True
        if event.type() == QEvent.Type.FocusOut and not self._closing:
            self._closing = True
            self.close()
        return super().eventFilter(watched, event)


class NameField(QLineEdit):
    """Edits a group's name in place."""

    def __init__(self, parent: QWidget, name: str, done: Callable[[str], None]) -> None:
        super().__init__(name, parent)
        self._parent = parent
        self._done = done
        self._ended = False
        self.setAccessibleName(_("Group name"))
        self.selectAll()

    def _end(self, keep: bool) -> None:
        if self._ended:
            return
        self._ended = True
        text = self.text()
        self.hide()
        self.deleteLater()
        if keep:
            self._done(text)
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)

    def drop(self) -> None:
        self._end(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._end(False)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end(True)  # not passed to the canvas
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._end(True)


class CanvasFind(QFrame):
    """A strip that finds layers of the network by name.

    Args:
        parent: the canvas.
        find: returns the ids of matching cards in network order.
        show: selects a card and brings it into view.
        reserve_bottom: reserves pixels at the canvas's lower edge.
    """

    def __init__(
        self,
        parent: QWidget,
        find: Callable[[str], list[str]],
        show: Callable[[str], object],
        reserve_bottom: Callable[[str, int], object],
    ) -> None:
        super().__init__(parent)
        self._parent, self._find, self._show = parent, find, show
        self._reserve_bottom = reserve_bottom
        self._matches: list[str] = []
        self._at = 0
        self.setObjectName("canvasFind")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAutoFillBackground(True)
        self.field = prepared(QLineEdit(self), placeholderText=_("Find a layer"))
        self.field.setAccessibleName(_("Find a layer on the canvas"))
        keys = key_text("Shift+Enter")
        self.field.setToolTip(
            _("Enter: next match. {keys}: previous match. Esc: close.", keys=keys)
        )
        self.count = QLabel(self)
        hbox(self.field, (self.count, 1), parent=self, margins=8)
        self.field.setMinimumWidth(min(_WIDTH, parent.width() // 2))
        self.count.setMinimumWidth(self.count.fontMetrics().horizontalAdvance("00 / 00"))
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)

    def open(self) -> None:
        height = self.sizeHint().height()
        self.setGeometry(0, self._parent.height() - height, self._parent.width(), height)
        self._reserve_bottom(self.objectName(), height)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _search(self, text: str) -> None:
        self._matches, self._at = self._find(text), 0
        self._go(0)

    def _go(self, by: int) -> None:
        if self._matches:
            self._at = (self._at + by) % len(self._matches)
            self._show(self._matches[self._at])
            words = f"{self._at + 1} / {len(self._matches)}"
        else:
            words = pgettext("layers found", "none") if self.field.text().strip() else ""
        self.count.setText(words)
        announce(self.field, words)

    def _end(self) -> None:
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._reserve_bottom(self.objectName(), 0)
        super().closeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                self._end()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                self._go(-1 if back else 1)
                return True
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.close()
        return super().eventFilter(watched, event)


def close_fields(widget: QWidget) -> None:
    """Close the searches and the name field of a canvas."""
    for search in (*widget.findChildren(LayerSearch), *widget.findChildren(CanvasFind)):
        search.close()
    for field in widget.findChildren(NameField):
        field.drop()
