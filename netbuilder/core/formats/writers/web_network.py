"""Convert a Keras network to the layers, weights and steps that a web page runs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.formats.keras_prediction import Array, call_model
from netbuilder.core.formats.mask_layers import tensor_places, without_masks
from netbuilder.core.formats.safety import operations
from netbuilder.core.formats.writers.inference import is_training_only

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.novelty import NoveltyReference

# Config keys without effect on predictions.
_IDLE = re.compile(
    r".*(_initializer|_regularizer|_constraint)|name|trainable|dtype|seed|build_config|"
    r"momentum|dropout|recurrent_dropout|unroll|input_length|renorm|synchronized|autocast"
)
#: Config keys of which the page supports only these values.
_ONLY: Mapping[str, list[object]] = resource_json("keras_names.json")["web_values"]


_PLACE = 4  # bytes


@cache
def engine() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of the layers and activations in the page's code."""
    names = (("layers.js", "LAYERS"), ("numbers.js", "ACTIVATIONS"))
    supported = []
    for file, name in names:
        text = resource("web", file).read_text("utf-8")
        block = text.partition(f"const {name} = {{\n")[2].partition("\n};")[0]
        supported.append(frozenset(re.findall(r"^  (\w+)[:,]", block, re.MULTILINE)))
    return supported[0], supported[1]


@dataclass
class WebNetwork:
    """A network's parts in the order in which they run.

    ``layers``: {"type", "config", "weights": [[shape, offset in 4 bytes, bits per number], …],
    "masks"}; ``steps``: [layer, [input tensors], output tensor, arguments]. Tensors are numbered,
    inputs first.
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
        """Return the network for the page's code."""
        return {
            "inputs": self.inputs, "layers": self.layers, "steps": self.steps,
            "outputs": self.outputs, "novelty": self.novelty,
        }  # fmt: skip

    def weights(self) -> str:
        """Return all weights in base64: little-endian, aligned to 4 bytes, see ``add_numbers``."""
        joined = b"".join(
            values.tobytes() + bytes(-values.nbytes % _PLACE) for values in self.numbers
        )
        return base64.b64encode(joined).decode("ascii")

    def add_numbers(self, values: Array) -> list[Any]:
        """Add an array, as float16 if exact, and return its shape, offset and bits per number."""
        with np.errstate(over="ignore"):
            halves = values.astype("<f2")
        same = np.array_equal(halves.astype(np.float32), values)
        stored, place = halves if same else values.astype("<f4"), self.count
        self.numbers.append(stored)
        self.count += -(-stored.nbytes // _PLACE)
        return [list(values.shape), place, 8 * stored.itemsize]

    def know_training_data(self, novelty: NoveltyReference) -> None:
        """Let the page detect unusual samples by the last outputs, those of ``novelty.nodes``."""
        arrays = {key: getattr(novelty, key) for key in ("mean", "scale", "samples")}
        self.novelty = {key: self.add_numbers(values) for key, values in arrays.items()}
        for key in ("stride", "threshold", "normalized"):
            self.novelty[key] = getattr(novelty, key)

    def new_tensor(self) -> int:
        """Return the number of a new tensor."""
        self.tensors += 1
        return self.tensors - 1

    def layer(self, layer: keras.Layer, name: str, config: dict[str, Any]) -> int:
        """Return a layer's number, adding it if it is new."""
        if layer not in self.known:
            # A ``Normalization`` is written as factors and offsets.
            weights = () if name == "Rescaling" else map(np.asarray, layer.get_weights())
            entries = [self.add_numbers(values) for values in weights]
            self.known[layer] = len(self.layers)
            masks = bool(layer.supports_masking)
            self.layers.append({"type": name, "config": config, "weights": entries, "masks": masks})
        return self.known[layer]


def web_network(model: keras.Model) -> WebNetwork:
    """Return a model's steps; raise FormatError if the page lacks a layer or setting."""
    network = WebNetwork(len(model.inputs))
    inputs = [network.new_tensor() for _tensor in model.inputs]
    network.outputs = _walk(model, inputs, network)
    return network


def _walk(model: Any, inputs: Sequence[int], network: WebNetwork) -> list[int]:
    """Add a model's steps for its input tensors and return its outputs."""
    import keras

    if isinstance(model, keras.Sequential):
        tensors = list(inputs)
        for layer in model.layers:
            tensors = _call(layer, tensors, {}, network)
        return tensors
    # Keras computes masks again when a network is called; so does the page.
    config = without_masks(json.loads(model.to_json()), lambda name: name in LAYERS)["config"]
    by_name = {layer.name: layer for layer in model.layers}
    starts = tensor_places(config["input_layers"])
    known = {place[:2]: [tensor] for place, tensor in zip(starts, inputs, strict=True)}
    layers = config["layers"]
    waiting = [(entry, n) for entry in layers for n in range(len(entry["inbound_nodes"]))]
    while waiting:
        # A shared layer may precede the sources of its second call.
        later = [use for use in waiting if not _enter(*use, known, by_name, network)]
        if len(later) == len(waiting):
            raise _missing(str(later[0][0]["class_name"]), str(later[0][0]["name"]))
        waiting = later
    # Keras counts the calls of a functional model from 1 where they are outputs.
    functional = {
        name
        for name, layer in by_name.items()
        if isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential)
    }
    return [
        known[name, number - (name in functional)][index]
        for name, number, index in tensor_places(config["output_layers"])
    ]


def _enter(
    entry: Mapping[str, Any],
    number: int,
    known: dict[tuple[str, int], list[int]],
    by_name: Mapping[str, Any],
    network: WebNetwork,
) -> bool:
    """Add one call of a layer; return False if its inputs are not known yet."""
    import keras

    node, name, layer = entry["inbound_nodes"][number], str(entry["name"]), None
    if name in by_name:
        layer = by_name[name]
    elif operations.is_operation(entry) and (same := operations.as_layer(entry)):
        layer = getattr(keras.layers, same[0])(**same[1])
    places = list(tensor_places(node["args"]))
    call = dict(node["kwargs"])
    for key in ("value", "key"):
        places += tensor_places([call.pop(key, None)])
    if layer is None or any(next(tensor_places([value]), None) for value in call.values()):
        raise _missing(str(entry["class_name"]), name)
    if any(place[:2] not in known for place in places):
        return False
    tensors = [known[place[:2]][place[2]] for place in places]
    known[name, number] = _call(layer, tensors, call, network)
    return True


def _call(layer: Any, inputs: list[int], call: Mapping[str, Any], network: WebNetwork) -> list[int]:
    import keras

    name = type(layer).__name__
    if isinstance(layer, keras.Model):
        return _walk(layer, inputs, network)
    inner = layer.layer if name == "TimeDistributed" else layer
    if is_training_only(inner):
        return inputs
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)["config"]))
    if name == "Normalization" and layer.mean is not None:
        name, config = "Rescaling", _as_rescaling(layer)
    config = _checked(name, config, layer)
    arguments = {key: value for key, value in call.items() if value}
    if set(arguments) - {"use_causal_mask"}:
        raise _missing(name, layer.name, ", ".join(arguments))
    output = network.new_tensor()
    network.steps.append([network.layer(layer, name, config), inputs, output, arguments])
    return [output]


def _as_rescaling(layer: Any) -> dict[str, Any]:
    """Return a ``Normalization`` as a factor and an offset for each number."""
    mean, variance = (np.asarray(v, np.float64).ravel() for v in (layer.mean, layer.variance))
    if layer.invert or _last_axis(list(layer.axis), layer) != -1:
        raise _missing("Normalization", layer.name)
    scale = 1.0 / np.maximum(np.sqrt(variance), 1e-7)
    return {"scale": scale.tolist(), "offset": (-mean * scale).tolist()}


def _checked(name: str, config: Mapping[str, Any], layer: Any, outer: str = "") -> dict[str, Any]:
    """Return a layer's config for the page; FormatError if it lacks it. ``outer``: the wrapper."""
    layers, activations = engine()
    owner = outer or layer.name
    ours = str(type(layer).__module__).startswith("keras.")
    if name not in layers or not ours:
        raise _missing(name, owner)
    checked = {}
    for key, original in config.items():
        value = original
        if _IDLE.fullmatch(key):
            continue
        if key in {"layer", "backward_layer"}:
            inside = str(original["class_name"])
            if name == "Bidirectional" and inside not in {"LSTM", "GRU", "SimpleRNN"}:
                raise _missing(inside, owner)
            # Of a Bidirectional's, "layer" is the forward one.
            inner = getattr(layer, key, None) or layer.forward_layer
            config_inside = _checked(inside, original["config"], inner, owner)
            value = {"module": "keras.layers", "class_name": inside, "config": config_inside}
        elif key == "axis" and name != "Concatenate":
            value = _last_axis(original, layer)
        elif key in {"activation", "recurrent_activation"} and str(original) not in activations:
            raise _missing(name, owner, f"{key}={original}"[:80])
        if key == "equation" and "..." in original:
            raise _missing(name, owner, str(original))
        if value not in _ONLY.get(key, (value,)) and (name, key) != ("Concatenate", "axis"):
            raise _missing(name, owner, f"{key}={value}")
        checked[key] = value
    return checked


def _last_axis(value: Any, layer: Any) -> Any:
    """Return -1 for the last axis."""
    axis = value[0] if isinstance(value, list) and len(value) == 1 else value
    try:
        rank = len(layer.input.shape)
    except (AttributeError, ValueError):  # inside another layer
        rank = 0
    return -1 if axis == rank - 1 else axis


def _missing(name: str, layer: str, detail: str = "") -> FormatError:
    kind = f"{name} ({detail})" if detail else name
    return format_error("web_layer_missing", layer=layer, kind=kind)


def replay(network: Mapping[str, Any], weights: str, rows: Sequence[Array]) -> list[Array]:
    """Return the predictions of Keras layers rebuilt from a page's network and weights.

    ``rows`` has one array per input.
    """
    import keras

    numbers = base64.b64decode(weights)
    layers = [
        getattr(keras.layers, entry["type"]).from_config(entry["config"])
        for entry in network["layers"]
    ]
    inputs = [keras.Input(array.shape[1:], dtype=array.dtype) for array in rows]
    known: dict[int, Any] = dict(enumerate(inputs))
    for number, sources, to, call in network["steps"]:
        values = [known[tensor] for tensor in sources]
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
    model = keras.Model(inputs, [known[tensor] for tensor in network["outputs"]])
    return call_model(model, list(rows))
