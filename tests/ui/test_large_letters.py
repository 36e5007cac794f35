"""Letters of up to twice their size: no word of the window is cut off."""

import contextlib

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolTip,
    QWidget,
)
from pytestqt.exceptions import TimeoutError as QtTimeoutError

from netbuilder.core import i18n
from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.ui.canvas.network_table_dialog import NetworkTableDialog
from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.forms.param_form import ParamForm
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.grading.high_scores import HighScores
from netbuilder.ui.grading.rubric_form import RubricForm
from netbuilder.ui.grading.submission_dialog import SubmissionDialog, submission_source
from netbuilder.ui.lessons.lesson_writer import LessonWriter
from netbuilder.ui.plots.live.surface_plot import SurfacePlot
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.plots.training_curves import TrainingCurvePlot
from netbuilder.ui.results.prediction_views import PredictionHeader
from netbuilder.ui.services import settings
from netbuilder.ui.services.derived import all_idle
from netbuilder.ui.style import font_scale
from netbuilder.ui.widgets.layouts import vbox
from netbuilder.ui.window.command_search import CommandSearch
from netbuilder.ui.window.settings_dialog import SettingsDialog
from tests.ui.cut_letters import cut_off, cut_off_of

# A title bar and a task bar take the rest of 1366 x 768.
SMALL, LAPTOP, DESKTOP = (1024, 700), (1366, 720), (1920, 1030)


@pytest.fixture
def letters():
    """Gives the letters a size as the settings do, and the system's again afterwards."""

    def resize(window, factor):
        settings.choose_font_scale(factor)
        window.docks.widen()

    yield resize
    font_scale.set_font_scale(1.0)


def _trained(window, qtbot):
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.evaluation_service.idle and window.activations_service.idle)


@pytest.fixture
def speak():
    """Chooses a language, and the one before afterwards."""
    before = i18n.language()
    yield i18n.set_language
    i18n.set_language(before)


def _look_at(qtbot, widget, name):
    """What is cut off in a widget that has come to rest."""
    # Layouts follow in their own time, which under load is long.
    with contextlib.suppress(QtTimeoutError):
        qtbot.waitUntil(lambda: cut_off(widget) == [], timeout=5000)
    return [f"{name}: {one}" for one in cut_off(widget)]


def _look_at_pages(window, qtbot, *names: str):
    """What is cut off in some pages, or in all."""
    found: list[str] = []
    for name in names or window.docks.pages:
        window.docks.show_panel(name, focus=False)
        qtbot.waitUntil(
            lambda: (
                window.evaluation_service.idle and window.activations_service.idle and all_idle()
            )
        )
        found += _look_at(qtbot, window, name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "factor", "language"),
    [(SMALL, 1.0, "qps"), (LAPTOP, 2.0, "qps"), (LAPTOP, 1.75, "en"), (DESKTOP, 2.0, "en")],
)
def test_no_word_is_cut_off(open_window, example, qtbot, letters, speak, size, factor, language):
    speak(language)
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.resize(*size)
    letters(window, factor)
    _trained(window, qtbot)
    found = _look_at_pages(window, qtbot)
    window.welcome.show_page()
    found += _look_at(qtbot, window.welcome.page, "start page")
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
        SettingsDialog(window, window.actions_table),
        NetworkTableDialog(window.canvas),
        CommandSearch(window.actions_table, window),
    ):
        name = type(dialog).__name__
        dialog.show()
        found += _look_at(qtbot, dialog, name)
        if dialog.width() > size[0] or dialog.height() > size[1]:
            found.append(f"{name} is {dialog.width()} by {dialog.height()}")
        dialog.close()
    window.store.mark_saved()
    window.documents.keep_model()
    lesson = library.find_lesson("what_is_a_network")
    window.welcome.open_lesson(lesson)
    for number in range(len(lesson.steps)):
        window.welcome.session.go(number)
        found += _look_at(qtbot, window.welcome.lessons.panel, f"lesson, step {number + 1}")
    # The step is what the dock is for: ten lines of it are to be seen at once.
    line = window.fontMetrics().lineSpacing()
    page = window.welcome.lessons.panel.scroller.viewport()
    qtbot.waitUntil(lambda: page.height() >= 10 * line, timeout=10_000)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "factor", "language"),
    [(SMALL, 1.0, "en"), (SMALL, 1.0, "de"), (LAPTOP, 1.75, "de"), (SMALL, 1.75, "de")],
)
def test_no_word_is_cut_off_beside_a_lesson(
    open_window, example, qtbot, letters, speak, size, factor, language
):
    speak(language)
    window = open_window(example("moons"))
    window.resize(*size)
    letters(window, factor)
    window.store.mark_saved()
    window.welcome.open_lesson(library.find_lesson("what_is_a_network"))
    data = window.docks.show_panel("data", focus=False)
    qtbot.waitUntil(lambda: window.workbench.facts is not None and data.settled)
    found = _look_at_pages(window, qtbot, "data", "layer", "settings")
    page, seen = data.scroll_area.widget(), data.scroll_area.viewport()
    assert page.width() <= seen.width(), "nobody scrolls to the side"
    for number in range(len(window.welcome.session.lesson.steps)):
        window.welcome.session.go(number)
        found += _look_at(qtbot, window.welcome.lessons.panel, f"lesson, step {number + 1}")
    assert not found, "\n".join(found)


def test_no_word_of_a_page_without_results_is_cut_off(open_window, example, qtbot, letters):
    window = open_window(example("moons"), keras=False)
    window.resize(*LAPTOP)
    letters(window, 1.75)
    found = _look_at_pages(window, qtbot, "layer", "data", "settings")
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "factor", "language", "name"),
    [
        *((SMALL, 2.0, "en", name) for name in ("diabetes", "digits")),
        (LAPTOP, 1.0, "de", "temperatures"),
        (LAPTOP, 1.0, "fr", "moons"),
    ],
)
def test_no_word_of_a_page_is_cut_off(
    open_window, example, qtbot, letters, speak, name, size, factor, language
):
    """Whether the letters had their size before the pages were built, or have it since."""
    speak(language)
    window = open_window(edits.set_training(example(name), epochs=2))
    window.resize(*size)
    letters(window, factor)
    _trained(window, qtbot)
    found = _look_at_pages(window, qtbot)
    if factor != 1.0:
        sizes = {page: _sizes(window, page) for page in window.docks.pages}
        letters(window, 1.0)
        letters(window, factor)
        found += _look_at_pages(window, qtbot)
        assert {page: _sizes(window, page) for page in window.docks.pages} == sizes
    settings.level().choose(settings.BASIC)
    found += _look_at_pages(window, qtbot)
    assert not found, "\n".join(found)


def _sizes(window, page):
    """The sizes of fields and plots in a page, which letters of another size must change."""
    kinds = (QAbstractSpinBox, QComboBox, pg.GraphicsView)
    found = window.docks.pages[page].findChildren(QWidget)
    return {
        (type(one).__name__, one.minimumWidth(), one.minimumHeight())
        for one in found
        if isinstance(one, kinds)
    }


def test_the_finder_finds(qtbot):
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


def test_the_finder_finds_what_is_cut_off_of_a_plot(qtbot):
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(240, 120)
    plot.getPlotItem().setLabel("left", "a title that is far longer than the axis is high")
    plot.show()
    qtbot.waitUntil(lambda: plot.getPlotItem().vb.width() > 0)
    assert any("left axis: title 'a title that" in one for one in cut_off_of(plot))


def _curves():
    plot = TrainingCurvePlot()
    plot.quantity = "root_mean_squared_error_of_the_first_output"
    return plot


def _surface():
    plot = SurfacePlot()
    plot.getPlotItem().setLabel("left", "probability of a long name: the class")
    return plot


def _scatter():
    plot = NoWheelPlot("scatter", 130)
    plot.getPlotItem().setLabel("left", "predicted mean temperature of the next days (°C)")
    plot.getPlotItem().setLabel("bottom", "true")
    return plot


@pytest.mark.parametrize("make", [_curves, _surface, _scatter])
def test_axes_grow_with_the_letters(qtbot, letters, make):
    """In a plot that stands while the letters change, as in one that is made with large ones."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(720, 240)
    window.show()

    def shown(place):
        plot = make()
        plot.setParent(window)
        plot.setGeometry(360 * place, 0, 360, 240)
        plot.show()
        return plot

    plot = shown(0)
    axis = plot.getPlotItem().getAxis("left")
    before, high = axis.style["tickFont"].pointSizeF(), plot.minimumHeight()
    font_scale.set_font_scale(1.75)
    later = shown(1)
    for one in (plot, later):
        qtbot.waitUntil(lambda one=one: cut_off_of(one) == [])
        axis = one.getPlotItem().getAxis("left")
        assert axis.style["tickFont"].pointSizeF() == pytest.approx(1.75 * before, abs=0.1)
        assert axis.label.font().pointSizeF() == pytest.approx(1.75 * before, abs=0.1)
    assert later.minimumHeight() == plot.minimumHeight() >= high
    assert cut_off_of(plot) == []


def test_a_prediction_has_the_room_that_its_letters_need(qtbot, letters):
    """The letters may change while it stands there."""
    window = QWidget()
    qtbot.addWidget(window)
    head = PredictionHeader(window)
    vbox(head, (QWidget(window), 1), parent=window, margins=0)
    window.resize(600, 500)
    head.begin(3, True)
    head.answer.setText("species: setosa (96.0%)")
    window.show()
    font_scale.set_font_scale(1.75)
    qtbot.waitUntil(lambda: head.answer.fontMetrics().height() > 30)
    qtbot.waitUntil(lambda: head.answer.height() >= 2 * head.answer.fontMetrics().lineSpacing())
    assert head.sure.height() >= 2 * head.sure.fontMetrics().lineSpacing()
    before = head.height()
    head.sure.setText("sure " * 80)
    QApplication.processEvents()
    assert head.height() == before >= head.answer.height() + head.sure.height()


def test_the_ends_of_a_slider_and_the_entries_of_a_list_are_whole(qtbot, letters):
    form = ParamForm(
        [
            Param("age", Kind.FLOAT, 20.0, "", slide=(-10.5, 39.99), ends=(-10.5, 39.99)),
            Param("words", Kind.CHOICE, "The system's language", "", choices=(
                "The system's language", "short")),
        ]
    )  # fmt: skip
    qtbot.addWidget(form)
    form.resize(900, 300)
    form.show()
    font_scale.set_font_scale(1.75)
    qtbot.waitUntil(lambda: cut_off(form) == [])
    slide = form.rows["age"].editor
    assert [one.text() for one in slide.findChildren(QLabel) if one.isVisible()] == [
        "−10.5",
        "39.99",
    ]


def test_a_list_that_is_too_narrow_says_the_whole_entry_in_its_tooltip(qtbot):
    box = ElidedComboBox()
    qtbot.addWidget(box)
    box.addItem("automatic: Sparse categorical cross-entropy")
    box.setToolTip("what is minimised")

    def tip(width):
        box.resize(width, 30)
        box.show()
        at = box.rect().center()
        QApplication.sendEvent(box, QHelpEvent(QEvent.Type.ToolTip, at, box.mapToGlobal(at)))
        return QToolTip.text()

    assert tip(120) == "automatic: Sparse categorical cross-entropy\nwhat is minimised"
    assert tip(600) == "what is minimised"
