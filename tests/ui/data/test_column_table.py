"""The column table: decisions by mouse and keyboard, for one column and for many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from netbuilder.ui.data.column_model import FIELDS, ColumnModel
from netbuilder.ui.data.panel import DataPanel
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.window.documents import empty_project

MINUTE = 60_000
Open = Callable[..., MainWindow]
Opened = tuple[MainWindow, DataPanel, ColumnModel]


@pytest.fixture
def opened(open_window: Open, qtbot: QtBot, tmp_path: Path) -> Opened:
    rows = [
        f"{n},{n % 3},{'yes' if n % 2 else 'no'},{'' if n == 7 else 30 + n},{1000 + 10 * n}"
        for n in range(60)
    ]
    path = tmp_path / "houses.csv"
    path.write_text("nr,rooms,garden,size,price\n" + "\n".join(rows) + "\n", encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = window.docks.show_panel("data")
    assert isinstance(panel, DataPanel)
    panel.choose_path(path)
    model = panel.look.columns.columns
    qtbot.waitUntil(lambda: model.rowCount() == 5, timeout=MINUTE)
    return window, panel, model


def _text(model: ColumnModel, name: str, field: str) -> str:
    row = next(i for i, one in enumerate(model.columns) if one.name == name)
    column = next(i for i, one in enumerate(FIELDS) if one.title == field)
    return str(model.index(row, column).data())


def test_what_was_understood_is_shown(opened: Opened) -> None:
    _, panel, model = opened
    assert panel.look.currentIndex() == 0
    assert "target" in _text(model, "price", "Role")
    assert _text(model, "garden", "Type") in {"category", "boolean"}
    assert _text(model, "size", "Missing").startswith("1 ")
    assert _text(model, "size", "Values") == "30 to 89"
    facts = next(one for one in model.columns if one.name == "rooms")
    assert facts.histogram is not None
    assert sum(sum(row) for row in facts.histogram.counts.values()) == 60


def test_a_role_is_chosen_in_its_cell_by_keyboard(opened: Opened, qtbot: QtBot) -> None:
    window, panel, model = opened
    view = panel.look.columns
    view.setFocus()
    view.setCurrentIndex(model.index(0, 1))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    box = view.findChild(QComboBox)
    assert box is not None
    assert "Role of" in box.accessibleName()
    box.setCurrentIndex(box.findData("ignore"))
    box.activated.emit(box.currentIndex())
    assert window.store.project.data.columns["nr"].role == "ignore"
    assert window.store.undo_label == "Change the role of 'nr'"
    qtbot.waitUntil(lambda: "left out" in _text(model, "nr", "Role"), timeout=MINUTE)
    window.store.undo()
    assert not window.store.project.data.columns
    qtbot.waitUntil(lambda: _text(model, "nr", "Role") == "feature", timeout=MINUTE)


def test_one_choice_counts_for_all_selected_columns(opened: Opened, qtbot: QtBot) -> None:
    window, panel, model = opened
    view = panel.look.columns
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (0, 1, 3):
        view.selectionModel().select(model.index(row, 0), flags)
    menu = view.menu_for(1)
    missing = next(a.menu() for a in menu.actions() if a.text() == "Missing")
    assert missing is not None
    next(a for a in missing.actions() if a.text() == "median").trigger()
    decided = window.store.project.data.columns
    assert {name: one.missing for name, one in decided.items()} == {
        "nr": "median", "rooms": "median", "size": "median",
    }  # fmt: skip
    qtbot.waitUntil(lambda: "median" in _text(model, "size", "Missing"), timeout=MINUTE)
    window.store.undo()
    assert not window.store.project.data.columns


def test_scatter_and_correlation_follow(opened: Opened) -> None:
    _, panel, _ = opened
    scatter, pairs = panel.look.tabs["Scatter"], panel.look.tabs["Correlation"]
    for tab in (scatter, pairs):
        panel.look.setCurrentWidget(tab)
    names = [scatter.up.itemText(i) for i in range(scatter.up.count())]
    assert {"rooms", "size", "price"} <= set(names)
    assert scatter.up.currentText() == "price"
    assert "size" in pairs.strongest.text() or "nr" in pairs.strongest.text()
