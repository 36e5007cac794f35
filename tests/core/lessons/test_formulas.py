"""Formulas in lessons: what is one and what is money, and what cannot be drawn is named."""

import time
from xml.etree import ElementTree

import pytest

from netbuilder.core.lessons import library
from netbuilder.core.lessons.formulas import (
    MOST_FORMULAS,
    draw_formula,
    find_formulas,
    replace_formulas,
)
from netbuilder.core.lessons.lesson import LessonError
from netbuilder.core.lessons.parse import parse_lesson

HEAD = "---\ntitle: One\nlevel: beginner\nminutes: 20\n---\nWelcome.\n\n## Step\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The sum $w_1 x + b$ is bent.", [("w_1 x + b", False)]),
        ("$a$ and $b$.", [("a", False), ("b", False)]),
        ("It is\n\n$$\\frac{1}{n}\n\\sum_i x_i$$\n\nthen.", [("\\frac{1}{n} \\sum_i x_i", True)]),
        ("It costs $5, the other one $6.", []),
        ("It costs 5$ or 6$ and $x$.", [("x", False)]),
        ("\\$x$ is no formula.", []),
        ("Write `$x$` for $y$.", [("y", False)]),
        ("```python\na = '$x$'\n```\n$z$", [("z", False)]),
        ("$a\n\nb$", []),
        ("$$$$", []),
    ],
)
def test_what_is_a_formula(text, found):
    assert [(one.latex, one.block) for one in find_formulas(text)] == found
    assert replace_formulas(text, lambda _one: "∎").count("∎") == len(found)


def test_a_fraction_is_higher_than_a_letter_and_reaches_below_the_line():
    letter, fraction = (
        draw_formula("x", 20, "#ff0000"),
        draw_formula(r"\frac{1}{x}", 20, "#ff0000", block=True),
    )
    assert letter.below <= 1 < fraction.below
    assert fraction.above > 2 * letter.above
    assert draw_formula("x", 40, "#000000").above == pytest.approx(2 * letter.above, rel=0.05)
    root = ElementTree.fromstring(fraction.svg)
    # Qt draws neither symbols nor scripts; the colour is the one that was asked for.
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {"svg", "g", "path", "rect"}
    assert "#ff0000" in fraction.svg


@pytest.mark.parametrize(
    ("latex", "why"),
    [
        (r"\frac{1}", "missing"),
        ("x^", "missing"),
        (r"\fraq{1}{2}", r"no '\\fraq'"),
        ("{", "missing"),
    ],
)
def test_what_is_no_formula_is_named_with_its_line(latex, why):
    text = f"{HEAD}Fine: $x^2$.\nWrong: ${latex}$.\n"
    parse_lesson(text)  # a list of lessons does not wait for the drawing
    with pytest.raises(LessonError, match=f"line 10: .*{why}") as caught:
        parse_lesson(text, drawn=True)
    assert "LaTeX" in caught.value.fix


def test_too_many_formulas_and_too_long_ones_are_named_at_once():
    began = time.monotonic()
    with pytest.raises(LessonError, match=f"line {9 + MOST_FORMULAS}: .*{MOST_FORMULAS}"):
        parse_lesson(HEAD + "Here is $x^2$.\n" * 20_000, drawn=True)
    with pytest.raises(LessonError, match="line 9: "):
        parse_lesson(f"{HEAD}Here is $x{' + x' * 1000}$.\n", drawn=True)
    assert time.monotonic() - began < 10


def test_the_formulas_of_the_lessons_that_ship_can_be_drawn():
    texts = [library.find_lesson(name).path for name in library.ORDER]  # draws each
    count = sum(
        len(list(find_formulas(path.read_text(encoding="utf-8"))))
        for path in texts
        if path is not None
    )
    assert count >= 7
