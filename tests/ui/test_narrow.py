"""A window of 1024 x 700: nothing is cut, and what gave way for it comes back."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QToolButton

from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.ui.style import font_scale
from netbuilder.ui.window.side import STRIP_HEIGHT


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
