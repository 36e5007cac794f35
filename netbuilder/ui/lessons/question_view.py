"""A step's question: its answers as buttons, or a line for a number; and what was right."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson import StepQuestion
from netbuilder.ui.widgets.announce import announce
from netbuilder.ui.widgets.labels import note_label

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


class QuestionView(QWidget):
    """``answered(text)``: the pupil answered."""

    answered = Signal(str)

    def __init__(self, question: StepQuestion, given: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(note_label(question.ask, self, role="heading"))
        self.choices: list[AnswerButton] = []
        self.line: QLineEdit | None = None
        if question.choices:
            for choice in question.choices:
                button = AnswerButton(question.label(choice), self)
                button.setChecked(choice.casefold() == given.casefold())
                button.toggled.connect(
                    lambda on, text=choice: self.answered.emit(text) if on else None
                )
                self.choices.append(button)
                layout.addWidget(button)
        else:
            row = QHBoxLayout()
            self.line = QLineEdit(given, self)
            self.line.setAccessibleName(question.ask)
            self.line.setPlaceholderText(
                _("a number") if question.kind == "number" else _("your guess")
            )
            self.line.returnPressed.connect(self._say)
            self.button = QPushButton(_("Answer"), self)
            self.button.setProperty("small", True)
            self.button.clicked.connect(lambda _checked=False: self._say())
            row.addWidget(self.line, 1)
            row.addWidget(self.button)
            layout.addLayout(row)
        self.verdict = note_label("", self, role="body")
        layout.addWidget(self.verdict)
        self.show_verdict(given)

    @property
    def first(self) -> QWidget:
        """Where the keyboard goes."""
        if self.line is not None:
            return self.line
        return next((one for one in self.choices if one.isChecked()), self.choices[0])

    def show_verdict(self, given: str) -> None:
        """Say whether an answer is right, and why."""
        question = self.question
        if not given.strip():
            words = ""
        elif not question.right(given):
            words = "✗ " + (question.wrong or _("Not correct yet. Try again."))
        elif question.answer:
            words = "✓ " + _("Correct.") + f" {question.why}".rstrip()
        else:
            words = (
                _("Your guess: {guess}.", guess=question.label(given)) + f" {question.why}".rstrip()
            )
        if words != self.verdict.text():
            announce(self, words)
        self.verdict.setText(words)
        self.verdict.setVisible(bool(words))

    def _say(self) -> None:
        if self.line is not None and self.line.text().strip():
            self.answered.emit(self.line.text().strip())
