"""Tables are read whole in narrow panels, and sorted by their headers."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from netbuilder.core.data.preview import Preview
from netbuilder.ui.plots.picture_menu import TableMenu
from netbuilder.ui.plots.table_preview import NumberDelegate, PreviewView, ShortTable


@pytest.mark.parametrize("width", [330, 700])
def test_words_wrap_in_every_column(qtbot, width):
    page = QWidget()
    qtbot.addWidget(page)
    table = ShortTable("Numbers", page, 1000)
    table.setFixedWidth(width)
    page.show()
    meaning = "Like the mean error, but large misses count more: 57.18."
    rows = [("root mean squared error", "57.2", meaning), ("loss", "0.5", "What was made small.")]
    table.show_rows(("metric", "value", "what it means"), rows, narrow=2)
    qtbot.waitUntil(lambda: table.columnWidth(0) <= 0.3 * width)
    line = table.fontMetrics().height()
    if width == 330:
        assert table.rowHeight(0) >= 3 * line, "the meaning takes three lines"
        assert table.columnWidth(2) >= 0.4 * width
    assert table.rowHeight(1) < table.rowHeight(0) or width == 700
    assert table.height() >= table.rowHeight(0) + table.rowHeight(1)
    for row in range(2):
        for column in range(3):
            words = str(table.rows.index(row, column).data())
            wide = max(table.fontMetrics().horizontalAdvance(word) for word in words.split())
            assert wide <= table.columnWidth(column), "no word is cut"


def test_the_last_column_folds_where_there_is_no_room_and_is_copied_as_a_column(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    table = ShortTable("Numbers", page, 1000)
    head = ("metric", "training", "validation", "test", "95% interval")
    rows = [("mean absolute error", "5,024", "15,049", "12,144", "10,697–13,643")]
    table.setFixedWidth(700)
    page.show()
    table.show_rows(head, rows, folds=True)
    model = table.rows
    for width, columns in ((700, 5), (310, 4), (700, 5), (310, 4)):
        table.setFixedWidth(width)
        qtbot.waitUntil(lambda columns=columns: model.columnCount() == columns)
        qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() == 0)
    assert model.index(0, 3).data().split("\n") == ["12,144", "10,697–13,643"]
    menu = table.findChild(TableMenu)
    for width in (700, 440, 392):
        table.setFixedWidth(width)
        qtbot.waitUntil(lambda width=width: table.width() == width and not table.rows.folded)
        menu._place()  # as when the mouse comes
        header = table.horizontalHeader()
        place = menu.geometry().translated(-header.pos())
        for column in range(header.count()):
            right = header.sectionViewportPosition(column) + header.sectionSize(column)
            name = QRect(right - header.fontMetrics().horizontalAdvance(head[column]), 0, 999, 99)
            name.setRight(right - 4)
            assert not column or not place.intersects(name), (width, head[column])
    table.setFixedWidth(310)
    qtbot.waitUntil(lambda: table.rows.folded)
    assert menu._written([0], [0, 1, 2, 3], ";").splitlines() == [";".join(head), ";".join(rows[0])]
    right = Qt.AlignmentFlag.AlignRight
    assert model.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole) & right, "numbers"
    assert not model.index(0, 0).data(Qt.ItemDataRole.TextAlignmentRole)


def test_names_of_columns_are_elided_before_a_number_is_cut(qtbot):
    page = QWidget()
    qtbot.addWidget(page)
    table = ShortTable("Numbers", page, 1000)
    head = ("métrica", "entrenamiento", "validación", "prueba", "intervalo al 95 %")
    rows = [("exhaustividad", "23,7 %", "10,9 %", "17,5 %", "11,7–25,6 %")]
    page.show()
    table.setFixedWidth(330)
    table.show_rows(head, rows, folds=True)
    qtbot.waitUntil(lambda: table.rows.folded and table.horizontalScrollBar().maximum() == 0)
    names = [table.rows.headerData(column, Qt.Orientation.Horizontal) for column in range(4)]
    assert [name.endswith("…") for name in names] == [False, True, False, False]
    tip = Qt.ItemDataRole.ToolTipRole
    assert table.rows.headerData(1, Qt.Orientation.Horizontal, tip) == "entrenamiento"
    written = table.findChild(TableMenu)._written([0], [0, 1, 2, 3], ";").splitlines()
    assert written == [";".join(head), ";".join(rows[0])]
    table.setFixedWidth(700)
    qtbot.waitUntil(lambda: not table.rows.folded)
    assert table.rows.headerData(1, Qt.Orientation.Horizontal) == "entrenamiento"


def test_the_menu_covers_no_text(qtbot):
    """The last head has room for it; where that is out of sight a right click is left."""
    page = QWidget()
    qtbot.addWidget(page)
    table = ShortTable("Samples", page, 200)
    head = [f"a long name {one}" for one in range(9)]
    table.setFixedWidth(400)
    page.show()
    table.show_rows(head, [["1"] * 9] * 4)
    menu = table.findChild(TableMenu)
    header, bar = table.horizontalHeader(), table.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and not menu.isVisible())
    bar.setValue(bar.maximum())
    qtbot.waitUntil(menu.isVisible)
    assert menu.geometry().bottom() <= header.geometry().bottom()
    left = header.sectionViewportPosition(8)
    assert menu.x() >= header.x() + left
    free = header.sectionSize(8) - header.sectionSizeHint(8)
    assert free >= menu.width()


ROWS = (("70", "b"), ("667", "a"), ("", "c"), ("1,234", "B"), ("-3.5 kg", "2024-01-06"))


def shown(view, column=0):
    model = view.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_headers_sort_numbers_by_their_size(qtbot):
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.show_preview(Preview(("weight", "word"), ROWS))
    header = view.table.horizontalHeader()

    def click(column):
        where = header.viewport().rect().topLeft()
        where.setX(header.sectionViewportPosition(column) + header.sectionSize(column) // 2)
        where.setY(header.height() // 2)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)

    assert shown(view) == ["70", "667", "–", "1,234", "-3.5 kg"]
    click(0)
    assert shown(view) == ["-3.5 kg", "70", "667", "1,234", "–"]
    rows = [view.model.headerData(row, Qt.Orientation.Vertical) for row in range(5)]
    assert rows == [5, 1, 2, 4, 3], "each row keeps its number"
    click(0)
    assert shown(view) == ["1,234", "667", "70", "-3.5 kg", "–"]
    click(0)
    assert shown(view) == ["70", "667", "–", "1,234", "-3.5 kg"]
    click(1)
    assert shown(view, 1) == ["2024-01-06", "a", "b", "B", "c"]
    view.show_preview(Preview(("weight", "word"), ROWS))
    assert shown(view) == ["70", "667", "–", "1,234", "-3.5 kg"]


def test_points_of_a_column_of_numbers_stand_below_each_other(qtbot):
    view = PreviewView()
    qtbot.addWidget(view)
    rows = (("9.35", "7", "3"), ("57", "11", "x"), ("", "2", "4"), ("168.1", "3", "5"))
    view.show_preview(Preview(("km", "age", "note"), rows))
    table, option = view.table, QStyleOptionViewItem()
    delegate = table.itemDelegate()
    assert isinstance(delegate, NumberDelegate)
    ends = set()
    for row in range(4):
        delegate.initStyleOption(option, view.model.index(row, 0))
        drawn = str(option.text)
        assert option.displayAlignment & Qt.AlignmentFlag.AlignRight
        if drawn != "–":
            whole = len(drawn.rstrip("\u2007\u2008").split(".")[0])
            ends.add(table.fontMetrics().horizontalAdvance(drawn[whole:]))
    assert len(ends) == 1, "as much stands behind the whole number, drawn or empty"
    assert shown(view) == ["9.35", "57", "–", "168.1"], "what is copied is the file's own"
    last = view.model.index(0, 2).data(Qt.ItemDataRole.TextAlignmentRole)
    assert last is None, "a column with a word stays at the left"
