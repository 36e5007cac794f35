"""One training step taken apart: activations, error signals, gradients and the optimizer's update.

All numbers are those of one forward and one backward pass of the Keras network itself, see
Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.build import network_copies
from netbuilder.core.engine.build.graph_to_keras import model_inputs
from netbuilder.core.engine.build.keras_objects import seed_generators
from netbuilder.core.engine.build.loss_values import sample_weights
from netbuilder.core.engine.loop.tensors import SampleOrders
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.results.computation_trace.computed_value import (
    ProductTerm,
    format_value,
    place_name,
)
from netbuilder.core.results.layer_values import layer_of, listed_outputs, node_outputs

Array = NDArray[Any]
_lock = threading.Lock()  # steps of a run share a copy of the network
_SLOTS = ("momentum", "velocity")


@dataclass(frozen=True, eq=False)
class WeightUpdate:
    """A weight array's step: ``before``, ``gradient`` of the loss, ``after``; ``slots`` are the
    optimizer's arrays before and after by name ("momentum", "velocity")."""

    before: Array
    gradient: Array
    after: Array
    slots: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LayerStep:
    """A layer in a step; arrays begin with the batch axis.

    Attributes:
        inputs: what arrives, by source.
        output: what it gives.
        delta: of the loss with respect to the sums before the activation; for other layers the
            output's gradient. An LSTM's are those of its gates, (n, steps, 4 · units).
        factors: what ``delta`` is multiplied with to give the weights' gradients, if it is not the
            input: the normalized input of a BatchNormalization, the state before each step of an
            LSTM (n, steps, units).
        updates: of its trainable weights by name.
    """

    node: str
    layer: str
    inputs: tuple[Array, ...]
    output: Array
    delta: Array | None
    factors: Array | None = None
    updates: Mapping[str, WeightUpdate] = field(default_factory=dict)
    geometry: tuple[int, int, int, int] = (1, 1, 0, 0)  # a Conv2D's strides and padding


@dataclass(frozen=True, eq=False)
class StepTrace:
    """One training step.

    Attributes:
        rows: the samples, indices of the training rows.
        loss: of these samples, with the layers' penalties.
        targets: by output id.
        layers: by node, in the order of the forward pass.
        optimizer: its name and settings; ``learning_rate`` is that of this step, ``step`` counts
            from 1.
        loss_at: the loss with another value of one weight, by node, name and index.
        network: the copy that made the step.
    """

    trained: TrainedModel
    rows: NDArray[np.int64]
    loss: float
    targets: Mapping[str, Array]
    layers: Mapping[str, LayerStep]
    optimizer: Mapping[str, Any]
    loss_at: Callable[[str, str, tuple[int, ...], float], float]
    network: Any = None

    def numeric_gradient(self, node: str, name: str, index: tuple[int, ...]) -> float:
        """Return a weight's gradient as a difference quotient of the loss."""
        weight = float(self.layers[node].updates[name].before[index])
        h = 3e-3 * max(1.0, abs(weight))
        up, down = (self.loss_at(node, name, index, weight + sign * h) for sign in (1, -1))
        return (up - down) / (2 * h)


def next_rows(trained: TrainedModel, dataset: Dataset) -> NDArray[np.int64]:
    """Return the training rows of the batch that the run takes next."""
    plan, count = trained.project.training, len(dataset.train)
    seeds = [int(change.value) for change in trained.changes if change.what == "reset"]
    orders = SampleOrders(count, seeds[-1] if seeds else plan.seed, plan.shuffle)
    size = min(plan.batch_size, count)
    first = trained.step * size if trained.step * size < count else 0
    return np.asarray(orders.get(trained.epochs, 1, 1)[0][first : first + size], np.int64)


def trace_step(
    trained: TrainedModel,
    dataset: Dataset,
    rows: Sequence[int] | Array,
    before: StepTrace | None = None,
) -> StepTrace:
    """Take one training step on a copy of the network.

    Args:
        trained: the network with its optimizer's state.
        dataset: whose training rows are used.
        rows: the batch; one row for a single sample.
        before: an earlier step of the same run, whose copy is used again: half of the time.
    """
    with _lock:
        return _trace_step(trained, dataset, np.asarray(rows, np.int64), before)


def _trace_step(
    trained: TrainedModel, dataset: Dataset, rows: Array, before_step: StepTrace | None
) -> StepTrace:
    import tensorflow as tf

    graph = trained.project.graph
    if before_step is not None and before_step.trained.project is trained.project:
        network = before_step.network
        network_copies.copy_weights(network, trained.training_model)
    else:
        network = network_copies.copy_network(
            trained.training_model, trained.project, trained.facts
        )
    copy = replace(trained, training_model=network)
    model, nodes = node_outputs(copy)
    train, names = dataset.train, model_inputs(graph)
    x = [
        tf.convert_to_tensor(np.asarray(train.x[name][rows]).astype(str(tensor.dtype), copy=False))
        for name, tensor in zip(names, network.inputs, strict=True)
    ]
    targets = {name: np.asarray(train.y[name][rows]) for name in graph.outputs}
    weight = sample_weights(dataset, trained.project.training.class_weight, list(graph.outputs))
    start = network_copies.variable_values(network)
    seeds = [np.array(state) for state in seed_generators(network)]

    def forward() -> tuple[dict[str, Any], Any]:
        for state, seed in zip(seed_generators(network), seeds, strict=True):
            state.assign(seed)  # the same units are dropped
        values = listed_outputs(model(_single(x), training=True))
        by_node = {**dict(zip(names, x, strict=True)), **dict(zip(nodes, values, strict=True))}
        return by_node, network.compute_loss(
            x=_single(x),
            y=_single([tf.convert_to_tensor(value) for value in targets.values()]),
            y_pred=_single([by_node[name] for name in graph.outputs]),
            sample_weight=None if weight is None else tf.convert_to_tensor(weight[rows]),
            training=True,
        )

    variables = network.trainable_variables
    with tf.GradientTape(persistent=True) as tape:
        for value in x:
            if value.dtype.is_floating:
                tape.watch(value)
        values, loss = forward()
    gradients = tape.gradient(loss, variables)
    back = tape.gradient(loss, {k: v for k, v in values.items() if v.dtype.is_floating})
    before = _before_activation(tape, loss, values)
    del tape
    keras_layers = {name: layer_of(copy, name) for name in graph.order if name in values}
    layers: dict[str, LayerStep] = {}
    for name, layer in keras_layers.items():
        inputs = [values[source] for source in graph.sources[name] if source in values]
        if layer is not None and inputs:
            delta = _numpy(before.get(name, back.get(name)))
            arrays = tuple(value.numpy() for value in inputs)
            step = LayerStep(name, graph.by_id[name].layer, arrays, values[name].numpy(), delta)
            if name not in before:
                step = _with_delta(step, layer, inputs, back.get(name))
            layers[name] = step
    updates = _apply(network, variables, gradients)
    places = {
        (name, variable.name): variable
        for name in layers
        for variable in keras_layers[name].trainable_variables
        if id(variable) in updates
    }
    for name, step in layers.items():
        own = {n: updates[id(v)] for (node, n), v in places.items() if node == name}
        layers[name] = replace(step, updates=own)
    optimizer = _settings(network.optimizer)

    def loss_at(node: str, name: str, index: tuple[int, ...], value: float) -> float:
        variable = places[node, name]
        with _lock:
            network_copies.assign_values(network, start)
            changed = np.array(variable)
            changed[index] = value
            variable.assign(changed)
            return float(forward()[1])

    return StepTrace(trained, rows, float(loss), targets, layers, optimizer, loss_at, network)


def _before_activation(tape: Any, loss: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the gradients before the sigmoid or softmax of an output, by node.

    Keras (3.15.1) computes cross-entropy from the sums that it keeps at the output; without that
    name, such a layer has no δ.
    """
    kept = {name: getattr(value, "_keras_logits", None) for name, value in values.items()}
    found = tape.gradient(loss, {k: v for k, v in kept.items() if v is not None})
    return {name: value for name, value in found.items() if value is not None}


def _single(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _numpy(value: Any) -> Array | None:
    import tensorflow as tf

    return None if value is None else tf.convert_to_tensor(value).numpy()


def _settings(optimizer: Any) -> dict[str, Any]:
    """Return the settings of an optimizer that has just made its step."""
    config = dict(optimizer.get_config())
    step = int(optimizer.iterations)
    optimizer.iterations.assign(step - 1)
    rate = float(optimizer.learning_rate)  # a schedule's depends on the step
    optimizer.iterations.assign(step)
    return {**config, "name": type(optimizer).__name__, "learning_rate": rate, "step": step}


def _apply(
    network: Any, variables: Sequence[Any], gradients: Sequence[Any]
) -> dict[int, WeightUpdate]:
    """Apply the gradients; return the updates by ``id`` of the variable."""
    optimizer = network.optimizer
    if not optimizer.built:
        optimizer.build(variables)
    slots = {
        slot: [v for v in optimizer.variables if v.name.endswith(f"_{slot}")] for slot in _SLOTS
    }

    def snapshot() -> list[tuple[Array, dict[str, Array]]]:
        return [
            (
                np.array(variable),
                {k: np.array(v[n]) for k, v in slots.items() if len(v) == len(variables)},
            )
            for n, variable in enumerate(variables)
        ]

    dense = [_numpy(gradient) for gradient in gradients]
    before = snapshot()
    pairs = [p for p in zip(gradients, variables, strict=True) if p[0] is not None]
    optimizer.apply_gradients(pairs)
    return {
        id(variable): WeightUpdate(
            old, gradient, new, {k: (old_slots[k], new_slots[k]) for k in old_slots}
        )
        for variable, gradient, (old, old_slots), (new, new_slots) in zip(
            variables, dense, before, snapshot(), strict=True
        )
        if gradient is not None
    }


def _with_delta(step: LayerStep, layer: Any, inputs: Sequence[Any], back: Any) -> LayerStep:
    """Return the step with the gradients before the activation, as far as a layer has one."""
    import keras
    import tensorflow as tf

    if back is None or not inputs:
        return step
    if step.layer == "LSTM":
        return _lstm_delta(step, layer, inputs[0], back)
    if step.layer == "BatchNormalization":
        gamma = np.array(layer.gamma) if layer.scale else np.ones(1)
        beta = np.array(layer.beta) if layer.center else 0.0
        return replace(step, factors=(step.output - beta) / np.where(gamma == 0, 1.0, gamma))
    if step.layer not in ("Dense", "Conv2D") or len(inputs) != 1:
        return step
    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        sums = layer(inputs[0])
    finally:
        layer.activation = activation
    with tf.GradientTape() as tape:
        tape.watch(sums)
        output = activation(sums)
    step = replace(step, delta=_numpy(tape.gradient(output, sums, output_gradients=back)))
    return replace(step, geometry=_geometry(layer, step)) if step.layer == "Conv2D" else step


def _geometry(layer: Any, step: LayerStep) -> tuple[int, int, int, int]:
    """Return strides and the padding above and to the left."""
    padding = [0, 0]
    if layer.padding == "same":
        for axis in (0, 1):
            size, out = step.inputs[0].shape[1 + axis], step.output.shape[1 + axis]
            spare = (out - 1) * layer.strides[axis] + layer.kernel_size[axis] - size
            padding[axis] = max(spare, 0) // 2
    return (*layer.strides, *padding)


def _lstm_delta(step: LayerStep, layer: Any, x: Any, back: Any) -> LayerStep:
    """Return an LSTM's step with the gradients of its gates' sums, step by step through time."""
    import tensorflow as tf

    weights = {variable.name: variable.value for variable in layer.weights}
    if layer.go_backwards:
        return step
    bias = weights.get("bias", tf.zeros(4 * layer.units))
    state = carry = tf.zeros((x.shape[0], layer.units))
    sums, states, outputs = [], [state], []
    with tf.GradientTape() as tape:
        for number in range(x.shape[1]):
            z = x[:, number] @ weights["kernel"] + state @ weights["recurrent_kernel"] + bias
            tape.watch(z)
            sums.append(z)
            i, f, c, o = tf.split(z, 4, axis=1)
            gate = layer.recurrent_activation
            carry = gate(f) * carry + gate(i) * layer.activation(c)
            state = gate(o) * layer.activation(carry)
            states.append(state)
            outputs.append(state)
        result = tf.stack(outputs, axis=1) if layer.return_sequences else state
    if not np.allclose(result, step.output, atol=1e-4):  # masked steps, dropout
        return step
    deltas = tape.gradient(
        result, sums, output_gradients=back, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    delta = np.stack([value.numpy() for value in deltas], axis=1)
    return replace(step, delta=delta, factors=np.stack([s.numpy() for s in states[:-1]], axis=1))


def gradient_terms(
    step: LayerStep, name: str, index: tuple[int, ...]
) -> tuple[ProductTerm, ...] | None:
    """Return the products, factor times δ, whose sum is a weight's gradient without penalties.

    None for layers whose products are not spelled out.
    """
    delta, x = step.delta, step.inputs[0] if step.inputs else None
    if delta is None or x is None or name not in step.updates:
        return None
    unit = index[-1]
    if name == "bias" or (step.layer, name) == ("BatchNormalization", "beta"):
        return _terms("1", np.ones(delta.shape[:-1]), delta[..., unit])
    if (step.layer, name) == ("BatchNormalization", "gamma") and step.factors is not None:
        return _terms("x̂", step.factors[..., unit], delta[..., unit])
    if (step.layer, name) == ("Dense", "kernel"):
        return _terms(place_name(index[0]), x[..., index[0]], delta[..., unit])
    if (step.layer, name) == ("Embedding", "embeddings"):
        uses = x == index[0]
        return _terms("1", np.ones(int(uses.sum())), delta[uses][..., unit])
    if step.layer == "LSTM" and step.factors is not None and name in ("kernel", "recurrent_kernel"):
        factor = x if name == "kernel" else step.factors
        letter = "x" if name == "kernel" else "h"
        return _terms(f"{letter}[{index[0]}]", factor[..., index[0]], delta[..., unit])
    if (step.layer, name) == ("Conv2D", "kernel"):
        down, across, above, before = step.geometry
        row, column, channel, _unit = index
        high, wide = delta.shape[1:3]
        padded = np.pad(
            x, ((0, 0), (above, row + down * high), (before, column + across * wide), (0, 0))
        )
        window = padded[:, row : row + down * high : down, column : column + across * wide : across]
        return _terms(f"x[·, {channel}]", window[..., channel], delta[..., unit])
    return None


def _terms(name: str, factors: Array, deltas: Array) -> tuple[ProductTerm, ...]:
    pairs = zip(np.ravel(factors), np.ravel(deltas), strict=True)
    return tuple(ProductTerm(name, float(factor), float(delta)) for factor, delta in pairs)


def update_lines(
    step: StepTrace, node: str, name: str, index: tuple[int, ...]
) -> tuple[tuple[str, str, float], ...]:
    """Return the optimizer's arithmetic for a weight: name, formula with its numbers, result.

    Empty for optimizers, and settings such as clipping, that are not spelled out: a formula stands
    here only if it gives Keras's own new weight.
    """
    update, settings = step.layers[node].updates[name], step.optimizer
    w, g = float(update.before[index]), float(update.gradient[index])
    new, rate = float(update.after[index]), float(settings["learning_rate"])
    slots = {k: (float(old[index]), float(now[index])) for k, (old, now) in update.slots.items()}
    n = format_value
    lines: list[tuple[str, str, float]] = []
    if settings["name"] == "SGD":
        change = -rate * g
        if "momentum" in slots and settings.get("momentum"):
            mu, (old, _now) = float(settings["momentum"]), slots["momentum"]
            m = mu * old - rate * g
            lines.append(("m", f"{n(mu)} · {_n(old)} − {n(rate)} · {_n(g)}", m))
            change = mu * m - rate * g if settings.get("nesterov") else m
            if settings.get("nesterov"):
                lines.append(("step", f"{n(mu)} · {_n(m)} − {n(rate)} · {_n(g)}", change))
        else:
            lines.append(("step", f"−{n(rate)} · {_n(g)}", change))
    elif settings["name"] == "Adam" and len(slots) == 2 and not settings.get("amsgrad"):
        b1, b2 = float(settings["beta_1"]), float(settings["beta_2"])
        (m0, _m), (v0, _v), t = slots["momentum"], slots["velocity"], settings["step"]
        m, v = b1 * m0 + (1 - b1) * g, b2 * v0 + (1 - b2) * g * g
        alpha = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
        change = float(-alpha * m / (np.sqrt(v) + float(settings["epsilon"])))
        lines += [
            ("m", f"{n(b1)} · {_n(m0)} + {n(1 - b1)} · {_n(g)}", m),
            ("v", f"{n(b2)} · {_n(v0)} + {n(1 - b2)} · {_n(g)}²", v),
            ("α", f"{n(rate)} · √(1 − {n(b2)}^{t}) ÷ (1 − {n(b1)}^{t})", float(alpha)),
            ("step", f"−{_n(float(alpha))} · {_n(m)} ÷ (√{_n(v)} + ε)", change),
        ]
    else:
        return ()
    if abs(w + change - new) > 1e-5 * max(1.0, abs(w), abs(change)) + 0.01 * abs(change):
        return ()
    return (*lines, ("w", f"{w:.5g} + ({change:.3g})".replace("-", "−"), new))


def _n(value: float) -> str:
    return f"({format_value(value)})" if value < 0 else format_value(value)
