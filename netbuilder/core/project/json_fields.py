"""Reading one object of a project file, key by key, with a message for each wrong value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from netbuilder.core.errors import ProjectFileError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Point
from netbuilder.core.wording import format_number, join_values


def is_int(value: Any) -> bool:
    """Whether a JSON value is a whole number; ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


class JsonObject:
    """One object of the file, read key by key; what is left over is kept."""

    def __init__(self, raw: Any, where: str) -> None:
        if not isinstance(raw, dict):
            raise ProjectFileError(
                _(
                    "{place} must be an object in braces, not {value}.",
                    place=where,
                    value=f"{raw!r:.60}",
                ),
                _("Correct the file in a text editor."),
                code="project_value_invalid",
            )
        self._raw = dict(raw)
        self.where = where

    def _wrong(self, key: str, message: str, value: Any, **more: object) -> ProjectFileError:
        return ProjectFileError(
            _(message, place=self.where, key=key, value=f"{value!r:.60}", **more),
            _("Correct the file in a text editor."),
            code="project_value_invalid",
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
            raise self._wrong(
                key, N_("{place}: '{key}' must be text in quotes, not {value}."), value
            )
        return value

    def optional_text(self, key: str) -> str | None:
        """A string, or None where it is absent or null."""
        return self.text(key, "") if self._raw.get(key) is not None else self._raw.pop(key, None)

    def one_of(self, key: str, allowed: Sequence[str]) -> str:
        """One of the words that there are, or "" where it is absent."""
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
        """A whole number of at least ``minimum``."""
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
        """A finite number, ``minimum <= number < below``."""
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
        """A boolean."""
        value = self._raw.pop(key, default)
        if not isinstance(value, bool):
            raise self._wrong(
                key, N_("{place}: '{key}' must be true or false, not {value}."), value
            )
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of strings; one string stands for a list of one."""
        value = self._raw.pop(key, [])
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(
                key, N_("{place}: '{key}' must be a list of names, not {value}."), value
            )
        return tuple(value)

    def items(self, key: str) -> list[Any]:
        """A list."""
        value = self._raw.pop(key, [])
        if not isinstance(value, list):
            raise self._wrong(
                key, N_("{place}: '{key}' must be a list in brackets, not {value}."), value
            )
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it is."""
        value = self._raw.pop(key, {})
        if not isinstance(value, dict):
            raise self._wrong(
                key, N_("{place}: '{key}' must be an object in braces, not {value}."), value
            )
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
            raise self._wrong(
                key, N_("{place}: '{key}' must be two numbers [x, y], not {value}."), value
            )
        return (value[0], value[1])

    def choice(self, key: str) -> Choice | None:
        """A named object of Keras, or None."""
        value = self._raw.pop(key, None)
        return None if value is None else _choice(value, f"{self.where}: '{key}'")

    def choices(self, key: str) -> tuple[Choice, ...]:
        """A list of named objects of Keras."""
        return tuple(_choice(item, f"{self.where}: '{key}'") for item in self.items(key))


def _choice(value: Any, where: str) -> Choice:
    if isinstance(value, str):
        return Choice(value)
    part = JsonObject(value, where)
    if not part.has("name"):
        raise ProjectFileError(
            _("{place} has no 'name'.", place=where),
            _("Write {form}.", form='{"name": …, "params": {…}}'),
            code="project_key_missing",
        )
    return Choice(part.text("name", ""), part.mapping("params"))
