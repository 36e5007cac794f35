"""Letters of up to twice their size: no word of the window is cut off."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
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
from tests.ui.cut_letters import cut_off

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
        found.extend(f"{name}: {one}" for one in cut_off(widget))

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
