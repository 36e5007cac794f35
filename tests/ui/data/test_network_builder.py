"""One button builds a network for the data on an empty canvas, as one edit, with its reasons."""

from typing import cast

import pytest

from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.project import edits
from netbuilder.core.results.suggestion.selection import suggest
from netbuilder.ui.data.data_panel import DataPanel
from netbuilder.ui.window.documents import empty_project


@pytest.fixture
def table(tmp_path):
    """36 flats, too few for trials: 1000 + 50 a square metre; some sizes are missing."""
    rows = [f"{'' if n % 40 == 7 else 20 + n},{1000 + 50 * (20 + n)}" for n in range(36)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,price", *rows]), encoding="utf-8")
    return tmp_path / "flats.csv"


def _panel(window):
    return cast("DataPanel", window.docks.show_panel("data"))


@pytest.mark.slow
def test_a_network_is_built_for_the_data_as_one_edit(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = _panel(window)
    assert panel.builder.cards == [], "there is no data yet"
    panel.choose_path(table)
    (offer,) = panel.builder.cards
    assert offer.isVisibleTo(panel)
    before = window.store.project
    assert _("Input") in offer.words.text() and _("Target") in offer.words.text()
    offer.buttons[0].click()
    assert panel.builder.building
    qtbot.waitUntil(lambda: bool(window.store.project.graph.edges))
    expected = suggest(table)
    made = window.store.project
    assert made.graph == expected.project.graph
    assert made.training == expected.project.training
    assert made.data.options["missing"] == "median", "what keeps the data from being read is fixed"
    assert made.data.path == before.data.path
    assert made.name == before.name
    (reasons,) = panel.builder.cards
    assert reasons.words.text().split("\n") == [f"• {one}" for one in expected.reasons]
    window.store.undo()
    assert window.store.project == before
    (again,) = panel.builder.cards
    assert again is not reasons and len(again.buttons) == 1
    window.store.redo()
    assert panel.builder.cards == []


def test_the_reasons_close_and_leave_with_the_network(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = _panel(window)
    panel.choose_path(table)
    panel.builder.build()
    qtbot.waitUntil(lambda: bool(window.store.project.graph.edges))
    window.store.apply("Rename", lambda p: edits.set_training(p, epochs=3))
    assert len(panel.builder.cards) == 1, "the reasons stay until they are closed"
    panel.builder.cards[0].buttons[0].click()
    assert panel.builder.cards == []
    window.store.apply("Rename", lambda p: edits.set_training(p, epochs=4))
    assert panel.builder.cards == []


def test_a_change_meanwhile_is_not_overwritten(open_window, qtbot, table):
    window = open_window(empty_project(), keras=False)
    panel = _panel(window)
    panel.choose_path(table)
    panel.builder.build()
    window.store.apply("Data", lambda p: edits.set_data(p, target=("size",)))
    qtbot.waitUntil(lambda: not panel.builder.building)
    assert not window.store.project.graph.edges
    assert len(panel.builder.cards[0].buttons) == 1, "it is offered again"


def test_unreadable_data_is_told_and_a_lesson_builds_nothing(open_window, qtbot, tmp_path):
    window = open_window(empty_project(), keras=False)
    panel = _panel(window)
    path = tmp_path / "one.csv"
    path.write_text("size,price\n1,2\n", encoding="utf-8")
    panel.choose_path(path)
    window.store.apply("Data", lambda p: edits.set_data(p, target=("nothing",)))
    panel.builder.build()
    with qtbot.waitSignal(panel.builder.failed):
        pass
    assert not window.store.project.graph.edges
    assert panel.cards.cards
    window.store.apply("Lesson", lambda p: with_record(p, LessonRecord("first_model")))
    panel.builder.offer()
    assert panel.builder.cards == []
