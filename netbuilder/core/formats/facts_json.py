"""Convert facts about the data to JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from netbuilder.core.data.data_facts import DataFacts


def facts_to_json(facts: DataFacts) -> dict[str, Any]:
    """Return the facts as dicts, lists, numbers and strings."""
    # Findings are useless without the data, and their fixes are functions.
    return {
        key: _lists(value)
        for key, value in asdict(replace(facts, findings=())).items()
        if key != "findings"
    }


def facts_from_json(value: Any) -> DataFacts:
    """Reverse ``facts_to_json``; unknown keys are ignored."""
    if not isinstance(value, Mapping):
        return DataFacts()
    names = {entry.name for entry in fields(DataFacts)}
    return DataFacts(**{key: _tuples(item) for key, item in value.items() if key in names})


def _lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
