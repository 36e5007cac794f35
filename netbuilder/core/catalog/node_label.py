"""The few words on a node that tell it apart: "32 · 3×3 · relu"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.spec import Kind, LayerSpec, Param
from netbuilder.core.i18n import localized


def describe_params(node_params: Mapping[str, Any], spec: LayerSpec) -> str:
    """What stands on a node beside its name, from ``spec.telling`` and its parameters.

    Parameters that are empty or that say nothing (a linear activation, a switch that is off)
    are left out.

    Example:
        ``describe_params({"filters": 32, "activation": "relu"}, LAYERS["Conv2D"])``
        is ``"32 · relu"``.
    """
    words = (_word(spec.by_name[name], node_params) for name in spec.telling)
    return " · ".join(word for word in words if word)


def _word(param: Param, params: Mapping[str, Any]) -> str:
    value = params.get(param.name, param.default)
    if value is None:
        return ""
    if isinstance(value, bool):
        return param.name if value else ""
    if param.kind is Kind.LAYER and isinstance(value, Mapping):
        return _layer_word(value)
    if isinstance(value, Mapping):
        return str(value.get("name", ""))
    if param.kind is Kind.ACTIVATION and value == "linear":
        return ""
    if param.kind is Kind.SIZE and isinstance(value, int):
        return "×".join([str(value)] * max(param.size, 1))
    if isinstance(value, list | tuple):
        joint = "×" if param.kind in (Kind.SIZE, Kind.SHAPE) else ", "
        return joint.join(_item(item) for item in value)
    if isinstance(value, float):
        return localized(f"{value:.4g}")
    return str(value)


def _item(value: Any) -> str:
    if value is None:
        return "?"
    if isinstance(value, list | tuple):
        return "+".join(str(item) for item in value)
    return localized(f"{value:.4g}") if isinstance(value, float) else str(value)


def _layer_word(value: Mapping[str, Any]) -> str:
    from netbuilder.core.catalog.layers.layer_index import LAYERS

    name = str(value.get("layer", ""))
    spec = LAYERS.get(name)
    params = value.get("params", {})
    inner = describe_params(params, spec) if spec and isinstance(params, Mapping) else ""
    return f"{name} {inner}".strip()
