"""Wrapping labels in the roles of the stylesheet."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ClampedLabel(QLabel):
    """Wrapping plain text of at most ``lines`` lines."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, lines: int = 4) -> None:
        super().__init__(text, parent)
        self._lines, self._fixed_lines = lines, 0
        self._shorter: tuple[str, ...] = ()
        self.setProperty("role", "note")
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(20)

    def keep_lines(self, count: int) -> None:
        """Set a fixed height in lines; 0: by the text."""
        self._fixed_lines = count
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(140, self.heightForWidth(max(self.width(), 100)))

    def minimumSizeHint(self) -> QSize:
        return QSize(20, max(self._fixed_lines, 1) * self.fontMetrics().lineSpacing())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return (
            self._fixed_lines or max(len(self.lines_in(width)), 1)
        ) * self.fontMetrics().lineSpacing()

    def setText(self, text: str, *shorter: str) -> None:
        """Set the text, or the first ``shorter`` one that fits on the lines."""
        self._shorter = shorter
        super().setText(text)
        self.setToolTip(text)
        self.updateGeometry()
        self.update()

    def shown_lines(self) -> list[str]:
        room = max(self.height() // self.fontMetrics().lineSpacing(), 1)
        return self.lines_in(self.width(), min(self._lines, room))

    def lines_in(self, width: int, most: int | None = None) -> list[str]:
        """Return the lines at a width, at most ``most`` (by default the label's maximum)."""
        last = (most or self._lines) - 1
        text = self.text()
        if not text:
            return []
        lines: list[str] = []
        for candidate in (text, *self._shorter):
            lines, whole = self._wrapped(candidate, width, last)
            if whole:
                break
        return lines

    def _wrapped(self, text: str, width: int, last: int) -> tuple[list[str], bool]:
        """Return lines up to the number ``last``, and whether the whole text is on them."""
        metrics, lines = self.fontMetrics(), list[str]()
        layout = QTextLayout(text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            rest = text[line.textStart() :]
            if len(lines) == last:
                lines.append(metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width))
                return lines, lines[-1] == rest
            lines.append(rest[: line.textLength()].strip())
        return lines, True

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.setFont(self.font())
            lines, step = self.shown_lines(), self.fontMetrics().lineSpacing()
            y = (self.height() - step * len(lines)) / 2 + self.fontMetrics().ascent()
            for number, line in enumerate(lines):
                painter.drawText(QPointF(0, y + number * step), line)


def note_label(text: str, parent: QWidget | None = None, *, role: str = "note") -> QLabel:
    """Create a label of wrapping plain text in a role: note, complaint, title, sentence, number,
    ..."""
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    label.setMinimumWidth(20)
    return label


def show_text(label: QLabel, text: str) -> None:
    """Set a label's text; hide the label without text."""
    label.setText(text)
    label.setVisible(bool(text))


def section(text: str, parent: QWidget | None = None) -> QLabel:
    """Create the title of a page's section, with its distance to the section above."""
    return note_label(text, parent, role="section")


def heading(text: str, parent: QWidget | None = None) -> QLabel:
    """Create the title of a part."""
    label = QLabel(text, parent)
    label.setProperty("role", "heading")
    return label
