"""The palette: teaching layers first, everything by search, mouse and keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.project import fragments, groups
from netbuilder.ui.palette.palette_model import LAYER_MIME, SPEC_ROLE
from netbuilder.ui.palette.palette_view import Palette, name_lines
from netbuilder.ui.style import theme


@pytest.fixture
def palette(qtbot, home):
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(230, 600)
    palette.show()
    return palette


def names(palette):
    model = palette.model
    return [model.index(row).data() for row in range(model.rowCount())]


def test_teaching_layers_stand_by_category(palette):
    shown = names(palette)
    assert shown[:2] == ["Start", "Input"]
    for name in ("Dense", "Conv2D", "LSTM", "Dropout", "Flatten"):
        assert name in shown
    assert "SeparableConv2D" not in shown


@pytest.mark.parametrize("name", [name for name, spec in LAYERS.items() if not spec.teaching][::9])
def test_search_finds_the_others(palette, name):
    palette.line.setText(name)
    assert names(palette)[0] == name


def test_all_layers_can_be_shown(palette):
    palette.show_all(True)
    assert set(LAYERS) <= set(names(palette))


def test_nothing_found_is_said(palette):
    palette.line.setText("zzzzqqqq")
    assert "No layer matches" in names(palette)[0]


def test_a_double_click_chooses(palette, qtbot):
    row = names(palette).index("Dense")
    place = palette.list.visualRect(palette.model.index(row)).center()
    viewport = palette.list.viewport()
    with qtbot.waitSignal(palette.chosen, timeout=30_000) as caught:
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == ["Dense"]


def test_enter_in_the_search_field_takes_the_best(palette, qtbot):
    palette.start_search()
    QTest.keyClicks(palette.line, "dropout")
    with qtbot.waitSignal(palette.found, timeout=30_000) as caught:
        QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert caught.args == ["Dropout", {}]
    QTest.keyClicks(palette.line, " 0.25")
    with qtbot.waitSignal(palette.found, timeout=30_000) as caught:
        QTest.keyClick(palette.line, Qt.Key.Key_Return)
    assert caught.args == ["Dropout", {"rate": 0.25}]


def test_arrow_and_enter_choose_from_the_list(palette, qtbot):
    palette.start_search()
    QTest.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.list.currentIndex().data() == "Input"
    QTest.keyClick(palette.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.chosen, timeout=30_000) as caught:
        QTest.keyClick(palette.list, Qt.Key.Key_Return)
    assert caught.args == ["Dense"], "headings are passed over"


def test_a_drag_carries_the_layers_name(palette):
    index = palette.model.index(names(palette).index("Conv2D"))
    mime = palette.model.mimeData([index])
    assert bytes(mime.data(LAYER_MIME).data()) == b"Conv2D"


def test_saved_blocks_are_rows(palette, qtbot, example):
    project = example("digits")
    order = project.graph.order
    project = groups.group_nodes(project, order[1:3], "Filter")
    fragments.save_block(project.graph, project.graph.groups[0].id)
    palette.refresh()
    assert names(palette)[-2:] == ["My blocks", "Filter"]
    index = palette.model.index(palette.model.rowCount() - 1)
    with qtbot.waitSignal(palette.block_chosen, timeout=30_000) as caught:
        palette._take(index)
    assert len(caught.args[0].graph.nodes) == 2
    palette.model.remove_block(index)
    assert "Filter" not in names(palette)
    assert fragments.list_blocks() == []


@pytest.mark.parametrize("width", [150, 200, 260])
def test_names_are_whole_and_have_room_in_their_rows(palette, qtbot, width):
    palette.resize(width, 600)
    palette.show_all(True)
    view, found = palette.list, []

    def fits():
        rows = [palette.model.index(row) for row in range(palette.model.rowCount())]
        rows = [index for index in rows if index.data(SPEC_ROLE) is not None]
        boxes = [view.visualRect(index) for index in rows]
        room = boxes[0].width() - 36
        found[:] = [name_lines(index.data(), view.font(), room) for index in rows]
        return all(
            lines.size().width() <= room and lines.size().height() <= box.height()
            for lines, box in zip(found, boxes, strict=True)
        )

    qtbot.waitUntil(fits)
    assert {lines.text().replace("\u200b", "") for lines in found} >= set(LAYERS)
    assert len({lines.size().height() for lines in found}) > 1, "there were names of two lines"


def test_a_name_wraps_before_a_capital():
    font = theme.ui_font()
    broken = name_lines("AdaptiveAveragePooling2D", font, 100).text().split("\u200b")
    assert broken == ["Adaptive", "Average", "Pooling2D"]
    for name in ("PReLU", "ELU", "Conv2D"):
        assert name_lines(name, font, 100).text() == name
