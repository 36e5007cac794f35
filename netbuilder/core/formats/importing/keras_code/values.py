"""Values that a syntax tree is walked with: layers, calls of layers, models, and what is unread."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling

# Names of Keras 1 and 2, by the layer that they became.
_OLD_CLASSES = {
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "TimeDistributedDense": "Dense",
}
# Arguments of Keras 1, and what Keras 2 and 3 call them; None: means nothing any more.
_OLD_ARGUMENTS: Mapping[str, str | None] = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "bias": "use_bias",
    "p": "rate",
    "sigma": "stddev",
    "dim_ordering": None,
    "data_format": None,
    "consume_less": None,
    "implementation": None,
    "unroll": None,
    "input_length": None,
    "return_state": "return_state",
}
# First arguments of layers that are often given without a name, where a row has another order.
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "Input": ("shape", "batch_size", "dtype"),
    "BatchNormalization": ("axis", "momentum", "epsilon"),
    "LayerNormalization": ("axis", "epsilon"),
    "PReLU": ("alpha_initializer",),
}
UNREAD = object()
LOOP = "loop"  # kind of the placeholder for what a loop makes


@dataclass(eq=False)
class Unread:
    """A value that only running the code would give."""

    line: int
    text: str


@dataclass(frozen=True)
class Dotted:
    """A module, class or function by its whole name: "tensorflow.keras.layers.Dense"."""

    path: str

    @property
    def last(self) -> str:
        """The name without its module."""
        return self.path.rpartition(".")[2]

    @property
    def room(self) -> str:
        """The last module that it stands in: "layers"."""
        return self.path.rpartition(".")[0].rpartition(".")[2]

    @property
    def is_keras(self) -> bool:
        """Whether Keras offers it, by whatever road."""
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
    """A layer, once for each time that the code makes one.

    ``kind``: name of its row, or of its class where there is none. ``config``: Keras's arguments
    as plain values. ``shape``: of the input that it names ("input_shape"), None where it names
    none, ``UNREAD`` where that cannot be read. ``notes``: what of it was not taken over.
    ``then``: a layer that was given as its activation.
    """

    kind: str
    config: dict[str, Any]
    line: int
    name: str = ""
    shape: Any = None
    notes: list[str] = field(default_factory=list)
    then: Layer | None = None
    calls: list[Call] = field(default_factory=list)

    @property
    def known(self) -> bool:
        """Whether there is a row for it."""
        return self.kind in LAYERS


@dataclass(eq=False)
class Call:
    """What a layer gives for the results of other calls.

    ``parts``: what a class takes out of the one argument that stands for all its inputs, by place
    or name; None where a call gives one tensor.
    """

    layer: Layer
    sources: tuple[Call, ...] = ()
    line: int = 0
    parts: dict[Any, Call] | None = None

    def part(self, key: Any) -> Call:
        """Return one input of several."""
        assert self.parts is not None
        name = key if isinstance(key, str) else ""
        return self.parts.setdefault(key, Call(Layer("Input", {}, self.line, name), (), self.line))


@dataclass(eq=False)
class Model:
    """A Sequential (``layers``), a functional model (``inputs``, ``outputs``), or an object of a
    class of the code (``code_class``, whose ``__init__`` was followed and gave it ``attributes``).

    ``compiled``, ``fitted``: arguments of the last ``compile`` and ``fit``, and their lines.
    ``called``: with how many layers it was called for its inputs and outputs; -1: not yet.
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
    attributes: dict[str, Any] = field(default_factory=dict)

    def member(self, name: str) -> Any:
        """Return an attribute, or a method bound to this object; else ``NotImplemented``."""
        if name in self.attributes or self.code_class is None:
            return self.attributes.get(name, NotImplemented)
        found = self.code_class.member(name)
        bound = isinstance(found, Function) and found.code_class is not None
        return replace(found, owner=self) if bound else found


@dataclass(eq=False)
class Class:
    """A class of the code that is a model, a layer, or nothing of Keras's ("" as its ``root``)."""

    name: str
    root: str
    bases: list[Class]
    names: dict[str, Any] = field(default_factory=dict)

    def member(self, name: str) -> Any:
        """Return what its body, or that of a base, calls ``name``; else ``NotImplemented``."""
        if name in self.names:
            return self.names[name]
        found = (base.member(name) for base in self.bases)
        return next((one for one in found if one is not NotImplemented), NotImplemented)


@dataclass(eq=False)
class Partial:
    """What ``functools.partial`` gives: a call that has some of its arguments already."""

    target: Any
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(eq=False)
class Function:
    """A function of the code, with the scope that it was made in; a method with its class, and
    with the object that it is called on."""

    node: ast.FunctionDef | ast.Lambda
    scope: dict[str, Any]
    code_class: Class | None = None
    owner: Model | None = None

    @property
    def arguments(self) -> list[str]:
        """Names of the arguments that can be given by place."""
        return [one.arg for one in (*self.node.args.posonlyargs, *self.node.args.args)]


def kind_of(name: str) -> str:
    """The row of a class of Keras 1, 2 or 3; "" where there is none."""
    return canonical_layer(_OLD_CLASSES.get(name, name)) or ""


def make_layer(name: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Layer:
    """The layer of a call such as ``Dense(10, activation="relu")``."""
    kind = kind_of(name)
    if not kind:
        return Layer(name, {}, line, str(kwargs.get("name") or ""))
    if name.startswith("Convolution") and len(args) > int(kind[4]):
        sides = int(kind[4])  # Keras 1 had a number for each side of the kernel
        args = [args[0], tuple(args[1 : 1 + sides]), *args[1 + sides :]]
    given = {**_named(kind, args), **kwargs}
    if kind in BACKBONES:
        given = _backbone(kind, given)
    rows = given.pop("nb_row", None), given.pop("nb_col", None)
    if None not in rows:
        given["kernel_size"] = rows
    if kind != "Embedding" and "output_dim" in given:
        given["units"] = given.pop("output_dim")
    layer = Layer(kind, {}, line, _text(given.pop("name", "")))
    layer.shape = _shape(kind, given)
    by_name = LAYERS[kind].by_name
    for key, value in given.items():
        new = key if key in by_name else _OLD_ARGUMENTS.get(key, key)
        if new is None or (value is None and key == "weights"):
            continue
        if new == "activation" and isinstance(value, Layer):
            layer.then = value
            continue
        flat = plain(value)
        if flat is UNREAD:
            layer.notes.append(_text_of(new, value))
        else:
            layer.config[new] = flat
    return layer


def _backbone(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a network of ``keras.applications`` as its row has them: in Keras it learns,
    and scales no pixels, unless the code says so."""
    body, by_name = BACKBONES[kind], LAYERS[kind].by_name
    weights = given.get("weights", "imagenet" if body.family else None)
    found = {"include_top": True, "trainable": True, **given}
    found.pop("input_tensor", None)
    if "preprocess" in by_name:
        switch = body.scaling is PixelScaling.SWITCH
        found["preprocess"] = found.pop("include_preprocessing", switch)
    if weights is None:
        found["weights"] = "none"
    elif body.included and weights == body.included:
        found["weights"] = "included"
    elif isinstance(weights, str) and weights != "imagenet":
        found |= {"weights": "file", "weights_file": weights}
    return found


def _named(kind: str, args: list[Any]) -> dict[str, Any]:
    order = _ORDERS.get(kind) or argument_order(kind, len(args))
    return dict(zip(order, args, strict=False))


def is_included_backbone(node: ast.FunctionDef) -> bool:
    """Whether a function of the code is the one of a network that NetBuilder brings along."""
    body = BACKBONES.get(node.name)
    if body is None or body.family:
        return False
    return [one.arg for one in node.args.args] == list(argument_order(node.name, 3))


def argument_order(kind: str, count: int) -> tuple[str, ...]:
    """The first ``count`` arguments of a layer as Keras orders them."""
    spec = LAYERS[kind]
    first = spec.params[0] if spec.params else None
    if count == 0 or (count == 1 and first is not None and first.name != "keepdims"):
        return () if first is None else (first.name,)
    if all(one.required for one in spec.params[:count]):  # Keras has these first, in this order
        return tuple(one.name for one in spec.params[:count])
    import importlib
    import inspect

    from netbuilder.core.tensorflow_output import load_tensorflow

    load_tensorflow()
    made = getattr(importlib.import_module(spec.module), spec.name)
    return tuple(inspect.signature(made).parameters)


def _shape(kind: str, given: dict[str, Any]) -> Any:
    """The shape of one sample that a layer names for its input, taken out of ``given``."""
    whole = given.pop("batch_input_shape", given.pop("batch_shape", None))
    shape = given.pop("shape" if kind == "Input" else "input_shape", given.pop("input_shape", None))
    if whole is not None:
        flat = plain(whole)
        return flat[1:] if isinstance(flat, list) else UNREAD
    if shape is None and kind != "Embedding" and "input_dim" in given:
        shape = (given.pop("input_dim"),)
        if given.get("input_length") is not None:
            shape = (given["input_length"], *shape)
    if kind == "Embedding" and shape is None and given.get("input_length") is not None:
        shape = (given["input_length"],)
    if isinstance(shape, int):
        shape = (shape,)
    return None if shape is None else plain(shape)


def plain(value: Any) -> Any:
    """A value as it stands in a config of Keras; ``UNREAD`` where a part of it is not known."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, list | tuple):
        flat = [plain(one) for one in value]
        return UNREAD if any(one is UNREAD for one in flat) else flat
    if isinstance(value, dict):
        found = {str(key): plain(one) for key, one in value.items()}
        return UNREAD if any(one is UNREAD for one in found.values()) else found
    if isinstance(value, KerasObject):
        config = {key: plain(one) for key, one in value.config.items()}
        known = {key: one for key, one in config.items() if one is not UNREAD}
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
    """The unread parts of a value."""
    if isinstance(value, Unread):
        return [value]
    if isinstance(value, list | tuple):
        return [found for one in value for found in unread_texts(one)]
    return []


def _text_of(key: str, value: Any) -> str:
    found = unread_texts(value)
    return f"{key}={found[0].text}" if found else key


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def family_of(name: Dotted) -> str:
    """The family of ``keras.applications`` whose function a name stands for."""
    return "resnet" if name.room == "resnet50" else name.room


def placeholder_name(text: str) -> str:
    """The name of a placeholder: its first words, as far as a name of a layer goes."""
    found = "".join(letter if letter.isalnum() or letter == "." else " " for letter in text)
    return "_".join(found.split())[:40] or "code"


def tensors_in(values: list[Any]) -> Iterator[Call]:
    """Calls of layers among values, in lists and dicts too."""
    for value in values:
        if isinstance(value, Call):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(list(value))
        elif isinstance(value, dict):
            yield from tensors_in(list(value.values()))


def layers_of(owner: Any) -> Iterator[Layer]:
    """The layers of a model, those of models inside it too, or the layer itself."""
    if isinstance(owner, Layer):
        yield owner
    elif isinstance(owner, list | tuple):
        for one in owner:
            yield from layers_of(one)
    elif isinstance(owner, Model):
        if owner.layers is not None:
            yield from layers_of(owner.layers)
        elif owner.outputs:
            yield from dict.fromkeys(call.layer for call in calls_in_order(owner.outputs))
        else:
            yield from layers_of(list(owner.attributes.values()))


def calls_in_order(ends: Iterable[Call], starts: Iterable[Call] = ()) -> list[Call]:
    """Return every call that leads to the ends, after what feeds it; nothing before the starts."""
    found: dict[int, Call] = {}
    known = {id(one) for one in starts}
    waiting: list[tuple[Call, bool]] = [(one, False) for one in reversed(list(ends))]
    while waiting:
        call, ready = waiting.pop()
        if id(call) in found or id(call) in known:
            continue
        if ready:
            found[id(call)] = call
            continue
        waiting.append((call, True))
        waiting += [(one, False) for one in reversed(call.sources)]
    return list(found.values())
