"""Reading one object of a project file, key by key, with a message for each wrong value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from netbuilder.core.errors import ProjectFileError
from netbuilder.core.project.model import Choice, Point


def is_int(value: Any) -> bool:
    """Whether a JSON value is a whole number; ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


class JsonObject:
    """One object of the file, read key by key; what is left over is kept."""

    def __init__(self, raw: Any, where: str) -> None:
        if not isinstance(raw, dict):
            raise ProjectFileError(
                f"{where} must be an object in braces, found {raw!r:.60}.", "Mend it by hand."
            )
        self._raw = dict(raw)
        self.where = where

    def _wrong(self, key: str, expected: str, value: Any) -> ProjectFileError:
        return ProjectFileError(
            f"'{key}' of {self.where} must be {expected}, found {value!r:.60}.", "Mend it by hand."
        )

    def drop(self, *keys: str) -> None:
        """Pass over keys that were read elsewhere."""
        for key in keys:
            self._raw.pop(key, None)

    def rest(self) -> dict[str, Any]:
        """What was not read: unknown keys, to be kept."""
        return self._raw

    def has(self, key: str) -> bool:
        """Whether a key stands there."""
        return key in self._raw

    def text(self, key: str, default: str) -> str:
        """A string."""
        value = self._raw.pop(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "text in quotes", value)
        return value

    def optional_text(self, key: str) -> str | None:
        """A string, or None where it is absent or null."""
        return self.text(key, "") if self._raw.get(key) is not None else self._raw.pop(key, None)

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """One of the words that there are, or "" where it is absent."""
        value = self._raw.pop(key, "")
        if value != "" and value not in allowed:
            raise self._wrong(key, "one of " + ", ".join(allowed), value)
        return str(value)

    def integer(self, key: str, default: int, minimum: int) -> int:
        """A whole number of at least ``minimum``."""
        value = self._raw.pop(key, default)
        if not is_int(value) or value < minimum:
            raise self._wrong(key, f"a whole number from {minimum}", value)
        return int(value)

    def number(self, key: str, default: float, minimum: float, below: float) -> float:
        """A finite number, ``minimum <= number < below``."""
        value = self._raw.pop(key, default)
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        if not ok or not math.isfinite(value) or not minimum <= value < below:
            raise self._wrong(key, f"a number from {minimum:g} to below {below:g}", value)
        return value  # type: ignore[no-any-return]

    def flag(self, key: str, default: bool) -> bool:
        """A boolean."""
        value = self._raw.pop(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings; one string stands for a list of one."""
        value = self._raw.pop(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of names", value)
        return tuple(value)

    def items(self, key: str) -> list[Any]:
        """A list."""
        value = self._raw.pop(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list in brackets", value)
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it is."""
        value = self._raw.pop(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "an object in braces", value)
        return value

    def part(self, key: str) -> JsonObject:
        """An object, to be read key by key."""
        return JsonObject(self.mapping(key), f"'{key}'")

    def point(self, key: str) -> Point | None:
        """Two numbers, or None."""
        value = self._raw.pop(key, None)
        if value is None:
            return None
        numbers = isinstance(value, list) and len(value) == 2
        if not numbers or not all(
            isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)
            for item in value
        ):
            raise self._wrong(key, "two numbers [x, y]", value)
        return (value[0], value[1])

    def choice(self, key: str) -> Choice | None:
        """A named object of Keras, or None."""
        value = self._raw.pop(key, None)
        return None if value is None else _choice(value, f"'{key}' of {self.where}")

    def choices(self, key: str) -> tuple[Choice, ...]:
        """A list of named objects of Keras."""
        return tuple(_choice(item, f"'{key}' of {self.where}") for item in self.items(key))


def _choice(value: Any, where: str) -> Choice:
    if isinstance(value, str):
        return Choice(value)
    part = JsonObject(value, where)
    if not part.has("name"):
        raise ProjectFileError(f"{where} has no 'name'.", 'Write {"name": …, "params": {…}}.')
    return Choice(part.text("name", ""), part.mapping("params"))
