"""JSON from a stranger: bounded in size, depth and numbers, and with text that can be written."""

from __future__ import annotations

import json
from typing import Any

from netbuilder.core.errors import FormatError
from netbuilder.core.i18n import gettext as _

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_DEPTH = 100
# What fits into 64 bits; a number of 4,000 digits cannot even be shown.
MAX_NUMBER = 2**63


def read_json(text: str | bytes, where: str) -> Any:
    """The value of a JSON text.

    Args:
        text: the text; bytes are taken as UTF-8.
        where: what it is, for messages ("the config of 'model.h5'").

    Raises:
        FormatError: no JSON, over 64 MiB, nested deeper than 100 levels, with whole numbers
            beyond 64 bits, or with half of a character in a text.
    """
    if len(text) > MAX_CHARACTERS:
        raise FormatError(
            _(
                "{place} contains {size} MiB of text, more than any network needs.",
                place=where,
                size=len(text) // 2**20,
            ),
            _("The file may be malicious: do not open it."),
            code="json_too_large",
        )
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise nesting_error(where) from error
    except ValueError as error:
        raise FormatError(
            _("{place} is not valid JSON: {reason}.", place=where, reason=error),
            _("The file is damaged: copy or save it again."),
            code="json_invalid",
        ) from error
    problem = json_problem(value, where)
    if problem:
        raise FormatError(
            problem, _("The file may be malicious: do not open it."), code="json_suspicious"
        )
    return value


def nesting_error(where: str) -> FormatError:
    """The error for a value that is nested too deeply."""
    return FormatError(
        _(
            "{place} is nested more than {count} levels deep, more than any network.",
            place=where,
            count=MAX_DEPTH,
        ),
        _("The file may be malicious: do not open it."),
        code="json_nested_too_deeply",
    )


def json_problem(value: Any, where: str) -> str:
    """What no honest JSON value has, in a sentence about ``where``; "" if there is nothing."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        inner: list[Any] = []
        if isinstance(item, dict):
            inner = [*item, *item.values()]
        elif isinstance(item, list):
            inner = item
        elif isinstance(item, str):
            if not item.isascii() and any("\ud800" <= letter <= "\udfff" for letter in item):
                return _(
                    "{place} contains an incomplete character (a lone surrogate).", place=where
                )
        elif isinstance(item, int) and abs(item) >= MAX_NUMBER:
            return _("{place} contains a whole number of more than 18 digits.", place=where)
        if inner and depth > MAX_DEPTH:
            return nesting_error(where).what
        waiting.extend((one, depth + 1) for one in inner)
    return ""
