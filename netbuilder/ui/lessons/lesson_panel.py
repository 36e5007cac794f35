"""The lesson beside the network: one step at a time, which ticks itself when it is done."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.conditions import parse_number
from netbuilder.core.lessons.lesson import ShowHint, StepQuestion
from netbuilder.core.lessons.step_check import question_sentences
from netbuilder.core.wording import join_sentences
from netbuilder.ui.lessons.markdown_view import MarkdownView
from netbuilder.ui.services.lesson_session import LessonSession
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.accessible_roles import announce, scrolled_page
from netbuilder.ui.widgets.labels import note_label, show_text
from netbuilder.ui.widgets.layouts import (
    STRETCH,
    FlowLayout,
    dispose,
    hbox,
    polish_again,
    prepared,
    vbox,
)

_sentence = sentences_of("lessons")

#: Minimum width of text, in pixels.
_LEAST = 80
_ARROWS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}
_FLAGS = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft)


class AnswerButton(QRadioButton):
    """A radio button with wrapped text; Qt's own is as wide as its whole text."""

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
        option = QStyleOptionButton()
        self.initStyleOption(option)
        words, option.text = option.text, ""
        with QPainter(self) as painter:
            whole = self.rect()
            option.rect = QRect(whole.left(), whole.top(), whole.width(), self._line())
            self.style().drawControl(QStyle.ControlElement.CE_RadioButton, option, painter, self)
            room = whole.adjusted(self._left(), (self._line() - self._letters()) // 2, 0, 0)
            painter.setPen(option.palette.windowText().color())
            painter.drawText(room, _FLAGS, words)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys only move the focus; Qt's would choose, and answers are final."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in _ARROWS:
            direct = Qt.FindChildOption.FindDirectChildrenOnly
            question = self.parentWidget()
            assert question is not None
            beside = question.findChildren(AnswerButton, options=direct)
            at = beside.index(self) + _ARROWS[key]
            beside[at % len(beside)].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def hitButton(self, pos: QPoint) -> bool:
        """Accept clicks on every line of the text."""
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
    """A question; a wrong answer and its reason stay, and another question follows."""

    answered = Signal(str)

    def __init__(self, question: StepQuestion, answer: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.question = question
        self.another: QuestionView | None = None
        answer = answer.partition("\n")[0]
        heading = note_label(question.ask, self, role="heading")
        layout = self._rows = vbox(heading, parent=self, margins=(0, 4, 0, 0), spacing=4)
        self.choices: list[AnswerButton] = []
        self.line: QLineEdit | None = None
        if question.choices:
            for choice in question.choices:
                button = AnswerButton(question.label(choice), self)
                button.setChecked(choice.casefold() == answer.casefold())
                button.toggled.connect(
                    lambda on, text=choice: self.answered.emit(text) if on else None
                )
                self.choices.append(button)
                layout.addWidget(button)
        else:
            self.line = prepared(QLineEdit(answer, self), accessibleName=question.ask)
            self.line.setPlaceholderText(
                _("a number") if question.kind == "number" else _("your guess")
            )
            self.line.returnPressed.connect(self._say)
            self.button = prepared(QPushButton(_("Answer"), self), small=True)
            self.button.clicked.connect(lambda _checked=False: self._say())
            layout.addLayout(hbox((self.line, 1), self.button))
        self.verdict = note_label("", self, role="body")
        layout.addWidget(self.verdict)

    @property
    def last(self) -> QuestionView:
        """The question that was asked last."""
        return self.another.last if self.another is not None else self

    @property
    def first(self) -> QWidget:
        if self.another is not None:
            return self.another.first
        if self.line is not None:
            return self.line
        return next((choice for choice in self.choices if choice.isChecked()), self.choices[0])

    def show_verdict(self, answer: str) -> None:
        question = self.question
        answer, _line, second = answer.partition("\n")
        if answer.strip() and question.another is not None and not question.right(answer):
            self._ask_another(question.another, answer, second)
        if not answer.strip():
            words = ""
        elif not question.right(answer):
            words = "✗ " + (question.wrong or _("Not correct yet. Try again."))
        elif question.answer:
            words = f"✓ {join_sentences((_('Correct.'), question.why))}"
        else:
            guess = _("Your guess: {guess}.", guess=question.label(answer))
            words = join_sentences((guess, question.why))
        if words != self.verdict.text():
            announce(self, words)
        show_text(self.verdict, words)

    def _ask_another(self, question: StepQuestion, first: str, answer: str) -> None:
        if self.another is None:
            focus = QApplication.focusWidget()
            had = focus is not None and self.isAncestorOf(focus)
            for widget in (*self.choices, *([self.line, self.button] if self.line else ())):
                widget.setEnabled(False)
            self.another = QuestionView(question, answer, self)
            self.another.answered.connect(lambda text: self.answered.emit(f"{first}\n{text}"))
            self._rows.addWidget(note_label(_("Another question:"), self))
            self._rows.addWidget(self.another)
            if had:
                self.another.show()  # what is not shown takes no keyboard
                self.another.first.setFocus(Qt.FocusReason.OtherFocusReason)
        self.another.show_verdict(answer)

    def _say(self) -> None:
        text = self.line.text().strip() if self.line is not None else ""
        if text and self.question.kind == "number" and parse_number(text) is None:
            show_text(self.verdict, _("Type a number, such as 12 or 0.5."))  # not a wrong answer
        elif text:
            self.answered.emit(text)


WIDTH = 320


class StepButton(QToolButton):
    """Reserves room for its tick, so that the steps below do not move."""

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number, self._title = number, title
        prepared(self, role="step", checkable=True, focusPolicy=Qt.FocusPolicy.TabFocus)
        self.setToolTip(title)
        self.show_state(done=False, undone=False)

    def show_state(self, *, done: bool, undone: bool) -> None:
        self.setText("✓" if done else "!" if undone else str(self._number))
        state = _("done") if done else _("no longer done") if undone else _("not done")
        self.setAccessibleName(
            _sentence("step_state", number=self._number, title=self._title, state=state)
        )

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        letters, usual = self.fontMetrics(), super().sizeHint()
        words, widest = (letters.size(0, text).width() for text in (self.text(), "✓0"))
        # Qt adds two spaces around the text; ten steps fit in a line without them.
        around = usual.width() - words - 2 * letters.horizontalAdvance(" ")
        return QSize(widest + around, usual.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class LessonPanel(QWidget):
    """Shows ``session``'s lesson; ``callout_requested(show)``: point at something."""

    callout_requested = Signal(object)
    restart_requested = Signal()
    closed = Signal()
    next_requested = Signal()

    def __init__(self, session: LessonSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._visible_step: tuple[object, int] | None = None
        self.question: QuestionView | None = None
        self._build()
        session.opened.connect(self._opened)
        session.changed.connect(self.refresh)
        session.ticked.connect(self._ticked)
        self._opened()

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 420)

    def minimumSizeHint(self) -> QSize:
        return QSize(max(min(scaled(150), WIDTH), 200), 160)

    def focus_step(self) -> None:
        result = self._session.result
        waiting = self.question is not None and not (result is not None and result.done)
        target = self.question.first if waiting and self.question is not None else self.next
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _build(self) -> None:
        self.title = note_label("", self, role="title")
        self.anew = self._tool("⟲", _("Restart this lesson"), self.restart_requested.emit)
        self.shut = self._tool("✕", _("Close the lesson"), self.closed.emit)
        tools = ((tool, 0, Qt.AlignmentFlag.AlignTop) for tool in (self.anew, self.shut))
        head = hbox((self.title, 1), *tools, spacing=4)
        layout = vbox(head, parent=self, margins=(12, 8, 12, 8))
        self._build_step(layout)
        self._build_ways(layout)

    def _build_progress(self, layout: QVBoxLayout) -> None:
        self.progress = prepared(QLabel(self), role="note")
        self.bar = prepared(QProgressBar(self), textVisible=False)
        self.bar.setAccessibleName(_("Lesson progress"))
        layout.addWidget(self.bar)
        layout.addWidget(self.progress)
        self.dots_place = QWidget(self)
        self.dots_layout = FlowLayout(spacing=0)
        self.dots_place.setLayout(self.dots_layout)
        layout.addWidget(self.dots_place)
        self.dots: list[StepButton] = []

    def _build_step(self, layout: QVBoxLayout) -> None:
        page = prepared(QWidget(self), role="page")
        self.page = vbox(parent=page, margins=(0, 4, 8, 4))
        self._build_progress(self.page)
        self.intro = prepared(MarkdownView(self), accessibleName=_("What this lesson is about"))
        self.heading = note_label("", self, role="sentence")
        self.text = prepared(MarkdownView(self), accessibleName=_("What to do in this step"))
        self.question_place = vbox()
        self.undone = note_label("", self, role="complaint")
        self.missing = note_label("", self)
        self.hint = note_label("", self, role="body")
        for widget in (self.intro, self.heading, self.text):
            self.page.addWidget(widget)
        self.page.addLayout(self.question_place)
        self.page.addWidget(self.hint)
        self.explore = prepared(MarkdownView(self), objectName="explore-further")
        self.explore.setAccessibleName(_("Explore further"))
        self.page.addWidget(self.explore)
        self.page.addStretch(1)
        self.scroller = scrolled_page(page, _("Lesson step"), self)
        self.scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self.scroller, 1)
        # Open tasks stay visible when the step is scrolled.
        layout.addWidget(self.undone)
        layout.addWidget(self.missing)

    def _build_ways(self, layout: QVBoxLayout) -> None:
        self.hint_button = self._button(_("Hint"), self._show_hint)
        self.show_button = self._button(_("Show me"), self._show_me)
        layout.addLayout(hbox(self.hint_button, self.show_button, STRETCH))
        self.status = note_label("", self, role="heading")
        layout.addWidget(self.status)
        self.back = self._button(_("Back"), lambda: self._session.go(self._session.current - 1))
        self.next = self._button(_("Next"), self._next)
        layout.addLayout(hbox(self.back, STRETCH, self.next))

    def _tool(self, sign: str, name: str, do: object) -> QToolButton:
        button = prepared(QToolButton(self), text=sign, toolTip=name, accessibleName=name)
        button.setProperty("role", "quiet")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: do())  # type: ignore[operator]
        return button

    def _button(self, label: str, do: object) -> QPushButton:
        button = prepared(QPushButton(label, self), small=True)
        button.clicked.connect(lambda _checked=False: do())  # type: ignore[operator]
        return button

    def _opened(self) -> None:
        lesson = self._session.lesson
        self._visible_step = None
        for dot in self.dots:
            self.dots_layout.removeWidget(dot)
            dispose(dot)
        self.dots = []
        if lesson is None:
            return
        self.title.setText(lesson.title)
        for number, step in enumerate(lesson.steps, 1):
            dot = StepButton(number, step.title, self)
            dot.clicked.connect(lambda _checked=False, index=number - 1: self._session.go(index))
            self.dots.append(dot)
            self.dots_layout.addWidget(dot)
        self.bar.setRange(0, len(lesson.steps))
        self.refresh()

    def refresh(self) -> None:
        session, lesson, step = self._session, self._session.lesson, self._session.step
        if lesson is None or step is None:
            return
        folder = lesson.path.parent if lesson.path is not None else None
        number = session.current + 1
        if self._visible_step != (lesson, session.current):
            self._visible_step = (lesson, session.current)
            self.intro.setVisible(session.current == 0 and bool(lesson.intro))
            if session.current == 0:
                self.intro.show_markdown(lesson.intro, folder)
            self.heading.setText(f"{number}. {step.title}")
            self.text.setVisible(bool(step.text))
            self.text.show_markdown(step.text, folder)
            self._ask(number)
            self.hint.hide()
            self.explore.hide()  # it may be of another lesson
            self.scroller.verticalScrollBar().setValue(0)
            place = _sentence("step_of", number=number, count=len(lesson.steps), title=step.title)
            announce(self, join_sentences((place, self.text.toPlainText())))
        done = session.done_count
        self.bar.setValue(done)
        self.progress.setText(_sentence("steps_done", count=len(lesson.steps), done=done))
        for index, dot in enumerate(self.dots):
            result = session.results[index] if index < len(session.results) else None
            ticked = result is not None and result.done
            gone = result is not None and bool(result.undone)
            dot.show_state(done=ticked, undone=gone)
            dot.setChecked(index == session.current)
        self._show_state()

    def _ask(self, number: int) -> None:
        if self.question is not None:
            self.question_place.removeWidget(self.question)
            dispose(self.question)
            self.question = None
        step = self._session.step
        if step is None or step.question is None:
            return
        answer = self._session.record.answers.get(number, "")
        self.question = QuestionView(step.question, answer, self)
        self.question.show_verdict(answer)
        self.question.answered.connect(lambda text: self._answer(number, text))
        self.question_place.addWidget(self.question)

    def _answer(self, number: int, text: str) -> None:
        self._session.answer(number, text)
        QTimer.singleShot(0, self, self._reveal)  # once the new texts are laid out

    def _reveal(self) -> None:
        """Scroll to the feedback of an answer, or to the whole question that follows it."""
        page, bar = self.scroller.widget(), self.scroller.verticalScrollBar()
        if self.question is None or page is None:
            return
        question = self.question.last
        top = question.mapTo(page, QPoint(0, 0)).y()
        value = max(bar.value(), top + question.height() - self.scroller.viewport().height())
        bar.setValue(value if question.verdict.text() else min(value, top))

    def _show_state(self) -> None:
        session, step, result = self._session, self._session.step, self._session.result
        assert step is not None
        assert session.lesson is not None
        done = result is not None and result.done
        last = session.current == len(session.lesson.steps) - 1
        # Later changes do not undo the lesson's end.
        over = len(session.record.done) == len(session.lesson.steps)
        if self.question is not None:
            self.question.show_verdict(session.record.answers.get(session.current + 1, ""))
        words = () if done or result is None else result.missing
        if step.question is not None:
            # The question shows its own verdict.
            words = tuple(word for word in words if word not in question_sentences())
        show_text(self.missing, "\n".join(f"○ {line}" for line in words))
        self._show_undone()
        self.hint_button.setVisible(bool(step.hint))
        self.show_button.setVisible(step.show is not None)
        self.status.setText(
            _("✓ Lesson completed. Well done!") if over and last else _("✓ Done") if done else ""
        )
        self.status.setVisible(done)
        self._show_explore(step.explore if done or (last and over) else "")
        self.back.setEnabled(session.current > 0)
        self.next.setText(_("More lessons") if last and over else _("Next"))
        self.next.setEnabled(not last or over)
        primary = "primary" if done or step.reading else ""
        if self.next.property("role") != primary:
            self.next.setProperty("role", primary)
            polish_again(self.next)

    def _show_explore(self, task: str) -> None:
        if task and self.explore.isHidden():
            warning = _sentence("submit_first")
            task = "**" + _("Explore further") + f"**\n\n{warning}\n\n{task}"
            self.explore.show_markdown(task, None)
        self.explore.setVisible(bool(task))

    def _show_undone(self) -> None:
        """Show which finished steps are no longer fulfilled, whatever the current step."""
        session = self._session
        gone = [result for result in session.results if result.undone]
        lines = [
            _("This step is no longer done.")
            if result.number == session.current + 1
            else _sentence(
                "step_undone", number=result.number, reason=join_sentences(result.undone)
            )
            for result in gone
        ]
        words = "\n".join(lines)
        if words and words != self.undone.text():
            announce(self, words)
        show_text(self.undone, words)

    def _next(self) -> None:
        session = self._session
        if session.lesson is None:
            return
        if session.current == len(session.lesson.steps) - 1:
            self.next_requested.emit()
        else:
            session.go(session.current + 1)

    def _show_hint(self) -> None:
        step = self._session.step
        if step is not None:
            self.hint.setText(_("Hint: {hint}", hint=step.hint))
            self.hint.setVisible(self.hint.isHidden())
            self.scroller.ensureWidgetVisible(self.hint)

    def _show_me(self) -> None:
        step = self._session.step
        if step is not None and isinstance(step.show, ShowHint):
            self.callout_requested.emit(step.show)

    def _ticked(self, number: int) -> None:
        """Announce a finished step to screen readers."""
        if self._session.lesson is not None:
            announce(
                self,
                _sentence(
                    "step_done", number=number, title=self._session.lesson.steps[number - 1].title
                ),
            )
