"""The recipe's form: its rows are those of the kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.registry import KINDS, alternatives
from netbuilder.core.project.model import Data

_FIELDS = frozenset(Data.__dataclass_fields__)


def params_of(data: Data) -> tuple[Param, ...]:
    """The rows of the form; where the file can be read in several ways, that choice first."""
    kind = KINDS.get(data.kind)
    if kind is None:
        return ()
    rows = kind.params(data)
    others = alternatives(data)
    if len(others) < 2:
        return rows
    how = Param(
        "kind",
        Kind.CHOICE,
        data.kind,
        "what the file is taken for",
        choices=tuple(other.name for other in others),
    )
    return (how, *rows)


def values_of(data: Data) -> dict[str, Any]:
    """The recipe as the form shows it; what is absent has its default."""
    found: dict[str, Any] = dict(data.options)
    for param in params_of(data):
        if param.name in _FIELDS:
            found[param.name] = getattr(data, param.name)
    return found


def change_of(data: Data, name: str, value: Any) -> Mapping[str, Any]:
    """What ``edits.set_data`` is told when a field was edited; ``...`` for the default."""
    if value is ... and name in _FIELDS:
        return {name: Data.__dataclass_fields__[name].default}
    return {name: value}
