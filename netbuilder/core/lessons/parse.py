"""Parse a lesson: Markdown with front matter, a step per ``##``, and fenced blocks in steps.

The format is described in docs/lessons.md. Anything unknown is an error: a misspelt word would be
a step that never ticks.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.error_texts import about_file, sentences_of
from netbuilder.core.files.regular_file import read_regular
from netbuilder.core.i18n import gettext as _, language, noop as N_
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.callout_places import PLACES
from netbuilder.core.lessons.check_words import WORDS, Check, CheckTerm
from netbuilder.core.lessons.conditions import parse_number
from netbuilder.core.lessons.formulas import check_formulas
from netbuilder.core.lessons.layer_check import (
    PLACE_WORDS,
    LayerCheck,
    parse_param_condition,
    parse_shape,
)
from netbuilder.core.lessons.lesson import (
    EMPTY,
    INTERFACES,
    LEVELS,
    QUESTION_KINDS,
    Lesson,
    LessonError,
    LessonStep,
    ShowHint,
    StepQuestion,
)
from netbuilder.core.lessons.lesson_reader import FencedBlock, KeyValueLine, LessonReader
from netbuilder.core.lessons.translation import differences, translated, translation_path
from netbuilder.core.wording import did_you_mean, format_list

_sentence = sentences_of("lessons")

T = TypeVar("T")
QUESTION_KEYS = ("ask", "kind", "choices", "answer", "tolerance", "why", "wrong")
SHOW_KEYS = ("place", "layer", "after", "text")


def parse_check(reader: LessonReader, block: FencedBlock) -> Check:
    """Parse a fenced ``check`` block; raise ``LessonError`` if a word or value is invalid."""
    lines = reader.pairs(block.lines, _("The check"))
    if not lines:
        raise reader.wrong(
            block.number, _("the check is empty"), _("Write 'word: value' lines in it.")
        )
    at = {line.key: line for line in lines}
    layer = at.get("layer")
    terms: list[CheckTerm] = []
    layer_check = LayerCheck("")
    if layer is not None:
        name = _value(reader, layer, values.layer_name, _("Use a Keras class name."))
        layer_check = LayerCheck(name)
    for line in lines:
        if line.key == "layer":
            continue
        if layer is not None and line.key in PLACE_WORDS:
            layer_check = _place(reader, layer_check, line)
        elif layer is not None and line.key in LAYERS[layer_check.layer].by_name:
            condition = _value(
                reader,
                line,
                partial(parse_param_condition, layer_check.layer, line.key),
                _sentence(
                    "write_example", example=f"{line.key}: {_sample(layer_check.layer, line.key)}"
                ),
            )
            layer_check = replace(layer_check, params=(*layer_check.params, (line.key, condition)))
        elif line.key in WORDS:
            word = WORDS[line.key]
            fix = _("Write for example '{example}'.", example=f"{word.name}: {word.example}")
            terms.append(CheckTerm(word, _value(reader, line, word.parse, fix)))
        else:
            known = tuple(WORDS)
            if layer is not None:
                known = (*PLACE_WORDS, *LAYERS[layer_check.layer].by_name, *known)
                raise reader.unknown(
                    line.number, line.key, known, _("A check of {layer}", layer=layer_check.layer)
                )
            raise reader.unknown(line.number, line.key, ("layer", *known), _("A check"))
    return Check(block.number, tuple(terms), layer_check if layer is not None else None)


def _sample(layer: str, name: str) -> str:
    value = LAYERS[layer].by_name[name].start or LAYERS[layer].by_name[name].default
    return f'">= {value}"' if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _place(reader: LessonReader, check: LayerCheck, line: KeyValueLine) -> LayerCheck:
    read: Mapping[str, Callable[[str], object]] = {
        "count": values.number_condition,
        "connected": values.yes,
        "after": values.layer_name,
        "last": values.yes,
        "shape": parse_shape,
    }
    fixes = {
        "count": _("Write for example '{example}'.", example='count: ">= 2"'),
        "after": _("Use a Keras class name."),
        "shape": _("Write for example '{example}'.", example="shape: 28 x 28 x 1"),
    }
    fix = fixes.get(line.key, _("Write '{key}: true', or leave the line out.", key=line.key))
    return replace(check, **{line.key: _value(reader, line, read[line.key], fix)})  # type: ignore[arg-type]


def _value(reader: LessonReader, line: KeyValueLine, parse: Callable[[str], T], fix: str) -> T:
    try:
        return parse(values.text(line.value))
    except ValueError as error:
        raise reader.wrong(line.number, f"'{line.key}': {error}", fix) from None


def _text(reader: LessonReader, block: FencedBlock) -> str:
    text = "\n".join(line for _unused, line in block.lines).strip()
    if not text:
        raise reader.wrong(
            block.number, _("the block is empty"), _("Write a sentence, or remove the block.")
        )
    return text


def _show(reader: LessonReader, block: FencedBlock) -> ShowHint:
    lines = reader.pairs(block.lines, "'show'")
    for line in lines:
        if line.key not in SHOW_KEYS:
            raise reader.unknown(line.number, line.key, SHOW_KEYS, "'show'")
    at = {line.key: line for line in lines}
    show = ShowHint(text=at["text"].value if "text" in at else "")
    if "place" in at:
        place = _value(
            reader,
            at["place"],
            lambda text: values.known_name(text, list(PLACES), N_("place")),
            _("Use {names}.", names=format_list(PLACES, len(PLACES))),
        )
        show = replace(show, place=place)
    for key in ("layer", "after"):
        if key in at:
            name = _value(reader, at[key], values.layer_name, _("Use a Keras class name."))
            show = replace(show, **{key: name})
    if not show.place and not show.layer:
        raise reader.wrong(
            block.number,
            _("'show' has neither a place nor a layer"),
            _("Add 'place: train' or 'layer: Dense'."),
        )
    return show


def _question(reader: LessonReader, block: FencedBlock) -> StepQuestion:
    lines = reader.pairs(block.lines, _("The question"))
    for line in lines:
        if line.key not in QUESTION_KEYS:
            raise reader.unknown(line.number, line.key, QUESTION_KEYS, _("The question"))
    at = {line.key: line for line in lines}
    if "ask" not in at or not at["ask"].value:
        raise reader.wrong(block.number, _("the question has no text"), _("Add a line 'ask: …?'."))
    choices = tuple(c.strip() for c in at["choices"].value.split("|")) if "choices" in at else ()
    kind = at["kind"].value if "kind" in at else ("choice" if choices else "number")
    if kind not in QUESTION_KINDS:
        raise reader.wrong(
            at["kind"].number,
            _("there is no kind '{kind}'", kind=kind),
            _("Use {names}.", names=format_list(QUESTION_KINDS)),
        )
    if kind == "choice" and (len(choices) < 2 or not all(choices)):
        raise reader.wrong(
            block.number,
            _("a choice needs at least two choices"),
            _("Add 'choices: one | two | three'."),
        )
    answer = at["answer"].value if "answer" in at else ""
    if kind != "prediction" and not answer:
        raise reader.wrong(
            block.number,
            _("the question has no answer"),
            _("Add 'answer: …', or make it 'kind: prediction'."),
        )
    if kind == "choice" and answer.casefold() not in {c.casefold() for c in choices}:
        raise reader.wrong(
            at["answer"].number,
            _("'{answer}' is not one of the choices", answer=answer),
            _("Use {names}.", names=format_list(choices, 9)),
        )
    if kind == "number" and parse_number(answer) is None:
        raise reader.wrong(
            at["answer"].number,
            _("'{answer}' is not a number", answer=answer),
            _("Write a number."),
        )
    tolerance = parse_number(at["tolerance"].value) if "tolerance" in at else 0.0
    if tolerance is None or tolerance < 0:
        raise reader.wrong(
            at["tolerance"].number,
            _("'{value}' is not a tolerance", value=at["tolerance"].value),
            _("Write a number of at least 0."),
        )
    why = at["why"].value if "why" in at else ""
    wrong = at["wrong"].value if "wrong" in at else ""
    return StepQuestion(at["ask"].value, kind, choices, answer, tolerance, why, wrong)


#: Parsers of the other blocks.
BLOCK_PARSERS: Mapping[str, Callable[[LessonReader, FencedBlock], object]] = {
    "hint": _text,
    "explore": _text,
    "show": _show,
    "question": _question,
}


log = logging.getLogger(__name__)

# ``seal`` is ignored: files for 0.2 may have it.
FRONT_KEYS = ("title", "level", "minutes", "start", "needs", "seal", "interface")
LARGEST = 1_000_000  # bytes


def read_lesson(path: Path, *, drawn: bool = False) -> Lesson:
    """Read a lesson in the chosen language, or the original if there is no valid translation.

    Args:
        path: the lesson's file; its translations are beside it.
        drawn: also check that its formulas can be drawn.

    Raises:
        LessonError: it cannot be read, or is invalid.
    """
    lesson = _read(Path(path), drawn)
    translation = translation_path(lesson.path or Path(path), language())
    if not translation.is_file():
        return lesson
    try:
        texts = _read(translation, drawn)
        mismatches = differences(lesson, texts)
    except LessonError as error:
        mismatches = [str(error)]
    if mismatches:
        log.warning("The lesson %s is left in English: %s.", translation, "; ".join(mismatches))
        return lesson
    return translated(lesson, texts)


def _read(path: Path, drawn: bool) -> Lesson:
    try:
        text = read_regular(path, LARGEST, LessonError).decode("utf-8-sig")
    except FileNotFoundError:
        raise about_file(LessonError, "lesson_not_found", path, name=path) from None
    except UnicodeDecodeError as error:
        raise about_file(LessonError, "lesson_not_utf8", path, byte=error.start) from error
    except OSError as error:
        raise about_file(
            LessonError, "lesson_unreadable", "", file=path, reason=error.strerror
        ) from error
    try:
        return parse_lesson(text, path.stem, path, drawn=drawn)
    except RecursionError as error:
        raise about_file(LessonError, "lesson_too_deep", path) from error


def parse_lesson(
    text: str, name: str = "lesson", path: Path | None = None, *, drawn: bool = False
) -> Lesson:
    """Parse the text of a lesson; ``path`` is used for images and messages.

    ``drawn`` also draws each formula to check it, which takes a tenth of a second. Raise
    LessonError if it is invalid.
    """
    reader = LessonReader(path.name if path is not None else name, path)
    lines = text.splitlines()
    front, body_at = _front(reader, lines)
    sections = _sections(lines, body_at)
    intro = "\n".join(line for _unused, line in sections[0][2]).strip()
    steps = tuple(_step(reader, *section) for section in sections[1:])
    if not steps:
        raise reader.wrong(
            len(lines) or 1,
            _("the lesson has no step"),
            _("Start each step with a line '## Its title'."),
        )
    if drawn:
        check_formulas(text, reader)
    return replace(front, name=name, intro=intro, steps=steps, path=path)


def _front(reader: LessonReader, lines: list[str]) -> tuple[Lesson, int]:
    if not lines or lines[0].strip() != "---":
        raise reader.wrong(
            1,
            _("the lesson does not start with '---'"),
            _("Start it with a line '---', then title, level, minutes and start, then '---'."),
        )
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise reader.wrong(1, _("the front matter does not end"), _("End it with a line '---'."))
    pairs = reader.pairs(tuple(enumerate(lines[1:end], 2)), _("The front matter"))
    at = {line.key: line for line in pairs}
    for line in pairs:
        if line.key not in FRONT_KEYS:
            raise reader.unknown(line.number, line.key, FRONT_KEYS, _("The front matter"))
    for key in ("title", "level", "minutes"):
        if key not in at or not at[key].value:
            raise reader.wrong(
                1,
                _("the front matter has no '{key}'", key=key),
                _("Add a line '{key}: …'.", key=key),
            )
    level, minutes = at["level"], at["minutes"]
    if level.value not in LEVELS:
        raise reader.wrong(
            level.number,
            _("there is no level '{level}'", level=level.value),
            _("Use {levels}.", levels=format_list(LEVELS)),
        )
    if not minutes.value.isdigit() or not 1 <= int(minutes.value) <= 600:
        raise reader.wrong(
            minutes.number,
            _("'minutes' is '{value}'", value=minutes.value),
            _("Write a whole number from 1 to 600."),
        )
    start = at["start"].value if "start" in at and at["start"].value else EMPTY
    needs = at["needs"].value if "needs" in at else ""
    lesson = Lesson("", at["title"].value, level.value, int(minutes.value), start, needs, "", ())
    if "interface" in at:
        interface = at["interface"]
        if interface.value not in INTERFACES:
            raise reader.wrong(
                interface.number,
                _("'interface' is '{value}'", value=interface.value),
                _("Write basic or full, or leave the line out."),
            )
        lesson = replace(lesson, interface=interface.value)
    return lesson, end + 1


def start_line(path: Path) -> int:
    """Return the line number of ``start`` in a lesson's file; 1 if there is none."""
    lines = read_regular(path, LARGEST, LessonError).decode("utf-8-sig").splitlines()
    return next((i for i, line in enumerate(lines, 1) if line.startswith("start:")), 1)


Section = tuple[int, str, list[tuple[int, str]]]


def _sections(lines: list[str], first: int) -> list[Section]:
    """Return the text before the first step, then each step: line, title, numbered lines."""
    sections: list[Section] = [(first + 1, "", [])]
    fenced = ""
    for number, line in enumerate(lines[first:], first + 1):
        mark = re.match(r"\s{0,3}(`{3,}|~{3,})", line)
        if mark and not fenced:
            fenced = mark.group(1)
        elif mark and mark.group(1).startswith(fenced) and line.strip() == mark.group(1):
            fenced = ""
        if not fenced and (title := re.fullmatch(r"##\s+(.*?)\s*#*\s*", line)):
            sections.append((number, title.group(1), []))
        else:
            sections[-1][2].append((number, line))
    return sections


def _step(reader: LessonReader, line: int, title: str, lines: list[tuple[int, str]]) -> LessonStep:
    prose, blocks = _blocks(reader, lines)
    step = LessonStep(title, prose, line)
    for kind, block in blocks:
        if kind == "check":
            step = replace(step, checks=(*step.checks, parse_check(reader, block)))
            continue
        first = step.question
        if kind == "question" and first is not None and first.answer and first.another is None:
            another = _question(reader, block)
            if not another.answer:
                raise reader.wrong(
                    block.number,
                    _("the question that follows a wrong answer has no answer"),
                    _("Add 'answer: …'."),
                )
            step = replace(step, question=replace(first, another=another))
            continue
        if getattr(step, kind):
            raise reader.wrong(
                block.number,
                _("the step '{title}' has two '{kind}' blocks", title=title, kind=kind),
                _("Keep one of them."),
            )
        value: Any = BLOCK_PARSERS[kind](reader, block)
        step = replace(step, **{kind: value})
    answered = any(term.word.name == "answered" for check in step.checks for term in check.terms)
    if answered and step.question is None:
        raise reader.wrong(
            step.checks[0].line,
            _("'answered' needs a question, but the step has none"),
            _("Add a block ```question."),
        )
    return step


_KINDS = ("check", "hint", "show", "question", "explore")


def _blocks(
    reader: LessonReader, lines: list[tuple[int, str]]
) -> tuple[str, list[tuple[str, FencedBlock]]]:
    prose: list[str] = []
    blocks: list[tuple[str, FencedBlock]] = []
    inside: list[tuple[int, str]] | None = None
    kind, fence, begun = "", "", 0
    for number, text in lines:
        mark = re.fullmatch(r"\s{0,3}(`{3,}|~{3,})\s*(\S*)\s*", text)
        if inside is None and mark:
            kind, fence, begun = mark.group(2), mark.group(1), number
            inside = []
            if kind not in _KINDS:
                _near_kind(reader, number, kind)
                prose.append(text)
        elif inside is not None and mark and mark.group(1) == fence and not mark.group(2):
            if kind in _KINDS:
                blocks.append((kind, FencedBlock(begun, tuple(inside))))
            else:
                prose += [line for _unused, line in inside] + [text]
            inside = None
        elif inside is not None:
            inside.append((number, text))
        else:
            prose.append(text)
    if inside is not None:
        raise reader.wrong(
            begun,
            _("the block '{kind}' does not end", kind=kind),
            _("End it with '{fence}'.", fence=fence),
        )
    return "\n".join(prose).strip(), blocks


def _near_kind(reader: LessonReader, number: int, kind: str) -> None:
    """Raise for a misspelt block, which would be shown as code."""
    suggestion = did_you_mean(kind, _KINDS) if kind else ""
    if suggestion:
        raise reader.wrong(number, _("there is no block '{kind}'", kind=kind), suggestion)
