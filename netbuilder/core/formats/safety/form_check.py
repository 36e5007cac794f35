"""The form of a model's config, checked once at the door.

What comes after may take for granted that a layer is an object with a class name and a config,
that names are text, and that places in the graph are lists; so nothing but the door has to know
how a file can be broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.errors import FormatError
from netbuilder.core.formats.safety.allowlist import MODELS

MAX_LAYERS = 10_000
MAX_NAME = 500
_SHAPES = ("batch_shape", "batch_input_shape", "build_input_shape")
_TEXTS = ("class_name", "module", "registered_name")


def check_form(config: Any, name: str) -> None:
    """Check a model's config, models inside it included.

    Args:
        config: the config as JSON.
        name: the file's name, for messages.

    Raises:
        FormatError: it is not formed as Keras forms one, or has more than 10,000 layers.
    """
    if not isinstance(config, Mapping) or not isinstance(config.get("class_name"), str):
        raise FormatError(
            f"'{name}' holds no network: its config is {type(config).__name__}.",
            "If it holds weights only, save the whole model with model.save().",
        )
    count = sum(len(layers) for layers in _models(config, name))
    if count > MAX_LAYERS:
        raise FormatError(
            f"'{name}' has {count:,} layers; NetBuilder opens up to {MAX_LAYERS:,}.",
            "This is no ordinary model file: do not open it.",
        )
    check_objects(config, name)
    for layers in _models(config, name):
        for entry in layers:
            _check_layer(entry, name)


def _models(config: Mapping[str, Any], name: str) -> Iterator[list[Any]]:
    """The list of layers of the model and of each model inside it."""
    waiting: list[Any] = [config]
    while waiting:
        model = waiting.pop()
        inner = model.get("config")
        layers = inner.get("layers", []) if isinstance(inner, Mapping) else inner
        if not isinstance(layers, list):
            raise _broken(name, f"the layers of a model are {type(layers).__name__}")
        if isinstance(inner, Mapping) and "input_layers" in inner:
            for key in ("input_layers", "output_layers"):
                if not isinstance(inner.get(key), list | dict):
                    raise _broken(name, f"'{key}' is {type(inner.get(key)).__name__}")
            _check_names(layers, name)
        if isinstance(inner, Mapping):
            _check_shapes(inner, name)
        yield layers
        waiting.extend(
            one for one in layers if isinstance(one, Mapping) and one.get("class_name") in _NAMES
        )


_NAMES = tuple(MODELS)


def _check_names(layers: list[Any], name: str) -> None:
    """In a graph each layer goes by a name of its own."""
    seen: set[str] = set()
    for entry in layers:
        if not isinstance(entry, Mapping):
            continue
        inner = entry.get("config")
        own = entry.get("name") or (inner.get("name") if isinstance(inner, Mapping) else None)
        if not isinstance(own, str) or own in seen:
            raise _broken(name, f"a layer of a graph is named {own!r:.60}, or two are")
        seen.add(own)


def _check_layer(entry: Any, name: str) -> None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("class_name"), str):
        raise FormatError(
            f"A layer of '{name}' has no class name.", "The file is damaged: save it again."
        )
    inner = entry.get("config")
    if isinstance(inner, list) and entry["class_name"] in MODELS:
        return
    if not isinstance(inner, Mapping):
        raise _broken(name, f"the config of a {entry['class_name']:.60} is {type(inner).__name__}")
    for own in (entry.get("name"), inner.get("name")):
        if own is not None and (not isinstance(own, str) or len(own) > MAX_NAME):
            raise _broken(name, f"a {entry['class_name']:.60} has the name {own!r:.60}")
    calls = entry.get("inbound_nodes", [])
    if not isinstance(calls, list) or not all(map(_is_call, calls)):
        raise _broken(name, f"the wires into a {entry['class_name']:.60} are no list")
    _check_shapes(inner, name)


def _is_call(value: Any) -> bool:
    """Of Keras 2 a list of places, of Keras 3 an object of arguments."""
    if isinstance(value, Mapping):
        return isinstance(value.get("args", []), list) and isinstance(
            value.get("kwargs") or {}, Mapping
        )
    return isinstance(value, list)


def _check_shapes(inner: Mapping[str, Any], name: str) -> None:
    for key in _SHAPES:
        shape = inner.get(key)
        if shape is not None and not _is_shape(shape):
            raise _broken(name, f"'{key}' is {shape!r:.60}")


def _is_shape(value: Any) -> bool:
    """``[None, 28, 28]``; a model with several inputs says a list or an object of such."""
    if isinstance(value, Mapping):
        return all(_is_shape(one) for one in value.values())
    if not isinstance(value, list) or not value:
        return False
    if all(isinstance(one, list) for one in value):
        return all(_is_shape(one) for one in value)
    return len(value) <= 32 and all(
        one is None or (isinstance(one, int) and not isinstance(one, bool) and one >= 0)
        for one in value
    )


def check_objects(config: Any, name: str) -> None:
    """Whatever names a class, wherever it stands, names it with text.

    Raises:
        FormatError: a class, a module or a registered name is no text.
    """
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Mapping):
            for key in _TEXTS:
                value = item.get(key)
                if key in item and value is not None and not isinstance(value, str):
                    raise _broken(name, f"'{key}' of an object is {type(value).__name__}")
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _broken(name: str, detail: str) -> FormatError:
    return FormatError(
        f"The config of the network in '{name}' is not formed as Keras forms one: {detail}.",
        "The file is damaged, or was changed by hand: save the model again.",
    )
