"""One answer of a question, which goes on in the next line where the room ends."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QRadioButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QWidget,
)

#: So many pixels of words stand in a line at least.
_LEAST = 80
_FLAGS = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft)


class AnswerButton(QRadioButton):
    """A radio button with words of any length: Qt's own is as wide as its whole text."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        words = self.fontMetrics().boundingRect(
            QRect(0, 0, max(width - self._left(), 1), 10_000), _FLAGS, self.text()
        )
        return words.height() + self._line() - self._letters()

    def sizeHint(self) -> QSize:
        width = self._left() + self.fontMetrics().horizontalAdvance(self.text()) + 2
        return QSize(width, self._line())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._left() + _LEAST, self._line())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The style's own circle beside the first line, and the words beside it."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        words, option.text = option.text, ""
        painter = QStylePainter(self)
        whole = self.rect()
        option.rect = QRect(whole.left(), whole.top(), whole.width(), self._line())
        painter.drawControl(QStyle.ControlElement.CE_RadioButton, option)
        room = whole.adjusted(self._left(), (self._line() - self._letters()) // 2, 0, 0)
        painter.setPen(option.palette.windowText().color())
        painter.drawText(room, _FLAGS, words)

    def hitButton(self, pos: QPoint) -> bool:
        """Words of a second line are pressed as well."""
        return True

    def _left(self) -> int:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        style = self.style()
        return style.pixelMetric(
            QStyle.PixelMetric.PM_ExclusiveIndicatorWidth, option, self
        ) + style.pixelMetric(QStyle.PixelMetric.PM_RadioButtonLabelSpacing, option, self)

    def _letters(self) -> int:
        return self.fontMetrics().height()

    def _line(self) -> int:
        option = QStyleOptionButton()
        high = self.style().pixelMetric(
            QStyle.PixelMetric.PM_ExclusiveIndicatorHeight, option, self
        )
        return max(high, self._letters())
