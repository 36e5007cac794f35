"""Search for an action of the window by its words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOption,
    QStyleOptionViewItem,
    QWidget,
)

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import announce
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.widgets.model_index import Index
from netbuilder.ui.window.action import WindowActions, sequences

#: Commands visible at once.
_MOST = 14


_KEYS = Qt.ItemDataRole.UserRole + 1


class _KeysAtTheRight(QStyledItemDelegate):
    """Draws the shortcut of a command at the right."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        rect: QRect = option.rect
        painter.setPen(QColor(theme.colors().secondary))
        painter.setFont(theme.ui_font(theme.SMALL))
        middle = Qt.AlignmentFlag.AlignVCenter
        keys = str(index.data(_KEYS) or "")
        painter.drawText(rect.adjusted(0, 0, -8, 0), middle | Qt.AlignmentFlag.AlignRight, keys)


class CommandSearch(Dialog):
    """A search field with a list; Enter runs the selected command."""

    def __init__(self, actions: WindowActions, parent: QWidget) -> None:
        super().__init__(parent)
        prepared(self, objectName="commandSearch", windowTitle=_("Search commands"))
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # its corners are round
        self._actions, self._room = actions, parent.height()
        self.line = prepared(QLineEdit(self), placeholderText=_("What do you want to do?"))
        self.line.setClearButtonEnabled(True)
        self.line.setAccessibleName(_("Command"))
        self.list = prepared(QListWidget(self), uniformItemSizes=True, accessibleName=_("Commands"))
        self.list.setItemDelegate(_KeysAtTheRight(self.list))
        self.list.currentItemChanged.connect(self._announce)
        self.nothing = note_label("", self)
        heading = note_label(self.windowTitle(), self)
        layout = vbox(heading, self.line, self.list, self.nothing, parent=self, margins=8)
        self.line.setMinimumWidth(max(436, 50 * self.fontMetrics().averageCharWidth()))
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self.line.textChanged.connect(self._show)
        self.line.returnPressed.connect(self._do)
        self.list.itemActivated.connect(lambda _item: self._do())
        self.line.installEventFilter(self)
        self._show("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOption()
        option.initFrom(self)
        with QPainter(self) as painter:
            self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show(self.line.text())  # row heights depend on the stylesheet

    def _show(self, text: str) -> None:
        self.list.clear()
        for row in self._actions.matching(text):
            action = self._actions[row.id]
            keys = sequences(row.shortcut)
            key = keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
            title = row.title.replace("&", "")
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, row.id)
            item.setData(_KEYS, key)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title} {key}".strip())
            item.setToolTip(row.help)
            if not action.isEnabled():
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        count, line = self.list.count(), max(self.list.sizeHintForRow(0), 1)
        room = max(self._room // line - 4, 3)
        self.list.setFixedHeight(min(count, _MOST, room) * line)
        self.list.setHidden(not count)
        self.nothing.setText(
            _(
                "No command contains “{text}”. The context menu of a layer ({keys}) "
                "has more commands.",
                text=text,
                keys=key_text("Shift+F10"),
            )
        )
        self.nothing.setHidden(bool(count))
        self.list.setCurrentRow(0)

    def _announce(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            announce(self.list, item.data(Qt.ItemDataRole.AccessibleTextRole))

    def _do(self) -> None:
        item = self.list.currentItem()
        if item is None or item.data(Qt.ItemDataRole.UserRole) is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        if not action.isEnabled():
            return
        self.accept()
        action.trigger()
