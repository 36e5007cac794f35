"""A card with a picture: click it, or press Enter on it."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import Role, set_accessible_role
from netbuilder.ui.widgets.labels import note_label

PICTURE_RATIO = 9 / 16
#: After these a line of a path may end.
_BREAKS = re.compile(r"([/\\_.-])")


class PictureLabel(QWidget):
    """A picture that fills its width, with the card's round corners; a colour where it is none."""

    def __init__(self, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QPixmap(str(path)) if path is not None else QPixmap()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(40)

    def sizeHint(self) -> QSize:
        return QSize(200, round(200 * PICTURE_RATIO))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * PICTURE_RATIO)

    def resizeEvent(self, event: QEvent) -> None:
        self.setFixedHeight(self.heightForWidth(self.width()))
        super().resizeEvent(event)  # type: ignore[arg-type]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setClipPath(path)
        if self._picture.isNull():
            painter.fillRect(self.rect(), theme.colors().canvas)
        else:
            painter.drawPixmap(self.rect(), self._picture)
            if theme.colors().dark:
                # The pictures are bright: a little shade keeps them from glaring.
                painter.setOpacity(0.18)
                painter.fillRect(self.rect(), Qt.GlobalColor.black)
        painter.end()


class PictureCard(QFrame):
    """Picture, title, words and foot of something to open; it grows with its words.

    ``chosen``: it was clicked, or Enter or Space was pressed on it.

    Args:
        breakable: title and words are paths, whose lines may end after each part.
    """

    chosen = Signal()

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
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setProperty("chosen", False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(part for part in (words, learn, foot) if part))
        set_accessible_role(self, Role.Button, self.choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(3)
        if picture is not None:
            layout.addWidget(picture)
        if breakable:
            title, words = (_BREAKS.sub("\\1\u200b", text) for text in (title, words))
        layout.addWidget(note_label(title, self, role="heading"))
        for text in filter(None, (words, learn)):
            layout.addWidget(note_label(text, self))
        layout.addStretch(1)
        if progress is not None:
            bar = QProgressBar(self)
            bar.setTextVisible(False)
            bar.setRange(0, 1000)
            bar.setValue(round(1000 * progress))
            layout.addWidget(bar)
        if foot:
            caption = QLabel(foot, self)
            caption.setProperty("role", "caption")
            caption.setWordWrap(True)
            layout.addWidget(caption)

    def choose(self) -> None:
        """As a click does."""
        self.chosen.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._mark(True)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._mark(False)
        super().focusOutEvent(event)

    def _mark(self, on: bool) -> None:
        self.setProperty("chosen", on)
        self.style().unpolish(self)
        self.style().polish(self)
