"""Builds a ``keras.Model`` from a graph, compiled with the training plan.

A model of several Inputs or outputs takes or gives lists, in the order of ``model_inputs`` and
``graph.outputs``: Keras 2 can read no ``.h5`` whose inputs are a dict.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.catalog.spec import Kind, LayerSpec
from netbuilder.core.catalog.training.training_index import LOSSES
from netbuilder.core.data.data_facts import BINARY, CLASSES, DataFacts
from netbuilder.core.data.defaults import resolve_defaults, task_of
from netbuilder.core.engine.networks.backbone_weights import (
    Tell,
    has_word_vectors,
    load_backbone_weights,
    load_included,
    report_download,
    weights_path,
)
from netbuilder.core.engine.networks.keras_objects import (
    KERAS_LOCK,
    first_line,
    is_out_of_memory,
    make_metrics,
    make_object,
    make_optimizer,
    make_savable,
    seed_layers,
    seeded_random,
    value_for,
)
from netbuilder.core.engine.networks.quantile_bins import bin_widths, set_bins, with_bins
from netbuilder.core.engine.networks.tracing import reset_keras_names, tracing
from netbuilder.core.engine.networks.word_weights import WORD_FILE, WORD_SIZE, with_word_vectors
from netbuilder.core.errors import BuildError, UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.keras_names import keras_name, with_own_names
from netbuilder.core.project.model import Choice, Graph, Node, OutputSettings, Project

if TYPE_CHECKING:
    import keras

__all__ = ["KERAS_LOCK", "build_training_model", "make_layer", "make_object"]


#: What is wrong and what to do, by the error's code; ``{name}`` is the node.
_ERRORS: Mapping[str, tuple[str, str]] = resource_json("texts.json")["build_errors"]


def _error(code: str, node: str | None = None, **values: Any) -> BuildError:
    message, fix = (_(words, **{"name": node, **values}) for words in _ERRORS[code])
    return BuildError(message, fix, code=code, node=node, path=values.get("path"))


_OWN = ("alpha", "minimalistic", "trainable_blocks")
_CAFFE_MEANS = (103.939, 116.779, 123.68)
_TORCH_MEANS = (0.485, 0.456, 0.406)
_TORCH_DEVIATIONS = (0.229, 0.224, 0.225)


def build_backbone(
    spec: LayerSpec, params: Mapping[str, Any], name: str | None, inner: keras.Model | None = None
) -> keras.Model:
    """Return the body with random weights, frozen unless ``trainable``; pixels are 0 to 255.

    Input: (batch, height, width, 3), of speech (batch, frames, 32). Output: (batch, channels)
    with ``pooling``, else (batch, height, width, channels), of speech (batch, steps, channels).
    A frozen body drops nothing out: it predicts the same while the layers behind it train.
    ``inner``: one of ``frozen_bodies``, to be used again.
    """
    import keras

    if inner is None:
        inner = _application(spec.name, params, weights=None, name=f"{name or spec.name}_body")
    pixels = keras.Input(BACKBONES[spec.name].shape, name=f"{name or spec.name}_pixels")
    scaled = _preprocess(spec.name, params, pixels, name or spec.name)
    body = keras.Model(pixels, inner(scaled), name=name or spec.name)
    if not params.get("trainable", False):
        inner.trainable = False
        # Keras 3 ignores ``training=False`` of a call inside a model that trains.
        for part in inner.layers:
            if isinstance(part, keras.layers.Dropout):
                part.rate = 0.0
    return body


def _application(kind: str, params: Mapping[str, Any], weights: Any, name: str) -> keras.Model:
    family = BACKBONES[kind]
    arguments: dict[str, Any] = {key: params[key] for key in _OWN if key in params}
    if family.scaling is PixelScaling.SWITCH:
        arguments["include_preprocessing"] = bool(params.get("preprocess", True))
    make = getattr(importlib.import_module(LAYERS[kind].module), kind)
    return make(
        include_top=False,
        weights=weights,
        input_shape=family.shape,
        pooling=params.get("pooling"),
        name=name,
        **arguments,
    )


def _preprocess(kind: str, params: Mapping[str, Any], pixels: Any, name: str) -> Any:
    import keras
    import numpy as np

    scaling = BACKBONES[kind].scaling
    if not params.get("preprocess", True) or scaling in (PixelScaling.SWITCH, PixelScaling.ALWAYS):
        return pixels
    if scaling is PixelScaling.UNIT:
        return keras.layers.Rescaling(1 / 127.5, -1.0, name=f"{name}_scaling")(pixels)
    if scaling is PixelScaling.TORCH:
        scale = [1 / (255 * d) for d in _TORCH_DEVIATIONS]
        offset = [-m / d for m, d in zip(_TORCH_MEANS, _TORCH_DEVIATIONS, strict=True)]
        return keras.layers.Rescaling(scale, offset, name=f"{name}_scaling")(pixels)
    # An untrained 1×1 convolution swaps red and blue.
    swap = keras.layers.Conv2D(3, 1, name=f"{name}_to_bgr", trainable=False)
    scaled = swap(pixels)
    swap.set_weights(
        [np.eye(3, dtype=np.float32)[::-1][None, None], -np.asarray(_CAFFE_MEANS, np.float32)]
    )
    return scaled


def frozen_bodies(model: keras.Model) -> dict[str, keras.Model]:
    """Return the frozen pretrained networks in ``model`` by the name of their layer.

    Networks share them: nothing assigns to their weights.
    """
    return {
        layer.name: part
        for layer in model.layers
        for part in getattr(layer, "layers", ())
        if getattr(part, "is_shared_body", False)
    }


def load_backbone(
    layer: keras.Model, node: Node, base: Path | None, tell: Tell | None = None
) -> None:
    """Load pretrained weights into the body that ``build_backbone`` made for ``node``.

    ``base`` is the folder of ``weights_file``; ``tell`` receives the progress of a download. Raise
    BuildError if no network and not downloaded before, or a file that does not fit.
    """
    # Keras spells random weights None.
    kind = node.params.get("weights", LAYERS[node.layer].by_name["weights"].default) or "none"
    inner = next(part for part in layer.layers if part.name.endswith("_body"))
    if kind == "included":
        load_included(inner, node.layer)
    elif kind == "file":
        _load_file(inner, node, base)
    elif kind == "imagenet":
        try:
            with report_download(_("the weights of {layer}", layer=node.layer), tell):
                source = _application(node.layer, node.params, weights="imagenet", name="source")
        except Exception as error:
            reason = first_line(error)
            raise _error(
                "weights_not_downloaded", node.id, layer=node.layer, reason=reason
            ) from error
        inner.set_weights(source.get_weights())
    # Copies on several devices belong to the model that they were made for.
    inner.is_shared_body = (
        kind != "none" and not node.params.get("trainable") and not _is_distributed()
    )


def _is_distributed() -> bool:
    import tensorflow as tf

    return bool(tf.distribute.has_strategy())


def _load_file(inner: keras.Model, node: Node, base: Path | None) -> None:
    name = node.params.get("weights_file")
    if not name:
        raise _error("weights_file_missing", node.id, layer=node.layer)
    path = weights_path(str(name), base)
    try:
        if not path.is_file():
            raise FileNotFoundError(_("the file does not exist"))
        load_backbone_weights(inner, path)
    except Exception as error:
        values = {"layer": node.layer, "reason": first_line(error), "path": str(path)}
        raise _error("weights_do_not_fit", node.id, **values) from error


def owner_of(node: Node, graph: Graph) -> Node:
    """Return the node whose layer ``node`` applies: itself, or the one that it shares with."""
    visited = {node.id}
    while node.shared:
        if node.shared not in graph.by_id or node.shared in visited:
            raise _error("shared_layer_missing", node.id, owner=node.shared)
        node = graph.by_id[node.shared]
        visited.add(node.id)
    return node


def layer_of(training_model: keras.Model, graph: Graph, node_id: str) -> Any:
    """Return the layer that a node applies; None of an Input and of a missing node."""
    node = graph.by_id.get(node_id)
    if node is None or node.layer == "Input":
        return None
    name = keras_name(owner_of(node, graph).id)
    return next((layer for layer in training_model.layers if layer.name == name), None)


def make_layer(node: Node, graph: Graph, inner: keras.Model | None = None) -> keras.Layer:
    """Return the Keras layer of ``node``, not built; a new one even where the node shares one.

    ``inner``: the network within a backbone, see ``build_backbone``. Raise BuildError if the layer
    is unknown, or Keras does not take its parameters.
    """
    node = owner_of(node, graph)
    return _layer(node.layer, node.params, node.id, keras_name(node.id), inner)


def _layer(
    kind: str,
    params: Mapping[str, Any],
    node: str,
    name: str | None,
    inner: keras.Model | None = None,
) -> keras.Layer:
    spec = LAYERS.get(kind)
    if spec is None:
        raise _error("layer_unknown", node, layer=kind)
    named = {} if name is None else {"name": name}
    try:
        at_call = {param.name for param in spec.params if param.call}
        arguments = {
            key: _value(spec, key, value, node)
            for key, value in params.items()
            if key not in at_call and not (kind == "Embedding" and key == "weights")
        }
        if spec.is_backbone:
            return build_backbone(spec, arguments, name, inner)
        if kind == "Input":
            return _input_layer(arguments, named)
        layer_class = getattr(importlib.import_module(spec.module), spec.name)
        with KERAS_LOCK:
            layer = layer_class(**arguments, **named)
        make_savable(layer)
        return layer
    except UserError as error:
        raise BuildError(
            error.what, error.fix, node=node, path=error.path, code=error.code
        ) from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        reason = first_line(error)
        raise _error("layer_values_invalid", node, layer=kind, reason=reason) from error


def _value(spec: LayerSpec, key: str, value: Any, node: str) -> Any:
    param = spec.by_name.get(key)
    if param is not None and param.kind is Kind.LAYER and isinstance(value, Mapping):
        return _layer(value["layer"], value.get("params", {}), node, None)
    return value_for(param, value)


def _input_layer(arguments: dict[str, Any], named: dict[str, str]) -> keras.Layer:
    import keras

    if arguments.get("shape") is None:
        raise _error("input_without_shape")
    return keras.layers.InputLayer(**arguments, **named)


def model_inputs(graph: Graph) -> tuple[str, ...]:
    """Return the ids of the Input nodes that feed something, in order."""
    return tuple(node_id for node_id in graph.inputs if graph.targets[node_id])


def connect_layers(
    graph: Graph, layer_of: Callable[[Node], Any], tensors: dict[str, Any]
) -> dict[str, Any]:
    """Run symbolic tensors, by Input id, through the graph; add those of all nodes they reach.

    ``layer_of`` returns a node's layer, the same object for nodes that share one.

    Raises:
        BuildError: with the node where Keras cannot go on.
    """
    _check_order(graph)
    for node_id in graph.order:
        node = graph.by_id[node_id]
        sources = graph.sources[node_id]
        if node_id in tensors or node.layer == "Input" or not (sources or graph.targets[node_id]):
            continue
        missing = [source for source in sources if source not in tensors]
        if missing or not sources:
            raise _error("layer_not_connected", node_id)
        layer = layer_of(node)
        owner = owner_of(node, graph)
        try:
            tensors[node_id] = _call(layer, owner, [tensors[source] for source in sources])
        except UserError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise _error("memory_full", node_id, layer=owner.layer) from error
            shapes = " and ".join(str(tuple(tensors[s].shape[1:])) for s in sources)
            reason = with_own_names(first_line(error), graph)
            values = {"layer": owner.layer, "shapes": shapes, "reason": reason}
            raise _error("layer_input_invalid", node_id, **values) from error
    return tensors


def _check_order(graph: Graph) -> None:
    if len(graph.order) != len(graph.nodes):
        behind = [node.id for node in graph.nodes if node.id not in graph.order]
        raise _error("cycle", behind[0])


def _call(layer: Any, owner: Node, inputs: list[Any]) -> Any:
    spec = LAYERS[owner.layer]
    arguments = spec.call_params(owner.params)
    if spec.ports and len(inputs) == 1:
        inputs = inputs * 2
    if spec.separate_inputs:
        return layer(*inputs, **arguments)
    if len(inputs) > 1 and spec.max_inputs == 1:
        raise BuildError(
            ngettext(
                "{layer} takes one input, but {count} layer is connected to it.",
                "{layer} takes one input, but {count} layers are connected to it.",
                len(inputs),
                layer=owner.layer,
            ),
            _("Join them first with Add or Concatenate."),
            code="too_many_inputs",
            node=owner.id,
        )
    return layer(inputs if len(inputs) > 1 or spec.min_inputs > 1 else inputs[0], **arguments)


def build_training_model(
    project: Project,
    facts: DataFacts | None,
    *,
    seed: int | None = None,
    base: Path | None = None,
    tell: Tell | None = None,
    learned: bool = True,
    bodies: Mapping[str, keras.Model] = MappingProxyType({}),
) -> keras.Model:
    """Return the canvas as a compiled model on model-ready values, its optimizer built.

    The same seed gives the same weights to the last bit. Loss and metrics left open are chosen from
    the data; ``facts`` may be None where Input nodes have shapes and the loss is given.

    Args:
        seed: of the weights; the training plan's where None.
        tell: receives the progress of a download of weights in words.
        base: folder of the project file, for weights files.
        learned: fetch the weights of pretrained layers; they are random where False.
        bodies: ``frozen_bodies`` of a network with the same layers, to be used again.

    Raises:
        BuildError: with the node it is about.
    """
    import keras

    project = resolve_defaults(project, facts) if facts is not None else project
    bins = facts.bins if facts is not None else {}
    graph = with_bins(project.graph, bin_widths(bins))
    seed = project.training.seed if seed is None else seed
    if graph.nodes and model_inputs(graph):
        _check_order(graph)
    if not model_inputs(graph):
        raise _error("no_input")
    if not graph.outputs:
        raise _error("no_layers")
    layers: dict[str, keras.Layer] = {}
    with tracing(), reset_keras_names(), seeded_random(seed):
        tensors = {name: _input(graph.by_id[name], facts) for name in model_inputs(graph)}
        inputs = list(tensors.values())
        policy = project.training.precision

        def layer_of(node: Node) -> keras.Layer:
            owner = owner_of(node, graph)
            if owner.id not in layers:
                inner = bodies.get(keras_name(owner.id))
                layer = make_layer(owner, graph, inner)
                if policy != "float32":
                    _set_precision(layer, "float32" if owner.id in graph.outputs else policy)
                if inner is None:
                    seed_layers([layer], seed + len(layers))
                if inner is None and learned and LAYERS[owner.layer].is_backbone:
                    load_backbone(layer, owner, base, tell)
                layers[owner.id] = layer
            return layers[owner.id]

        connect_layers(graph, layer_of, tensors)
        set_bins(layers, bins)
        for owner_id, layer in layers.items():
            owner = graph.by_id[owner_id]
            if learned and has_word_vectors(owner) and facts is not None and facts.vocabulary:
                _load_words(layer, owner, facts.vocabulary)
        outputs = [tensors[name] for name in graph.outputs]
        model = keras.Model(_one(inputs), _one(outputs), name="core")
        compile_model(model, project, facts)
    return model


def _load_words(layer: keras.Layer, owner: Node, vocabulary: Sequence[str]) -> None:
    (matrix,) = layer.get_weights()
    if matrix.shape[1] != WORD_SIZE:
        raise _error("word_vectors_do_not_fit", owner.id, size=WORD_SIZE)
    path = str(resource("weights", WORD_FILE))
    layer.set_weights([with_word_vectors(path, vocabulary[2:], matrix)])


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _set_precision(layer: keras.Layer, policy: str) -> None:
    import keras

    for part in layer._flatten_layers(include_self=True, recursive=True):
        part.dtype_policy = keras.DTypePolicy(policy)


def _input(node: Node, facts: DataFacts | None) -> Any:
    import keras

    params = dict(node.params)
    shape = params.pop("shape", None)
    dtype = params.pop("dtype", None)
    if facts is not None:
        shape = facts.input_shapes.get(node.id, shape) if shape is None else shape
        dtype = dtype or facts.input_dtypes.get(node.id)
    if shape is None:
        raise _error("input_without_shape", node.id)
    return keras.Input(tuple(shape), dtype=dtype or "float32", name=keras_name(node.id))


def output_settings(project: Project, output: str) -> OutputSettings:
    """Return loss, metrics and weight of an output: its own, or the training plan's."""
    own = project.training.outputs.get(output, OutputSettings())
    metrics = own.metrics if own.metrics is not None else project.training.metrics
    return OutputSettings(own.loss or project.training.loss, metrics or (), own.loss_weight)


def compile_model(
    model: keras.Model,
    project: Project,
    facts: DataFacts | None,
    *,
    optimizer: keras.Optimizer | None = None,
) -> None:
    """Compile with objects (names break the ``.h5``), and build an optimizer where none is given.

    With class or sample weights metrics stay unweighted, as with ``fit``'s ``metrics``.
    """
    goals = [output_settings(project, output) for output in project.graph.outputs]
    losses = [make_object(goal.loss or Choice("mean_squared_error"), LOSSES) for goal in goals]
    metrics = [
        make_metrics(goal.metrics or (), goal.loss, _targets(facts, output))
        for goal, output in zip(goals, project.graph.outputs, strict=True)
    ]
    weights = [goal.loss_weight for goal in goals]
    training = project.training
    model.compile(
        optimizer=optimizer or make_optimizer(training.optimizer, training.precision),
        loss=_one(losses),
        metrics=metrics[0] if len(metrics) == 1 else metrics,
        loss_weights=None if len(weights) == 1 else weights,
        jit_compile=False,
    )
    if optimizer is None:
        model.optimizer.build(model.trainable_variables)


def _targets(facts: DataFacts | None, output: str) -> str:
    if facts is None:
        return ""
    task = task_of(facts, output)
    return "one_hot" if facts.one_hot and task in (BINARY, CLASSES) else task
