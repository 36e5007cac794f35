"""Every page of the window: its task, the name that lessons know it by, and its place there."""

from netbuilder.core.lessons.callout_places import PAGES
from netbuilder.ui.window.panels import PANELS, TASKS


def test_lessons_know_every_page():
    assert sorted(PAGES) == sorted(row.id for row in PANELS), "core/lessons/callout_places.py"


def test_every_page_belongs_to_one_task_and_has_a_place():
    pages = [row.id for row in PANELS]
    assert sorted(name for task in TASKS for name in task.pages) == sorted(pages)
    shown = {name for task in TASKS for name in (*task.left, *task.right)}
    assert shown == set(pages)


def test_a_page_has_words_and_a_key_of_its_own():
    assert all(row.title and row.help for row in PANELS)
    keys = [row.key for row in PANELS if row.key]
    assert sorted(keys) == list(range(1, 10))
