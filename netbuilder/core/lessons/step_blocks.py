"""The fenced blocks of a step: ``parse_check``, ``hint``, ``show`` and ``question``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.callout_places import PLACES
from netbuilder.core.lessons.check_words import WORDS, Check, CheckTerm
from netbuilder.core.lessons.conditions import parse_number
from netbuilder.core.lessons.layer_check import (
    PLACE_WORDS,
    LayerCheck,
    parse_param_condition,
    parse_shape,
)
from netbuilder.core.lessons.lesson import QUESTION_KINDS, ShowHint, StepQuestion
from netbuilder.core.lessons.lesson_reader import FencedBlock, KeyValueLine, LessonReader
from netbuilder.core.wording import format_list

T = TypeVar("T")
QUESTION_KEYS = ("ask", "kind", "choices", "answer", "tolerance", "why", "wrong")
SHOW_KEYS = ("place", "layer", "after", "text")


def parse_check(reader: LessonReader, block: FencedBlock) -> Check:
    """A fenced ``parse_check``. Raises ``LessonError`` where a word or a value has no meaning."""
    lines = reader.pairs(block.lines, _("The check"))
    if not lines:
        raise reader.wrong(
            block.number, _("the check is empty"), _("Write 'word: value' lines in it.")
        )
    at = {line.key: line for line in lines}
    layer = at.get("layer")
    terms: list[CheckTerm] = []
    found = LayerCheck("")
    if layer is not None:
        name = _value(reader, layer, values.layer_name, _("Use a Keras class name."))
        found = LayerCheck(name)
    for line in lines:
        if line.key == "layer":
            continue
        if layer is not None and line.key in PLACE_WORDS:
            found = _place(reader, found, line)
        elif layer is not None and line.key in LAYERS[found.layer].by_name:
            wanted = _value(
                reader,
                line,
                partial(parse_param_condition, found.layer, line.key),
                _(
                    "Write for example '{example}'.",
                    example=f"{line.key}: {_sample(found.layer, line.key)}",
                ),
            )
            found = replace(found, params=(*found.params, (line.key, wanted)))
        elif line.key in WORDS:
            word = WORDS[line.key]
            fix = _("Write for example '{example}'.", example=f"{word.name}: {word.example}")
            terms.append(CheckTerm(word, _value(reader, line, word.parse, fix)))
        else:
            known = tuple(WORDS)
            if layer is not None:
                known = (*PLACE_WORDS, *LAYERS[found.layer].by_name, *known)
                raise reader.unknown(
                    line.number, line.key, known, _("A check of {layer}", layer=found.layer)
                )
            raise reader.unknown(line.number, line.key, ("layer", *known), _("A check"))
    return Check(block.number, tuple(terms), found if layer is not None else None)


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


#: How each block but ``parse_check`` is read, by its name.
BLOCK_PARSERS: Mapping[str, Callable[[LessonReader, FencedBlock], object]] = {
    "hint": _text,
    "explore": _text,
    "show": _show,
    "question": _question,
}
