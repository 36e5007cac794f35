"""JSON from a stranger: bounded in size and depth."""

from __future__ import annotations

import json
from typing import Any

from netbuilder.core.errors import FormatError

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_DEPTH = 100


def read_json(text: str | bytes, where: str) -> Any:
    """The value of a JSON text.

    Args:
        text: the text; bytes are taken as UTF-8.
        where: what it is, for messages ("the config of 'model.h5'").

    Raises:
        FormatError: no JSON, over 64 MiB, or nested deeper than 100 levels.
    """
    if len(text) > MAX_CHARACTERS:
        raise FormatError(
            f"{where} is {len(text) // 2**20} MiB of text; no network needs that much.",
            "This is no ordinary model file: do not open it.",
        )
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise too_deep(where) from error
    except ValueError as error:
        raise FormatError(
            f"{where} is not valid JSON: {error}.", "The file is damaged: copy or save it again."
        ) from error
    _check_depth(value, where)
    return value


def too_deep(where: str) -> FormatError:
    """The error for a value that is nested too deeply."""
    return FormatError(
        f"{where} is nested more than {MAX_DEPTH} levels deep; no network is.",
        "This is no ordinary model file: do not open it.",
    )


def _check_depth(value: Any, where: str) -> None:
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict):
            inner = list(item.values())
        elif isinstance(item, list):
            inner = item
        else:
            continue
        if depth > MAX_DEPTH:
            raise too_deep(where)
        waiting.extend((one, depth + 1) for one in inner)
