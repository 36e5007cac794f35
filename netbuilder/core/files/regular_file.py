"""Read regular files and JSON safely: pipes and devices could be read for ever."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_DEPTH = 100
# 64 bits; a number of 4,000 digits cannot even be printed.
MAX_NUMBER = 2**63


def read_json(text: str | bytes, where: str) -> Any:
    """Parse a JSON text; ``where`` names it in messages ("the config of 'model.h5'").

    Raises:
        FormatError: invalid, over 64 MiB, nested deeper than 100 levels, integers beyond 64 bits,
            or lone surrogates.
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
        value = _loads(text)
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


_LONG = 100_000


def _loads(text: str | bytes) -> Any:
    """Parse JSON without blocking other threads for long: a Python callback lets them run."""
    if len(text) < _LONG:
        return json.loads(text)
    return json.loads(text, parse_float=lambda number: float(number))  # noqa: PLW0108


def nesting_error(where: str) -> FormatError:
    """Return the error for a value that is nested too deeply."""
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
    """Return a sentence about a suspicious JSON value; "" if there is none."""
    pending: list[tuple[Any, int]] = [(value, 1)]
    while pending:
        item, depth = pending.pop()
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
        # Floats are always valid, and curves are long.
        pending.extend((child, depth + 1) for child in inner if type(child) is not float)
    return ""


_KINDS = (
    (stat.S_ISFIFO, N_("a pipe")),
    (stat.S_ISCHR, N_("a device")),
    (stat.S_ISBLK, N_("a device")),
    (stat.S_ISSOCK, N_("a socket")),
)


def special_file_kind(path: Path | str) -> str:
    """Return what a path is, if neither file nor folder, in words; else "".

    Links are followed; missing or unreadable paths are "".
    """
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return ""
    for is_kind, words in _KINDS:
        if is_kind(mode):
            return _(words)
    return ""


def require_regular_file(path: Path | str, error: type[UserError] = FormatError) -> None:
    """Raise ``error`` if ``path`` is a pipe, device or socket: reading it could hang."""
    kind = special_file_kind(path)
    if kind:
        raise error(
            _("'{path}' is {kind}, not a file.", path=path, kind=kind),
            _("Choose a file on a disk."),
            path=str(path),
            code="not_a_regular_file",
        )


def read_regular(path: Path, limit: int, error: type[UserError] = FormatError) -> bytes:
    """Read a regular file of at most ``limit`` bytes; links are followed.

    Raises:
        FormatError: or ``error``: a pipe, a device or a socket, or too large.
        OSError: it cannot be read.
    """
    require_regular_file(path, error)
    with path.open("rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise error(
            _(
                "'{file}' is larger than {limit} bytes.",
                file=path.name,
                limit=format_number(limit, ","),
            ),
            _("Choose another file: no file of this kind is so large."),
            path=str(path),
            code="file_too_large",
        )
    return content
