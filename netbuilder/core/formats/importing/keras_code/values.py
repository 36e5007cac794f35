"""Values of the interpreter: layers, calls of layers, models, and what is unread."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import noop as N_

_NAMES = resource_json("keras_names.json")
# Class names of Keras 1 and 2 → layers today.
_OLD_CLASSES: Mapping[str, str] = _NAMES["old_classes"]
# Arguments of Keras 1 → names today; None: without effect.
_OLD_ARGUMENTS: Mapping[str, str | None] = _NAMES["old_arguments"]
# First positional arguments of layers, where the catalog's order differs.
_ORDERS: Mapping[str, list[str]] = _NAMES["argument_orders"]
UNREAD = object()
NO_WEIGHTS = N_(
    "Weights are not loaded from code. Add --weights FILE, or open the file with the weights "
    "afterwards."
)
LOOP = "loop"  # kind of the placeholder for a loop's layers


@dataclass(eq=False)
class Unread:
    """A value that only running the code would yield."""

    line: int
    text: str


@dataclass(eq=False)
class Undefined(Unread):
    """A name that the code defines nowhere."""


@dataclass(frozen=True)
class Dotted:
    """A module, class or function by its qualified name: "tensorflow.keras.layers.Dense"."""

    path: str

    @property
    def last(self) -> str:
        """The name without its module."""
        return self.path.rpartition(".")[2]

    @property
    def room(self) -> str:
        """The innermost module: "layers"."""
        return self.path.rpartition(".")[0].rpartition(".")[2]

    @property
    def is_keras(self) -> bool:
        """Whether Keras provides it."""
        return self.path.split(".")[0] in ("keras", "tf_keras", "tensorflow")


@dataclass(eq=False)
class KerasObject:
    """An optimizer, loss, metric, initializer, regularizer, schedule or callback."""

    name: str
    room: str
    config: dict[str, Any]
    line: int


@dataclass(eq=False)
class Layer:
    """A layer of the code: its catalog name or class, and its arguments as plain values.

    ``shape`` is its "input_shape", None or ``UNREAD``; ``notes`` lists unread arguments; ``reason``
    says why it is a placeholder, "" where its code says it; ``then`` is a layer used as its
    activation; ``function``: what a ``Lambda`` computes, or the backbone that it is a part of;
    ``keras_1``: its class has a name of Keras 1.
    """

    kind: str
    config: dict[str, Any]
    line: int
    name: str = ""
    shape: Any = None
    notes: list[str] = field(default_factory=list)
    reason: str = ""
    then: Layer | None = None
    function: Any = None
    keras_1: bool = False
    calls: list[Call] = field(default_factory=list)

    @property
    def known(self) -> bool:
        """Whether the catalog has it."""
        return self.kind in LAYERS


@dataclass(eq=False)
class Call:
    """A call of a layer.

    ``parts``: the items that a class takes out of its argument, or None; ``losses``: line and name
    of each loss that layers of the code add here.
    """

    layer: Layer
    sources: tuple[Call, ...] = ()
    line: int = 0
    parts: dict[Any, Call] | None = None
    losses: list[tuple[int, str]] = field(default_factory=list)

    def part(self, key: Any) -> Call:
        """Return one of several inputs, or the output of a recurrent layer beside its states."""
        if self.parts is None:
            return self
        name = key if isinstance(key, str) else ""
        return self.parts.setdefault(key, Call(Layer("Input", {}, self.line, name), (), self.line))


@dataclass(eq=False)
class Model:
    """A model of the code.

    ``variable`` holds it; ``called``: number of layers when its ends were last computed, or -1;
    ``custom``: line and name of the code that changes its training; ``remarks``: (item, line,
    sentence) about it; ``reads``: the script's data when it was fitted.
    """

    line: int
    name: str = ""
    layers: list[Any] | None = None
    inputs: list[Call] = field(default_factory=list)
    outputs: list[Call] = field(default_factory=list)
    shape: Any = None
    compiled: dict[str, Any] | None = None
    fitted: dict[str, Any] | None = None
    compiled_line: int = 0
    fitted_line: int = 0
    used: bool = False
    code_class: Class | None = None
    text: str = ""
    called: int = -1
    variable: str = ""
    custom: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[str, int, str]] = field(default_factory=list)
    reads: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Its name, or that of its variable or class."""
        return self.name or self.variable or getattr(self.code_class, "name", "") or "model"

    def member(self, name: str) -> Any:
        """Return an attribute, or a method bound to this object; else ``NotImplemented``."""
        if name in self.attributes or self.code_class is None:
            return self.attributes.get(name, NotImplemented)
        member = self.code_class.member(name)
        bound = isinstance(member, Function) and member.code_class is not None
        return replace(member, owner=self) if bound else member


@dataclass(eq=False)
class Class:
    """A class of the code: a model, a layer, or neither (``root`` is "").

    ``custom``: line and name of the code that changes the training.
    """

    name: str
    root: str
    bases: list[Class]
    names: dict[str, Any] = field(default_factory=dict)
    custom: list[tuple[int, str]] = field(default_factory=list)

    def member(self, name: str) -> Any:
        """Return a member of the class or its bases, else ``NotImplemented``."""
        if name in self.names:
            return self.names[name]
        members = (base.member(name) for base in self.bases)
        return next((member for member in members if member is not NotImplemented), NotImplemented)


@dataclass(eq=False)
class Partial:
    """A ``functools.partial``."""

    target: Any
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(eq=False)
class Function:
    """A function of the code with its defining scope; for a method also its class and object."""

    node: ast.FunctionDef | ast.Lambda
    scope: dict[str, Any]
    code_class: Class | None = None
    owner: Model | None = None

    @property
    def arguments(self) -> list[str]:
        """Names of the positional arguments."""
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]


def kind_of(name: str) -> str:
    """Return the catalog layer for a class of Keras 1, 2 or 3, or ""."""
    return canonical_layer(_OLD_CLASSES.get(name, name)) or ""


def make_layer(name: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Layer:
    """Return the layer for a call such as ``Dense(10, activation="relu")``."""
    kind = kind_of(name)
    if not kind:
        layer = Layer(name, {}, line, str(kwargs.get("name") or ""))
        layer.shape = _shape(name, kwargs)
        if name == "Lambda":
            layer.function = kwargs.get("function", args[0] if args else None)
        return layer
    if name.startswith("Convolution") and len(args) > int(kind[4]):
        sides = int(kind[4])  # Keras 1: one number per side of the kernel
        args = [args[0], tuple(args[1 : 1 + sides]), *args[1 + sides :]]
    order = _ORDERS.get(kind) or argument_order(kind, len(args))
    arguments = {**dict(zip(order, args, strict=False)), **kwargs}
    if kind in BACKBONES:
        arguments = _backbone(kind, arguments)
    rows = arguments.pop("nb_row", None), arguments.pop("nb_col", None)
    if None not in rows:
        arguments["kernel_size"] = rows
    if kind != "Embedding" and "output_dim" in arguments:
        arguments["units"] = arguments.pop("output_dim")
    layer_name = arguments.pop("name", "")
    layer = Layer(kind, {}, line, layer_name if isinstance(layer_name, str) else "")
    layer.keras_1 = name.startswith("Convolution")
    layer.shape = _shape(kind, arguments)
    by_name = LAYERS[kind].by_name
    for key, value in arguments.items():
        new = key if key in by_name else _OLD_ARGUMENTS.get(key, key)
        if new == "data_format" and value not in ("th", "channels_first"):
            continue
        if new is None or (value is None and key == "weights"):
            continue
        if new == "activation" and isinstance(value, Layer):
            layer.then = value
            continue
        flat = plain(value)
        if flat is UNREAD:
            unread = unread_texts(value)
            layer.notes.append(f"{new}={unread[0].text}" if unread else new)
        else:
            layer.config[new] = flat
    return layer


def _backbone(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a ``keras.applications`` network, with the catalog's defaults."""
    body, by_name = BACKBONES[kind], LAYERS[kind].by_name
    weights = arguments.get("weights", "imagenet" if body.family else None)
    result = {"include_top": True, "trainable": True, **arguments}
    result.pop("input_tensor", None)
    if "preprocess" in by_name:
        switch = body.scaling is PixelScaling.SWITCH
        result["preprocess"] = result.pop("include_preprocessing", switch)
    if weights is None:
        result["weights"] = "none"
    elif body.included and weights == body.included:
        result["weights"] = "included"
    elif isinstance(weights, str) and weights != "imagenet":
        result |= {"weights": "file", "weights_file": weights}
    return result


def is_included_backbone(node: ast.FunctionDef) -> bool:
    """Return whether it is the function of an included network, as scripts of 0.3.0 have it."""
    body = BACKBONES.get(node.name)
    if body is None or body.family:
        return False
    return [arg.arg for arg in node.args.args] == list(argument_order(node.name, 3))


def argument_order(kind: str, count: int) -> tuple[str, ...]:
    """Return the first ``count`` arguments of a layer in Keras's order."""
    spec = LAYERS[kind]
    first = spec.params[0] if spec.params else None
    if count == 0 or (count == 1 and first is not None and first.name != "keepdims"):
        return () if first is None else (first.name,)
    if all(p.required for p in spec.params[:count]):  # Keras has these first, in this order
        return tuple(p.name for p in spec.params[:count])
    import importlib
    import inspect

    from netbuilder.core.process.tensorflow_output import load_tensorflow

    load_tensorflow()
    layer_class = getattr(importlib.import_module(spec.module), spec.name)
    return tuple(inspect.signature(layer_class).parameters)


def _shape(kind: str, args: dict[str, Any]) -> Any:
    whole = args.pop("batch_input_shape", args.pop("batch_shape", None))
    shape = args.pop("shape" if kind == "Input" else "input_shape", args.pop("input_shape", None))
    if whole is not None:
        flat = plain(whole)
        return flat[1:] if isinstance(flat, list) else UNREAD
    if shape is None and kind != "Embedding" and "input_dim" in args:
        shape = (args.pop("input_dim"),)
        if args.get("input_length") is not None:
            shape = (args["input_length"], *shape)
    if kind == "Embedding" and shape is None and args.get("input_length") is not None:
        shape = (args["input_length"],)
    if isinstance(shape, int):
        shape = (shape,)
    return None if shape is None else plain(shape)


def plain(value: Any) -> Any:
    """Return a value as in a Keras config, or ``UNREAD`` if a part of it is unknown."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, list | tuple):
        flat = [plain(item) for item in value]
        return UNREAD if any(item is UNREAD for item in flat) else flat
    if isinstance(value, dict):
        fields = {str(key): plain(item) for key, item in value.items()}
        return UNREAD if any(item is UNREAD for item in fields.values()) else fields
    if isinstance(value, KerasObject):
        config = {key: plain(item) for key, item in value.config.items()}
        known = {key: item for key, item in config.items() if item is not UNREAD}
        return {"class_name": value.name, "config": known}
    if isinstance(value, Layer):
        return {"class_name": value.kind, "config": value.config} if value.known else UNREAD
    if isinstance(value, Dotted) and value.is_keras:
        if value.room in ("nn", "activations", "losses", "metrics", "initializers", "math"):
            return value.last
        # A class where an object could stand: keras.losses.MeanSquaredError
        return {"class_name": value.last, "config": {}} if value.last[:1].isupper() else value.last
    return UNREAD


def unread_texts(value: Any) -> list[Unread]:
    """Return the unread parts of a value."""
    if isinstance(value, Unread):
        return [value]
    if isinstance(value, list | tuple):
        return [unread for item in value for unread in unread_texts(item)]
    return []


def family_of(name: Dotted) -> str:
    """Return the ``keras.applications`` module of a function."""
    return "resnet" if name.room == "resnet50" else name.room


def placeholder_name(text: str) -> str:
    """Return a placeholder's name for code: its first words."""
    words = "".join(letter if letter.isalnum() or letter == "." else " " for letter in text)
    return "_".join(words.split())[:40] or "code"


def tensors_in(values: list[Any]) -> Iterator[Call]:
    """Yield the calls of layers among values, including lists and dicts."""
    for value in values:
        if isinstance(value, Call):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(list(value))
        elif isinstance(value, dict):
            yield from tensors_in(list(value.values()))


def layers_of(owner: Any) -> Iterator[Layer]:
    """Yield the layers of a model, including nested models, or the layer itself."""
    if isinstance(owner, Layer):
        yield owner
    elif isinstance(owner, list | tuple):
        for item in owner:
            yield from layers_of(item)
    elif isinstance(owner, Model):
        if owner.layers is not None:
            yield from layers_of(owner.layers)
        elif owner.outputs:
            yield from dict.fromkeys(call.layer for call in calls_in_order(owner.outputs))
        else:
            yield from layers_of(list(owner.attributes.values()))


def calls_in_order(ends: Iterable[Call], starts: Iterable[Call] = ()) -> list[Call]:
    """Return every call that leads to the ends, sources first, without what precedes the starts."""
    ordered: dict[int, Call] = {}
    known = {id(start) for start in starts}
    waiting: list[tuple[Call, bool]] = [(end, False) for end in reversed(list(ends))]
    while waiting:
        call, ready = waiting.pop()
        if id(call) in ordered or id(call) in known:
            continue
        if ready:
            ordered[id(call)] = call
            continue
        waiting.append((call, True))
        waiting += [(source, False) for source in reversed(call.sources)]
    return list(ordered.values())
