"""A lesson's file and its formulas: read, and what they cannot mean is named."""

import time
from pathlib import Path
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
from netbuilder.core.lessons.library import find_lesson, lesson_folders, start_project
from netbuilder.core.lessons.parse import parse_lesson, read_lesson

HEAD = "---\ntitle: One\nlevel: beginner\nminutes: 20\nstart: empty\n---\nWelcome.\n"
STEP = """
## Put in a layer that learns
Drag **Dense** onto the canvas.

```python
## no step: this is code
```

```check
layer: Dense
units: ">= 16"
connected: true
```
```hint
Press Tab on the canvas and type "dense 16".
```
```show
layer: Dense
text: From here.
```
```question
ask: How many?
choices: one | two
answer: two
why: Two it is.
wrong: One is too few.
```
```explore
How few are **enough**?
```
"""


def test_a_lesson_is_read_with_all_its_parts():
    found = parse_lesson(HEAD + STEP + "\n## Only to read\nText.\n", "one")
    assert (found.name, found.title, found.level, found.minutes) == ("one", "One", "beginner", 20)
    assert found.intro == "Welcome."
    first, second = found.steps
    assert first.title == "Put in a layer that learns"
    assert "## no step" in first.text
    assert "check" not in first.text
    assert first.checks[0].layer is not None
    assert first.checks[0].layer.layer == "Dense"
    assert first.checks[0].layer.connected
    assert first.hint == 'Press Tab on the canvas and type "dense 16".'
    assert first.show.layer == "Dense"
    assert first.question.choices == ("one", "two")
    assert (first.question.why, first.question.wrong) == ("Two it is.", "One is too few.")
    assert first.explore == "How few are **enough**?"
    assert second.reading


def _block(kind: str, *lines: str) -> str:
    return HEAD + "\n## A step\nText.\n```" + kind + "\n" + "\n".join(lines) + "\n```\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("# No front matter", 1, "does not start with '---'"),
        (HEAD.replace("minutes: 20", "minutes: soon") + STEP, 4, "'soon'"),
        (HEAD.replace("level: beginner", "level: easy") + STEP, 3, "no level 'easy'"),
        (HEAD.replace("title:", "titel:") + STEP, 2, "Did you mean 'title'"),
        (HEAD, 7, "no step"),
        (_block("check", "layer: Dnese"), 12, "Did you mean 'Dense'"),
        (_block("check", "layer: Dense", "unit: 5"), 13, "Did you mean 'units'"),
        (_block("check", "layer: Dense", "units: many"), 13, "'many' is not"),
        (_block("check", "layer: Dense", 'units: ">= many"'), 13, "not a number"),
        (_block("check", "layer: Dense", "activation: rellu"), 13, "Did you mean 'relu'"),
        (_block("check", "trianed: true"), 12, "Did you mean 'trained'"),
        (_block("check", "trained: maybe"), 12, "is not 'true'"),
        (_block("check", "metric: accuracy"), 12, "not a comparison"),
        (_block("check", "metric: acuracy > 0.5"), 12, "Did you mean 'accuracy'"),
        (_block("check", "changed: optimiser"), 12, "Did you mean 'optimizer'"),
        (_block("check", "optimizer: Adamm"), 12, "Did you mean 'Adam'"),
        (_block("check", "trained"), 12, "without a colon"),
        (_block("check", "trained: true", "trained: true"), 13, "appears twice"),
        (_block("check"), 11, "empty"),
        (_block("chek", "trained: true"), 11, "Did you mean 'check'"),
        (_block("show", "place: nowhere"), 12, "no place 'nowhere'"),
        (_block("show", "text: Look."), 11, "neither a place nor a layer"),
        (_block("question", "choices: a | b", "answer: a"), 11, "has no text"),
        (_block("question", "ask: What?", "choices: a | b", "answer: c"), 14, "not one of the"),
        (_block("question", "ask: What?"), 11, "no answer"),
        (_block("question", "ask: What?", "answer: lots"), 13, "not a number"),
        (_block("check", "answered: 3"), 11, "the step has none"),
        (HEAD + "\n## A step\n```check\ntrained: true\n", 10, "does not end"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_line(text, line, words):
    with pytest.raises(LessonError) as caught:
        parse_lesson(text, "mine.md", Path("/lessons/mine.md"))
    assert f"'mine.md', line {line}:" in caught.value.what
    assert words in str(caught.value)
    assert caught.value.fix


def test_a_start_project_that_cannot_be_read_names_the_lessons_line(tmp_path):
    file = tmp_path / "mine.md"
    file.write_text(HEAD.replace("start: empty", "start: gone.netbuilder") + STEP)
    with pytest.raises(LessonError, match=r"'mine\.md', line 5: .*gone\.netbuilder"):
        start_project(read_lesson(file))
    file.write_text(HEAD.replace("start: empty", "start: digit") + STEP)
    with pytest.raises(LessonError, match=r"line 5: .*Did you mean 'digits'"):
        start_project(read_lesson(file))


def test_lessons_lie_beside_a_project_in_the_home_and_where_the_machine_says(
    home, tmp_path, monkeypatch
):
    beside, school = tmp_path / "work", tmp_path / "school"
    for number, folder in enumerate((beside / "lessons", home / "data" / "lessons", school)):
        folder.mkdir(parents=True)
        (folder / f"own{number}.md").write_text(HEAD + STEP)
        (folder / "README.md").write_text("# No lesson\n")
    (school / "broken.md").write_text(HEAD + "\n## Step\n```check\nfoo: 1\n```\n")
    monkeypatch.setenv("NETBUILDER_LESSONS", str(school))
    found = {one.folder: one for one in lesson_folders(beside)}
    assert [one.name for one in found[beside / "lessons"].lessons] == ["own0"]
    assert [one.name for one in found[home / "data" / "lessons"].lessons] == ["own1"]
    assert [one.name for one in found[school].lessons] == ["own2"]
    assert len(found[school].broken) == 1
    assert find_lesson("own2").path == school / "own2.md"
    with pytest.raises(LessonError, match=r"'broken\.md', line 11"):
        find_lesson("broken")
    with pytest.raises(LessonError, match=r"Did you mean 'own0'"):
        find_lesson("own00", beside)


FORMULA_HEAD = "---\ntitle: One\nlevel: beginner\nminutes: 20\n---\nWelcome.\n\n## Step\n"


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
    text = f"{FORMULA_HEAD}Fine: $x^2$.\nWrong: ${latex}$.\n"
    parse_lesson(text)  # a list of lessons does not wait for the drawing
    with pytest.raises(LessonError, match=f"line 10: .*{why}") as caught:
        parse_lesson(text, drawn=True)
    assert "LaTeX" in caught.value.fix


def test_too_many_formulas_and_too_long_ones_are_named_at_once():
    began = time.monotonic()
    with pytest.raises(LessonError, match=f"line {9 + MOST_FORMULAS}: .*{MOST_FORMULAS}"):
        parse_lesson(FORMULA_HEAD + "Here is $x^2$.\n" * 20_000, drawn=True)
    with pytest.raises(LessonError, match="line 9: "):
        parse_lesson(f"{FORMULA_HEAD}Here is $x{' + x' * 1000}$.\n", drawn=True)
    assert time.monotonic() - began < 10


def test_the_formulas_of_the_lessons_that_ship_can_be_drawn():
    texts = [library.find_lesson(name).path for name in library.ORDER]  # draws each
    count = sum(
        len(list(find_formulas(path.read_text(encoding="utf-8"))))
        for path in texts
        if path is not None
    )
    assert count >= 7
