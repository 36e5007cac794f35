"""Parses layers as people type them: "dense 50 relu", "conv2d 32 3x3 padding=same"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.catalog.layers.layer_index import search_layers
from netbuilder.core.catalog.spec import Kind, LayerSpec, Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.i18n import localized


def describe_params(node_params: Mapping[str, Any], spec: LayerSpec) -> str:
    """Return the distinguishing parameters to show on a node, as in "32 · relu"."""
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


_NUMBERS = (Kind.INT, Kind.SIZE, Kind.FLOAT)
_WORDS = (Kind.ACTIVATION, Kind.CHOICE)


@dataclass(frozen=True)
class ParsedLayer:
    """A layer, and the parameters that were typed with it."""

    spec: LayerSpec
    params: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """Its name and parameters: "Dense 50 · relu"."""
        settings = describe_params({**self.spec.start_params(), **self.params}, self.spec)
        return f"{self.spec.name}  {settings}" if self.params and settings else self.spec.name


def parse_layers(text: str) -> list[ParsedLayer]:
    """Return the layers that fit ``text``, best first; all of them for an empty text.

    The first word names the layer. Further words are its parameters, in the order of its card or
    as ``name=value``, if all of them are valid; otherwise they are searched for too.
    """
    first, *rest = text.split() or [""]
    if rest:
        read = [(spec, parse_params(spec, rest)) for spec in search_layers(first)]
        layers = [ParsedLayer(spec, params) for spec, params in read if params is not None]
        if layers:
            return layers
    return [ParsedLayer(spec) for spec in search_layers(text)]


def parse_params(spec: LayerSpec, words: list[str]) -> dict[str, Any] | None:
    """Return the parameters in ``words``; None where a word is not valid."""
    params = [spec.by_name[name] for name in spec.telling]
    params += [p for p in spec.params if p not in params and (p.required or not p.more)]
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            some = [p for p in spec.params if p.name.startswith(name.lower())]
            some.sort(key=lambda p: p.name != name.lower())
            tried = ((p, _value(p, value)) for p in some[:1])
            read = next(((p, v) for p, v in tried if v is not None), None)
        else:
            free = [p for p in params if p.name not in values]
            read = next(
                ((p, v) for p in free if (v := _value(p, word, bare=True)) is not None), None
            )
        if read is None:
            return None
        values[read[0].name] = read[1]
    return values


def _value(param: Param, word: str, *, bare: bool = False) -> Any:
    value: Any = None
    if param.kind in _NUMBERS:
        value = _number(param, word)
    elif param.kind in _WORDS:
        value = word.lower()
    elif param.kind is Kind.BOOL:
        if bare:
            value = True if word.lower() == param.name else None
        else:
            value = {"true": True, "yes": True, "false": False, "no": False}.get(word.lower())
    return None if value is None or problem_with(param, value) else value


def _number(param: Param, word: str) -> Any:
    parts = re.split(r"[x×]", word) if param.kind is Kind.SIZE else [word.replace(",", ".")]
    try:
        if param.kind is Kind.FLOAT:
            return float(parts[0])
        numbers = [int(part) for part in parts]
    except ValueError:
        return None
    return numbers[0] if len(set(numbers)) == 1 else numbers
