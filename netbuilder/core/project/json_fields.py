"""Read an object of a project file key by key, with a message for each wrong value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

from netbuilder.core.errors import ProjectFileError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Point
from netbuilder.core.project.project_errors import file_error
from netbuilder.core.wording import format_number, join_values

_T = TypeVar("_T")


def is_int(value: Any) -> bool:
    """Return whether a JSON value is an integer, not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


class JsonObject:
    """An object of the file, read key by key; the rest is kept."""

    def __init__(self, raw: Any, where: str) -> None:
        if not isinstance(raw, dict):
            raise file_error("project_value_invalid", place=where, value=f"{raw!r:.60}")
        self._raw = dict(raw)
        self.where = where

    def _wrong(self, key: str, message: str, value: Any, **more: object) -> ProjectFileError:
        return ProjectFileError(
            _(message, place=self.where, key=key, value=f"{value!r:.60}", **more),
            _("Correct the file in a text editor."),
            code="project_value_invalid",
        )

    def _typed(self, key: str, default: _T, kind: type[_T], message: str) -> _T:
        value = self._raw.pop(key, default)
        if not isinstance(value, kind):
            raise self._wrong(key, message, value)
        return value

    def drop(self, *keys: str) -> None:
        """Skip keys that were read elsewhere."""
        for key in keys:
            self._raw.pop(key, None)

    def rest(self) -> dict[str, Any]:
        """Return the unread, unknown keys."""
        return self._raw

    def has(self, key: str) -> bool:
        """Return whether a key exists."""
        return key in self._raw

    def text(self, key: str, default: str) -> str:
        """Return a string."""
        message = N_("{place}: '{key}' must be text in quotes, not {value}.")
        return self._typed(key, default, str, message)

    def optional_text(self, key: str) -> str | None:
        """Return a string, or None if it is absent or null."""
        return self.text(key, "") if self._raw.get(key) is not None else self._raw.pop(key, None)

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words, or "" if absent."""
        value = self._raw.pop(key, "")
        if value != "" and value not in allowed:
            raise self._wrong(
                key,
                N_("{place}: '{key}' must be one of {names}, not {value}."),
                value,
                names=join_values(allowed),
            )
        return str(value)

    def integer(self, key: str, default: int, minimum: int) -> int:
        """Return an integer of at least ``minimum``."""
        value = self._raw.pop(key, default)
        if not is_int(value) or value < minimum:
            raise self._wrong(
                key,
                N_("{place}: '{key}' must be a whole number of at least {minimum}, not {value}."),
                value,
                minimum=minimum,
            )
        return int(value)

    def number(self, key: str, default: float, minimum: float, below: float) -> float:
        """Return a finite number, ``minimum <= number < below``."""
        value = self._raw.pop(key, default)
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        if not ok or not math.isfinite(value) or not minimum <= value < below:
            raise self._wrong(
                key,
                N_(
                    "{place}: '{key}' must be a number from {minimum} to below {limit}, not "
                    "{value}."
                ),
                value,
                minimum=format_number(minimum, "g"),
                limit=format_number(below, "g"),
            )
        return value  # type: ignore[no-any-return]

    def flag(self, key: str, default: bool) -> bool:
        """Return a boolean."""
        message = N_("{place}: '{key}' must be true or false, not {value}.")
        return self._typed(key, default, bool, message)

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of strings; a single string is a list of one."""
        value = self._raw.pop(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(
                key, N_("{place}: '{key}' must be a list of names, not {value}."), value
            )
        return tuple(value)

    def items(self, key: str) -> list[Any]:
        """Return a list."""
        message = N_("{place}: '{key}' must be a list in brackets, not {value}.")
        return self._typed(key, [], list, message)

    def mapping(self, key: str) -> dict[str, Any]:
        """Return an object as a dict."""
        message = N_("{place}: '{key}' must be an object in braces, not {value}.")
        return self._typed(key, {}, dict, message)

    def part(self, key: str) -> JsonObject:
        """Return an object to read key by key."""
        return JsonObject(self.mapping(key), f"'{key}'")

    def point(self, key: str) -> Point | None:
        """Return two numbers, or None."""
        value = self._raw.pop(key, None)
        if value is None:
            return None
        numbers = isinstance(value, list) and len(value) == 2
        if not numbers or not all(
            isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
            for item in value
        ):
            raise self._wrong(
                key, N_("{place}: '{key}' must be two numbers [x, y], not {value}."), value
            )
        return (value[0], value[1])

    def choice(self, key: str) -> Choice | None:
        """Return a named Keras object, or None."""
        value = self._raw.pop(key, None)
        return None if value is None else _choice(value, f"{self.where}: '{key}'")

    def choices(self, key: str) -> tuple[Choice, ...]:
        """Return a list of named Keras objects."""
        return tuple(_choice(item, f"{self.where}: '{key}'") for item in self.items(key))


def _choice(value: Any, where: str) -> Choice:
    if isinstance(value, str):
        return Choice(value)
    part = JsonObject(value, where)
    if not part.has("name"):
        raise file_error("project_key_missing:3", place=where, form='{"name": …, "params": {…}}')
    return Choice(part.text("name", ""), part.mapping("params"))
