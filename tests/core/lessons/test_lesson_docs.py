"""The page about lessons knows every word and every place."""

from netbuilder.core.lessons.callout_places import PLACES
from netbuilder.core.lessons.check_words import PLAN, WORDS
from netbuilder.core.lessons.layer_check import PLACE_WORDS
from netbuilder.core.lessons.library import ORDER
from netbuilder.core.lessons.parse import parse_lesson


def test_the_page_names_all_and_its_lesson_is_one(root):
    text = (root / "docs" / "lessons.md").read_text(encoding="utf-8")
    for name in (*WORDS, *PLACE_WORDS, *PLACES, *PLAN):
        assert f"`{name}`" in text, name
    lesson = parse_lesson(text.split("````markdown\n")[1].split("````")[0], "docs")
    assert len(lesson.steps) == 1
    assert lesson.steps[0].question is not None
    assert lesson.steps[0].question.right("80")


def test_the_page_of_curricula_names_every_lesson(root):
    text = (root / "docs" / "curricula.md").read_text(encoding="utf-8")
    for name in ORDER:
        assert f"`{name}`" in text, name
