"""The drawings of glossary terms and lessons: SVG files in ``resources/glossary``."""

from __future__ import annotations

import re
from dataclasses import asdict
from html import escape, unescape
from string import Template

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from netbuilder.core.folders import resource
from netbuilder.core.i18n import gettext as _, pgettext
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale

WIDTH, HEIGHT = 260, 130
_WORD = re.compile(r'( translate="yes"(?: data-context="(\w+)")?>)([^<]+)')


def drawing_svg(name: str) -> str:
    """Return a drawing in the current colours and language."""

    def translate(match: re.Match[str]) -> str:
        tail, context, word = match.groups()
        word = unescape(word)
        return tail + escape(pgettext(context, word) if context else _(word))

    text = resource("glossary", f"{name}.svg").read_text(encoding="utf-8")
    return _WORD.sub(translate, Template(text).substitute(asdict(theme.colors())))


class DrawingView(QWidget):
    """Shows a drawing, by default of a glossary term, enlarged by ``scale``."""

    def __init__(self, parent: QWidget | None = None, *, scale: float = 1.25) -> None:
        super().__init__(parent)
        self._name = ""
        self._renderer = QSvgRenderer(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        # Scale with the font up to a limit, to leave room for the text below.
        self._scale = scale * min(max(initial_font_scale(), 1.0), 1.6)
        self.setFixedHeight(round(HEIGHT * self._scale))
        theme.theme().changed.connect(self._load)

    def sizeHint(self) -> QSize:
        return QSize(round(WIDTH * self._scale), round(HEIGHT * self._scale))

    def show_drawing(self, name: str) -> None:
        self._name = name
        self._load()

    def _load(self) -> None:
        if self._name:
            self._renderer.load(QByteArray(drawing_svg(self._name).encode()))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colors().canvas))
            painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
            if self._name:
                width = self.height() * WIDTH / HEIGHT
                left = (self.width() - width) / 2
                self._renderer.render(painter, QRectF(left, 0, width, self.height()))
