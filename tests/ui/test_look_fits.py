"""In a small window nothing is squeezed or cut, and what gave way comes back."""

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QPushButton,
    QScrollArea,
    QTableView,
    QToolButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)
from pytestqt.exceptions import TimeoutError as QtTimeoutError

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.grading.submission import GRADED, Submission
from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.ui.forms.param_form import LABEL_WIDTH, ParamForm
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.grading.grade_window import GradeWindow
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.table_preview import ShortTable
from netbuilder.ui.plots.themed_plot import NumberAxis
from netbuilder.ui.plots.training_curves import run_picture
from netbuilder.ui.results.search_dimensions import DimensionRow
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.services.runs.run_progress import format_metric
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.window.panels import TASKS
from netbuilder.ui.window.side import STRIP_HEIGHT


def _shown(qtbot, widget, width):
    widget.resize(width, 200)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()


def test_fields_of_a_form_share_both_edges(qtbot):
    params = [
        Param("epochs", Kind.INT, 10, help="times through all rows of the data"),
        Param("padding", Kind.CHOICE, "valid", choices=("valid", "same"), help="the edges"),
        Param("learning_rate", Kind.FLOAT, 0.1, help="the size of a step", schedule=True),
    ]
    form = ParamForm(params)
    qtbot.addWidget(form)
    for width in (440, 320):
        _shown(qtbot, form, width)
        boxes = [row.editor.geometry() for row in form.rows.values()]
        assert {(box.left(), box.right()) for box in boxes} == {(LABEL_WIDTH + 8, width - 1)}
        for row in form.rows.values():
            assert row.help.isHidden() or row.help.y() >= row.editor.geometry().bottom()
            assert len(row.help.shown_lines()) <= 2


def test_the_name_of_what_is_varied_goes_above_its_values(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    row = DimensionRow("dense.units=16,32", "Dense “dense” · units", True, holder)
    page = QVBoxLayout(holder)
    page.setContentsMargins(0, 0, 0, 0)
    page.addWidget(row)
    _shown(qtbot, holder, 440)
    assert row.title.geometry().right() < row.how.mapTo(row, row.how.rect().topLeft()).x()
    _shown(qtbot, holder, 330)
    assert row.title.geometry().bottom() <= row.how.mapTo(row, row.how.rect().topLeft()).y()
    assert row.title.shown_lines() == ["Dense “dense” · units"]


def test_a_ring_goes_where_that_goes_which_it_is_around(qtbot):
    """Docks become wider under the tour: the ring stayed as wide as the palette had been."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    at = [QRect(0, 100, 200, 300)]
    callout = Callout(window, at[0], "Layers", "words", (("Next", lambda: None),),
                      find=lambda: at[0])  # fmt: skip
    at[0] = QRect(0, 100, 300, 300)
    qtbot.waitUntil(lambda: callout.ring.width() > 300)
    assert callout.bubble.x() > 300
    callout.end()


def test_a_number_is_whole_in_the_field_beside_its_slider(qtbot):
    param = Param("y", Kind.FLOAT, -0.34485, help="", slide=(-1.0, 2.0), ends=(-1.0, 2.0))
    editor = SlideEditor(param)
    qtbot.addWidget(editor)
    _shown(qtbot, editor, 320)
    editor.show_value(-0.34485)
    box = editor.box
    buttons = 28  # its arrows, and what is around its letters
    assert box.width() - buttons >= box.fontMetrics().horizontalAdvance("-0.34485")


def test_the_curves_of_a_report_are_whole(qtbot):
    """To the last epoch, in letters of the size that the page has."""
    run = RunCurves("x")
    run.add_epochs("loss", [1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0])
    image = run_picture(run, QSize(330, 290))
    assert (image.width(), image.height()) == (660, 580)
    blue = [
        (x, y)
        for x in range(0, 660, 2)
        for y in range(0, 580, 2)
        if image.pixelColor(x, y).blue() > image.pixelColor(x, y).red() + 80
    ]
    assert min(x for x, _ in blue) < 220
    assert max(x for x, _ in blue) > 560
    assert max(y for _, y in blue) - min(y for _, y in blue) > 300


def test_large_numbers_have_separators_everywhere(qtbot):
    assert format_metric("root_mean_squared_error", 16169.2) == "root mean squared error 16,169"
    axis = NumberAxis("left")
    assert axis.tickStrings([200000, 400000], 1.0, 200000) == ["200,000", "400,000"]
    assert axis.tickStrings([0.2, 0.4], 1.0, 0.2) == ["0.2", "0.4"]


@pytest.mark.slow
def test_runs_show_their_numbers_whole(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.resize(1366, 768)
    qtbot.train(window)
    panel = window.docks.show_panel("compare", focus=False).runs
    qtbot.waitUntil(lambda: bool(panel.model.runs))
    table = panel.table
    for column in range(1, table.model().columnCount()):
        if not table.isColumnHidden(column):
            assert table.columnWidth(column) >= table.sizeHintForColumn(column)


@pytest.mark.slow
def test_pictures_on_the_canvas_follow_the_scheme(open_window, example, qtbot):
    """Dark letters on a dark canvas cannot be read."""
    window = open_window(edits.set_training(example("moons"), epochs=2))
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.activations_service.look_now is not None)

    def lightest():
        image = window.canvas.previews.images["input"]
        spots = ((x, y) for x in range(image.width()) for y in range(image.height()))
        inked = [image.pixelColor(*spot) for spot in spots]
        return max(color.lightness() for color in inked if color.alpha() > 200)

    theme.theme().force(False)
    light = lightest()
    theme.theme().force(True)
    assert lightest() > light + 60


def inside(widget, outer):
    """Whether a widget is seen in its whole width."""
    left = widget.mapTo(outer, QPoint(0, 0)).x()
    return left >= 0 and left + widget.width() <= outer.width()


def test_a_narrow_side_panel_cuts_nothing_off(open_window, example, qtbot):
    project = edits.set_training(example("digits"), epochs=1)
    window = open_window(project)
    window.resize(1024, 700)
    window.commands.train()
    qtbot.waitUntil(
        lambda: window.workbench.models.trained is not None and not window.runner.state.active,
        timeout=120_000,
    )
    qtbot.waitUntil(lambda: window.activations_service.look is not None)

    predict = window.docks.show_panel("predict", focus=False)
    qtbot.waitUntil(lambda: not predict.bars.isHidden() and inside(predict.bars, predict))
    for widget in (predict.another, predict.file_button, predict.pictures.picture_button):
        qtbot.waitUntil(lambda widget=widget: inside(widget, predict))

    panel = window.docks.show_panel("inside", focus=False)
    scroll = panel.findChild(QScrollArea)
    for layer in ("conv2d", "dense"):
        panel._select((layer,))
        qtbot.waitUntil(lambda: len(panel.parts) > 3 and panel.parts[-1].isVisible())
        qtbot.waitUntil(lambda: scroll.widget().width() <= scroll.viewport().width())
        assert all(
            part.pixmap().width() <= scroll.viewport().width()
            for part in panel.parts
            if not part.pixmap().isNull()
        )

    training = window.docks.show_panel("training", focus=False)
    training.buttons.best.setText("Go to best epoch (920)")
    plot, tools = training.curves.plot, training.curves.tools
    qtbot.waitUntil(lambda: plot.height() > 0 and inside(training.buttons.reset, training))
    best, quantity = training.buttons.best, training.curves.quantity
    qtbot.waitUntil(lambda: best.width() >= best.sizeHint().width())
    qtbot.waitUntil(lambda: quantity.width() >= quantity.sizeHint().width())
    qtbot.waitUntil(lambda: plot.geometry().bottom() < plot.parentWidget().height())
    assert tools.width() >= tools.minimumSizeHint().width()


def test_long_news_leave_the_problems_in_sight(open_window, example):
    window = open_window(example("iris"), keras=False)
    window.resize(1024, 700)
    words = "Trained 20 epochs in 1.2 s: mean absolute error 42.67, and a lot more " * 3
    window.status.tell(words)
    QApplication.processEvents()
    for widget in (window.status.problems, window.status.zoom):
        assert inside(widget, window)
        assert widget.width() >= widget.sizeHint().width()
    (shown,) = window.status.news.shown_lines()
    assert shown.startswith("Trained 20 epochs") and shown.endswith("…")
    assert window.status.news.toolTip() == words


def test_sums_give_way_to_news(open_window, example, qtbot):
    window = open_window(example("iris"))
    window.resize(1024, 700)
    status = window.status
    qtbot.waitUntil(lambda: status.parameters.isVisible() and status.operations.isVisible())
    words = "Test set: accuracy 98.9%, precision 98.7%, F1 score 98.8%, mean probability 0.98"
    status.tell(words)
    qtbot.waitUntil(lambda: status.news.shown_lines() == [words])
    assert not status.operations.isVisible()
    status.tell("")
    assert status.parameters.isVisible() and status.operations.isVisible()


def test_where_news_have_no_room_shorter_news_are_whole(open_window):
    window = open_window(keras=False)
    window.resize(1024, 700)
    words = "Trained 20 epochs in 1.2 s of training time: accuracy 98.9% " * 3
    window.status.tell(words, shorter=(words * 2, "Accuracy 98.9%"))
    QApplication.processEvents()
    assert window.status.news.shown_lines() == ["Accuracy 98.9%"]
    assert window.status.news.toolTip() == words
    window.status.tell("Saved it.")
    assert window.status.news.shown_lines() == ["Saved it."]


def test_sizes_follow_the_class_of_the_window(open_window, qtbot):
    """What the designer measured, within the line between two columns."""
    window = open_window(keras=False)
    docks = window.docks

    def widths(size, page):
        window.resize(*size)
        docks.show_panel(page, focus=False)
        qtbot.waitUntil(lambda: sum(docks.splitter.sizes()) > size[0] - 8)
        docks.leave_room()
        return docks.splitter.sizes()[-3:]

    for size, page, wanted in (
        ((1366, 768), "layer", (200, 714, 452)),
        ((1366, 768), "training", (44, 722, 600)),
        ((1920, 1080), "training", (44, 876, 1000)),
        ((1024, 700), "layer", (44, 560, 420)),
        ((1024, 700), "predict", (44, 560, 420)),
    ):
        found = widths(size, page)
        assert all(abs(a - b) <= 3 for a, b in zip(found, wanted, strict=True)), (size, found)
    window.resize(1920, 1080)
    docks.show_panel("evaluate", focus=False)
    qtbot.waitUntil(lambda: docks.side.shown == ("evaluate", "inside"))
    docks.show_panel("surface", focus=False)
    assert docks.side.shown == ("surface", "inside")
    docks.side.show_task("train")
    assert docks.side.shown == ("training", "surface")
    docks.show_panel("predict", focus=False)
    assert docks.side.shown == ("predict", "explain")


def test_the_side_keeps_its_width_in_each_class_of_window(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    docks = window.docks
    window.resize(1366, 768)
    docks.show_panel("training", focus=False)
    qtbot.waitUntil(lambda: abs(docks.side.width() - 600) <= 3)
    handle = docks.splitter.handle(docks.splitter.indexOf(docks.side))
    middle = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(handle, middle - QPoint(60, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: docks.side.width() > 640)
    chosen = docks.side.width()
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: docks.side.width() <= 424)
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: abs(docks.side.width() - chosen) <= 2)
    window.close()
    again = open_window(example("iris"), keras=False)
    again.resize(1366, 768)
    again.docks.show_panel("training", focus=False)
    qtbot.waitUntil(lambda: abs(again.docks.side.width() - chosen) <= 2)


def test_a_page_lies_over_the_canvas_and_goes_back(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    window.resize(1366, 768)
    window.docks.show_panel("code", focus=False)
    button = window.findChild(QToolButton, "expand_page")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.docks.side.width() > 1300)
    assert not window.canvas.isVisible()
    assert window.docks.side.shown == ("code",), "one page, not two"
    window.actions_table["expand-page"].trigger()
    qtbot.waitUntil(lambda: window.canvas.isVisible() and window.docks.side.width() < 610)
    assert window.docks.palette.isVisible()


def test_the_selected_layer_is_a_strip_that_opens_upward(open_window, example, qtbot):
    window = open_window(example("digits"))
    window.resize(1366, 768)
    side = window.docks.side
    assert window.inspector.isVisible() and not side.strip.isVisible(), "the page Layer"
    window.docks.show_panel("training", focus=False)
    assert not window.inspector.isVisible() and not side.strip.isVisible(), "nothing is selected"
    window.canvas.select(("conv2d",))
    assert side.strip.isVisible()
    assert (side.strip.title.text(), side.strip.words.text()) == (
        "Conv2D",
        "32 · 3×3 · relu · 320 parameters",
    )
    assert side.strip.height() == STRIP_HEIGHT
    QTest.mouseClick(window.findChild(QPushButton, "edit_layer"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.inspector.isVisible)
    part = side.drawer.height() / side.upright.height()
    assert 0.3 < part < 0.45, part
    assert not side.strip.words.text(), "the form says it"
    filters = window.inspector.form.rows["filters"].editor
    filters.selectAll()
    QTest.keyClicks(filters, "16")
    QTest.mouseClick(window.findChild(QPushButton, "edit_layer"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: side.strip.words.text().startswith("16 · 3×3"))
    assert side.strip.height() == STRIP_HEIGHT
    window.docks.show_panel("layer", focus=False)
    assert window.inspector.isVisible() and side.drawer.isHidden()


def test_a_run_that_ends_marks_understand_and_moves_nobody(open_window, example, qtbot):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    side = window.docks.side
    window.commands.train()
    qtbot.waitUntil(
        lambda: window.workbench.models.trained is not None and not window.runner.state.active
    )
    assert side.task == "train"
    assert side.shown[0] == "training"
    assert side.buttons["understand"].marked
    QTest.mouseClick(side.buttons["understand"], Qt.MouseButton.LeftButton)
    assert not side.buttons["understand"].marked


def test_help_stays_in_the_bar_where_there_is_room_for_little(open_window, example, qtbot):
    window = open_window(example("iris"), keras=False)
    bar = window.top_bar
    onward = bar.findChild(QToolButton, "qt_toolbar_ext_button")

    def seen():
        buttons = [one for one in bar.findChildren(QToolButton) if one.isVisible()]
        return [one.text() for one in buttons if one.defaultAction() is not None]

    window.resize(1366, 768)
    qtbot.waitUntil(lambda: {"Save", "Save .h5", "Gallery", "Help"} <= set(seen()))
    everything = seen()
    window.resize(1024, 700)
    try:
        while font_scale.font_scale() < 1.99:
            window.commands.scale(1)
        qtbot.waitUntil(lambda: "Gallery" not in seen())
        qtbot.waitUntil(lambda: "?" in seen(), timeout=10_000)  # its short word
        helps = next(one for one in bar.findChildren(QToolButton) if one.text() == "?")
        qtbot.waitUntil(lambda: inside(helps, window) and inside(window.top_bar.train, window))
        assert helps.width() >= helps.sizeHint().width()
        assert not onward.isVisible()
        assert bar.progress.isVisible()
        # A longer word on the bar takes its room from others at once.
        window.actions_table["speed-epochs-1"].trigger()
        qtbot.waitUntil(lambda: inside(helps, window) and not onward.isVisible())
    finally:
        font_scale.set_font_scale(1.0)
        window.scaling.apply()
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: seen() == everything)


def test_a_lesson_has_a_column_of_its_own(open_window, at_rest):
    window = open_window(keras=False)
    for size, least in (((1366, 768), 318), ((1024, 700), 278)):
        window.resize(*size)
        window.welcome.open_lesson(library.find_lesson("first_model"))
        column = window.welcome.lessons.panel
        at_rest(column.width)
        assert column.width() >= least
        assert column.height() > 0.8 * window.height()
        assert window.canvas.width() >= 0.33 * window.width()
        assert column.missing.mapTo(column, QPoint()).y() < column.next.mapTo(column, QPoint()).y()
        window.welcome.lessons.close()
        assert not column.isVisible()


def cut(window):
    """The heads that are cut, of the tables in sight."""
    tables = [*window.findChildren(QTableView), *window.findChildren(QTreeView)]
    return [
        f"{table.accessibleName()}: {table.model().headerData(one, header.orientation())}"
        for table in tables
        if table.isVisible() and table.property("role") != "frozen"
        for header in [table.header() if isinstance(table, QTreeView) else table.horizontalHeader()]
        for one in range(header.count())
        if not header.isSectionHidden(one)
        and header.sectionSize(one) < QHeaderView.sectionSizeHint(header, one)
    ]


#: German, large letters, and both.
LOOKS = (("de", 1.0), ("de", 1.25), ("en", 1.25), ("en", 1.0))


def whole(window, qtbot, looks=LOOKS):
    for language, letters in looks:
        choose_language(language)
        font_scale.set_font_scale(letters)
        found: list[str] = []

        def fits(found=found):
            found[:] = cut(window)
            return not found

        try:
            qtbot.waitUntil(fits, timeout=5_000)
        except QtTimeoutError:
            pytest.fail(f"{language} {letters}: {found}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["iris", "reviews"])
def test_every_page(open_window, example, qtbot, name):
    window = open_window(edits.set_training(example(name), epochs=1))
    window.resize(1024, 700)
    qtbot.train(window)
    seen = 0
    for page in (page for task in TASKS for page in task.pages):
        shown = window.docks.show_panel(page, focus=False)
        if page == "data":
            qtbot.waitUntil(lambda panel=shown: panel.settled and panel.look.isVisible())
        if page == "evaluate":
            qtbot.waitUntil(lambda panel=shown: panel.evaluation is not None)
        tables = [one for one in shown.findChildren(QTableView) if one.isVisible()]
        seen += len(tables)
        if tables:
            whole(window, qtbot)
    assert seen >= (2 if name == "reviews" else 1)


@pytest.mark.parametrize("look", LOOKS)
def test_submissions(qtbot, home, look):
    choose_language(look[0])
    window = GradeWindow()
    qtbot.addWidget(window, before_close_func=lambda one: one.hide())
    window.resize(1024, 700)
    window.model.show_rows([Submission("a.h5", "Ada", GRADED, 91.5, {"accuracy": 0.9}, 3, 4)])
    window.shown.setCurrentWidget(window.table)
    window.show()
    whole(window, qtbot, [look])


@pytest.mark.slow
def test_a_column_that_stretches_keeps_its_head_and_the_others_share(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    table = ShortTable("Table", window)
    layout = QVBoxLayout(window)
    layout.addWidget(table)
    heads = ("measure", "a", "a head of very many words", "b")
    table.show_rows(heads, [("loss", "1", "2", "3")] * 3)
    header = table.horizontalHeader()
    window.resize(420, 300)
    window.show()
    qtbot.waitUntil(lambda: not cut(window) and header.length() == header.viewport().width())
    assert abs(header.sectionSize(1) - header.sectionSize(3)) <= 1
    window.resize(900, 300)
    qtbot.waitUntil(lambda: abs(header.sectionSize(1) - header.sectionSize(2)) <= 1)
    window.resize(260, 300)
    qtbot.waitUntil(lambda: not cut(window) and table.horizontalScrollBar().maximum() > 0)
    window.resize(900, 300)
    qtbot.waitUntil(lambda: header.length() == header.viewport().width())
