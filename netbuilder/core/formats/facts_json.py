"""Facts about the data as JSON, so that a trained file can be used where its data is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from netbuilder.core.data.data_facts import DataFacts


def facts_to_json(facts: DataFacts) -> dict[str, Any]:
    """A value of dicts, lists, numbers and strings."""
    # What was noticed about the data is of no use without it, and its fixes are functions.
    return {
        key: _lists(value)
        for key, value in asdict(replace(facts, findings=())).items()
        if key != "findings"
    }


def facts_from_json(value: Any) -> DataFacts:
    """The reverse of ``facts_to_json``; keys that are not known are passed over."""
    if not isinstance(value, Mapping):
        return DataFacts()
    names = {entry.name for entry in fields(DataFacts)}
    return DataFacts(**{key: _tuples(one) for key, one in value.items() if key in names})


def _lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _lists(one) for key, one in value.items()}
    return [_lists(one) for one in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(one) for key, one in value.items()}
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value
