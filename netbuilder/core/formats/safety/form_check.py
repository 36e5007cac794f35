"""Check the form of a model's config, so that later code can rely on it.

Layers are objects with a class name and a config, names are text, places in the graph are lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.safety.allowlist import MODELS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number, shorten

MAX_LAYERS = 10_000
MAX_NAME = 500
_SHAPES = ("batch_shape", "batch_input_shape", "build_input_shape")
_TEXTS = ("class_name", "module", "registered_name")


def check_form(config: Any, name: str) -> None:
    """Check a model config's form; FormatError if invalid, or over 10,000 layers."""
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise format_error("config_not_a_model", file=name, type=type(config).__name__)
    count = sum(len(layers) for layers in _models(config, name))
    if count > MAX_LAYERS:
        raise format_error(
            "too_many_layers",
            file=name,
            count=format_number(count, ","),
            most=format_number(MAX_LAYERS, ","),
        )
    check_objects(config, name)
    for layers in _models(config, name):
        for entry in layers:
            _check_layer(entry, name)


def _models(config: Mapping[str, Any], name: str) -> Iterator[list[Any]]:
    waiting: list[Any] = [config]
    while waiting:
        model = waiting.pop()
        inner = model.get("config")
        layers = inner.get("layers", []) if isinstance(inner, Mapping) else inner
        if not isinstance(layers, list):
            raise _broken(
                name, N_("the layers of a model are of type {type}"), type=type(layers).__name__
            )
        if isinstance(inner, Mapping) and "input_layers" in inner:
            for key in ("input_layers", "output_layers"):
                if not isinstance(inner.get(key), list | dict):
                    raise _broken(
                        name,
                        N_("'{key}' is of type {type}"),
                        key=key,
                        type=type(inner.get(key)).__name__,
                    )
            _check_names(layers, name)
        if isinstance(inner, Mapping):
            _check_shapes(inner, name)
        yield layers
        waiting.extend(
            v for v in layers if isinstance(v, Mapping) and v.get("class_name") in _NAMES
        )


_NAMES = tuple(MODELS)


def _check_names(layers: list[Any], name: str) -> None:
    names: set[str] = set()
    for entry in layers:
        if not isinstance(entry, Mapping):
            continue
        inner = entry.get("config")
        own = entry.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
        if not isinstance(own, str) or own in names:
            raise _broken(
                name,
                N_("the name {name} of a layer is invalid or occurs twice"),
                name=f"{own!r:.60}",
            )
        names.add(own)


def _check_layer(entry: Any, name: str) -> None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("class_name"), str):
        raise format_error("layer_without_class", file=name)
    inner = entry.get("config")
    if isinstance(inner, list) and entry["class_name"] in MODELS:
        return
    if not isinstance(inner, Mapping):
        raise _broken(
            name,
            N_("the config of a {class_name} is of type {type}"),
            class_name=shorten(entry["class_name"], 60),
            type=type(inner).__name__,
        )
    for own in (entry.get("name"), inner.get("name")):
        if own is not None and (not isinstance(own, str) or len(own) > MAX_NAME):
            raise _broken(
                name,
                N_("a {class_name} has the name {name}"),
                class_name=shorten(entry["class_name"], 60),
                name=f"{own!r:.60}",
            )
    calls = entry.get("inbound_nodes", [])
    if not isinstance(calls, list) or not all(map(_is_call, calls)):
        raise _broken(
            name,
            N_("the connections of a {class_name} are not a list"),
            class_name=shorten(entry["class_name"], 60),
        )
    _check_shapes(inner, name)


def _is_call(value: Any) -> bool:
    """Return whether this is a list of places (Keras 2) or an object of arguments (Keras 3)."""
    if isinstance(value, Mapping):
        return isinstance(value.get("args", []), list) and isinstance(
            value.get("kwargs") or {}, Mapping
        )
    return isinstance(value, list)


def _check_shapes(inner: Mapping[str, Any], name: str) -> None:
    for key in _SHAPES:
        shape = inner.get(key)
        if shape is not None and not _is_shape(shape):
            raise _broken(name, N_("'{key}' is {value}"), key=key, value=f"{shape!r:.60}")


def _is_shape(value: Any) -> bool:
    """Return whether this is a shape such as ``[None, 28, 28]``, or a list or dict of shapes."""
    if isinstance(value, Mapping):
        return all(_is_shape(item) for item in value.values())
    if not isinstance(value, list) or not value:
        return False
    if all(isinstance(item, list) for item in value):
        return all(_is_shape(item) for item in value)
    return len(value) <= 32 and all(
        side is None or (isinstance(side, int) and not isinstance(side, bool) and side >= 0)
        for side in value
    )


def check_objects(config: Any, name: str) -> None:
    """Raise FormatError unless class names, modules and registered names are text."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            for key in _TEXTS:
                value = item.get(key)
                if key in item and value is not None and not isinstance(value, str):
                    raise _broken(
                        name,
                        N_("'{key}' of an object is of type {type}"),
                        key=key,
                        type=type(value).__name__,
                    )
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _broken(name: str, detail: str, /, **values: object) -> FormatError:
    """Return the error for file ``name``; ``values`` fill the placeholders of ``detail``."""
    return format_error("config_invalid", file=name, detail=_(detail, **values))
