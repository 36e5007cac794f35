"""Search for an action of the window by its words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import announce
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.window.action import WindowActions, sequences

#: Commands visible at once.
_MOST = 14


class CommandSearch(Dialog):
    """A search field with a list; Enter runs the selected command."""

    def __init__(self, actions: WindowActions, parent: QWidget) -> None:
        super().__init__(parent)
        prepared(self, objectName="commandSearch", windowTitle=_("Search commands"))
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self._actions, self._room = actions, parent.height()
        self.line = prepared(QLineEdit(self), placeholderText=_("What do you want to do?"))
        self.line.setClearButtonEnabled(True)
        self.line.setAccessibleName(_("Command"))
        self.list = prepared(QListWidget(self), uniformItemSizes=True, accessibleName=_("Commands"))
        self.list.currentTextChanged.connect(lambda text: announce(self.list, text))
        self.nothing = note_label("", self)
        layout = vbox(self.line, self.list, self.nothing, parent=self, margins=12, spacing=8)
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
            item = QListWidgetItem(f"{title}    {key}" if key else title)
            item.setData(Qt.ItemDataRole.UserRole, row.id)
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

    def _do(self) -> None:
        item = self.list.currentItem()
        if item is None or item.data(Qt.ItemDataRole.UserRole) is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        if not action.isEnabled():
            return
        self.accept()
        action.trigger()
