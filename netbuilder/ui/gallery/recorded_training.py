"""A recorded training of the spiral, played in a loop on the start page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from netbuilder.core.folders import resource
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, format_probability
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.services.settings import settings
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import reduced_motion
from netbuilder.ui.widgets.layouts import prepared

RECORDING = Path("start", "spiral.npz")
#: Points of the surface and of a neuron along each axis, in pixels before smoothing.
SIDE, NEURON_SIDE = 72, 22
#: Half the edge of the square that is shown, in the scaled units of the inputs.
REACH = 2.7
NEURONS = 16
_FRAME_MS, _HOLD_MS = 110, 2400
_PAUSED = "start-training-paused"


def dense_outputs(weights: Sequence[NDArray[Any]], points: NDArray[Any]) -> list[NDArray[Any]]:
    """Return each layer's output of a tanh network with a sigmoid at its end.

    Args:
        weights: kernel and bias of each layer.
        points: float (rows, inputs).
    """
    outputs, values = [], points
    for at in range(0, len(weights), 2):
        values = values @ weights[at] + weights[at + 1]
        values = np.tanh(values if at < len(weights) - 2 else values / 2)
        outputs.append(values)
    outputs[-1] = (outputs[-1] + 1) / 2
    return outputs


def square_of_points(side: int) -> NDArray[Any]:
    """Return float (side · side, 2): the points of the shown square, row by row from the top."""
    line = np.linspace(-REACH, REACH, side, dtype=np.float32)
    across, down = np.meshgrid(line, -line)
    return np.stack([across.ravel(), down.ravel()], axis=1)


@cache
def _recording() -> dict[str, NDArray[Any]]:
    with np.load(resource(str(RECORDING))) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


class RecordedTraining(QWidget):
    """The decision surface of one epoch after the other, and what 16 neurons compute.

    It plays in a loop while it is visible, unless it is paused, which is remembered, or motion is
    reduced: then the last epoch is shown until play is pressed.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recorded-training")
        recording = _recording()
        self._epochs, self._accuracy = recording["epochs"], recording["accuracy"]
        self._points, self._labels = recording["points"], recording["labels"]
        count = sum(name.startswith("weights") for name in recording)
        self._weights = [recording[f"weights_{number}"] for number in range(count)]
        self._images: dict[int, tuple[QImage, list[QImage]]] = {}
        self.frame = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        remembered = str(settings().value(_PAUSED, "false")).lower() == "true"
        self.paused = remembered or reduced_motion()
        if self.paused:
            self.frame = self.frames - 1
        self.pause_button = prepared(QToolButton(self), objectName="pause-recording", role="corner")
        self.pause_button.clicked.connect(lambda _checked=False: self.pause(not self.paused))
        self._name_button()
        theme.theme().changed.connect(self._images.clear)
        self._tell()

    @property
    def frames(self) -> int:
        return len(self._epochs)

    def pause(self, on: bool) -> None:
        self.paused = on
        settings().setValue(_PAUSED, on)
        self._follow()
        self._name_button()
        self._tell()

    def _name_button(self) -> None:
        self.pause_button.setText("▶" if self.paused else "❚❚")
        name = _("Play the recorded training") if self.paused else _("Pause the recorded training")
        self.pause_button.setAccessibleName(name)
        self.pause_button.setToolTip(name)
        self.pause_button.adjustSize()

    def _follow(self) -> None:
        if self.paused or not self.isVisible():
            self._timer.stop()
        else:
            self._timer.start(_FRAME_MS)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._follow()
        if event.type() == QEvent.Type.Resize:
            button = self.pause_button
            button.move(8, self.height() - button.height() - 8)
        return super().event(event)

    def _advance(self) -> None:
        if self.visibleRegion().isEmpty():  # scrolled out of sight
            return
        self.frame = (self.frame + 1) % self.frames
        last = self.frame == self.frames - 1
        self._timer.setInterval(_HOLD_MS if last else _FRAME_MS)
        self._tell()
        self.update()

    @property
    def words(self) -> str:
        """Return the epoch and the accuracy of the frame."""
        return _(
            "epoch {epoch} · {accuracy} correct",
            epoch=format_number(int(self._epochs[self.frame]), ","),
            accuracy=format_probability(float(self._accuracy[self.frame])),
        )

    def _tell(self) -> None:
        if not self.accessibleName():
            self.setAccessibleName(
                _("A recorded training: a network learns to separate two spirals")
            )
        if self.paused or self.frame == self.frames - 1:  # not each frame is read out
            self.setAccessibleDescription(self.words)

    def _pictures(self) -> tuple[QImage, list[QImage]]:
        pictures = self._images.get(self.frame)
        if pictures is None:
            weights = [layer[self.frame] for layer in self._weights]
            surface = dense_outputs(weights, square_of_points(SIDE))[-1]
            hidden = dense_outputs(weights, square_of_points(NEURON_SIDE))[-2]
            picture = _picture(surface[:, 0], SIDE)
            neurons = [_picture((hidden[:, n] + 1) / 2, NEURON_SIDE) for n in range(NEURONS)]
            pictures = self._images[self.frame] = picture, neurons
        return pictures

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            surface, neurons = self._pictures()
            side = self.height()
            square = QRectF(0, 0, side, side)
            _draw_rounded(painter, square, surface, 8)
            painter.setPen(QPen(QColor("#FFFFFF"), 1))
            radius = max(side / 90, 2.5)
            for (x, y), label in zip(self._points, self._labels, strict=True):
                painter.setBrush(class_color(int(label)))
                place = QPointF(side * (x / REACH + 1) / 2, side * (1 - y / REACH) / 2)
                painter.drawEllipse(place, radius, radius)
            left, words = side + 16, f"{_('A recorded training')}\n{self.words}"
            below = QRectF(left, 0, self.width() - left, side)
            wrap = Qt.TextFlag.TextWordWrap.value
            below.setTop(side - painter.boundingRect(below, wrap, words).height())
            cell = min((below.top() - 8 - 18) / 4, (below.width() - 18) / 4)
            if cell < 24:
                return
            for number, neuron in enumerate(neurons):
                x, y = left + number % 4 * (cell + 6), number // 4 * (cell + 6)
                _draw_rounded(painter, QRectF(x, y, cell, cell), neuron, 5)
            painter.setPen(QColor(theme.colors().secondary))
            painter.drawText(below, wrap, words)


def _picture(probabilities: NDArray[Any], side: int) -> QImage:
    """Return a picture from class 0's colour over the panel's colour to class 1's."""
    levels = np.clip(np.rint(probabilities * 255), 0, 255).astype(np.uint8)
    image = QImage(levels.tobytes(), side, side, side, QImage.Format.Format_Indexed8)
    image.setColorTable(_color_table(theme.colors().panel))
    return image.convertToFormat(QImage.Format.Format_RGB32)  # also copies the bytes


@cache
def _color_table(ground: str) -> list[int]:
    colors = []
    for level in range(256):
        part = level / 127.5 - 1
        strong = 0.7 * abs(part) ** 0.8
        colors.append(theme.mix(class_color(int(part > 0)), QColor(ground), strong).rgb())
    return colors


def _draw_rounded(painter: QPainter, box: QRectF, image: QImage, radius: float) -> None:
    painter.save()
    path = QPainterPath()
    path.addRoundedRect(box, radius, radius)
    painter.setClipPath(path)
    painter.drawImage(box, image)
    painter.restore()
