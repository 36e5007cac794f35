"""Collect samples: what the camera sees or the microphone hears, and a card for each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QHideEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPixmap,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.data.readers.sample_collection import (
    RemovedSample,
    SampleCollection,
    check_class_name,
    write_sample,
)
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.services import jobs
from netbuilder.ui.services.devices import (
    THUMBNAIL,
    Camera,
    Microphone,
    SampleSource,
    TakenSample,
)
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.file_dialogs import ask_folder
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, hbox, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

_UNREADABLE = Qt.ItemDataRole.UserRole + 1


class ThumbnailList(QListWidget):
    """Small pictures of samples; ``chosen(item)`` by a click, or by Delete or Enter on one."""

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
    """``held(bool)``: the button went down or up; ``renamed(new name)``; ``deleted(path)``."""

    held = Signal(bool)
    renamed = Signal(str)
    deleted = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.class_name = name
        self.edit = QLineEdit(name, self)
        self.edit.setAccessibleName(_("Name of the class"))
        self.edit.setPlaceholderText(_("name of the class"))
        self.edit.editingFinished.connect(self._edited)
        self.count = QLabel(self)
        self.count.setProperty("role", "note")
        self.hold = QPushButton(self)
        self.hold.setAutoRepeat(False)
        self.hold.pressed.connect(partial(self.held.emit, True))
        self.hold.released.connect(partial(self.held.emit, False))
        self.trouble = note_label("", self, role="complaint")
        self.trouble.hide()
        self.samples = ThumbnailList(self)
        self.samples.chosen.connect(self._delete)
        vbox(
            hbox((self.edit, 1), self.count, self.hold),
            self.trouble,
            self.samples,
            parent=self,
            margins=(10, 8, 10, 8),
            spacing=6,
        )
        self.show_name(name)
        self._counted()

    @property
    def paths(self) -> list[Path]:
        """The files of the samples that are shown."""
        items = (self.samples.item(row) for row in range(self.samples.count()))
        return [item.data(Qt.ItemDataRole.UserRole) for item in items]

    def show_name(self, name: str) -> None:
        self.class_name = name
        self.edit.setText(name)
        self.hold.setText(_("Hold to collect"))
        self.hold.setAccessibleName(_("Hold to collect samples of {name}", name=name))
        self.hold.setToolTip(_("Hold the button or the space bar to collect samples."))
        self.samples.setAccessibleName(_("Samples of {name}", name=name))
        self.complain("")

    def complain(self, words: str) -> None:
        """Say what is wrong with the name."""
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))

    def add(self, path: Path, image: QImage) -> None:
        """Show one more sample."""
        item = QListWidgetItem(QIcon(QPixmap.fromImage(image)), "")
        item.setData(Qt.ItemDataRole.UserRole, path)
        item.setData(_UNREADABLE, image.isNull())
        if image.isNull():
            item.setIcon(QIcon(_no_picture(self.palette().color(self.foregroundRole()))))
        unreadable = _("{name} (cannot be read)", name=path.name)
        shown = unreadable if image.isNull() else path.name
        item.setToolTip(_("{name}: click to delete", name=shown))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, shown)
        self.samples.addItem(item)
        self.samples.scrollToBottom()
        self._counted()

    def moved(self, folder: Path) -> None:
        """The samples lie in another folder now."""
        for row in range(self.samples.count()):
            item = self.samples.item(row)
            path = folder / item.data(Qt.ItemDataRole.UserRole).name
            item.setData(Qt.ItemDataRole.UserRole, path)

    def take(self, path: Path) -> None:
        """Show a sample no more."""
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
        """How many samples there are to learn from."""
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
    """A question mark in the place of a sample that cannot be read."""
    picture = QPixmap(THUMBNAIL, THUMBNAIL)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(color)
    painter.drawRect(0, 0, THUMBNAIL - 1, THUMBNAIL - 1)
    painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, "?")
    painter.end()
    return picture


#: What makes a source, by the word on its button.
SOURCES: Mapping[str, Callable[[QObject], SampleSource]] = {
    N_("Pictures"): Camera,
    N_("Sounds"): Microphone,
}
VIEW = 240
_FEWEST = 2


class CollectWindow(Dialog):
    """``used(folder)``: learn from what lies there.

    Args:
        place: the folder in which each kind of sample has its own ("pictures", "sounds").
        current: the folder that is learned from now; where it holds samples, they become more.
        sources: what the buttons at the top offer; another one in tests.
    """

    used = Signal(object)

    def __init__(
        self,
        place: Path,
        parent: QWidget | None = None,
        *,
        current: Path | None = None,
        sources: Mapping[str, Callable[[QObject], SampleSource]] = SOURCES,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Collect samples"))
        self.resize(820, 560)
        self._place, self._current, self._sources = place, current, sources
        self._source: SampleSource | None = None
        self._collecting: ClassCard | None = None
        self._removed: list[RemovedSample] = []
        self._writing: list[jobs.Job] = []
        self.cards: list[ClassCard] = []
        self._build()
        self.choose_kind(next(iter(sources)))

    def _build(self) -> None:
        self.notices = CardList(self)
        top, left, bottom = self._top(), self._left(), self._bottom()
        vbox(
            top,
            self.notices,
            (hbox(left, (self._classes(), 1), spacing=16), 1),
            bottom,
            parent=self,
        )
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in a name must not press anything
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self._put_back)

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def _top(self) -> QHBoxLayout:
        self.kinds = {
            name: self._button(_(name), partial(self.choose_kind, name)) for name in self._sources
        }
        self.device = NoWheelComboBox(self)
        self.device.setAccessibleName(_("Device"))
        self.device.activated.connect(lambda _row: self._open())
        self.again = self._button(_("Try again"), self._open)
        row = QHBoxLayout()
        for button in self.kinds.values():
            button.setCheckable(True)
            button.setAutoExclusive(True)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.device)
        row.addWidget(self.again)
        return row

    def _left(self) -> QVBoxLayout:
        self.view = QLabel(self)
        self.view.setFixedSize(VIEW, VIEW)
        self.view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view.setAccessibleName(_("Camera picture or sound level"))
        self.level = QProgressBar(self)
        self.level.setTextVisible(False)
        self.level.setRange(0, 100)
        self.level.setFixedWidth(VIEW)
        self.level.setAccessibleName(_("Sound level"))
        self.about = note_label("", self)
        self.about.setFixedWidth(VIEW)
        return vbox(self.view, self.level, self.about, STRETCH)

    def _classes(self) -> QScrollArea:
        self.more = self._button(_("Add a class"), self.add_class)
        page = QWidget(self)
        page.setProperty("role", "page")
        self._list = vbox(
            (self.more, 0, Qt.AlignmentFlag.AlignLeft), STRETCH, parent=page, margins=(0, 0, 6, 0)
        )
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Classes"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        return scroll

    def _bottom(self) -> QHBoxLayout:
        self.where = note_label("", self)
        self.folder_button = self._button(_("Choose another folder…"), self._ask_folder)
        self.put_back = self._button(_("Restore"), self._put_back)
        self.put_back.setToolTip(
            _("Restore the sample that you deleted last ({keys}).", keys=key_text("Ctrl+Z"))
        )
        self.use = self._button(_("Use these samples"), self._use)
        self.use.setProperty("role", "primary")
        return hbox((self.where, 1), self.folder_button, self.put_back, self.use)

    @property
    def source(self) -> SampleSource:
        assert self._source is not None
        return self._source

    def choose_kind(self, name: str) -> None:
        self._close_source()
        self.kinds[name].setChecked(True)
        source = self._source = self._sources[name](self)
        source.shown.connect(self._show)
        source.level.connect(lambda part: self.level.setValue(round(100 * part)))
        source.taken.connect(self._taken)
        source.failed.connect(self._failed)
        self.level.setVisible(source.heard)
        self.about.setText(_(source.hint))
        self._take_folder(self._begin(source))
        self._open(0)

    def _begin(self, source: SampleSource) -> SampleCollection:
        if self._current is not None:
            found = SampleCollection(self._current, source.ending)
            if any(found.samples(name) for name in found.classes):
                return found
        return SampleCollection(self._place / source.many, source.ending)

    def _take_folder(self, collection: SampleCollection) -> None:
        self._collection, self._removed = collection, []
        for card in self.cards:
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []
        self.where.setText(_("Saved in {folder}", folder=collection.folder))
        self.where.setToolTip(str(collection.folder))
        try:
            names = collection.classes
        except UserError as error:
            self._failed(error.what, error.fix)
            names = ()
        for name in names:
            card = self.add_class(name)
            jobs.run_job(
                partial(_thumbnails, self.source, collection.samples(name)),
                partial(self._shown_old, card),
                name="thumbnails",
                owner=card,
            )
        while len(self.cards) < _FEWEST:
            self.add_class()
        self._refresh()

    def _shown_old(self, card: ClassCard, found: list[tuple[Path, QImage]]) -> None:
        for path, image in found:
            card.add(path, image)
        self._refresh()

    def add_class(self, name: str = "") -> ClassCard:
        """One more card; without a name, "class 3" and so on."""
        taken = {card.class_name.casefold() for card in self.cards}
        number = len(self.cards) + 1
        while not name:
            proposed = _("class {number}", number=number)
            name = "" if proposed.casefold() in taken else proposed
            number += 1
        card = ClassCard(name, self)
        card.hold.setAutoDefault(False)
        card.held.connect(partial(self._held, card))
        card.renamed.connect(partial(self._rename, card))
        card.deleted.connect(partial(self._delete, card))
        self._list.insertWidget(len(self.cards), card)
        self.cards.append(card)
        return card

    def _open(self, device: int | None = None) -> None:
        chosen = self.device.currentIndex() if device is None else device
        self.notices.clear()
        self.view.setText("")
        source = self.source
        source.close()
        source.open(max(0, chosen))
        working = not self.notices.cards
        names = source.devices() if working else []
        self.device.clear()
        self.device.addItems(names)
        if names:
            self.device.setCurrentIndex(min(max(0, chosen), len(names) - 1))
        self.device.setVisible(len(names) > 1)
        self.again.setVisible(not working)
        for card in self.cards:
            card.hold.setEnabled(working)

    def _failed(self, what: str, fix: str) -> None:
        self.notices.clear()
        self.notices.add(RoleBox("warning", what, fix, self))
        self.again.show()

    def _show(self, image: QImage) -> None:
        fitted = image.scaled(
            VIEW,
            VIEW,
            Qt.AspectRatioMode.KeepAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        self.view.setPixmap(QPixmap.fromImage(fitted))

    def _held(self, card: ClassCard, on: bool) -> None:
        if on:
            self._collecting = card
        self.source.collect(on)

    def _taken(self, taken: TakenSample) -> None:
        card = self._collecting
        if card is None:
            return
        path = self._collection.next_path(card.class_name)
        card.add(path, taken.image)
        self._refresh()
        job = jobs.run_job(
            lambda: write_sample(path, taken.content()),
            None,
            partial(self._not_written, card, path),
            name="sample",
            owner=card,
        )
        self._writing.append(job)
        job.finished.connect(partial(self._writing.remove, job))

    def wait_for_writes(self) -> None:
        """Wait for the samples on their way to the disk, before their files are touched."""
        for job in self._writing:
            job.wait()

    def _not_written(self, card: ClassCard, path: Path, error: Exception) -> None:
        self.source.collect(False)
        if path in card.paths:
            card.take(path)
        self._refresh()
        what, fix = (error.what, error.fix) if isinstance(error, UserError) else (str(error), "")
        self._failed(what, fix)

    def _rename(self, card: ClassCard, text: str) -> None:
        others = [one.class_name for one in self.cards if one is not card]
        try:
            name = check_class_name(text, others)
            self.wait_for_writes()
            self._collection.rename(card.class_name, name)
        except UserError as error:
            card.complain(str(error))
            return
        card.moved(self._collection.folder / name)
        old, card.class_name = card.class_name, name
        self._removed = [
            RemovedSample(self._collection.folder / name / one.path.name, one.content)
            if one.path.parent.name == old
            else one
            for one in self._removed
        ]
        card.show_name(name)

    def _delete(self, card: ClassCard, path: Path) -> None:
        self.wait_for_writes()
        try:
            self._removed.append(self._collection.remove(path))
        except UserError as error:
            self._failed(error.what, error.fix)
            return
        card.take(path)
        self._refresh()

    def _put_back(self) -> None:
        if not self._removed:
            return
        removed = self._removed[-1]
        try:
            self._collection.put_back(removed)
        except UserError as error:
            self._failed(error.what, error.fix)
            return
        self._removed.pop()
        card = next(one for one in self.cards if one.class_name == removed.path.parent.name)
        for path, image in _thumbnails(self.source, (removed.path,)):
            card.add(path, image)
        self._refresh()

    def _refresh(self) -> None:
        self.put_back.setVisible(bool(self._removed))
        full = sum(card.readable > 1 for card in self.cards)
        self.use.setEnabled(full >= _FEWEST)
        self.use.setToolTip(
            ngettext(
                "Collect samples of {count} more class first.",
                "Collect samples of {count} more classes first.",
                _FEWEST - full,
            )
            if full < _FEWEST
            else _("Train on these samples.")
        )

    def _ask_folder(self) -> None:
        start = self._collection.folder.parent
        path = ask_folder(self, _("Folder for the samples"), start)
        if path is not None:
            self._take_folder(SampleCollection(path, self.source.ending))

    def _use(self) -> None:
        self._close_source()
        self.wait_for_writes()
        self.used.emit(self._collection.folder)
        self.accept()

    def _close_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()
            source.deleteLater()

    def hideEvent(self, event: QHideEvent) -> None:
        self._close_source()
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._close_source()
        super().closeEvent(event)


def _thumbnails(source: SampleSource, paths: tuple[Path, ...]) -> list[tuple[Path, QImage]]:
    return [(path, source.thumbnail(path)) for path in paths]
