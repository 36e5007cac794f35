"""A step's question: its answers as buttons, or a line for a number; and what was right."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson import StepQuestion
from netbuilder.ui.lessons.answer_button import AnswerButton
from netbuilder.ui.widgets.announce import announce
from netbuilder.ui.widgets.labels import note_label


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
            words = "✗ " + (question.wrong or _("Not correct yet: think again."))
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
