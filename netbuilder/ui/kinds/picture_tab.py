"""Pictures of the data, mixed or by class and split, optionally augmented."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolTip,
    QWidget,
)

from netbuilder.core.data.kinds.images.view import PictureQuery, PicturesDataView
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.graph_ends import input_ids
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_list, join_sentences, join_values
from netbuilder.ui.forms.boxes import NoWheelComboBox
from netbuilder.ui.kinds.series import ALL, refill_combo
from netbuilder.ui.kinds.splits import split_colors, split_legend, split_names
from netbuilder.ui.plots.images import to_image
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.accessible_roles import make_scroll_area_accessible
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import flow, prepared, vbox


@dataclass(frozen=True, eq=False)
class _PicturesResult:
    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    parts: tuple[int, ...]
    matching: int
    layers: tuple[str, ...]


def _read(project: Project, base: Path, query: PictureQuery, augment: bool) -> _PicturesResult:
    from netbuilder.core.data.kinds.images.view import raw_pictures, select_pictures
    from netbuilder.core.data.prepare.prepared_data import prepare_data
    from netbuilder.core.results.mistakes import augment_pictures

    plan = prepare_data(project, base)
    pictures = select_pictures(plan, query)
    graph, key = project.graph, input_ids(project.graph)[0]
    layers = _layers(project)
    images = pictures.images
    if augment and layers and len(images):
        preprocessing = plan.preprocessing.inputs[key]
        images = augment_pictures(
            graph, key, preprocessing, raw_pictures(plan, preprocessing, pictures.rows)
        )
    names = tuple(node.layer for node in layers)
    return _PicturesResult(images, pictures.labels, pictures.parts, pictures.matching, names)


def _layers(project: Project) -> tuple[Node, ...]:
    from netbuilder.core.results.mistakes import augmentation_layers

    return augmentation_layers(project.graph, input_ids(project.graph)[0])


class PicturesTab(QWidget):
    """A gallery, redrawn or augmented again on request."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request: tuple[Project, Path] | None = None
        self._draw = 0
        self._reader = Derived(
            self, _read, self._found, lambda error: self.note.setText(str(error))
        )
        self.label, self.part = NoWheelComboBox(self), NoWheelComboBox(self)
        self.label.setAccessibleName(_("Class"))
        self.part.setAccessibleName(_("Split"))
        self.part.addItems([_("All splits"), *split_names()])
        self.augment = QCheckBox(_("Augmented"), self)
        self.augment.setToolTip(
            _("Show the pictures as the layers after Input change them during training.")
        )
        self.others = prepared(QPushButton(_("Show other pictures"), self), small=True)
        self.others.setToolTip(_("Show other pictures, or augment the same pictures again."))
        self.grid = PictureGrid(self)
        self.legend = QLabel(self)
        self.note = note_label("", self)
        scroll = QScrollArea(self)
        make_scroll_area_accessible(scroll, _("Pictures"))
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.grid)
        vbox(
            flow(self.label, self.part, self.others, self.augment),
            self.note,
            (scroll, 1),
            self.legend,
            parent=self,
            margins=(0, 4, 0, 0),
            spacing=4,
        )
        for box in (self.label, self.part):
            box.currentIndexChanged.connect(self._ask)
        self.augment.toggled.connect(self._ask)
        self.others.clicked.connect(self._again)
        theme.theme().changed.connect(self._restyle)
        self._restyle()

    def show_look(self, look: PicturesDataView, project: Project, base: Path) -> None:
        self._request = (project, base)
        refill_combo(self.label, (_(ALL), *look.classes))
        self.label.setVisible(len(look.classes) > 1)
        self._ask()

    def follow(self, project: Project) -> None:
        """Augment again if the network's start changed."""
        if self._request is None:
            return
        old, base = self._request
        self._request = (project, base)
        if _layers(old) != _layers(project):
            self._ask()

    def _again(self) -> None:
        self._draw += 1
        self._ask()

    def _ask(self) -> None:
        if self._request is None:
            return
        project, base = self._request
        label = self.label.currentText() if self.label.currentIndex() > 0 else ""
        part = self.part.currentIndex() - 1
        augment = self.augment.isChecked()
        # Changed anew means the same pictures.
        query = PictureQuery(label, part if part >= 0 else None, 0 if augment else self._draw)
        self._reader.ask(project, base, query, augment)

    def _found(self, answer: _PicturesResult) -> None:
        self.grid.show_pictures(answer.images, answer.labels, answer.parts)
        self.augment.setEnabled(bool(answer.layers))
        words = [
            ngettext(
                "{shown} of {count} picture.",
                "{shown} of {count} pictures.",
                answer.matching,
                shown=len(answer.labels),
            )
        ]
        if self._reader.inputs[3] and answer.layers:
            words.append(
                _("Augmented by {layers}, as in training.", layers=format_list(answer.layers))
            )
        elif not answer.layers:
            words.append(_("To augment pictures, add RandomFlip or RandomRotation after Input."))
        self.note.setText(join_sentences(words))

    def _restyle(self) -> None:
        self.legend.setText(split_legend())


_CELL = 76


def _side() -> int:
    return scaled(_CELL)


class PictureGrid(QWidget):
    """Pictures with their class, and a line in the colour of their split."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[QImage] = []
        self.labels: Sequence[str] = ()
        self.parts: Sequence[int] = ()
        self.menu = PictureMenu(self, "pictures")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_pictures(
        self, images: NDArray[np.uint8], labels: Sequence[str], parts: Sequence[int]
    ) -> None:
        """Show pictures, uint8 (n, height, width, channels), with their classes and splits."""
        self.images = [to_image(pixels) for pixels in images]
        self.labels, self.parts = labels, parts
        self.setAccessibleName(
            ngettext(
                "{count} picture: {labels}",
                "{count} pictures: {labels}",
                len(labels),
                labels=join_values(labels),
            )
        )
        self.updateGeometry()
        self.update()

    @property
    def count(self) -> int:
        return len(self.images)

    def _columns(self, width: int) -> int:
        return max(1, width // _side())

    @property
    def _height(self) -> int:
        return _side() + self.fontMetrics().height() + 4

    def heightForWidth(self, width: int) -> int:
        return math.ceil(max(len(self.images), 1) / self._columns(width)) * self._height + 2

    def sizeHint(self) -> QSize:
        return QSize(5 * _side(), self.heightForWidth(max(self.width(), 5 * _side())))

    def minimumSizeHint(self) -> QSize:
        return QSize(_side(), self._height)

    def _cell(self, number: int) -> QRectF:
        row, column = divmod(number, self._columns(self.width()))
        return QRectF(column * _side() + 2.0, row * self._height + 2.0, _side() - 6, _side() - 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            scheme, metrics, colors = theme.colors(), self.fontMetrics(), split_colors()
            for number, image in enumerate(self.images):
                cell = self._cell(number)
                small = max(image.width(), image.height()) < _side()
                # Few pixels stay pixels.
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not small)
                painter.drawImage(_fitted(image, cell), image)
                line = QRectF(cell.left(), cell.bottom() + 1, cell.width(), 3)
                part = self.parts[number]
                painter.fillRect(line, colors[part] if 0 <= part < 3 else QColor(scheme.hairline))
                painter.setPen(QColor(scheme.text))
                below = QRectF(cell.left(), cell.bottom() + 4, cell.width(), metrics.height())
                words = metrics.elidedText(
                    self.labels[number], Qt.TextElideMode.ElideRight, int(below.width())
                )
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x(), event.pos().y()))
            return True
        return super().event(event)

    def text_at(self, x: float, y: float) -> str:
        """Return class and split of the picture at a place, or ""."""
        for number, label in enumerate(self.labels):
            if self._cell(number).contains(x, y):
                part = self.parts[number]
                return f"{label} · {split_names()[part]}" if 0 <= part < 3 else label
        return ""


def _fitted(image: QImage, cell: QRectF) -> QRectF:
    size = image.size().scaled(cell.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    return QRectF(
        cell.center().x() - size.width() / 2, cell.center().y() - size.height() / 2,
        size.width(), size.height(),
    )  # fmt: skip
