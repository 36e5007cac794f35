"""A click on a header sorts the rows; a third one puts them back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from netbuilder.core.data.preview import Preview
from netbuilder.ui.plots.table_preview import PreviewView

ROWS = (("70", "b"), ("667", "a"), ("", "c"), ("1,234", "B"), ("-3.5 kg", "2024-01-06"))


def shown(view: PreviewView, column: int = 0) -> list[str]:
    model = view.model
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_headers_sort_numbers_by_their_size(qtbot: QtBot) -> None:
    view = PreviewView()
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show()
    view.show_preview(Preview(("weight", "word"), ROWS))
    header = view.table.horizontalHeader()

    def click(column: int) -> None:
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
