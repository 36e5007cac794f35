"""Byte pairs on the Data page: each merge with its count, and what it does to a sentence."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QSlider, QTableWidget

from netbuilder.core.data.tokens import learn_merges
from netbuilder.ui.kinds.texts import MergesView

CLASSIC = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)
MERGES = learn_merges(CLASSIC, True, 4, 1000)[0]


def view(qtbot):
    found = MergesView()
    qtbot.addWidget(found)
    found.show_merges(MERGES, "lowest newer")
    found.show()
    return found


def tokens(found):
    label = found.findChild(QLabel, "merges-tokens")
    return label.accessibleName().split()


def test_the_slider_merges_the_sentence_step_by_step(qtbot):
    found = view(qtbot)
    slider = found.findChild(QSlider, "merges-slider")
    assert slider.maximum() == 4
    seen = []
    for done in range(5):
        slider.setValue(done)
        seen.append(tokens(found))
    assert seen == [
        ["l", "o", "w", "e", "s", "t", "␣", "n", "e", "w", "e", "r"],
        ["l", "o", "w", "es", "t", "␣", "n", "e", "w", "e", "r"],
        ["l", "o", "w", "est", "␣", "n", "e", "w", "e", "r"],
        ["lo", "w", "est", "␣", "n", "e", "w", "e", "r"],
        ["low", "est", "␣", "n", "e", "w", "e", "r"],
    ]


def test_each_merge_stands_in_the_table_with_its_count(qtbot):
    found = view(qtbot)
    table = found.findChild(QTableWidget, "merges-table")
    rows = [
        [item.text() for column in range(4) if (item := table.item(row, column)) is not None]
        for row in range(table.rowCount())
    ]
    assert rows == [
        ["1", "e + s", "es", "9"],
        ["2", "es + t", "est", "9"],
        ["3", "l + o", "lo", "7"],
        ["4", "lo + w", "low", "7"],
    ]
    place = table.visualItemRect(table.item(1, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert found.box.value() == 2, "a row shows the sentence after it"
    assert tokens(found)[3] == "est"


def test_a_sentence_of_ones_own_stays_when_the_data_is_read_again(qtbot):
    found = view(qtbot)
    text = found.findChild(QLineEdit, "merges-text")
    text.setText("Lower <b>")
    assert tokens(found) == ["low", "e", "r", "␣", "<", "b", ">"], "as in training: lower case"
    found.show_merges(MERGES[:2], "another sentence")
    assert text.text() == "Lower <b>"
    assert tokens(found) == ["l", "o", "w", "e", "r", "␣", "<", "b", ">"]
    found.show_merges((), "")
    assert not found.isVisible()
