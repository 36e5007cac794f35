"""Collect samples: the classes, what the camera sees or the microphone hears, and the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QImage,
    QKeySequence,
    QPixmap,
    QShortcut,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
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
from netbuilder.core.formats.registry import FORMATS
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Project
from netbuilder.ui.capture.class_cards import ClassCard
from netbuilder.ui.capture.training_column import TrainingColumn
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.services import jobs
from netbuilder.ui.services.devices import Camera, Microphone, SampleSource, TakenSample
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style.shortcuts import key_text
from netbuilder.ui.widgets.accessible_roles import scrolled_page
from netbuilder.ui.widgets.file_dialogs import ask_files, ask_folder, ask_open
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, dispose, hbox, prepared, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

#: Factories of sources, by the text of their button.
SOURCES: Mapping[str, Callable[[QObject], SampleSource]] = {
    N_("Pictures"): Camera,
    N_("Sounds"): Microphone,
}
VIEW = 320
_FEWEST = 2
_LIVE_MS = 150


class CollectWindow(Dialog):
    """Classes at the left, the device in the middle, training and prediction at the right.

    ``place`` has a subfolder per kind of sample ("pictures", "sounds"); samples in ``current`` are
    added to. ``begin(project)`` puts a project on the canvas, if the user agrees.
    ``used(folder)``: the main window continues with the samples. ``page_requested``: save the
    trained network as a web page.
    """

    used = Signal(object)
    page_requested = Signal()

    def __init__(
        self,
        place: Path,
        workbench: Workbench,
        runner: Runner,
        parent: QWidget | None = None,
        *,
        begin: Callable[[Project], bool],
        current: Path | None = None,
        sources: Mapping[str, Callable[[QObject], SampleSource]] = SOURCES,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Collect samples"))
        self.resize(1080, 620)
        self.setAcceptDrops(True)
        self._workbench, self._runner, self._begin = workbench, runner, begin
        self._place, self._current, self._sources = place, current, sources
        self._source: SampleSource | None = None
        self._collecting: ClassCard | None = None
        self._removed: list[RemovedSample] = []
        self._writing: list[jobs.Job] = []
        self.cards: list[ClassCard] = []
        self._build()
        self._live = QTimer(self, interval=_LIVE_MS)
        self._live.timeout.connect(self._predict)
        self._live.start()
        self.choose_kind(next(iter(sources)))

    def _build(self) -> None:
        self.notices = CardList(self)
        self.training = TrainingColumn(self._workbench, self._runner, self._begin, self)
        self.training.train_asked.connect(self._train)
        self.training.failed.connect(self._show_error)
        self.training.trained_changed.connect(self._refresh)
        top, middle, bottom = self._top(), self._device_view(), self._bottom()
        vbox(
            top,
            self.notices,
            (hbox((self._classes(), 1), middle, self.training, spacing=16), 1),
            bottom,
            parent=self,
        )
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter in a name must not press anything
        QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), self, self._put_back)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self, self._paste)

    def _button(self, text: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def _top(self) -> QHBoxLayout:
        self.kinds = {
            name: self._button(_(name), partial(self.choose_kind, name)) for name in self._sources
        }
        self.device = prepared(NoWheelComboBox(self), accessibleName=_("Device"))
        self.device.activated.connect(lambda _row: self._open())
        self.again = self._button(_("Try again"), self._open)
        for button in self.kinds.values():
            prepared(button, checkable=True, autoExclusive=True)
        return hbox(*self.kinds.values(), STRETCH, self.device, self.again)

    def _device_view(self) -> QVBoxLayout:
        self.view = QLabel(self)
        self.view.setFixedSize(VIEW, VIEW)
        self.view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view.setWordWrap(True)
        self.view.setAccessibleName(_("Camera picture or sound level"))
        self.level = prepared(QProgressBar(self), textVisible=False)
        self.level.setRange(0, 100)
        self.level.setFixedWidth(VIEW)
        self.level.setAccessibleName(_("Sound level"))
        self.about = note_label("", self)
        self.about.setFixedWidth(VIEW)
        self.test_file = self._button(_("Predict for a file…"), self._ask_test_file)
        return vbox(self.view, self.level, self.about, self.test_file, STRETCH)

    def _classes(self) -> QScrollArea:
        self.more = self._button(_("Add a class"), self.add_class)
        page = prepared(QWidget(self), role="page")
        self._list = vbox(
            (self.more, 0, Qt.AlignmentFlag.AlignLeft), STRETCH, parent=page, margins=(0, 0, 8, 0)
        )
        return scrolled_page(page, _("Classes"), self)

    def _bottom(self) -> QHBoxLayout:
        self.where = note_label("", self)
        self.folder_button = self._button(_("Choose another folder…"), self._ask_folder)
        self.put_back = self._button(_("Restore"), self._put_back)
        self.put_back.setToolTip(
            _("Restore the sample that you deleted last ({keys}).", keys=key_text("Ctrl+Z"))
        )
        self.page = self._button(_("Web page…"), self.page_requested.emit)
        self.page.setObjectName("save_web_page")
        self.page.setToolTip(_(next(row.help for row in FORMATS if row.name == "web")))
        self.use = self._button(_("Use these samples"), self._use)
        return hbox((self.where, 1), self.folder_button, self.put_back, self.page, self.use)

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
        source.failed.connect(lambda _error, _fix: self.view.setText(_(source.without_device)))
        self.level.setVisible(source.heard)
        self.about.setText(_(source.hint))
        self._take_folder(self._collection_for(source))
        self._open(0)

    def _collection_for(self, source: SampleSource) -> SampleCollection:
        if self._current is not None:
            collection = SampleCollection(self._current, source.ending)
            if any(collection.samples(name) for name in collection.classes):
                return collection
        return SampleCollection(self._place / source.many, source.ending)

    def _take_folder(self, collection: SampleCollection) -> None:
        self._collection, self._removed = collection, []
        for card in self.cards:
            self._list.removeWidget(card)
            dispose(card)
        self.cards = []
        self.where.setText(_("Saved in {folder}", folder=collection.folder))
        self.where.setToolTip(str(collection.folder))
        try:
            names = collection.classes
        except UserError as error:
            self._show_error(error)
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

    def _shown_old(self, card: ClassCard, samples: list[tuple[Path, QImage]]) -> None:
        for path, image in samples:
            card.add(path, image)
        self._refresh()

    def add_class(self, name: str = "") -> ClassCard:
        """Add a card; an empty name becomes "class 3" and so on."""
        taken = {card.class_name.casefold() for card in self.cards}
        number = len(self.cards) + 1
        while not name:
            proposed = _("class {number}", number=number)
            name = "" if proposed.casefold() in taken else proposed
            number += 1
        card = ClassCard(name, class_color(len(self.cards)), self)
        card.hold_changed.connect(partial(self._held, card))
        card.files_asked.connect(partial(self._ask_files, card))
        card.renamed.connect(partial(self._rename, card))
        card.deleted.connect(partial(self._delete, card))
        card.hold.setEnabled(not self.again.isVisibleTo(self))
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
        self.about.setVisible(working)
        for card in self.cards:
            card.hold.setEnabled(working)

    def _show_error(self, error: Exception) -> None:
        message, fix = (error.what, error.fix) if isinstance(error, UserError) else (str(error), "")
        self._failed(message, fix)

    def _failed(self, message: str, fix: str) -> None:
        self.notices.clear()
        self.notices.add(RoleBox("warning", message, fix, self))
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
        if self._collecting is not None:
            self._keep(self._collecting, taken)

    def _keep(self, card: ClassCard, taken: TakenSample) -> None:
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
        """Wait until all samples are on disk, before their files are touched."""
        for job in self._writing:
            job.wait()

    def _not_written(self, card: ClassCard, path: Path, error: Exception) -> None:
        self.source.collect(False)
        if path in card.paths:
            card.take(path)
        self._refresh()
        self._show_error(error)

    def _rename(self, card: ClassCard, text: str) -> None:
        others = [other.class_name for other in self.cards if other is not card]
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
            RemovedSample(self._collection.folder / name / sample.path.name, sample.content)
            if sample.path.parent.name == old
            else sample
            for sample in self._removed
        ]
        card.show_name(name)

    def _delete(self, card: ClassCard, path: Path) -> None:
        self.wait_for_writes()
        try:
            self._removed.append(self._collection.remove(path))
        except UserError as error:
            self._show_error(error)
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
            self._show_error(error)
            return
        self._removed.pop()
        card = next(card for card in self.cards if card.class_name == removed.path.parent.name)
        for path, image in _thumbnails(self.source, (removed.path,)):
            card.add(path, image)
        self._refresh()

    def _refresh(self) -> None:
        self.put_back.setVisible(bool(self._removed))
        full = sum(card.readable > 1 for card in self.cards)
        colors = {card.class_name: card.color for card in self.cards if card.readable}
        samples = [path for card in self.cards for path in card.paths]
        folder = self._collection.folder
        self.training.show_classes(folder, colors, samples, enough=full >= _FEWEST)
        trained = self.training.model is not None
        missing = ngettext(
            "Collect samples of {count} more class first.",
            "Collect samples of {count} more classes first.",
            _FEWEST - full,
        )
        self.training.train.setToolTip(missing if full < _FEWEST else "")
        self.page.setVisible(trained)
        self.use.setEnabled(trained or full >= _FEWEST)
        self.use.setText(_("Take it to the canvas") if trained else _("Use these samples"))
        if trained:
            words = _("Go on in the main window with this network, its samples and its run.")
        else:
            words = _("Build a network for these samples in the main window.")
        self.use.setToolTip(words if self.use.isEnabled() else missing)

    def _train(self) -> None:
        self.notices.clear()
        self.wait_for_writes()
        self.training.start()

    def _predict(self) -> None:
        sample = self._source.latest() if self._source is not None else None
        if sample is not None:
            self.training.predict(sample, self.source.ending)

    def _ask_files(self, card: ClassCard) -> None:
        self.add_files(card, ask_files(self, _("Add samples to {name}", name=card.class_name)))

    def _ask_test_file(self) -> None:
        path = ask_open(self, _("Predict for a file"))
        if path is not None:
            self.add_files(None, (path,))

    def add_files(self, card: ClassCard | None, paths: Sequence[Path]) -> None:
        """Add files and the contents of folders to a class, or show the first one."""
        source = self.source

        def read() -> list[TakenSample | None]:
            files = (
                file
                for path in paths
                for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
                if file.is_file()
            )
            return [source.from_file(file) for file in files]

        def show(samples: list[TakenSample | None]) -> None:
            readable = [sample for sample in samples if sample is not None]
            if source is not self._source:
                return
            if card is not None:
                for sample in readable:
                    self._keep(card, sample)
            elif readable:
                source.look_at(readable[0])
            unreadable = len(samples) - len(readable)
            if unreadable:
                words = ngettext(
                    "{count} file is no sample and was left out.",
                    "{count} files are no samples and were left out.",
                    unreadable,
                )
                self._failed(words, _(source.files_hint))

        if paths:
            jobs.run_job(read, show, self._show_error, name="sample files", owner=self)

    def _card_at(self, widget: QWidget | None) -> ClassCard | None:
        while widget is not None and not isinstance(widget, ClassCard):
            widget = widget.parentWidget()
        return widget

    def _paste(self) -> None:
        card = self._card_at(QApplication.focusWidget()) or self.cards[0]
        self._take_mime(card, QApplication.clipboard().mimeData())

    def _take_mime(self, card: ClassCard | None, data: QMimeData) -> None:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if paths:
            self.add_files(card, paths)
        elif data.hasImage():
            sample = self.source.from_image(QImage(data.imageData()))
            if sample is not None and card is not None:
                self._keep(card, sample)
            elif sample is not None:
                self.source.look_at(sample)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._take_mime(self._card_at(self.childAt(event.position().toPoint())), event.mimeData())

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
