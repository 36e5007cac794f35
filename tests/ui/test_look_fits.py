"""In a small window nothing is squeezed: what has no room beside goes below."""

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.project import edits
from netbuilder.ui.forms.param_form import LABEL_WIDTH, ParamForm
from netbuilder.ui.forms.slide_editor import SlideEditor
from netbuilder.ui.plots.run_curves import RunCurves
from netbuilder.ui.plots.themed_plot import NumberAxis
from netbuilder.ui.plots.training_curves import run_picture
from netbuilder.ui.results.search_dimensions import DimensionRow
from netbuilder.ui.services.runs.run_progress import format_metric
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.callout import Callout


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
