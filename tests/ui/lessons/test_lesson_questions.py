"""Questions of a lesson: answers, their reasons, and another question after a wrong one."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from netbuilder.core.lessons import library
from netbuilder.core.lessons.parse import parse_lesson
from netbuilder.ui.lessons.lesson_panel import LessonPanel
from netbuilder.ui.main_window import MainWindow


def done(window: MainWindow) -> list[int]:
    return [one.number for one in window.welcome.session.results if one.done]


def test_questions_hints_and_showing(qtbot, open_window):
    window = open_window(keras=False)
    window.welcome.open_lesson(library.find_lesson("what_is_a_network"))
    panel, session = window.welcome.lessons.panel, window.welcome.session
    window.docks.show_panel("data")
    session.see("data")
    question = panel.question
    question.line.setText("three")
    qtbot.keyClick(question.line, Qt.Key.Key_Return)
    assert question.verdict.text() and question.line.isEnabled() and question.another is None
    question.line.setText("6/2")
    qtbot.keyClick(question.line, Qt.Key.Key_Return)
    assert question.question.wrong in question.verdict.text()
    assert done(window) == []
    second = question.another
    second.line.setText(second.question.answer)
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.why in second.verdict.text()
    assert done(window) == [1]
    qtbot.mouseClick(panel.hint_button, Qt.MouseButton.LeftButton)
    assert "Count the columns" in panel.hint.text()
    assert panel.hint.isVisible()
    qtbot.mouseClick(panel.show_button, Qt.MouseButton.LeftButton)
    callout = window.welcome.lessons.callout
    assert callout.ring.intersects(window.welcome.places.rect("data"))
    qtbot.mouseClick(callout.buttons[-1], Qt.MouseButton.LeftButton)
    assert window.welcome.lessons.callout is None


OPEN_TASK = """---
title: One question
level: beginner
minutes: 15
---
## Count
```question
ask: How many?
kind: number
answer: 2
why: One and one.
wrong: Count again.
```
```explore
How few units are **enough**?
```
"""


def test_a_wrong_answer_says_why_and_the_open_task_comes_at_the_end(qtbot, open_window):
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(OPEN_TASK, "count"))
    panel = window.welcome.lessons.panel
    task = panel.findChild(QWidget, "explore-further")
    assert task.isHidden()
    panel.question.line.setText("3")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    assert "Count again." in panel.question.verdict.text()
    assert task.isHidden()
    panel.question.line.setText("2")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    assert "One and one." in panel.question.verdict.text()
    assert "How few units are enough?" in task.toPlainText()
    assert task.isVisible()
    assert panel.next.isEnabled()
    # Another lesson that is over has its own open task.
    other = OPEN_TASK.replace("How few units are", "How many epochs are")
    window.welcome.open_lesson(parse_lesson(other, "epochs"))
    panel.question.line.setText("2")
    qtbot.keyClick(panel.question.line, Qt.Key.Key_Return)
    window.welcome.session.open(parse_lesson(OPEN_TASK, "count"))
    assert "How few units are enough?" in task.toPlainText()


def test_a_question_without_a_right_answer_takes_any():
    lesson = parse_lesson(
        "---\ntitle: a\nlevel: beginner\nminutes: 1\n---\n## s\n```question\nask: Why?\n"
        "kind: prediction\n```\n"
    )
    question = lesson.steps[0].question
    assert question.right("whatever")
    assert not question.right("  ")


TWO_QUESTIONS = """---
title: Two questions
level: beginner
minutes: 15
---
## Count
```question
ask: Which is even?
choices: 3 | 4 | 5
answer: 4
why: Twice two.
wrong: An even number is twice a whole number.
```
```question
ask: How much is twice three?
kind: number
answer: 6
why: Three and three.
wrong: Add three and three.
```
"""


def test_after_a_wrong_answer_another_question_is_asked(qtbot, open_window):
    window = open_window(keras=False)
    lesson = parse_lesson(TWO_QUESTIONS, "two")
    window.welcome.open_lesson(lesson)
    panel, session = window.welcome.lessons.panel, window.welcome.session
    first = panel.question
    assert first is not None and first.another is None
    # An arrow key goes to another answer and gives none.
    first.choices[0].setFocus()
    qtbot.keyClick(first.choices[0], Qt.Key.Key_Up)
    qtbot.waitUntil(first.choices[2].hasFocus)
    assert session.record.answers == {}
    qtbot.keyClick(first.choices[2], Qt.Key.Key_Return)
    assert lesson.steps[0].question.wrong in first.verdict.text()
    second = first.another
    assert second is not None and second.line is not None
    assert not any(one.isEnabled() for one in first.choices), "trying all choices does not help"
    second.line.setText("5")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.wrong in second.verdict.text()
    assert done(window) == []
    second.line.setText("6")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    assert second.question.why in second.verdict.text()
    assert done(window) == [1]
    assert session.record.answers == {1: "5\n6"}
    # Opened again it stands as it was left.
    window.welcome.session.open(parse_lesson(OPEN_TASK, "count"))
    window.welcome.session.open(lesson)
    assert panel.question.another is not None and panel.question.another.line is not None
    assert panel.question.another.line.text() == "6"
    assert panel.question.choices[2].isChecked()


def test_of_two_questions_the_first_alone_is_asked_where_it_is_answered_correctly(
    qtbot, open_window
):
    window = open_window(keras=False)
    window.welcome.open_lesson(parse_lesson(TWO_QUESTIONS, "two"))
    question = window.welcome.lessons.panel.question
    qtbot.mouseClick(question.choices[1], Qt.MouseButton.LeftButton)
    assert question.another is None
    assert done(window) == [1]
    assert question.question.right("4") and not question.question.right("5")
    assert question.question.right("5\n6") and not question.question.right("5\n4")
    # The last answer counts, even when the lesson was over.
    qtbot.mouseClick(question.choices[0], Qt.MouseButton.LeftButton)
    assert done(window) == [] and question.another is not None
    question.another.line.setText("6")
    qtbot.keyClick(question.another.line, Qt.Key.Key_Return)
    assert done(window) == [1]


def in_view(panel: LessonPanel, widget: QWidget) -> bool:
    """Whether a widget's lower edge is in the visible part of the step."""
    page = panel.scroller.viewport()
    return page.rect().contains(widget.mapTo(page, widget.rect().bottomLeft()))


def test_what_an_answer_brings_is_scrolled_into_view(qtbot, open_window):
    window = open_window(keras=False)
    window.resize(1024, 500)
    lines = "\n\n".join(["A line to read."] * 20)
    text = (
        TWO_QUESTIONS.replace("## Count", f"## Count\n{lines}\n")
        + OPEN_TASK[OPEN_TASK.index("```explore") :]
    )
    window.welcome.open_lesson(parse_lesson(text, "long"))
    panel = window.welcome.lessons.panel
    panel.scroller.ensureWidgetVisible(panel.question)
    qtbot.mouseClick(panel.question.choices[0], Qt.MouseButton.LeftButton)
    second = panel.question.another
    qtbot.waitUntil(lambda: in_view(panel, second.line) and in_view(panel, second.button))
    second.line.setText("6")
    qtbot.keyClick(second.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: done(window) == [1] and in_view(panel, second.verdict))
