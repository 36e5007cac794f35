"""Lessons in other languages: each has the steps, checks and right answers of the English one."""

import logging

import pytest

from netbuilder.core import i18n
from netbuilder.core.folders import resource
from netbuilder.core.lessons.library import lesson_folders
from netbuilder.core.lessons.parse import parse_lesson, read_lesson
from netbuilder.core.lessons.translation import differences, is_translation, translations_of

SHIPPED = sorted(resource("lessons").glob("*.md"))
PAIRS = [(one, other) for one in SHIPPED for other in translations_of(one)]


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[other.name for _, other in PAIRS])
def test_a_translated_lesson_has_the_structure_of_the_english_one(one, other):
    english = parse_lesson(one.read_text("utf-8"), one.stem, one)
    texts = parse_lesson(other.read_text("utf-8"), other.stem, other, drawn=True)
    assert differences(english, texts) == []
    assert texts.title != english.title


def test_each_lesson_is_there_in_every_language():
    english = [path for path in SHIPPED if not is_translation(path)]
    count = len(i18n.languages()) - 1
    assert {path.stem: len(translations_of(path)) for path in english} == {
        path.stem: count for path in english
    }


ENGLISH = """---
title: The first model
level: beginner
minutes: 20
---
Hello.

## Add a layer
Drag it.

```check
layer: Dense
units: 16
```
```show
layer: Dense
text: Below Input.
```
```question
ask: Which one?
choices: setosa | the tall one
answer: the tall one
why: It is.
```
"""
GERMAN = (
    ENGLISH.replace("The first model", "Das erste Modell").replace("Add a layer", "Füge hinzu")
    .replace("Drag it.", "Zieh sie.").replace("Below Input", "Unter Input")
    .replace("Which one", "Welche").replace("the tall one", "die große").replace("It is", "Ist so")
)  # fmt: skip


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """An English lesson in a folder of its own, with German as the chosen language."""
    monkeypatch.setenv(i18n.VARIABLE, "en")
    monkeypatch.setattr(i18n, "FOLDER", tmp_path / "locale")
    (tmp_path / "locale/de").mkdir(parents=True)
    (tmp_path / "locale/de/netbuilder.po").write_text('msgid ""\nmsgstr ""\n', "utf-8")
    i18n.load_catalog.cache_clear()
    path = tmp_path / "one.md"
    path.write_text(ENGLISH, "utf-8")
    i18n.set_language("de")
    yield path
    i18n.load_catalog.cache_clear()
    i18n.set_language("en")


def test_a_lesson_is_read_in_the_chosen_language_and_answered_in_english(lesson):
    other = lesson.with_name("one.de.md")
    other.write_text(GERMAN, "utf-8")
    assert is_translation(other) and not is_translation(lesson)
    found = read_lesson(lesson)
    [step] = found.steps
    assert (found.name, found.title, step.title) == ("one", "Das erste Modell", "Füge hinzu")
    assert step.show is not None and step.show.text == "Unter Input."
    assert step.question.choices == ("setosa", "the tall one")  # what a record keeps
    assert step.question.label("the tall one") == "die große"
    assert step.question.right("the tall one") and not step.question.right("setosa")
    [shelf] = [
        one for one in lesson_folders(machine=[lesson.parent]) if one.folder == lesson.parent
    ]
    assert [one.title for one in shelf.lessons] == ["Das erste Modell"]
    i18n.set_language("en")
    assert read_lesson(lesson).title == "The first model"


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("units: 16", "units: 17", "check"),
        ("answer: die große", "answer: setosa", "question"),
        ("setosa | die große", "a | setosa | die große", "question"),
        ("layer: Dense\ntext", "layer: Conv2D\ntext", "show"),
        ("minutes: 20", "minutes: 30", "minutes"),
        ("## Füge", "## Noch\n\n## Füge", "2 steps"),
        ("level: beginner", "level: einfach", "einfach"),
    ],
)
def test_a_translation_that_asks_something_else_is_left_out(lesson, old, new, word, caplog):
    assert old in GERMAN
    lesson.with_name("one.de.md").write_text(GERMAN.replace(old, new), "utf-8")
    with caplog.at_level(logging.WARNING):
        assert read_lesson(lesson).title == "The first model"
    [warning] = [one.getMessage() for one in caplog.records]
    assert word in warning
