"""Values of the search space are typed and shown as the language writes numbers."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from netbuilder.core import i18n
from netbuilder.ui.results.search_dimensions import DimensionRow


@pytest.fixture
def german() -> Iterator[None]:
    before = i18n.language()
    i18n.set_language("de")
    yield
    i18n.set_language(before)


def _row(qtbot: QtBot, line: str) -> DimensionRow:
    row = DimensionRow(line, "x", True, None)
    qtbot.addWidget(row)
    return row


LINES = ["x.rate=0.1,0.05", "x.units=16,32", "x.a=relu,tanh", "x.k=[3, 3],[5, 5]", "x.r=0.1:0.5"]


@pytest.mark.parametrize("line", LINES)
def test_a_line_stays_what_it_is(qtbot, line):
    assert _row(qtbot, line).line() == line


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize("line", LINES)
def test_a_line_stays_what_it_is_with_a_decimal_comma(qtbot, line):
    assert _row(qtbot, line).line() == line


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0,1; 0,2", "0.1,0.2"),
        ("0,1", "0.1"),
        ("16, 32", "16,32"),
        ("0.1; 3", "0.1,3"),
        ("1.000; 2", '"1.000",2'),
    ],
)
def test_a_decimal_comma_is_typed(qtbot, typed, read):
    row = _row(qtbot, "x.rate=1,2")
    row.first.setText(typed)
    assert row.line() == f"x.rate={read}"


def test_the_way_to_choose_values_is_whole(qtbot, german):
    for row in (_row(qtbot, "x.rate=log:1e-4:1e-1"), _row(qtbot, "x.units=16,32")):
        row.show()
        row.resize(row.minimumSizeHint())
        option = QStyleOptionComboBox()
        row.how.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        kind = QStyle.ComplexControl.CC_ComboBox
        room = row.how.style().subControlRect(kind, option, part, row.how)
        for place in range(row.how.count()):
            words = row.how.itemText(place)
            assert row.how.fontMetrics().horizontalAdvance(words) <= room.width(), words
