"""The class at work: a tile for each pupil, and one network on the projector."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from netbuilder.core.errors import UserError
from netbuilder.core.grading import class_progress
from netbuilder.core.grading.class_progress import Progress, Pupil
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import explain_os_error
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_duration, format_number, format_percent, join_sentences
from netbuilder.ui.services import jobs
from netbuilder.ui.services.class_membership import FOLDER, ClassMembership, shared_folder
from netbuilder.ui.services.settings import settings
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.file_dialogs import ask_folder
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import hbox, prepared, vbox
from netbuilder.ui.widgets.model_index import Index

_PUPIL = Qt.ItemDataRole.UserRole
_TILE = QSize(206, 92)  # pixels: thirty at 1366x768
_BAND, _DOT, _MOST_DOTS = 5, 9, 14
_TITLE = "class/title"
_BINS = 12


def result_text(progress: Progress) -> str:
    """Return a pupil's best result in words; "" without one."""
    if progress.best is None:
        return ""
    if "acc" in progress.metric:
        return _("{share} correct", share=format_percent(progress.best))
    return _("loss = {value}", value=format_number(progress.best, ".3g"))


def state_text(pupil: Pupil) -> str:
    """Return in words where a pupil is."""
    progress = pupil.progress
    if pupil.silent:
        return _("silent for {time}", time=format_duration(pupil.age))
    if pupil.finished:
        return _("all steps done")
    if not progress.steps:
        return _("no lesson open")
    where = _("step {number} of {count}", number=progress.step, count=progress.steps)
    return f"{where} · {format_duration(progress.seconds)}"


class _TileDelegate(QStyledItemDelegate):
    """Paints a pupil: a band with the state, name, step, steps as dots, best result."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        lines = option.fontMetrics.height() * 3 + 44
        return QSize(_TILE.width(), max(_TILE.height(), lines))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        pupil: Pupil = index.data(_PUPIL)
        scheme = theme.colors()
        place = QRectF(option.rect).adjusted(4, 4, -4, -4)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(QColor(scheme.accent if selected else scheme.border), 2 if selected else 1)
        )
        painter.setBrush(QColor(scheme.raised))
        painter.drawRoundedRect(place, 6, 6)
        color = _state_color(pupil)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(QRectF(place.left(), place.top(), _BAND, place.height()), 2, 2)
        metrics = option.fontMetrics
        inner = place.adjusted(_BAND + 8, 6, -8, -6).toRect()
        line = QRect(inner.left(), inner.top(), inner.width(), metrics.height())
        painter.setPen(QColor(scheme.secondary if pupil.silent else scheme.text))
        font = option.font
        font.setBold(True)
        painter.setFont(font)
        sign = _sign(pupil)
        room = line.width() - metrics.horizontalAdvance(sign) - 8
        name = painter.fontMetrics().elidedText(
            pupil.progress.name, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(color)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, sign)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(scheme.secondary))
        line.translate(0, metrics.height() + 2)
        self._text(painter, line, state_text(pupil))
        line.translate(0, metrics.height() + 2)
        self._text(painter, line, result_text(pupil.progress))
        self._dots(painter, inner, pupil)
        painter.restore()

    @staticmethod
    def _text(painter: QPainter, line: QRect, words: str) -> None:
        elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, elided)

    @staticmethod
    def _dots(painter: QPainter, inner: QRect, pupil: Pupil) -> None:
        """Draw the steps: full ones are done, the current one has an edge."""
        scheme, progress = theme.colors(), pupil.progress
        pitch = min(_DOT + 4.0, inner.width() / max(progress.steps, 1))
        size = max(3.0, min(_DOT, pitch - 2))
        for number in range(1, progress.steps + 1):
            done = number in progress.done
            painter.setBrush(QColor(scheme.train if done else scheme.well))
            edge = scheme.text if number == progress.step else scheme.border
            painter.setPen(QPen(QColor(edge), 1.5 if number == progress.step else 1))
            left = inner.left() + (number - 1) * pitch
            painter.drawEllipse(QRectF(left, inner.bottom() - size, size, size))


def _state_color(pupil: Pupil) -> QColor:
    scheme = theme.colors()
    if pupil.silent:
        return QColor(scheme.border)
    if pupil.finished:
        return QColor(scheme.train)
    return QColor(scheme.warning if pupil.stuck else scheme.accent)


def _sign(pupil: Pupil) -> str:
    """Return the state as a sign, for people who do not tell the colours apart."""
    if pupil.silent:
        return "–"
    return "✓" if pupil.finished else "!" if pupil.stuck else ""


class ResultBars(QWidget):
    """Distribution of the pupils' best results between the least and the greatest."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(168, 44)
        self._counts: list[int] = []
        self._ends = ("", "")

    def show_results(self, results: list[Progress]) -> None:
        values = [progress.best for progress in results if progress.best is not None]
        self._counts = class_progress.histogram(values, _BINS) if values else []
        least = min(results, key=lambda progress: progress.best or 0.0) if values else Progress()
        most = max(results, key=lambda progress: progress.best or 0.0) if values else Progress()
        self._ends = (_short(least), _short(most))
        self.setAccessibleName(
            _("Results from {low} to {high}", low=self._ends[0], high=self._ends[1])
        )
        self.setToolTip(self.accessibleName() if values else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._counts:
            return
        with QPainter(self) as painter:
            height = self.height() - self.fontMetrics().height() - 2
            width = self.width() / _BINS
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colors().accent))
            for place, count in enumerate(self._counts):
                tall = height * count / max(self._counts)
                painter.drawRect(QRectF(place * width + 1, height - tall, width - 2, tall))
            painter.setPen(QColor(theme.colors().secondary))
            below = self.rect().adjusted(0, height, 0, 0)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._ends[0])
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, self._ends[1])


def _short(progress: Progress) -> str:
    if progress.best is None:
        return ""
    if "acc" in progress.metric:
        return format_percent(progress.best)
    return format_number(progress.best, ".3g")


class ClassWindow(Dialog):
    """The teacher's view of a class.

    Args:
        show_project: puts a pupil's project on the canvas as a presentation.
    """

    ended = Signal()

    def __init__(
        self,
        membership: ClassMembership,
        show_project: Callable[[Project], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("Class"))
        self.setObjectName("class-window")
        self.resize(1320, 680)
        self._membership = membership
        self._show_project = show_project
        self.folder: Path | None = None  # of the class, while there is one
        self._busy = False
        self._awaited = ""  # the pupil whose network is awaited
        self.title = QLineEdit(str(settings().value(_TITLE, "") or ""), self)
        self.title.setPlaceholderText(_("name of the class, for example 8b"))
        self.title.setAccessibleName(self.title.placeholderText())
        self.title.setFixedWidth(46 * self.fontMetrics().averageCharWidth())
        self.choose = QPushButton(_("Choose a folder…"), self)
        self.choose.clicked.connect(lambda _checked=False: self._choose())
        self.toggle = prepared(QPushButton(self), objectName="toggle-class", role="primary")
        self.toggle.clicked.connect(lambda _checked=False: self._toggle())
        self.words = prepared(note_label("", self, role="sentence"), objectName="class-words")
        self.where = note_label("", self)
        self.bars = ResultBars(self)
        self.model = QStandardItemModel(self)
        self.tiles = QListView(self)
        self.tiles.setObjectName("pupils")
        self.tiles.setAccessibleName(_("Pupils"))
        self.tiles.setViewMode(QListView.ViewMode.IconMode)
        self.tiles.setResizeMode(QListView.ResizeMode.Adjust)
        self.tiles.setMovement(QListView.Movement.Static)
        self.tiles.setUniformItemSizes(True)
        self.tiles.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.tiles.setItemDelegate(_TileDelegate(self.tiles))
        self.tiles.setModel(self.model)
        self.tiles.selectionModel().currentChanged.connect(lambda *_indices: self._follow())
        self.project = QPushButton(_("Show on the projector"), self)
        self.project.setObjectName("show-on-projector")
        self.project.clicked.connect(lambda _checked=False: self._ask())
        self.order = prepared(QPushButton(_("Stuck first"), self), checkable=True)
        self.order.toggled.connect(lambda _on: self._look())
        self.detail = note_label("", self)
        head = hbox(self.title, self.choose, self.toggle, (self.words, 1), self.bars)
        foot = hbox((self.detail, 1), self.order, self.project)
        vbox(head, self.where, (self.tiles, 1), foot, parent=self)
        self._timer = QTimer(self, interval=round(1000 * class_progress.LOOK_SECONDS))
        self._timer.timeout.connect(self._look)
        self._follow()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._end()
        super().closeEvent(event)

    def reject(self) -> None:
        self.close()

    def _choose(self) -> None:
        chosen = ask_folder(
            self, _("Folder that all computers of the class share"), shared_folder()
        )
        if chosen is not None:
            settings().setValue(FOLDER, str(chosen))
            self._follow()

    def _toggle(self) -> None:
        if self.folder is not None:
            self._end()
            return
        shared = shared_folder()
        if shared is None:
            self._choose()
            shared = shared_folder()
        if shared is None:
            return
        title = self.title.text().strip()
        settings().setValue(_TITLE, title)
        try:
            self._lead(class_progress.start_class(shared, title or _("Class")))
        except UserError as error:
            self.words.setText(str(error))
        except OSError as error:
            reason, fix = explain_os_error(error)
            self.words.setText(f"{reason}. {fix}")

    def _lead(self, folder: Path) -> None:
        self.folder = folder
        self._membership.lead(folder)
        self._timer.start()
        self._look()
        self._follow()

    def _end(self) -> None:
        if self.folder is None:
            return
        self._timer.stop()
        class_progress.end_class(self.folder)
        self._membership.lead(None)
        self.folder, self._awaited = None, ""
        self.model.clear()
        self._follow()
        self.ended.emit()

    def _look(self) -> None:
        """Read the class in a thread."""
        if self.folder is None or self._busy:
            return
        self._busy = True
        work = partial(_look, self.folder, self._awaited)
        jobs.run_job(work, self._show, self._failed, name="class", owner=self)

    def _failed(self, error: Exception) -> None:
        self._busy, self._awaited = False, ""
        self.detail.setText(str(error))

    def _show(self, content: tuple[tuple[Pupil, ...], Project | None]) -> None:
        self._busy = False
        if self.folder is None:
            return
        pupils = list(content[0])
        if self.order.isChecked():
            pupils = class_progress.sorted_by_need(pupils)
        chosen = self._chosen()
        self.model.setRowCount(len(pupils))
        for row, pupil in enumerate(pupils):
            item = self.model.item(row) or QStandardItem()
            words = (pupil.progress.name, state_text(pupil), result_text(pupil.progress))
            item.setText(join_sentences([part for part in words if part]))
            item.setToolTip(pupil.progress.lesson)
            item.setData(pupil, _PUPIL)
            self.model.setItem(row, item)
            if chosen is not None and pupil.id == chosen.id:
                self.tiles.setCurrentIndex(self.model.index(row, 0))
        self.bars.show_results([pupil.progress for pupil in pupils if pupil.progress.best])
        self._follow()
        if content[1] is not None:
            self._awaited = ""
            self._show_project(content[1])

    def _chosen(self) -> Pupil | None:
        index = self.tiles.currentIndex()
        return index.data(_PUPIL) if index.isValid() else None

    def _ask(self) -> None:
        pupil = self._chosen()
        if pupil is None or self.folder is None:
            return
        self._awaited = pupil.id
        ask = partial(class_progress.ask_for_project, self.folder, pupil.id)
        jobs.run_job(ask, None, self._failed, name="ask for a network", owner=self)
        self._follow()

    def _follow(self) -> None:
        """Show what fits the state."""
        shared, runs = shared_folder(), self.folder is not None
        self.toggle.setText(_("End the lesson") if runs else _("Start the lesson"))
        self.title.setEnabled(not runs)
        self.choose.setEnabled(not runs)
        pupils = [self.model.item(row).data(_PUPIL) for row in range(self.model.rowCount())]
        if runs:
            self.words.setText(_summary(pupils))
        else:
            self.words.setText(
                _("Pupils who agree share their name, lesson, steps and best result with you.")
            )
        self.where.setText(
            _("Shared folder: {folder}. All is deleted when the lesson ends.", folder=shared)
            if shared is not None
            else _("Choose a folder that all computers of the class can write to.")
        )
        pupil = self._chosen()
        self.project.setEnabled(pupil is not None and not pupil.silent and not self._awaited)
        if self._awaited:
            self.detail.setText(_("Waiting for the network…"))
        elif pupil is not None:
            facts = (pupil.progress.name, pupil.progress.lesson, state_text(pupil))
            self.detail.setText(" · ".join((*facts, result_text(pupil.progress))).strip(" ·"))
        else:
            self.detail.setText("")


def _summary(pupils: list[Pupil]) -> str:
    if not pupils:
        return _("Waiting for pupils: their windows ask them within ten seconds.")
    done = sum(pupil.finished for pupil in pupils)
    stuck = sum(pupil.stuck for pupil in pupils)
    count = ngettext("{count} pupil", "{count} pupils", len(pupils))
    return f"{count} · ✓ {_('{count} done', count=done)} · ! {_('{count} stuck', count=stuck)}"


def _look(folder: Path, pupil_id: str) -> tuple[tuple[Pupil, ...], Project | None]:
    """Return the pupils, and the network of ``pupil_id`` once it is there."""
    class_progress.touch_class(folder)
    project = class_progress.received_project(folder, pupil_id) if pupil_id else None
    return class_progress.read_class(folder), project
