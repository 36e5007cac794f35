"""Letters of up to twice their size: no word of the window is cut off."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.exceptions import TimeoutError as QtTimeoutError
from pytestqt.qtbot import QtBot

from netbuilder.core import i18n
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.core.project.model import Project
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.high_scores import HighScores
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.training_thread import RunState
from netbuilder.ui.style import font_scale
from netbuilder.ui.widgets.labels import ClampedLabel

MINUTE = 60_000
Open = Callable[..., MainWindow]
# A title bar and a task bar take the rest of 1366 x 768.
SMALL, LAPTOP, DESKTOP = (1024, 700), (1366, 720), (1920, 1030)


@pytest.fixture
def letters() -> Iterator[Callable[[MainWindow, float], None]]:
    """Makes the letters larger as Ctrl + does, and the system's again afterwards."""

    def enlarge(window: MainWindow, factor: float) -> None:
        while font_scale.font_scale() < factor - 0.01:
            window.commands.scale(1)

    yield enlarge
    font_scale.set_font_scale(1.0)


def _trained(window: MainWindow, qtbot: QtBot) -> None:
    window.runner.start()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None, timeout=MINUTE)
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    qtbot.waitUntil(
        lambda: window.evaluation_service.idle and window.activations_service.idle, timeout=MINUTE
    )


@pytest.fixture
def speak() -> Iterator[Callable[[str], object]]:
    """Chooses a language, and the one before afterwards."""
    before = i18n.language()
    yield i18n.set_language
    i18n.set_language(before)


@pytest.mark.parametrize(
    ("size", "factor", "language"),
    [
        (LAPTOP, 2.0, "en"),
        pytest.param(SMALL, 1.0, "qps", marks=pytest.mark.slow),
        pytest.param(LAPTOP, 2.0, "qps", marks=pytest.mark.slow),
        *(
            pytest.param(size, factor, "en", marks=pytest.mark.slow)
            for size in (LAPTOP, DESKTOP)
            for factor in (1.5, 1.75, 2.0)
            if (size, factor) != (LAPTOP, 2.0)
        ),
    ],
)
def test_no_word_is_cut_off(
    open_window: Open,
    example: Callable[[str], Project],
    qtbot: QtBot,
    letters: Callable[[MainWindow, float], None],
    speak: Callable[[str], object],
    size: tuple[int, int],
    factor: float,
    language: str,
) -> None:
    speak(language)
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.resize(*size)
    letters(window, factor)
    _trained(window, qtbot)
    found: list[str] = []

    def look(widget: QWidget, name: str) -> None:
        # Layouts follow in their own time, which under load is long.
        with contextlib.suppress(QtTimeoutError):
            qtbot.waitUntil(lambda: cut_off(widget) == [], timeout=5000)
        # A list's entry that shortens itself says all in its tooltip.
        found.extend(f"{name}: {one}" for one in cut_off(widget) if "ElidedComboBox" not in one)

    for name in window.docks.pages:
        window.docks.show_panel(name, focus=False)
        qtbot.waitUntil(
            lambda: window.evaluation_service.idle and window.activations_service.idle,
            timeout=MINUTE,
        )
        look(window, name)
    window.welcome.show_page()
    look(window.welcome.page, "start page")
    window.welcome.page.shut()
    work = submission_source(window.workbench, window.lessons.stamp)
    rows = [
        Submission("ada.h5", "Ada", "graded", 91.5, {"accuracy": 0.915}, 3, 4, comment="Good."),
        Submission(
            "cy.h5",
            "Cy",
            FAILED,
            message="The file is empty (0 bytes). Ask the student for the file again.",
        ),
    ]
    grading = GradeWindow(window)
    grading.model.show_rows(rows)
    for dialog in (
        SubmissionDialog(work.words, work.write, window),
        grading,
        RubricForm(parent=window),
        HighScores(rows, "The first model", window),
        LessonWriter(window.store.project, window),
    ):
        qtbot.addWidget(dialog)
        dialog.show()
        look(dialog, type(dialog).__name__)
        if dialog.width() > size[0] or dialog.height() > size[1]:
            found.append(f"{type(dialog).__name__} is {dialog.width()} by {dialog.height()}")
        dialog.close()
    window.store.mark_saved()
    window.documents.keep_model()
    lesson = library.find_lesson("what_is_a_network")
    window.welcome.open_lesson(lesson)
    for number in range(len(lesson.steps)):
        window.welcome.session.go(number)
        look(window.welcome.lessons.panel, f"lesson, step {number + 1}")
    # The step is what the dock is for: ten lines of it are to be seen at once.
    line = window.fontMetrics().lineSpacing()
    page = window.welcome.lessons.panel.scroller.viewport()
    qtbot.waitUntil(lambda: page.height() >= 10 * line, timeout=10_000)
    assert not found, "\n".join(found)


def test_the_finder_finds(qtbot: QtBot) -> None:
    """What is cut off on purpose is told, and what is not is left alone."""
    top = QWidget()
    qtbot.addWidget(top)
    top.resize(200, 200)
    low, fine, out = QLabel("Two words", top), QLabel("Fine", top), QPushButton("Press me", top)
    low.setWordWrap(True)
    low.setGeometry(0, 0, 60, 8)
    fine.setGeometry(0, 40, 100, 30)
    out.setGeometry(150, 80, 120, 30)
    scroll = QScrollArea(top)
    scroll.setGeometry(0, 120, 100, 60)
    page = QWidget()
    below = QLabel("Below", page)
    below.setGeometry(0, 300, 80, 30)
    page.resize(90, 400)
    scroll.setWidget(page)
    number = QSpinBox(top)
    number.setRange(0, 10**9)
    number.setValue(123_456_789)
    number.setGeometry(0, 80, 60, 30)
    top.show()
    found = cut_off(top)
    assert len(found) == 3
    assert "shows '123456789'" in found.pop(2)
    assert "Two words" in found[0]
    assert "high and needs" in found[0]
    assert "Press me" in found[1]
    assert "sticks out" in found[1]


#: Pixels that nobody misses: roundings, side bearings.
_SLACK = 3


def cut_off(top: QWidget) -> list[str]:
    """A line for each widget in ``top`` whose words are not all to be seen, or cannot be reached.

    What lies further down in a page that scrolls is reached; what sticks out at its side is not:
    nobody scrolls a form sideways. Texts that end in "…" on purpose count as cut.
    """
    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisibleTo(top):
            continue
        for why in _complaints(widget, top):
            words = _words(widget)
            where = type(widget.parentWidget()).__name__
            found.append(f"{type(widget).__name__} in {where}: {words[:60]!r} {why}")
    return found


def _words(widget: QWidget) -> str:
    if isinstance(widget, QComboBox):
        return widget.currentText()
    icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return widget.text() if widget.toolButtonStyle() != icon_only else ""
    if isinstance(widget, QLabel) and "<" in widget.text():
        document = QTextDocument()
        document.setHtml(widget.text())
        return document.toPlainText()
    if isinstance(widget, QAbstractButton | QLabel):
        return widget.text().replace("&", "")
    return ""


def _complaints(widget: QWidget, top: QWidget) -> Iterator[str]:
    if isinstance(widget, QAbstractSpinBox) and (field := widget.findChild(QLineEdit)):
        margins = field.textMargins()
        room = field.width() - margins.left() - margins.right()
        needed = field.fontMetrics().horizontalAdvance(field.text())
        if needed > room:
            yield f"shows {field.text()!r} in {room} and needs {needed}"
    words = _words(widget)
    if not words or _of_an_editor(widget):
        return
    if isinstance(widget, QLabel) and not isinstance(widget, ClampedLabel):
        yield from _of_label(widget, words)
    elif isinstance(widget, QComboBox):
        yield from _narrow(widget, widget.fontMetrics().horizontalAdvance(words) + 20)
    elif isinstance(widget, QCheckBox | QRadioButton):
        yield from _narrow(widget, widget.minimumSizeHint().width())
    elif isinstance(widget, QAbstractButton):
        yield from _narrow(widget, widget.fontMetrics().horizontalAdvance(words))
        yield from _low(widget, widget.fontMetrics().height())
    yield from _outside(widget, top)


def _of_label(label: QLabel, words: str) -> Iterator[str]:
    advance = label.fontMetrics().horizontalAdvance
    if label.wordWrap():
        yield from _low(label, label.heightForWidth(label.width()))
        yield from _narrow(label, max(advance(word) for word in words.split()))
    elif label.pixmap().isNull():
        yield from _narrow(label, max(advance(line) for line in words.split("\n")))


def _narrow(widget: QWidget, needed: int) -> Iterator[str]:
    if widget.contentsRect().width() < needed - _SLACK:
        yield f"is {widget.width()} wide and needs {needed}"


def _low(widget: QWidget, needed: int) -> Iterator[str]:
    if widget.height() < needed - _SLACK:
        yield f"is {widget.height()} high and needs {needed}"


def _of_an_editor(widget: QWidget) -> bool:
    """Whether it is a part of something that shows its own words, and scrolls them."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(
            parent,
            QAbstractItemView | QPlainTextEdit | QTextEdit | QLineEdit | QAbstractSpinBox | QTabBar,
        ):
            return True
        parent = parent.parentWidget()
    return False


def _outside(widget: QWidget, top: QWidget) -> Iterator[str]:
    """Complaints about a widget that sticks out of what shows it."""
    parent = widget.parentWidget()
    while parent is not None and parent is not top.parentWidget():
        at = QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size())
        scrolls = isinstance(parent.parentWidget(), QAbstractScrollArea) and not isinstance(
            parent, QStackedWidget
        )
        if at.right() > parent.width() + _SLACK or at.left() < -_SLACK:
            yield f"sticks out of {type(parent).__name__} by {at.right() - parent.width()}"
            return
        if not scrolls and at.bottom() > parent.height() + _SLACK:
            yield f"sticks out below {type(parent).__name__} by {at.bottom() - parent.height()}"
            return
        if scrolls:
            return  # the area itself is looked at where its own words are
        parent = parent.parentWidget()
