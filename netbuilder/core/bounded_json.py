"""JSON from a stranger: bounded in size, depth and numbers, and with text that can be written."""

from __future__ import annotations

import json
from typing import Any

from netbuilder.core.errors import FormatError

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
            f"{where} is {len(text) // 2**20} MiB of text; no network needs that much.",
            "This is no ordinary model file: do not open it.",
        )
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise nesting_error(where) from error
    except ValueError as error:
        raise FormatError(
            f"{where} is not valid JSON: {error}.", "The file is damaged: copy or save it again."
        ) from error
    problem = json_problem(value)
    if problem:
        raise FormatError(f"{where} {problem}.", "This is no ordinary model file: do not open it.")
    return value


def nesting_error(where: str) -> FormatError:
    """The error for a value that is nested too deeply."""
    return FormatError(
        f"{where} is nested more than {MAX_DEPTH} levels deep; no network is.",
        "This is no ordinary model file: do not open it.",
    )


def json_problem(value: Any) -> str:
    """What no honest JSON value has, in words that follow "The file"; "" if there is nothing."""
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
                return "holds half of a character, which no program writes"
        elif isinstance(item, int) and abs(item) >= MAX_NUMBER:
            return "holds a whole number of more than 18 digits"
        if inner and depth > MAX_DEPTH:
            return f"is nested more than {MAX_DEPTH} levels deep; no network is"
        waiting.extend((one, depth + 1) for one in inner)
    return ""
