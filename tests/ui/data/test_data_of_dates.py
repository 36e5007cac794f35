"""A table of dates and numbers: read as a series, or as a table where a person wants it so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from PySide6.QtWidgets import QPushButton

from netbuilder.core.project import edits
from netbuilder.core.project.model import ColumnChoice, Data
from netbuilder.ui.data.data_panel import DataPanel
from netbuilder.ui.services.data_recipes import recipe_for, recipe_with_file
from netbuilder.ui.window.documents import empty_project


def open_panel(window):
    panel = window.docks.show_panel("data")
    assert isinstance(panel, DataPanel)
    return panel


def test_dates_read_as_a_table_stay_one_where_the_file_moves(tmp_path):
    lines = [f"2024-{n // 28 + 1:02d}-{n % 28 + 1:02d},{n % 7}.5" for n in range(60)]
    path = tmp_path / "moved.csv"
    path.write_text("when,y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    fresh = recipe_for(path, tmp_path)
    assert fresh.kind == "series"
    old = Data("csv", path="away/moved.csv", columns={"when": ColumnChoice(type="date")})
    assert recipe_with_file(old, path, tmp_path, fresh) == replace(old, path="moved.csv")


def test_a_question_about_all_of_the_data_is_answered_with_one_click(open_window, qtbot, tmp_path):
    path = tmp_path / "pendulum.csv"
    lines = [f"{0.1 * n:.1f},{(7 * n) % 11}.5" for n in range(60)]
    path.write_text("time,angle\n" + "\n".join(lines), encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(path)
    qtbot.waitUntil(lambda: bool(panel.conclusions.lines))
    (line,) = (one for one in panel.conclusions.lines if "'time'" in one.words.text())
    assert "'time' rises by 0.1" in line.words.text()
    (answer,) = line.findChildren(QPushButton)
    assert answer.text() == "Treat as a series" and answer.menu() is None
    answer.click()
    qtbot.waitUntil(lambda: window.store.project.data.kind == "series")
    assert window.store.undo_label, "undone as one edit"


@pytest.mark.parametrize("numbers", [1, 2])
def test_the_only_column_that_can_be_predicted_is_not_asked_about(
    open_window, qtbot, tmp_path, numbers
):
    path = tmp_path / "weather.csv"
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(60)]
    names = ("temperature", "rain")[:numbers]
    rows = [",".join([str(day), *[f"{(7 * n) % 11}.5"] * numbers]) for n, day in enumerate(days)]
    path.write_text("\n".join([",".join(("day", *names)), *rows]), encoding="utf-8")
    window = open_window(empty_project(), keras=False)
    panel = open_panel(window)
    panel.choose_path(path)
    window.store.apply("Kind", lambda p: edits.set_data(p, kind="series"))
    qtbot.waitUntil(lambda: not panel.look.empty and panel.parts.isVisible())
    asked = numbers > 1
    qtbot.waitUntil(lambda: bool(panel.target.question.cards) is asked)
    assert panel.target.button.isVisible() is not asked, "the row says it, and offers the others"
