"""Explanations of pictures: Grad-CAM, integrated gradients, occlusion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.engine.networks.graph_to_keras import model_inputs, owner_of
from netbuilder.core.results.explain.explanation_target import ExplanationTarget
from netbuilder.core.results.layer_values import listed_outputs, node_outputs
from netbuilder.core.results.own_units import loss_of, preprocessing_of

Array = NDArray[Any]
STEPS = 32
_AT_ONCE = 32


def last_convolution(question: ExplanationTarget) -> str:
    """Return the last node with spatial maps, for Grad-CAM; "" for none."""
    model, nodes = node_outputs(question.trained)
    graph = question.trained.project.graph
    convolution = ""
    for node, tensor in zip(nodes, model.outputs, strict=True):
        layer = graph.by_id[node]
        owner = graph.by_id.get(layer.shared or "", layer)
        if _pooled_body(_layer(question, owner.id)) is not None:
            convolution = node
        if len(tensor.shape) != 4 or (tensor.shape[1] == 1 and tensor.shape[2] == 1):
            continue
        kind = owner.layer
        inner = getattr(_layer(question, owner.id), "layers", None)
        if ("Conv" in kind and "LSTM" not in kind) or inner is not None:
            convolution = node
    return convolution


def _pooled_body(layer: Any) -> Any:
    """Return the network inside a pretrained layer that ends in global pooling, or None."""
    parts = [part for part in getattr(layer, "layers", ()) if getattr(part, "layers", None)]
    ends = [type(part.layers[-1]).__name__ for part in parts]
    pooled = bool(ends) and ends[0].startswith("Global") and ends[0].endswith("Pooling2D")
    return parts[0] if pooled else None


def _maps_before_pooling(layer: Any, pixels: Any) -> Any:
    """Return the last maps inside a pretrained layer, (n, rows, columns, channels)."""
    import keras

    body = _pooled_body(layer)
    for part in layer.layers[1:]:
        if part is body:
            return keras.Model(body.input, body.layers[-1].input)(pixels, training=False)
        pixels = part(pixels)
    return pixels


def _layer(question: ExplanationTarget, node: str) -> Any:
    from netbuilder.core.project.keras_names import keras_name

    name = keras_name(node)
    return next(
        (layer for layer in question.trained.training_model.layers if layer.name == name), None
    )


def grad_cam(question: ExplanationTarget) -> Array:
    """Return Grad-CAM's heat map, (height, width), ≥ 0 (Selvaraju et al., ICCV 2017).

    ReLU(Σₖ αₖ Aᵏ), αₖ being the mean gradient of the score before softmax or sigmoid, scaled
    bilinearly. Raise DataError if the network has no convolution that keeps places, or takes no
    pictures.
    """
    import tensorflow as tf

    key, entry = question.input_of("picture")
    node = last_convolution(question)
    if not node:
        raise data_error("grad_cam_needs_convolution")
    model, nodes = node_outputs(question.trained)
    with tf.GradientTape() as tape:
        values = _inputs(question, key, entry.apply(question.sample[key][None]))
        for value in values:
            if value.dtype.is_floating:
                tape.watch(value)
        outputs = listed_outputs(model(values[0] if len(values) == 1 else values, training=False))
        by_node = dict(zip(nodes, outputs, strict=True))
        score = _raw_score(question, by_node)
    gradient = tape.gradient(score, by_node[node])
    if gradient is None:
        raise data_error("grad_cam_no_path", layer=node)
    maps, graph = by_node[node], question.trained.project.graph
    if len(maps.shape) == 2:
        # Of pooled maps the mean of the gradient is that of what was pooled, up to a factor.
        source, inputs = graph.sources[node][0], model_inputs(graph)
        pixels = values[inputs.index(source)] if source in inputs else by_node[source]
        maps = _maps_before_pooling(_layer(question, owner_of(graph.by_id[node], graph).id), pixels)
        gradient = gradient[:, None, None, :]
    alpha = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    cam = tf.nn.relu(tf.reduce_sum(alpha * maps, axis=-1, keepdims=True))
    height, width = question.sample[key].shape[:2]
    return np.asarray(tf.image.resize(cam, (height, width))[0, :, :, 0], np.float64)


def _inputs(question: ExplanationTarget, key: str, ready: Array) -> list[Any]:
    """Return model-ready tensors in the order of the network's inputs, with equal batch sizes."""
    import tensorflow as tf

    preprocessing = preprocessing_of(question.trained)
    tensors = []
    for name in model_inputs(question.trained.project.graph):
        value = ready
        if name != key:
            other = preprocessing.inputs[name].apply(np.asarray(question.sample[name])[None])
            value = np.repeat(other, len(ready), axis=0)
        tensors.append(tf.convert_to_tensor(value))
    return tensors


def _raw_score(question: ExplanationTarget, by_node: dict[str, Any]) -> Any:
    """Return the score before softmax or sigmoid, (n,): a saturated probability has no gradient."""
    import tensorflow as tf

    output, graph = question.output, question.trained.project.graph
    values = by_node[output]
    layer = _layer(question, output)
    source = next(iter(graph.sources[output]), "")
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    kernel = getattr(layer, "kernel", None)
    if activation in {"softmax", "sigmoid"} and kernel is not None and source in by_node:
        values = tf.matmul(tf.cast(by_node[source], kernel.dtype), kernel.value)
        if layer.bias is not None:
            values = values + layer.bias.value
    elif type(layer).__name__ in {"Softmax", "Activation"} and source in by_node:
        values = by_node[source]
    return _chosen(question, values, flip=-1.0)


def _chosen(question: ExplanationTarget, values: Any, flip: float | None = None) -> Any:
    """Return the explained unit, (n,); of a single sigmoid the predicted side."""
    import tensorflow as tf

    flat = tf.reshape(values, (tf.shape(values)[0], -1))
    if question.target.task not in {REGRESSION, MULTI_LABEL} and flat.shape[1] == 1:
        if question.unit == 1:
            return flat[:, 0]
        return flip * flat[:, 0] if flip is not None else 1.0 - flat[:, 0]
    return flat[:, question.unit]


def integrated_gradients(question: ExplanationTarget, steps: int = STEPS) -> Array:
    """Return each pixel's contribution against a black picture, (height, width), signed.

    Sundararajan, Taly and Yan, ICML 2017, by the midpoint rule over ``steps`` pictures from raw 0
    to the sample. The values add up to the difference of the predictions.
    """
    import tensorflow as tf

    key, entry = question.input_of("picture")
    raw = np.asarray(question.sample[key], np.float64)
    end = np.asarray(entry.apply(raw[None]), np.float64)
    start = np.asarray(entry.apply(np.zeros_like(raw)[None]), np.float64)
    places = (np.arange(steps) + 0.5) / steps
    total = np.zeros_like(end[0])
    for begin in range(0, steps, _AT_ONCE):
        part = places[begin : begin + _AT_ONCE].reshape(-1, *([1] * raw.ndim))
        ready = (start + part * (end - start)).astype(np.float32)
        with tf.GradientTape() as tape:
            values = _inputs(question, key, ready)
            index = model_inputs(question.trained.project.graph).index(key)
            tape.watch(values[index])
            score = _final_score(question, values)
        total += np.asarray(tape.gradient(score, values[index]), np.float64).sum(axis=0)
    contributions = (end - start)[0] * total / steps
    return np.asarray(contributions.reshape(*raw.shape[:2], -1).sum(axis=-1))


def _final_score(question: ExplanationTarget, values: list[Any]) -> Any:
    """Return the explained number as a differentiable tensor, (n,)."""
    import tensorflow as tf

    training_model, graph = question.trained.training_model, question.trained.project.graph
    outputs = training_model(values[0] if len(values) == 1 else values, training=False)
    listed = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    answer = listed[graph.outputs.index(question.output)]
    target = question.target
    loss = loss_of(question.trained, question.output)
    if target.task == REGRESSION:
        if target.scaled:
            answer = answer * np.asarray(target.scale, np.float32)
            answer = answer + np.asarray(target.offset, np.float32)
    elif loss is not None and loss.params.get("from_logits"):
        several = target.task == MULTI_LABEL or answer.shape[-1] == 1
        answer = tf.nn.sigmoid(answer) if several else tf.nn.softmax(answer)
    return _chosen(question, answer)


def occlusion(question: ExplanationTarget, block: int | None = None) -> Array:
    """Return how far the prediction falls if a part is covered, (height, width), signed.

    Zeiler and Fergus, ECCV 2014: each block of ``block`` pixels (None: a seventh of the side) is
    set to the picture's mean.
    """
    key, _unused = question.input_of("picture")
    raw = np.asarray(question.sample[key])
    height, width = raw.shape[:2]
    size = block or max(1, round(min(height, width) / 7))
    grey = raw.mean(axis=(0, 1))
    places = [(y, x) for y in range(0, height, size) for x in range(0, width, size)]
    before = float(question.scores(key, raw[None])[0])
    heat = np.zeros((height, width))
    for begin in range(0, len(places), 256):
        some = places[begin : begin + 256]
        variants = np.repeat(raw[None], len(some), axis=0)
        for index, (y, x) in enumerate(some):
            variants[index, y : y + size, x : x + size] = grey
        for (y, x), score in zip(some, question.scores(key, variants), strict=True):
            heat[y : y + size, x : x + size] = before - float(score)
    return heat
