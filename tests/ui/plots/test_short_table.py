"""A short table is read whole in a narrow panel: words wrap, rows are as high as they need."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from netbuilder.ui.plots.table_preview import ShortTable


@pytest.mark.parametrize("width", [330, 700])
def test_words_wrap_in_every_column(qtbot: QtBot, width: int) -> None:
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
