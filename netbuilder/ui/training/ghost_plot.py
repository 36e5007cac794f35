"""What the page Curves shows before the first run: where curves will be, and the Train button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

_FAINT, _LINES = 0.35, 4


class GhostPlot(QWidget):
    """Faint axes and curves of a run to come. ``train_requested``: its button was pressed."""

    train_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton(_("Train"), self)
        self.button.setObjectName("train_here")
        self.button.setProperty("role", "train")
        self.button.clicked.connect(lambda _checked=False: self.train_requested.emit())
        words = note_label(_("Loss and metrics of the run will appear here."), self)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(48, 12, 16, 32)
        layout.addStretch(1)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(words)
        layout.addStretch(1)

    def sizeHint(self) -> QSize:
        return QSize(420, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        scheme = theme.colors()
        box = QRectF(self.rect()).adjusted(40, 8, -8, -24)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(scheme.grid), 1))
        for number in range(1, _LINES):
            y = box.top() + box.height() * number / _LINES
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        painter.setPen(QPen(QColor(scheme.border), 1))
        painter.drawLine(box.topLeft(), box.bottomLeft())
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setOpacity(_FAINT)
        for color, end in ((scheme.training, 0.9), (scheme.validation, 0.8)):
            path = QPainterPath(QPointF(box.left() + 4, box.top() + 0.08 * box.height()))
            bend = QPointF(box.left() + 0.1 * box.width(), box.top() + end * box.height())
            path.quadTo(bend, QPointF(box.right(), box.top() + end * box.height()))
            painter.setPen(QPen(QColor(color), 2))
            painter.drawPath(path)
        painter.end()
