"""Counts read right, for every noun that the program counts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import netbuilder
from netbuilder.core import wording
from netbuilder.core.check.phrases import count_noun
from netbuilder.core.wording import (
    correct_sentence,
    format_approximate,
    format_count,
    format_percent,
    format_probability,
    pluralize,
)

RIGHT = {
    "epoch": "epochs", "best epoch": "best epochs", "axis": "axes",
    "row": "rows", "class": "classes", "loss": "losses", "box": "boxes", "batch": "batches",
    "column": "columns", "target column": "target columns", "category": "categories",
    "array": "arrays", "key": "keys", "way": "ways", "dead unit": "dead units",
    "fitting class": "fitting classes", "more remark": "more remarks", "picture": "pictures",
    "number": "numbers", "input": "inputs", "weight": "weights",
}  # fmt: skip


@pytest.mark.parametrize("one", RIGHT)
def test_plurals(one: str) -> None:
    assert pluralize(one) == RIGHT[one]
    assert format_count(1, one) == f"1 {one}"
    assert format_count(1200, one) == f"1,200 {RIGHT[one]}"
    assert count_noun(0, one, "a list of ") == f"a list of 0 {RIGHT[one]}"


def counted_nouns() -> set[str]:
    """What ``format_count`` and ``count_noun`` are called with anywhere in the program, where it is
    text."""
    found = set()
    for path in Path(netbuilder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) > 1:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                noun = node.args[1]
                if name in {"format_count", "count_noun"} and isinstance(noun, ast.Constant):
                    found.add(str(noun.value))
    return found


def test_every_noun_that_is_counted() -> None:
    nouns = counted_nouns()
    assert {"row", "class", "layer"} <= nouns
    irregular = re.compile(r"(?:is|um|index|person|child|man|data|series|half|life)$")
    # An epoch's "ch" is a "k": it stands among the exceptions above.
    for noun in nouns - {one for one in nouns if one in RIGHT}:
        assert not re.search(r"(?:[sxz]|[cs]h|[^aeiou]y)s$", pluralize(noun)), pluralize(noun)
        assert not irregular.search(noun), f"'{noun}' has a plural of its own"


def test_no_digit_that_is_not_known() -> None:
    assert format_approximate(68.437, 79.26) == "68"
    assert format_approximate(79.26, 79.26) == "79"
    assert format_approximate(0.7231, 1.651) == "0.7"
    assert format_approximate(123456.0, 5400.0) == "123,500"
    assert format_approximate(1.5, 0.0) == "1.5"
    assert format_approximate(float("nan"), 1.0) == "nan"


def test_a_probability_is_whole_only_where_it_is() -> None:
    assert [format_probability(part) for part in (1.0, 0.9996, 0.997, 0.83, 0.004, 1e-7, 0.0)] == [
        "100%", "99.96%", "99.7%", "83%", "0.4%", "<0.01%", "0%",
    ]  # fmt: skip
    assert format_percent(598 / 600) == "99.7%"
    assert format_percent(0.999999, 1) == ">99.99%"
    assert format_percent(0.998, most=0) == ">99%" and format_percent(0.002, most=0) == "<1%"
    assert format_percent(1.0, 1) == "100.0%" and format_percent(0.5, 1) == "50.0%"
    assert correct_sentence(1.0) == "Of 100 answers 100 are right."
    assert correct_sentence(598 / 600) == "Of 1,000 answers 997 are right."
    assert correct_sentence(0.0004) == "Of 10,000 answers 4 are right."
    assert correct_sentence(0.86) == "Of 100 answers 86 are right."


def test_a_unit_stands_where_it_is_written() -> None:
    assert wording.format_measure(1304, "$") == "$1,304"
    assert wording.format_measure(158.6, "$") == "$158.60"
    assert wording.format_measure(-20, "US$") == "-US$20"
    assert wording.format_measure(510.0000001, "$") == "$510"
    assert wording.format_measure(81.5, "m²") == "81.5 m²"
    assert wording.format_measure(2.5, "$ /m") == "$2.50 /m"
    assert wording.format_measure(0.00012, "$") == "$1.20e-04"
    assert wording.format_measure(7, "") == "7"
    assert wording.format_range("457", "2,745", "€") == "€457 to €2,745"
    assert wording.format_range("30", "89", "kg") == "30 to 89 kg"
