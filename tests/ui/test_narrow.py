"""A window of 1024 x 700: nothing is cut, and what gave way for it comes back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.lessons import library
from netbuilder.core.project import edits
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.style import font_scale
from netbuilder.ui.window.panels import PANELS

Open = Callable[..., MainWindow]


def inside(widget: QWidget, outer: QWidget) -> bool:
    """Whether a widget is seen in its whole width."""
    left = widget.mapTo(outer, QPoint(0, 0)).x()
    return left >= 0 and left + widget.width() <= outer.width()


def test_a_narrow_side_panel_cuts_nothing_off(
    open_window: Open, example: Callable, qtbot: QtBot
) -> None:
    project = edits.set_training(example("digits"), epochs=1)
    window = open_window(project)
    window.resize(1024, 700)
    window.commands.train()
    qtbot.waitUntil(
        lambda: window.workbench.trained is not None and not window.runner.active, timeout=120_000
    )
    qtbot.waitUntil(lambda: window.activations_service.look is not None, timeout=60_000)
    window.docks._resize(190, 370)

    predict = window.docks.show_panel("predict", focus=False)
    qtbot.waitUntil(lambda: not predict.bars.isHidden() and inside(predict.bars, predict))
    for widget in (predict.another, predict.file_button, predict.pictures.picture_button):
        qtbot.waitUntil(lambda widget=widget: inside(widget, predict))

    panel = window.docks.show_panel("inside", focus=False)
    scroll = panel.findChild(QScrollArea)
    for layer in ("conv2d", "dense"):
        panel._select((layer,))
        qtbot.waitUntil(lambda: len(panel._parts) > 3 and panel._parts[-1].isVisible())
        qtbot.waitUntil(lambda: scroll.widget().width() <= scroll.viewport().width())
        assert all(
            part.pixmap().width() <= scroll.viewport().width()
            for part in panel._parts
            if not part.pixmap().isNull()
        )

    training = window.docks.show_panel("training", focus=False)
    training.buttons.best.setText("Best epoch (920)")
    plot, tools = training.curves.plot, training.curves.tools
    qtbot.waitUntil(lambda: plot.height() > 0 and inside(training.buttons.reset, training))
    best, quantity = training.buttons.best, training.curves.quantity
    qtbot.waitUntil(lambda: best.width() >= best.sizeHint().width())
    qtbot.waitUntil(lambda: quantity.width() >= quantity.sizeHint().width())
    qtbot.waitUntil(lambda: plot.geometry().bottom() < plot.parentWidget().height())
    assert training.curves.smooth.isHidden()
    menu = {one.text(): one for one in training.curves.menu_button.menu().actions()}
    assert menu["smooth"].isVisible()
    menu["smooth"].trigger()
    assert plot.smooth
    assert tools.width() >= tools.minimumSizeHint().width()


def test_long_news_leave_the_problems_in_sight(open_window: Open, example: Callable) -> None:
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


def names_of(bar: QTabBar) -> list[str]:
    return [bar.tabText(number) for number in range(bar.count())]


def test_every_tab_is_seen_whole_with_as_much_of_its_name_as_there_is_room(
    open_window: Open, example: Callable, qtbot: QtBot
) -> None:
    window = open_window(example("iris"), keras=False)
    bar = next(one for one in window.findChildren(QTabBar) if one.parent() is window)
    full, short = [row.title for row in PANELS], [row.short or row.title for row in PANELS]
    assert full != short
    onward = bar.findChild(QToolButton, "ScrollRightButton")
    # There and back, so that names grow again; a tab in front is bold, and needs more room.
    for size, names in [((1366, 768), full), ((1024, 700), short), ((1366, 768), full)]:
        window.resize(*size)
        qtbot.waitUntil(lambda names=names: names_of(bar) == names)
        for row in PANELS:
            window.docks.show_panel(row.id, focus=False)
            qtbot.wait(1)
            assert names_of(bar) == names
            assert bar.tabRect(bar.count() - 1).right() < bar.width()
            assert not onward.isVisible()
        read = QAccessible.queryAccessibleInterface(bar)
        assert [read.child(n).text(QAccessible.Text.Name) for n in range(len(PANELS))] == full


def test_a_tab_that_is_pulled_out_has_its_whole_name(
    open_window: Open, example: Callable, qtbot: QtBot
) -> None:
    window = open_window(example("iris"), keras=False)
    window.resize(1024, 700)
    dock = window.docks.panels["training"]
    qtbot.waitUntil(lambda: dock.windowTitle() == "Train.")
    dock.setFloating(True)
    qtbot.waitUntil(lambda: dock.windowTitle() == "Training")
    dock.setFloating(False)
    qtbot.waitUntil(lambda: dock.windowTitle() == "Train.")


def test_docks_get_their_width_back(open_window: Open, example: Callable, qtbot: QtBot) -> None:
    window = open_window(example("iris"), keras=False)
    window.resize(1500, 800)
    docks = window.docks
    qtbot.waitUntil(lambda: docks.inspector.width() > 430)
    line = docks.inspector.mapTo(window, QPoint(0, 40)) - QPoint(1, 0)
    QTest.mousePress(window, Qt.MouseButton.LeftButton, pos=line)
    goal = QPointF(line - QPoint(60, 0))
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    move = QMouseEvent(
        QEvent.Type.MouseMove, goal, window.mapToGlobal(goal), Qt.MouseButton.NoButton, left, plain
    )
    QApplication.sendEvent(window, move)
    qtbot.waitUntil(lambda: docks.inspector.width() > 490)
    QTest.mouseRelease(window, Qt.MouseButton.LeftButton, pos=line - QPoint(60, 0))
    qtbot.waitUntil(lambda: docks.widths.wanted[1] > 490)
    chosen = docks.inspector.width()
    window.resize(1024, 700)
    qtbot.waitUntil(lambda: docks.inspector.width() < 400)
    window.resize(1500, 800)
    qtbot.waitUntil(lambda: abs(docks.inspector.width() - chosen) <= 2)


def test_help_stays_in_the_bar_where_there_is_room_for_little(
    open_window: Open, example: Callable, qtbot: QtBot
) -> None:
    window = open_window(example("iris"), keras=False)
    bar = window.top_bar
    onward = bar.findChild(QToolButton, "qt_toolbar_ext_button")

    def seen() -> list[str]:
        buttons = [one for one in bar.findChildren(QToolButton) if one.isVisible()]
        return [one.text() for one in buttons if one.defaultAction() is not None]

    window.resize(1366, 768)
    qtbot.waitUntil(lambda: {"New", "Open", "Save", "Save .h5", "Gallery", "Help"} <= set(seen()))
    everything = seen()
    window.resize(1024, 700)
    try:
        while font_scale.font_scale() < 1.99:
            window.commands.scale(1)
        qtbot.waitUntil(lambda: "New" not in seen())
        assert {"Pause", "Stop", "Save .h5", "Help"} <= set(seen())
        helps = next(one for one in bar.findChildren(QToolButton) if one.text() == "Help")
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


def test_a_lesson_is_wide_enough_to_be_read(
    open_window: Open, at_rest: Callable[[Callable[[], object]], None]
) -> None:
    window = open_window(keras=False)
    window.resize(1024, 700)
    at_rest(window.docks.palette.width)
    narrow = window.docks.palette.width()
    window.welcome.open_lesson(library.find_lesson("first_model"))
    at_rest(window.docks.palette.width)
    assert window.welcome.lessons.dock.width() >= 260
    assert window.canvas.width() >= 0.38 * window.width()
    window.welcome.lessons.close()
    at_rest(window.docks.palette.width)
    assert window.docks.palette.width() == narrow
