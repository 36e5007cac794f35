"""The value of a check line: ``>= 16``, ``relu | tanh``, ``not sigmoid``, ``3 x 3``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_list, format_number as number_text

_COMPARE: Mapping[str, tuple[Callable[[Any, Any], bool], str]] = {
    ">=": (operator.ge, N_("at least {number}")),
    "<=": (operator.le, N_("at most {number}")),
    ">": (operator.gt, N_("more than {number}")),
    "<": (operator.lt, N_("less than {number}")),
    "=": (operator.eq, N_("{number}")),
}


@dataclass(frozen=True)
class Condition:
    """A comparison with a number, or one of some words (or none of them)."""

    text: str
    compare: str = ""
    limit: float = 0.0
    words: tuple[str, ...] = ()
    negated: bool = False

    @property
    def numeric(self) -> bool:
        """Whether it compares numbers."""
        return bool(self.compare)

    @property
    def shown(self) -> str:
        """The condition in words: "at least 16", "relu or tanh", "anything but sigmoid"."""
        return self.shown_as({})

    def shown_as(self, titles: Mapping[str, str]) -> str:
        """Return the condition in words, with names replaced by display titles."""
        if self.compare:
            return _(_COMPARE[self.compare][1], number=number_text(self.limit))
        words = [_(titles.get(word, word)) for word in self.words]
        joined = format_list(words, len(words), "or")
        return _("anything but {words}", words=joined) if self.negated else joined

    def holds(self, value: Any) -> bool:
        """Return whether ``value`` fits; a list of equal numbers counts as that number."""
        value = plain_value(value)
        if self.compare:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return _COMPARE[self.compare][0](value, self.limit)
        listed = value_word(value) in {word.casefold() for word in self.words}
        return listed is not self.negated


def parse_condition(text: str) -> Condition:
    """Parse a condition; raise ``ValueError`` if it is empty or an operator lacks a number."""
    text = text.strip()
    match = re.fullmatch(r"(>=|<=|==|=|>|<)\s*(.*)", text)
    if match:
        sign = match.group(1).replace("==", "=")
        return Condition(text, sign, _number(match.group(2), text))
    try:
        return Condition(text, "=", float(text))
    except ValueError:
        pass
    negated = text.lower().startswith("not ")
    body = text[4:] if negated else text
    words = tuple(word.strip() for word in body.split("|") if word.strip())
    if not words:
        raise ValueError(_("there is no value after the colon"))
    return Condition(text, words=words, negated=negated)


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            _("'{whole}' compares with '{text}', which is not a number", whole=whole, text=text)
        ) from None


def plain_value(value: Any) -> Any:
    """Simplify a value for comparison: ``[3, 3]`` is 3, ``{"name": "L2"}`` is "L2"."""
    if isinstance(value, Mapping):
        return value.get("name", value.get("layer", ""))
    if isinstance(value, list | tuple) and value and all(item == value[0] for item in value):
        return value[0]
    return value


def value_word(value: Any) -> str:
    """Return a value as a word: "none", "true", "3 x 5", "relu"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return " x ".join(value_word(item) for item in value)
    return str(value).casefold()


def parse_number(text: str) -> float | None:
    """Parse a number (3,5), a percentage (90 %) or a fraction (40/50); None if it is none."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-").replace(" ", "")
    factor = 0.01 if plain.endswith("%") else 1.0
    plain = plain.removesuffix("%")
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    upper, _slash, lower = plain.partition("/")
    try:
        return float(upper) / float(lower or 1) * factor
    except (ValueError, ZeroDivisionError):
        return None
