"""The cards of the start page: a picture with its title, and a large way in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.keyboard_widgets import ClickableCard
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox

PICTURE_RATIO, PICTURE_HEIGHT = 9 / 16, 104
#: Size in pixels, for the positions of a picture's texts.
DRAWN_WIDE = 320
#: Characters after which a path may wrap.
_BREAKS = re.compile(r"([/\\_.-])")


class PictureLabel(QWidget):
    """A picture in the middle of its card, with the card's round corners, or a colour."""

    def __init__(self, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QImage(str(path)) if path is not None else QImage()
        self._words = json.loads(self._picture.text("words") or "[]")
        self._pictures: dict[bool, QImage] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(scaled(PICTURE_HEIGHT))

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            path = QPainterPath()
            path.addRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setClipPath(path)
            painter.fillRect(self.rect(), QColor(theme.colors().canvas))
            if not self._picture.isNull():
                dark = theme.colors().dark
                if dark not in self._pictures:
                    self._pictures = {dark: in_dark(self._picture) if dark else self._picture}
                wide = min(self.width(), self.height() / PICTURE_RATIO)
                high = wide * PICTURE_RATIO
                painter.translate((self.width() - wide) / 2, (self.height() - high) / 2)
                painter.drawImage(QRectF(0, 0, wide, high), self._pictures[dark])
                painter.scale(wide / DRAWN_WIDE, wide / DRAWN_WIDE)
                for word in self._words:
                    _write(painter, word)


def _write(painter: QPainter, word: Mapping[str, Any]) -> None:
    """Draw a text of a picture where ``scripts/example_pictures.py`` placed it."""
    x, y, wide, high = word["box"]
    painter.save()
    if word["upwards"]:
        painter.translate(x, y + high)
        painter.rotate(-90)
        x, y, wide, high = 0, 0, high, wide
    font = painter.font()
    font.setPixelSize(12)
    painter.setFont(font)
    painter.setPen(QColor(getattr(theme.colors(), word["color"])))
    align = Qt.AlignmentFlag.AlignLeft if word["left"] else Qt.AlignmentFlag.AlignHCenter
    text = _(word["text"], **word["values"])
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(wide))
    painter.drawText(QRectF(x, y, wide, high), align | Qt.AlignmentFlag.AlignVCenter, elided)
    painter.restore()


def in_dark(picture: QImage) -> QImage:
    """Invert the lightness of a picture but not its hues, for the dark scheme.

    Each channel c of a pixel becomes (c - min) + (255 - max); black becomes the canvas's colour.
    """
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    wide, high = picture.width(), picture.height()
    lines = bytes(picture.constBits()), picture.bytesPerLine()
    planes = [
        b"".join(
            lines[0][top + channel : top + 3 * wide : 3]
            for top in range(0, high * lines[1], lines[1])
        )
        for channel in range(3)
    ]
    grey = QImage.Format.Format_Grayscale8
    least, *others = (
        QImage(plane, wide, high, wide, grey).convertToFormat(QImage.Format.Format_RGB32)
        for plane in planes
    )
    most = least.copy()
    modes = QPainter.CompositionMode
    for other in others:
        _compose(least, other, modes.CompositionMode_Darken)
        _compose(most, other, modes.CompositionMode_Lighten)
    most.invertPixels()
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    _compose(image, least, modes.CompositionMode_Difference)
    _compose(image, most, modes.CompositionMode_Plus)
    least.fill(QColor(theme.colors().canvas))
    _compose(image, least, modes.CompositionMode_Screen)
    return image


def _compose(onto: QImage, image: QImage, mode: QPainter.CompositionMode) -> None:
    with QPainter(onto) as painter:
        painter.setCompositionMode(mode)
        painter.drawImage(0, 0, image)


class PictureCard(ClickableCard):
    """Picture, title and foot of a file or lesson; ``words`` and ``learn`` are its tooltip.

    Paths that are ``breakable`` may wrap after each part. ``marked``: this is where to begin.
    """

    def __init__(
        self,
        title: str,
        words: str,
        foot: str,
        picture: QWidget | None = None,
        parent: QWidget | None = None,
        *,
        progress: float | None = None,
        learn: str = "",
        breakable: bool = False,
        marked: bool = False,
    ) -> None:
        super().__init__(title, join_sentences((words, learn, foot)), parent)
        prepared(self, toolTip=join_sentences((words, learn)), marked=marked)
        layout = vbox(parent=self, margins=8, spacing=4)
        if picture is not None:
            layout.addWidget(picture)
        if breakable:
            title, foot = (_BREAKS.sub("\\1\u200b", text) for text in (title, foot))
        layout.addWidget(note_label(title, self, role="heading"))
        layout.addStretch(1)
        if progress is not None:
            bar = prepared(QProgressBar(self), textVisible=False)
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * progress))
            layout.addWidget(bar)
        if foot:
            layout.addWidget(note_label(foot, self))


class WayCard(ClickableCard):
    """A large way in: its title, and what follows."""

    def __init__(self, name: str, title: str, words: str, parent: QWidget) -> None:
        super().__init__(title, words, parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        labels = note_label(title, self, role="sentence"), note_label(words, self)
        vbox(STRETCH, *labels, STRETCH, parent=self, margins=(16, 4, 16, 4), spacing=4)
