"""Whether a value that came out of a file is what its dataclass declares."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def type_problem(value: Any, hint: Any = None, where: str = "it") -> str:
    """What in ``value`` is not of the declared type, in words; "" if everything is.

    Args:
        value: a dataclass instance, or any value with a ``hint``.
        hint: its declared type; None: the value is a dataclass that declares its own.
        where: what it is, for the words ("scale").

    Whole numbers count as numbers; numbers must be finite.
    """
    if hint is None or (is_dataclass(hint) and isinstance(hint, type)):
        if hint is not None and not isinstance(value, hint):
            return _words(value, where)
        hints = _hints(type(value))
        found = (
            type_problem(getattr(value, one.name), hints[one.name], one.name)
            for one in fields(value)
        )
        return next((one for one in found if one), "")
    if hint is Any:
        return ""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        found = (type_problem(value, one, where) for one in arguments)
        return "" if any(not one for one in found) else _words(value, where)
    if origin is Literal:
        return "" if value in arguments else _words(value, where)
    if origin is tuple:
        return _tuple(value, arguments, where)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            return _words(value, where)
        parts = [
            *((one, arguments[0]) for one in value),
            *((one, arguments[1]) for one in value.values()),
        ]
        return next((one for part in parts if (one := type_problem(*part, where))), "")
    return "" if _is_plain(value, hint) else _words(value, where)


def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _tuple(value: Any, arguments: tuple[Any, ...], where: str) -> str:
    if not isinstance(value, tuple):
        return _words(value, where)
    if arguments[-1:] == (Ellipsis,):
        arguments = arguments[:1] * len(value)
    if len(arguments) != len(value):
        return _words(value, where)
    parts = zip(value, arguments, strict=True)
    return next((one for part in parts if (one := type_problem(*part, where))), "")


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is types.NoneType:
        return value is None
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _words(value: Any, where: str) -> str:
    return f"'{where}' is {value!r:.60}"
