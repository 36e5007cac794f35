"""A Keras network as the steps that a web page runs: layers, weights, and what goes where."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource
from netbuilder.core.formats.keras_prediction import Array, call_model
from netbuilder.core.formats.mask_layers import tensor_places, without_masks
from netbuilder.core.formats.safety import operations
from netbuilder.core.formats.writers.inference import is_training_only
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.novelty import NoveltyReference

# A config's keys that only count while a network is made or trained.
_IDLE = re.compile(
    r".*(_initializer|_regularizer|_constraint)|name|trainable|dtype|seed|build_config|"
    r"momentum|dropout|recurrent_dropout|unroll|input_length|renorm|synchronized|autocast"
)
#: What a layer may say only in one way: its config's key and the values that the page computes.
_ONLY: Mapping[str, tuple[object, ...]] = {
    "data_format": ("channels_last", None),
    "axis": (-1, None),
    "return_state": (False,),
    "stateful": (False,),
    "rms_scaling": (False,),
    "output_padding": (None,),
    "interpolation": ("nearest",),
    "attention_axes": (None, [1]),
}


_PLACE = 4  # bytes


@cache
def engine() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the layers and of the activations that the page's own code has."""
    names = (("layers.js", "LAYERS"), ("numbers.js", "ACTIVATIONS"))
    found = []
    for file, name in names:
        text = resource("web", file).read_text("utf-8")
        block = text.partition(f"const {name} = {{\n")[2].partition("\n};")[0]
        found.append(frozenset(re.findall(r"^  (\w+)[:,]", block, re.MULTILINE)))
    return found[0], found[1]


@dataclass
class WebNetwork:
    """The parts of a network in the order in which they run.

    ``layers``: {"type", "config", "weights": [[shape, first place of 4 bytes, bits of a
    number], …], "masks"}; ``steps``:
    [layer, [tensors in], tensor out, arguments]; tensors have numbers, the inputs the first ones.
    """

    inputs: int
    layers: list[dict[str, Any]] = field(default_factory=list)
    steps: list[list[Any]] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    numbers: list[Array] = field(default_factory=list)
    count: int = 0
    tensors: int = 0
    known: dict[Any, int] = field(default_factory=dict)
    novelty: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what the page's code runs."""
        return {
            "inputs": self.inputs, "layers": self.layers, "steps": self.steps,
            "outputs": self.outputs, "novelty": self.novelty,
        }  # fmt: skip

    def weights(self) -> str:
        """Return all weights, one after the other, in base64: little-endian, each array from a
        whole place of 4 bytes on; float16 where no number loses by it, else float32."""
        joined = b"".join(
            values.tobytes() + bytes(-values.nbytes % _PLACE) for values in self.numbers
        )
        return base64.b64encode(joined).decode("ascii")

    def add_numbers(self, values: Array) -> list[Any]:
        """Keep an array beside the others; return its shape, its place and the bits of a number.

        The weights of a frozen backbone were shipped as float16, so they take half of the room.
        """
        with np.errstate(over="ignore"):
            halves = values.astype("<f2")
        same = np.array_equal(halves.astype(np.float32), values)
        stored, place = halves if same else values.astype("<f4"), self.count
        self.numbers.append(stored)
        self.count += -(-stored.nbytes // _PLACE)
        return [list(values.shape), place, 8 * stored.itemsize]

    def know_training_data(self, novelty: NoveltyReference) -> None:
        """Let the page tell samples that are unlike the training data: its last outputs are the
        values of ``novelty.nodes``."""
        arrays = {key: getattr(novelty, key) for key in ("mean", "scale", "samples")}
        self.novelty = {key: self.add_numbers(values) for key, values in arrays.items()}
        for key in ("stride", "threshold", "normalized"):
            self.novelty[key] = getattr(novelty, key)

    def new_tensor(self) -> int:
        """Return the number of a tensor that no step gives yet."""
        self.tensors += 1
        return self.tensors - 1

    def layer(self, layer: keras.Layer, name: str, config: dict[str, Any]) -> int:
        """Return the number of a layer; enter the layer where it is met first."""
        if layer not in self.known:
            # A ``Normalization`` is written as factors and offsets.
            weights = () if name == "Rescaling" else map(np.asarray, layer.get_weights())
            entries = [self.add_numbers(values) for values in weights]
            self.known[layer] = len(self.layers)
            masks = bool(layer.supports_masking)
            self.layers.append({"type": name, "config": config, "weights": entries, "masks": masks})
        return self.known[layer]


def web_network(model: keras.Model) -> WebNetwork:
    """Return the steps of a model; models inside it are taken apart.

    Raises:
        FormatError: the page's code lacks a layer, or what it is set to; its name says which.
    """
    made = WebNetwork(len(model.inputs))
    given = [made.new_tensor() for _tensor in model.inputs]
    made.outputs = _walk(model, given, made)
    return made


def _walk(model: Any, given: Sequence[int], made: WebNetwork) -> list[int]:
    """Enter the steps of a model whose inputs are the tensors ``given``; return its outputs."""
    import keras

    if isinstance(model, keras.Sequential):
        tensors = list(given)
        for layer in model.layers:
            tensors = _call(layer, tensors, {}, made)
        return tensors
    # Keras makes masks again when a network is called; so does the page.
    config = without_masks(json.loads(model.to_json()), lambda name: name in LAYERS)["config"]
    by_name = {layer.name: layer for layer in model.layers}
    starts = tensor_places(config["input_layers"])
    known = {place[:2]: [one] for place, one in zip(starts, given, strict=True)}
    waiting = list(_nodes(config["layers"]))
    while waiting:
        # A layer that is used twice may stand before what its second use needs.
        later = [one for one in waiting if not _enter(*one, known, by_name, made)]
        if len(later) == len(waiting):
            raise _missing(str(later[0][0]["class_name"]), str(later[0][0]["name"]))
        waiting = later
    return [known[place[:2]][place[2]] for place in tensor_places(config["output_layers"])]


def _nodes(layers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], int]]:
    for entry in layers:
        for number in range(len(entry["inbound_nodes"])):
            yield entry, number


def _enter(
    entry: Mapping[str, Any],
    number: int,
    known: dict[tuple[str, int], list[int]],
    by_name: Mapping[str, Any],
    made: WebNetwork,
) -> bool:
    """Enter one use of a layer; return False where its inputs are not known yet."""
    import keras

    node, name, layer = entry["inbound_nodes"][number], str(entry["name"]), None
    if name in by_name:
        layer = by_name[name]
    elif operations.is_operation(entry) and (same := operations.as_layer(entry)):
        layer = getattr(keras.layers, same[0])(**same[1])
    wanted = list(tensor_places(node["args"]))
    call = dict(node["kwargs"])
    for key in ("value", "key"):
        wanted += tensor_places([call.pop(key, None)])
    if layer is None or any(next(tensor_places([one]), None) for one in call.values()):
        raise _missing(str(entry["class_name"]), name)
    if any(place[:2] not in known for place in wanted):
        return False
    tensors = [known[place[:2]][place[2]] for place in wanted]
    known[name, number] = _call(layer, tensors, call, made)
    return True


def _call(layer: Any, given: list[int], call: Mapping[str, Any], made: WebNetwork) -> list[int]:
    """Enter one use of a layer, or the steps of a model; return the tensors that it gives."""
    import keras

    name = type(layer).__name__
    if isinstance(layer, keras.Model):
        return _walk(layer, given, made)
    inner = layer.layer if name == "TimeDistributed" else layer
    if is_training_only(inner):
        return given
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)["config"]))
    if name == "Normalization" and layer.mean is not None:
        name, config = "Rescaling", _as_rescaling(layer)
    config = _checked(name, config, layer)
    arguments = {key: value for key, value in call.items() if value}
    if set(arguments) - {"use_causal_mask"}:
        raise _missing(name, layer.name, ", ".join(arguments))
    found = made.new_tensor()
    made.steps.append([made.layer(layer, name, config), given, found, arguments])
    return [found]


def _as_rescaling(layer: Any) -> dict[str, Any]:
    """Return what a ``Normalization`` computes, as a factor and an offset for each number."""
    mean, variance = (np.asarray(one, np.float64).ravel() for one in (layer.mean, layer.variance))
    if layer.invert or _last_axis(list(layer.axis), layer) != -1:
        raise _missing("Normalization", layer.name)
    scale = 1.0 / np.maximum(np.sqrt(variance), 1e-7)
    return {"scale": scale.tolist(), "offset": (-mean * scale).tolist()}


def _checked(name: str, config: Mapping[str, Any], layer: Any, outer: str = "") -> dict[str, Any]:
    """Return a layer's config as the page needs it; ``outer``: the layer that it stands in.

    Raises:
        FormatError: the page cannot compute such a layer.
    """
    layers, activations = engine()
    shown = outer or layer.name
    ours = str(type(layer).__module__).startswith("keras.")
    if name not in layers or not ours:
        raise _missing(name, shown)
    found = {}
    for key, given in config.items():
        value = given
        if _IDLE.fullmatch(key):
            continue
        if key in {"layer", "backward_layer"}:
            inside = str(given["class_name"])
            if name == "Bidirectional" and inside not in {"LSTM", "GRU", "SimpleRNN"}:
                raise _missing(inside, shown)
            # Of a Bidirectional's, "layer" is the forward one.
            inner = getattr(layer, key, None) or layer.forward_layer
            config_inside = _checked(inside, given["config"], inner, shown)
            value = {"module": "keras.layers", "class_name": inside, "config": config_inside}
        elif key == "axis" and name != "Concatenate":
            value = _last_axis(given, layer)
        elif key in {"activation", "recurrent_activation"} and str(given) not in activations:
            raise _missing(name, shown, f"{key}={given}"[:80])
        if key == "equation" and "..." in given:
            raise _missing(name, shown, str(given))
        if value not in _ONLY.get(key, (value,)) and (name, key) != ("Concatenate", "axis"):
            raise _missing(name, shown, f"{key}={value}")
        found[key] = value
    return found


def _last_axis(value: Any, layer: Any) -> Any:
    """Return -1 where an axis is the last one, however that is written."""
    axis = value[0] if isinstance(value, list) and len(value) == 1 else value
    try:
        rank = len(layer.input.shape)
    except (AttributeError, ValueError):  # inside another layer
        rank = 0
    return -1 if axis == rank - 1 else axis


def _missing(name: str, layer: str, detail: str = "") -> FormatError:
    told = f"{name} ({detail})" if detail else name
    return FormatError(
        _("A web page cannot run the layer '{layer}': {kind}.", layer=layer, kind=told),
        _("Replace this layer, or export the model as .h5, .keras or .tflite."),
        code="web_layer_missing",
    )


def replay(network: Mapping[str, Any], weights: str, rows: Sequence[Array]) -> list[Array]:
    """Return what Keras's own layers predict that are made from what a page holds.

    Args:
        network: as ``WebNetwork.as_json`` gave it.
        weights: as ``WebNetwork.weights`` gave them.
        rows: samples, one array an input.
    """
    import keras

    numbers = base64.b64decode(weights)
    layers = [
        getattr(keras.layers, entry["type"]).from_config(entry["config"])
        for entry in network["layers"]
    ]
    inputs = [keras.Input(one.shape[1:], dtype=one.dtype) for one in rows]
    known: dict[int, Any] = dict(enumerate(inputs))
    for number, given, to, call in network["steps"]:
        values = [known[one] for one in given]
        apart = len(values) == 1 or network["layers"][number]["type"] == "MultiHeadAttention"
        known[to] = layers[number](*(values if apart else [values]), **call)
    for layer, entry in zip(layers, network["layers"], strict=True):
        layer.set_weights(
            [
                np.frombuffer(numbers, f"<f{bits // 8}", int(np.prod(shape)), _PLACE * first)
                .reshape(shape)
                .astype(np.float32)
                for shape, first, bits in entry["weights"]
            ]
        )
    model = keras.Model(inputs, [known[one] for one in network["outputs"]])
    return call_model(model, list(rows))
