"""Line numbers beside the text of an editor."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from netbuilder.ui.style import theme

_MARGIN = 8


class NumberedTextEdit(QPlainTextEdit):
    """A text editor with line numbers; ``mark_errors`` marks lines that cannot be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.error_lines: Collection[int] = ()
        self.numbers = _LineNumberArea(self)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._scroll_numbers)
        self._make_room()

    def mark_errors(self, lines: Collection[int]) -> None:
        self.error_lines = lines
        self.numbers.update()

    def number_rows(self) -> list[tuple[int, QRect]]:
        """Return the visible lines and where their numbers stand."""
        block, rows = self.firstVisibleBlock(), []
        width, height = self.numbers.width() - _MARGIN, self.fontMetrics().height()
        while block.isValid():
            top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
            if top > self.viewport().height():
                break
            rows.append((block.blockNumber() + 1, QRect(0, round(top), width, height)))
            block = block.next()
        return rows

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        digits = max(2, len(str(self.blockCount())))
        width = self.fontMetrics().horizontalAdvance("9") * digits + 2 * _MARGIN
        if self.viewportMargins().left() != width:
            self.setViewportMargins(width, 0, 0, 0)
        inside = self.contentsRect()
        self.numbers.setGeometry(inside.left(), inside.top(), width, inside.height())

    def _scroll_numbers(self, rect: QRect, dy: int) -> None:
        if dy:
            self.numbers.scroll(0, dy)
        else:
            self.numbers.update(0, rect.y(), self.numbers.width(), rect.height())


class _LineNumberArea(QWidget):
    """Paints the numbers of ``NumberedTextEdit``."""

    def __init__(self, editor: NumberedTextEdit) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setObjectName("line-numbers")

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, editor = theme.colors(), self._editor
        with QPainter(self) as painter:
            painter.setFont(editor.font())
            for number, place in editor.number_rows():
                wrong = number in editor.error_lines
                if wrong:
                    row = QRect(0, place.y(), self.width(), place.height())
                    painter.fillRect(row, QColor(colors.error))
                painter.setPen(QColor(colors.on_error if wrong else colors.secondary))
                painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(number))
