"""A class of samples: its name, its colour, the button that records, and its thumbnails."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.ui.services.devices import THUMBNAIL
from netbuilder.ui.widgets.labels import note_label, show_text
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox

_UNREADABLE = Qt.ItemDataRole.UserRole + 1
_STRIPE = 5  # pixels of the class's colour


class ThumbnailList(QListWidget):
    """Thumbnails of samples; ``chosen(item)``: clicked, or Delete or Enter pressed."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.setGridSize(QSize(THUMBNAIL + 8, THUMBNAIL + 8))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setFixedHeight(2 * (THUMBNAIL + 8) + 8)
        self.itemClicked.connect(self.chosen.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in keys and self.currentItem() is not None:
            self.chosen.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class ClassCard(QFrame):
    """A class with its samples; ``hold_changed(bool)``: its button went down or up."""

    hold_changed = Signal(bool)
    files_asked = Signal()
    renamed = Signal(str)
    deleted = Signal(object)

    def __init__(self, name: str, color: QColor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.class_name, self.color = name, color
        self.edit = prepared(QLineEdit(name, self), accessibleName=_("Name of the class"))
        self.edit.setPlaceholderText(_("name of the class"))
        self.edit.editingFinished.connect(self._edited)
        self.count = prepared(QLabel(self), role="note")
        self.hold = QPushButton(self)
        self.hold.setAutoRepeat(False)
        self.hold.setAutoDefault(False)  # Enter in a name must not press anything
        self.hold.pressed.connect(partial(self.hold_changed.emit, True))
        self.hold.released.connect(partial(self.hold_changed.emit, False))
        self.files = prepared(QPushButton(_("Files…"), self), autoDefault=False)
        self.files.setToolTip(_("Add files as samples. You can also drop or paste them here."))
        self.files.clicked.connect(lambda _checked=False: self.files_asked.emit())
        self.trouble = note_label("", self, role="complaint")
        self.trouble.hide()
        self.samples = ThumbnailList(self)
        self.samples.chosen.connect(self._delete)
        vbox(
            hbox((self.edit, 1), self.count),
            hbox((self.hold, 1), self.files),
            self.trouble,
            self.samples,
            parent=self,
            margins=(12, 8, 8, 8),
        )
        self.show_name(name)
        self._counted()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.fillRect(1, 1, _STRIPE, self.height() - 2, self.color)

    @property
    def paths(self) -> list[Path]:
        items = (self.samples.item(row) for row in range(self.samples.count()))
        return [item.data(Qt.ItemDataRole.UserRole) for item in items]

    def show_name(self, name: str) -> None:
        self.class_name = name
        self.edit.setText(name)
        self.hold.setText(_("Hold to record"))
        self.hold.setAccessibleName(_("Hold to record samples of {name}", name=name))
        self.hold.setToolTip(_("Hold the button or the space bar to record samples."))
        self.files.setAccessibleName(_("Add files to {name}", name=name))
        self.samples.setAccessibleName(_("Samples of {name}", name=name))
        self.complain("")

    def complain(self, words: str) -> None:
        show_text(self.trouble, words)

    def add(self, path: Path, image: QImage) -> None:
        item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), "")
        item.setData(Qt.ItemDataRole.UserRole, path)
        item.setData(_UNREADABLE, image.isNull())
        if image.isNull():
            item.setIcon(QIcon(_no_picture(self.palette().color(self.foregroundRole()))))
        unreadable = _("{name} (cannot be read)", name=path.name)
        title = unreadable if image.isNull() else path.name
        item.setToolTip(_("{name}: click to delete", name=title))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, title)
        self.samples.addItem(item)
        self.samples.scrollToBottom()
        self._counted()

    def moved(self, folder: Path) -> None:
        for row in range(self.samples.count()):
            item = self.samples.item(row)
            path = folder / item.data(Qt.ItemDataRole.UserRole).name
            item.setData(Qt.ItemDataRole.UserRole, path)

    def take(self, path: Path) -> None:
        row = self.paths.index(path)
        self.samples.takeItem(row)
        self._counted()

    def _edited(self) -> None:
        if self.edit.text() != self.class_name:
            self.renamed.emit(self.edit.text())

    def _delete(self, item: QListWidgetItem) -> None:
        self.deleted.emit(item.data(Qt.ItemDataRole.UserRole))

    @property
    def readable(self) -> int:
        items = (self.samples.item(row) for row in range(self.samples.count()))
        return sum(not item.data(_UNREADABLE) for item in items)

    def _counted(self) -> None:
        readable, broken = self.readable, self.samples.count() - self.readable
        if broken:
            words = ngettext(
                "{count} sample, {broken} unreadable",
                "{count} samples, {broken} unreadable",
                readable,
                broken=broken,
            )
        else:
            words = ngettext("{count} sample", "{count} samples", readable)
        self.count.setText(words)


def _no_picture(color: QColor) -> QPixmap:
    picture = QPixmap(THUMBNAIL, THUMBNAIL)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setPen(color)
        painter.drawRect(0, 0, THUMBNAIL - 1, THUMBNAIL - 1)
        painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, "?")
    return picture
