"""A column is filled in as what it is: a slider, a tick, a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from pytestqt.qtbot import QtBot

from netbuilder.core.project.model import ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.results.answers import day_words
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.runner import RunState

MINUTE = 60_000


def test_yes_and_no_are_ticked_and_days_are_dates(
    open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot
) -> None:
    rows = [f"{i},{'yes' if i % 3 else 'no'},19{i + 10}-03-0{1 + i % 9},{2 * i}" for i in range(60)]
    (tmp_path / "homes.csv").write_text("rooms,garden,built,price\n" + "\n".join(rows))
    columns = {
        "garden": ColumnChoice(role="feature", type="boolean"),
        "built": ColumnChoice(role="feature", type="date"),
    }
    data = Data("csv", path="homes.csv", target=("price",), columns=columns)
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    project = Project("Homes", graph, data, Training(epochs=1))
    window = open_window(project, tmp_path / "homes.netbuilder")
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE, timeout=MINUTE)
    panel = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: panel.answer.text() != "", timeout=MINUTE)
    garden, built = (panel.form.rows[name] for name in ("garden", "built"))
    assert panel.rows.row["garden"] is True
    assert garden.param.help == "ticked: yes; else: no"
    before = panel.answer.text()
    garden.editor.click()
    qtbot.waitUntil(lambda: panel.answer.text() not in {"", before}, timeout=MINUTE)
    panel.another.click()
    qtbot.waitUntil(lambda: "Test row" in panel.about.text(), timeout=MINUTE)
    days = float(window.looking.look.raw["input"][2])
    shown = built.editor.text()
    assert shown == (date(1970, 1, 1) + timedelta(days=days)).isoformat()
    assert any(f",{shown}," in row for row in rows), "the very date of a row of the file"


def test_years_are_no_days() -> None:
    assert day_words(1985.0, 1950.0) == "1985"
    assert day_words(1985.0, -3000.0) == "1975-06-09"
    assert day_words(-1.0, None) == "1969-12-31"
