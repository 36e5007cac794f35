"""The first rows of the data: sorted by their headers, numbers below each other."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStyleOptionViewItem

from netbuilder.core.data.preview import Preview
from netbuilder.ui.plots.table_preview import NumberDelegate, PreviewView

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
