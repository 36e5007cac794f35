"""The column table: decisions by mouse and keyboard, for one column and for many."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton

from netbuilder.core import i18n
from netbuilder.core.data.data_report import ColumnFacts
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.data.column_model import FIELDS, GOES_TO, MISSING_WORDS, ROLE_WORDS, ColumnModel
from netbuilder.ui.data.data_panel import DataPanel
from netbuilder.ui.data.data_view_tabs import ColumnQuestion, ColumnView
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.language import choose_language
from netbuilder.ui.window.documents import empty_project

NO_KEY = Qt.KeyboardModifier.NoModifier
Open = Callable[..., MainWindow]
Opened = tuple[MainWindow, DataPanel, ColumnModel]


@pytest.fixture
def opened(open_window, qtbot, tmp_path):
    rows = [
        f"{n},{n % 3},{'yes' if n % 2 else 'no'},{'' if n == 7 else 30 + n},{1000 + 10 * n}"
        for n in range(60)
    ]
    path = tmp_path / "houses.csv"
    path.write_text("nr,rooms,garden,size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_path(path)
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    return window, panel, model


def _text(model, name, field):
    row = next(i for i, one in enumerate(model.columns) if one.name == name)
    column = next(i for i, one in enumerate(FIELDS) if one.title == field)
    return str(model.index(row, column).data())


def test_what_was_understood_is_shown(opened):
    _, panel, model = opened
    assert panel.look.currentIndex() == 0
    assert "target" in _text(model, "price", "Role")
    assert _text(model, "garden", "Type") in {"category", "boolean"}
    assert _text(model, "size", "Missing").startswith("1 ")
    assert _text(model, "size", "Range") == "30 to 89"
    facts = next(one for one in model.columns if one.name == "rooms")
    assert sum(sum(row) for row in facts.histogram.counts.values()) == 60


def test_a_role_is_chosen_in_its_cell_by_keyboard(opened, qtbot):
    window, panel, model = opened
    view = panel.look.columns
    view.setFocus()
    view.setCurrentIndex(model.index(0, 1))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    box = view.findChild(QComboBox)
    assert "Role of" in box.accessibleName()
    box.setCurrentIndex(box.findData("ignore"))
    box.activated.emit(box.currentIndex())
    assert window.store.project.data.columns["nr"].role == "ignore"
    assert window.store.undo_label == "Change the role of 'nr'"
    qtbot.waitUntil(lambda: _text(model, "nr", "Role") == ROLE_WORDS["ignore"])
    window.store.undo()
    assert not window.store.project.data.columns
    qtbot.waitUntil(lambda: _text(model, "nr", "Role") == "feature")


def test_one_choice_counts_for_all_selected_columns(opened, qtbot):
    window, panel, model = opened
    view = panel.look.columns
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (0, 1, 3):
        view.selectionModel().select(model.index(row, 0), flags)
    menu = view.menu_for(1)
    missing = next(a.menu() for a in menu.actions() if a.text() == "Missing")
    next(a for a in missing.actions() if a.text() == "median").trigger()
    decided = window.store.project.data.columns
    assert {name: one.missing for name, one in decided.items()} == {
        "nr": "median", "rooms": "median", "size": "median",
    }  # fmt: skip
    qtbot.waitUntil(lambda: "median" in _text(model, "size", "Missing"))
    window.store.undo()
    assert not window.store.project.data.columns


def test_what_is_done_with_empty_cells_is_said_of_each_column(open_window, qtbot, tmp_path):
    rows = [
        f"{'' if n == 7 else 30 + n},{'' if n in (3, 4) else ('Bath', 'York')[n % 2]},"
        f"{'' if n == 9 else 1000 + 10 * n}"
        for n in range(60)
    ]
    (tmp_path / "d.csv").write_text("size,city,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = Data("csv", path="d.csv", target=("price",), options={"missing": "mean"})
    window = open_window(
        replace(empty_project(), data=data), tmp_path / "p.netbuilder", keras=False
    )
    panel = window.docks.show_panel("data")
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert _text(model, "size", "Missing") == "1 · mean"
    assert _text(model, "city", "Missing") == f"2 · {MISSING_WORDS['most_frequent']}"
    assert _text(model, "price", "Missing") == f"1 · {MISSING_WORDS['drop']}"
    missing = next(i for i, one in enumerate(FIELDS) if one.title == "Missing")
    offered = {one.name: set(model.choices_of(r, missing)) for r, one in enumerate(model.columns)}
    assert offered["price"] == {"", "error", "drop"}
    assert {"mean", "median"} & offered["city"] == set()
    assert "category" in offered["city"] - offered["size"]
    tip = model.index(0, missing).data(Qt.ItemDataRole.ToolTipRole)
    assert "automatically" not in tip, "the recipe says it"
    view = panel.look.columns
    bar = view.horizontalScrollBar()
    assert bar.isVisible()
    last = view.visualRect(model.index(2, 0)).bottom()
    assert bar.mapTo(view, bar.rect().topLeft()).y() < last + 3 * view.rowHeight(0), "just below"
    assert view.columnWidth(missing) >= view.sizeHintForColumn(missing)


def test_how_a_column_was_read_is_no_warning(open_window, qtbot, tmp_path):
    path = tmp_path / "d.csv"
    rows = [f"{n % 9 + 30},${200 + n}" for n in range(60)]
    path.write_text("size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_path(path)
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 2)
    assert _text(model, "price", "Column") == "price"
    told = panel.look.columns.menu_for(1).actions()[0].text()
    assert "read as numbers in $" in told
    assert "⚠" not in told


def test_scatter_and_correlation_follow(opened):
    _, panel, _ = opened
    scatter, pairs = panel.look.tabs["Scatter"], panel.look.tabs["Correlation"]
    for tab in (scatter, pairs):
        panel.look.setCurrentWidget(tab)
    names = [scatter.up.itemText(i) for i in range(scatter.up.count())]
    assert {"rooms", "size", "price"} <= set(names)
    assert scatter.up.currentText() == "price"
    assert "size" in pairs.strongest.text() or "nr" in pairs.strongest.text()


AMBIGUOUS = [f"{n % 5};{n % 8 + 1},{100 + n};{n * 3 % 7}" for n in range(40)]


def test_an_ambiguous_comma_is_asked_in_its_row_until_it_is_answered(open_window, qtbot, tmp_path):
    path = tmp_path / "amounts.csv"
    path.write_text("\n".join(["room;amount;price", *AMBIGUOUS]) + "\n", encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_path(path)
    view, model = panel.look.columns, panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 3)

    def asked():
        return [one for one in view.findChildren(ColumnQuestion) if one.isVisible()]

    (question,) = asked()
    assert view.indexAt(question.geometry().center()).row() == 1
    buttons = question.findChildren(QPushButton)
    assert [one.text() for one in buttons] == ["Read 1,100 as 1100", "Read 1,100 as 1.100"]
    assert _text(model, "amount", "Column").startswith("⚠ ")
    buttons[0].click()
    assert window.store.project.data.columns["amount"].decimal == "."
    qtbot.waitUntil(lambda: _text(model, "amount", "Range") == "1100 to 8139")
    qtbot.waitUntil(lambda: not asked())
    window.store.undo()
    qtbot.waitUntil(lambda: len(asked()) == 1)
    asked()[0].findChildren(QPushButton)[1].click()
    assert window.store.project.data.columns["amount"].decimal == ","
    qtbot.waitUntil(lambda: _text(model, "amount", "Range") == "1.1 to 8.139")


def test_what_was_noticed_is_mended_on_its_row(open_window, qtbot, tmp_path):
    rows = [f"{n},{n * 7 % 11},{n * n % 13}" for n in range(60)]
    (tmp_path / "t.csv").write_text("id,a,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    panel.choose_path(tmp_path / "t.csv")
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 3)
    assert _text(model, "id", "Column") == "⚠ id"
    menu = panel.look.columns.menu_for(0)
    texts = [action.text() for action in menu.actions()]
    assert texts[0].startswith("⚠ Column 'id' counts the rows")
    assert texts[1] == "Leave 'id' out"
    menu.actions()[1].trigger()
    assert window.store.project.data.columns["id"].role == "ignore"
    qtbot.waitUntil(lambda: _text(model, "id", "Role") == ROLE_WORDS["ignore"])
    assert _text(model, "id", "Column") == "id"


@pytest.fixture
def two_ends(open_window, qtbot, tmp_path):
    rows = [f"{n},{n % 7},{n % 5},{10 * n},{n % 3}" for n in range(60)]
    path = tmp_path / "t.csv"
    path.write_text("a,b,c,price,stars\n" + "\n".join(rows) + "\n", encoding="utf-8")
    nodes = (
        Node("left", "Input"), Node("right", "Input"), Node("both", "Concatenate"),
        Node("one", "Dense", {"units": 1}), Node("two", "Dense", {"units": 1}),
    )  # fmt: skip
    edges = (("left", "both"), ("right", "both"), ("both", "one"), ("both", "two"))
    data = Data("csv", path=str(path), target=("price", "stars"), options={"task": "regression"})
    window = open_window(Project("t", Graph(nodes, edges), data), keras=False)
    panel = window.docks.show_panel("data")
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 5)
    return window, panel, model


def test_columns_are_given_to_inputs_and_goals_in_the_table(two_ends, qtbot):
    window, panel, model = two_ends
    view = panel.look.columns
    assert not view.isColumnHidden(GOES_TO)
    assert _text(model, "a", "Goes to") == "left, right"
    assert _text(model, "stars", "Goes to") == "two"
    view.setFocus()
    view.setCurrentIndex(model.index(0, GOES_TO))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    box = view.findChild(QComboBox)
    assert [box.itemText(n) for n in range(box.count())] == [
        "Input left", "Input right", "Target of one", "Target of two",
    ]  # fmt: skip
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert window.store.project.data.inputs == {"left": ("b", "c"), "right": ("a", "b", "c")}
    qtbot.waitUntil(lambda: _text(model, "a", "Goes to") == "right")
    window.store.undo()
    assert window.store.project.data.inputs == {}
    qtbot.waitUntil(lambda: _text(model, "a", "Goes to") == "left, right")


def test_columns_are_dragged_onto_the_canvas(two_ends, qtbot):
    window, _panel, model = two_ends
    canvas = window.canvas
    carried = model.mimeData([model.index(0, n) for n in range(3)] + [model.index(2, 0)])

    def drop(card_id):
        card = canvas.picture.cards[card_id]
        point = canvas.scene_viewport.mapFromScene(
            QPointF(card.x + card.w / 2, card.y + card.h / 2)
        )
        args = (Qt.DropAction.CopyAction, carried, Qt.MouseButton.LeftButton, NO_KEY)
        enter = QDragEnterEvent(point, *args)
        QApplication.sendEvent(canvas.viewport(), enter)
        assert enter.isAccepted()
        QApplication.sendEvent(canvas.viewport(), QDropEvent(QPointF(point), *args))

    drop("left")
    assert window.store.project.data.inputs == {"left": ("a", "b", "c"), "right": ("b",)}
    assert window.store.undo_label == _(
        "Use {columns} as input of '{node}'", columns="'a' and 'c'", node="left"
    )
    carried = model.mimeData([model.index(1, 0)])
    drop("@goal")
    assert window.store.project.data.targets == {"one": ("b",), "two": ("stars",)}
    window.store.undo()
    window.store.undo()
    assert window.store.project.data.inputs == {}
    before = window.store.project
    drop("both")
    assert window.store.project is before, "columns go to ends only"


def test_other_data_begins_with_its_names(qtbot):
    view = ColumnView(lambda _label, _edit: None)
    qtbot.addWidget(view)
    view.resize(260, 200)
    view.show()

    def columns(*names: str):
        return tuple(ColumnFacts(name, role="feature", type="number") for name in names)

    view.columns.show_columns(columns("a", "b"), (), 10, Project())
    bar = view.horizontalScrollBar()
    bar.setValue(bar.maximum())
    there = bar.value()
    assert there > 0
    view.columns.show_columns(columns("a", "b"), (), 10, Project())
    assert bar.value() == there, "the same columns stay where one looks"
    view.columns.show_columns(columns("c", "d"), (), 10, Project())
    assert bar.value() == 0


def test_the_names_stay_in_view_while_one_scrolls_sideways(opened, qtbot):
    window, panel, model = opened
    window.resize(1024, 700)
    view = panel.look.columns
    bar, names = view.horizontalScrollBar(), view.names
    qtbot.waitUntil(lambda: bar.maximum() > 60)
    assert not names.isVisible(), "nothing is scrolled"
    bar.setValue(60)
    assert names.isVisible()
    assert names.geometry().left() == view.viewport().geometry().left()
    assert names.width() == view.columnWidth(0)

    # Line for line beside its row.
    def tops(table, column):
        rects = [table.visualRect(model.index(n, column)) for n in range(model.rowCount())]
        return [table.viewport().mapToGlobal(rect.topLeft()).y() for rect in rects]

    qtbot.waitUntil(lambda: tops(names, 0) == tops(view, 3))
    # A click on a name selects its column, and nothing jumps.
    spot = names.visualRect(model.index(3, 0)).center()
    qtbot.mouseClick(names.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert view.selected_rows == [3]
    assert bar.value() == 60
    # What the keyboard comes to does not lie below the names.
    bar.setValue(bar.maximum())
    view.setCurrentIndex(model.index(3, 1))
    assert view.visualRect(model.index(3, 1)).left() >= view.columnWidth(0)
    bar.setValue(0)
    assert not names.isVisible()


@pytest.mark.slow
def test_no_head_is_cut_whatever_the_language(opened, qtbot):
    window, _panel, _model = opened
    before = i18n.language()

    def whole():
        head = window.docks.show_panel("data").look.columns.horizontalHeader()
        return head.count() > 1 and all(
            head.sectionSizeHint(n) <= head.sectionSize(n)
            for n in range(head.count())
            if not head.isSectionHidden(n)
        )

    try:
        for name in ("en", "de", i18n.PSEUDO):
            choose_language(name)
            qtbot.waitUntil(whole)
    finally:
        choose_language(before)


def test_what_the_last_column_says_is_whole(opened, qtbot):
    _, panel, _model = opened
    view = panel.look.columns
    last = view.horizontalHeader().count() - 1
    for width in (300, 1600):
        view.resize(width, 300)
        wanted = min(view.sizeHintForColumn(last), round(1.6 * FIELDS[last].width))
        qtbot.waitUntil(lambda wanted=wanted: view.columnWidth(last) >= wanted)
    assert view.horizontalHeader().length() >= view.viewport().width()
