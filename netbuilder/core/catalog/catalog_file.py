"""Read ``resources/catalog.json``: every layer, loss, optimizer and so on, with its parameters.

Its keys are the fields of ``LayerSpec``, ``ObjectSpec`` and ``Param``; those at their default are
left out. Parameters that several rows have stand once under "params" and are named in the rows.
"why" is a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, ObjectSpec, Param
from netbuilder.core.folders import resource_json


@cache
def _shared_params() -> dict[str, Param]:
    return {key: _param(row) for key, row in resource_json("catalog.json")["params"].items()}


def _param(row: str | dict[str, Any]) -> Param:
    if isinstance(row, str):
        return _shared_params()[row]
    return param_of(row)


def param_of(row: Mapping[str, Any]) -> Param:
    """Return the parameter that a row of JSON describes by its fields."""
    return Param(**_fields(row) | {"kind": Kind(row["kind"])})


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _as_tuple(value) for key, value in row.items() if key not in ("why", "params")} | (
        {"params": tuple(map(_param, row["params"]))} if "params" in row else {}
    )


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def layer_specs() -> list[LayerSpec]:
    """Return the rows of all layers, in the order of the palette."""
    specs = []
    for row in resource_json("catalog.json")["layers"]:
        fields = _fields(row) | {"category": Category[row["category"].upper()]}
        fields.pop("backbone", None)
        specs.append(LayerSpec(**fields))
    return specs


def backbone_rows() -> dict[str, dict[str, Any]]:
    """Return what the rows of pretrained networks say beside a layer's facts, by name."""
    return {
        row["name"]: _fields(row["backbone"])
        for row in resource_json("catalog.json")["layers"]
        if "backbone" in row
    }


def object_specs(section: str) -> Mapping[str, ObjectSpec]:
    """Return the rows of "losses", "metrics", "optimizers", … by name, in their order."""
    return MappingProxyType(
        {row["name"]: ObjectSpec(**_fields(row)) for row in resource_json("catalog.json")[section]}
    )


def activations() -> Mapping[str, str]:
    """Return the names of activation functions with one line about each."""
    return MappingProxyType(resource_json("catalog.json")["activations"])
