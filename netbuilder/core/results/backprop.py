"""One training step taken apart: activations, error signals, gradients and the optimizer's update.

All numbers are those of one forward and one backward pass of the Keras network itself, see
Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors" (1986).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.loop.tensors import SampleOrders
from netbuilder.core.engine.networks import network_copies
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.networks.loss_values import sample_weights
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.results.computation_trace.computed_value import (
    ProductTerm,
    format_factor,
    format_value,
    place_name,
    plain_notation,
)
from netbuilder.core.results.layer_values import layer_of, listed_outputs, node_outputs

Array = NDArray[Any]
_lock = threading.Lock()  # steps of a run share a copy of the network
_SLOTS = ("momentum", "velocity")


@dataclass(frozen=True, eq=False)
class WeightUpdate:
    """A weight array's step: ``before``, ``gradient`` of the loss, ``after``; ``slots`` are the
    optimizer's arrays before and after by name ("momentum", "velocity"); ``penalized``: the
    gradient is also that of a penalty on the weights."""

    before: Array
    gradient: Array
    after: Array
    slots: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)
    penalized: bool = False


@dataclass(frozen=True, eq=False)
class LayerStep:
    """A layer in a step; arrays begin with the batch axis.

    Attributes:
        inputs: what arrives, by source.
        output: what it gives.
        delta: of the loss with respect to the sums before the activation; for other layers the
            output's gradient. An LSTM's are those of its gates, (n, steps, 4 · units).
        back: of the loss with respect to the output.
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
    back: Array | None = None
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
        stepper: the compiled copy that made the step.
    """

    trained: TrainedModel
    rows: NDArray[np.int64]
    loss: float
    targets: Mapping[str, Array]
    layers: Mapping[str, LayerStep]
    optimizer: Mapping[str, Any]
    loss_at: Callable[[str, str, tuple[int, ...], float], float]
    stepper: Any = None

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
        before: an earlier step of the same run, whose compiled copy is used again.
    """
    with _lock:
        if before is not None and before.trained.project is trained.project:
            stepper: _Stepper = before.stepper
            network_copies.copy_weights(stepper.network, trained.training_model)
        else:
            stepper = _Stepper(trained, dataset)
        return stepper.step(trained, dataset, np.asarray(rows, np.int64))


class _Stepper:
    """A copy of a network that makes steps, compiled once for batches of any size."""

    def __init__(self, trained: TrainedModel, dataset: Dataset) -> None:
        import tensorflow as tf

        project = trained.project
        self.graph = project.graph
        self.network = network_copies.copy_network(trained.training_model, project, trained.facts)
        copy = replace(trained, training_model=self.network)
        self._model, self._nodes = node_outputs(copy)
        self._names = model_inputs(self.graph)
        self._layers = {name: layer_of(copy, name) for name in self.graph.order}
        outputs = list(self.graph.outputs)
        self._weight = sample_weights(dataset, project.training.class_weight, outputs)
        optimizer, self._variables = self.network.optimizer, self.network.trainable_variables
        if not optimizer.built:
            optimizer.build(self._variables)
        slots = {k: [v for v in optimizer.variables if v.name.endswith(f"_{k}")] for k in _SLOTS}
        self._slots = {k: own for k, own in slots.items() if len(own) == len(self._variables)}
        y = [np.asarray(dataset.train.y[name][:1]) for name in outputs]
        signature = (
            [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in self.network.inputs],
            [tf.TensorSpec((None, *value.shape[1:]), value.dtype) for value in y],
            [] if self._weight is None else [tf.TensorSpec((None,), tf.float32)],
        )
        self._compiled = tf.function(self._compute, autograph=False, input_signature=signature)

    def _forward(
        self, x: Sequence[Any], y: Sequence[Any], weight: Sequence[Any]
    ) -> tuple[dict[str, Any], Any]:
        values = listed_outputs(self._model(_single(x), training=True))
        by_node = dict(zip((*self._names, *self._nodes), (*x, *values), strict=True))
        return by_node, self.network.compute_loss(
            x=_single(x),
            y=_single(y),
            y_pred=_single([by_node[name] for name in self.graph.outputs]),
            sample_weight=weight[0] if weight else None,
            training=True,
        )

    def _compute(self, x: Sequence[Any], y: Sequence[Any], weight: Sequence[Any]) -> dict[str, Any]:
        """Make the step; return tensors by name, of layers and variables by id and number."""
        import tensorflow as tf

        with tf.GradientTape(persistent=True) as tape:
            for value in x:
                if value.dtype.is_floating:
                    tape.watch(value)
            values, loss = self._forward(x, y, weight)
        gradients = tape.gradient(loss, self._variables)
        back = tape.gradient(loss, {k: v for k, v in values.items() if v.dtype.is_floating})
        deltas = {**back, **_before_activation(tape, loss, values)}
        extra: dict[str, Any] = {}
        for name, layer in self._layers.items():
            inputs, compute = self._inputs(name, values), _DELTAS.get(self.graph.by_id[name].layer)
            delta = back.get(name) if deltas.get(name) is back.get(name) else None
            if compute is not None and len(inputs) == 1 and delta is not None:
                extra[name] = compute(layer, inputs[0], values[name], delta)
        before = self._state()
        pairs = [p for p in zip(gradients, self._variables, strict=True) if p[0] is not None]
        self.network.optimizer.apply_gradients(pairs)
        dense = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
        return {"values": values, "loss": loss, "deltas": deltas, "back": back, "extra": extra,
                "updates": list(zip(before, dense, self._state(), strict=True))}  # fmt: skip

    def _state(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return copies of each trainable variable, and of the optimizer's arrays for it."""
        import tensorflow as tf

        return [
            (tf.identity(v), {slot: tf.identity(own[n]) for slot, own in self._slots.items()})
            for n, v in enumerate(self._variables)
        ]

    def _inputs(self, name: str, values: Mapping[str, Any]) -> list[Any]:
        return [values[source] for source in self.graph.sources[name] if source in values]

    def step(self, trained: TrainedModel, dataset: Dataset, rows: Array) -> StepTrace:
        """Make a step of the network's current weights."""
        import tensorflow as tf

        train = dataset.train
        x = [
            tf.convert_to_tensor(np.asarray(train.x[name][rows]).astype(str(tensor.dtype)))
            for name, tensor in zip(self._names, self.network.inputs, strict=True)
        ]
        targets = {name: np.asarray(train.y[name][rows]) for name in self.graph.outputs}
        y = [tf.convert_to_tensor(value) for value in targets.values()]
        weight = [] if self._weight is None else [tf.convert_to_tensor(self._weight[rows])]
        start = network_copies.variable_values(self.network)
        result = tf.nest.map_structure(
            lambda value: None if value is None else value.numpy(), self._compiled(x, y, weight)
        )
        updates = {
            id(variable): WeightUpdate(
                old, gradient, new, {k: (a[k], b[k]) for k in a}, variable.regularizer is not None
            )
            for variable, ((old, a), gradient, (new, b)) in zip(
                self._variables, result["updates"], strict=True
            )
            if gradient is not None
        }
        values = result["values"]
        places: dict[tuple[str, str], Any] = {}
        layers: dict[str, LayerStep] = {}
        for name, layer in self._layers.items():
            inputs = tuple(self._inputs(name, values))
            if layer is None or not inputs or name not in values:
                continue
            own = _by_name([v for v in layer.trainable_variables if id(v) in updates])
            places |= {(name, key): variable for key, variable in own.items()}
            step = LayerStep(
                name, self.graph.by_id[name].layer, inputs, values[name],
                result["deltas"].get(name), result["back"].get(name),
                updates={k: updates[id(v)] for k, v in own.items()},
            )  # fmt: skip
            step = replace(step, **_checked(result["extra"].get(name, {})))
            if step.layer == "Conv2D":
                step = replace(step, geometry=_geometry(layer, step))
            layers[name] = step

        def loss_at(node: str, name: str, index: tuple[int, ...], value: float) -> float:
            variable = places[node, name]
            with _lock:
                network_copies.assign_values(self.network, start)  # the same units are dropped
                changed = np.array(variable)
                changed[index] = value
                variable.assign(changed)
                return float(self._forward(x, y, weight)[1])

        settings = _settings(self.network.optimizer)
        loss = float(result["loss"])
        return StepTrace(trained, rows, loss, targets, layers, settings, loss_at, self)


def _by_name(variables: Sequence[Any]) -> dict[str, Any]:
    """Return variables by name, those of layers within a layer by the end of their path."""
    names = [variable.name for variable in variables]
    if len(set(names)) < len(names):
        names = ["/".join(variable.path.split("/")[1:]) for variable in variables]
    return dict(zip(names, variables, strict=True))


def _before_activation(tape: Any, loss: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the gradients before the sigmoid or softmax of an output, by node.

    Keras (3.15.1) computes cross-entropy from the sums that it keeps at the output; without that
    name, such a layer has no δ.
    """
    logits = {name: getattr(value, "_keras_logits", None) for name, value in values.items()}
    gradients = tape.gradient(loss, {k: v for k, v in logits.items() if v is not None})
    return {name: value for name, value in gradients.items() if value is not None}


def _single(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _settings(optimizer: Any) -> dict[str, Any]:
    """Return the settings of an optimizer that has just made its step."""
    config = dict(optimizer.get_config())
    step = int(optimizer.iterations)
    optimizer.iterations.assign(step - 1)
    rate = float(optimizer.learning_rate)  # a schedule's depends on the step
    optimizer.iterations.assign(step)
    return {**config, "name": type(optimizer).__name__, "learning_rate": rate, "step": step}


def _linear_delta(layer: Any, x: Any, output: Any, back: Any) -> dict[str, Any]:
    """Return the gradient before the activation of a Dense or Conv2D."""
    import keras
    import tensorflow as tf

    activation, layer.activation = layer.activation, keras.activations.linear
    try:
        sums = layer(x)
    finally:
        layer.activation = activation
    with tf.GradientTape() as tape:
        tape.watch(sums)
        output = activation(sums)
    return {"delta": tape.gradient(output, sums, output_gradients=back)}


def _normalized(layer: Any, x: Any, output: Any, back: Any) -> dict[str, Any]:
    import tensorflow as tf

    shifted = output - layer.beta if layer.center else output
    return {"factors": tf.math.divide_no_nan(shifted, layer.gamma) if layer.scale else shifted}


def _lstm_delta(layer: Any, x: Any, output: Any, back: Any) -> dict[str, Any]:
    """Return the gradients of an LSTM's gates' sums, step by step through time, its states, and
    how far its recomputed output is off: with masked steps or dropout."""
    import tensorflow as tf

    weights = {variable.name: variable.value for variable in layer.weights}
    if layer.go_backwards or x.shape[1] is None:
        return {}
    bias = weights.get("bias", tf.zeros(4 * layer.units))
    state = carry = tf.zeros((tf.shape(x)[0], layer.units))
    sums, states = [], [state]
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
        result = tf.stack(states[1:], axis=1) if layer.return_sequences else state
    deltas = tape.gradient(
        result, sums, output_gradients=back, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return {
        "delta": tf.stack(deltas, axis=1),
        "factors": tf.stack(states[:-1], axis=1),
        "error": tf.reduce_max(tf.abs(result - output)),
    }


_DELTAS = {
    "Dense": _linear_delta,
    "Conv2D": _linear_delta,
    "BatchNormalization": _normalized,
    "LSTM": _lstm_delta,
}


def _checked(extra: Mapping[str, Array]) -> dict[str, Any]:
    """Return the fields of a LayerStep, if the layer's recomputed output is Keras's."""
    fits = float(extra.get("error", np.zeros(()))) < 1e-4
    return {name: value for name, value in extra.items() if name != "error" and fits}


def _geometry(layer: Any, step: LayerStep) -> tuple[int, int, int, int]:
    """Return strides and the padding above and to the left; zeros if there is more to it."""
    if tuple(layer.dilation_rate) != (1, 1) or layer.groups != 1:
        return 0, 0, 0, 0
    padding = [0, 0]
    if layer.padding == "same":
        for axis in (0, 1):
            size, out = step.inputs[0].shape[1 + axis], step.output.shape[1 + axis]
            spare = (out - 1) * layer.strides[axis] + layer.kernel_size[axis] - size
            padding[axis] = max(spare, 0) // 2
    return (*layer.strides, *padding)


def gradient_terms(
    step: LayerStep, name: str, index: tuple[int, ...]
) -> tuple[ProductTerm, ...] | None:
    """Return the products, factor times δ, whose sum is a weight's gradient without penalties.

    They are in the order of rows and, within a row, of time steps or places. None for layers whose
    products are not spelled out.
    """
    products = _products(step, name, index)
    if products is None:
        return None
    factor, factors, deltas = products
    names = [factor] * factors.size
    if step.layer == "LSTM":
        times = np.broadcast_to(np.arange(1, factors.shape[1] + 1), factors.shape)
        names = [f"t={time}: {factor}" for time in times.ravel()]
    return tuple(
        ProductTerm(name, float(value), float(delta))
        for name, value, delta in zip(names, factors.ravel(), deltas.ravel(), strict=True)
        if value or step.layer != "Embedding"  # whose rows are other words
    )


def row_gradients(step: LayerStep, name: str, index: tuple[int, ...]) -> Array | None:
    """Return what each row adds to a weight's gradient, (n,); None as for ``gradient_terms``."""
    products = _products(step, name, index)
    if products is None:
        return None
    product = products[1] * products[2]
    return np.asarray(product.reshape(len(product), -1).sum(axis=1))


def _products(
    step: LayerStep, name: str, index: tuple[int, ...]
) -> tuple[str, Array, Array] | None:
    """Return the factor's name, and factors and δ of one shape, which begins with the batch axis.

    None unless their sum is Keras's gradient: a layer used twice, a dilated convolution or a masked
    LSTM has other products.
    """
    delta, x = step.delta, step.inputs[0] if step.inputs else None
    if delta is None or x is None or name not in step.updates or index[-1] >= delta.shape[-1]:
        return None
    deltas, kind = delta[..., index[-1]], (step.layer, name)
    if kind == ("Dense", "kernel"):
        products = place_name(index[0]), x[..., index[0]], deltas
    elif kind == ("Embedding", "embeddings"):
        products = "1", (x == index[0]).astype(float), deltas
    elif kind == ("BatchNormalization", "gamma") and step.factors is not None:
        products = "x̂", step.factors[..., index[-1]], deltas
    elif step.layer == "LSTM" and step.factors is not None and name.endswith("kernel"):
        letter, values = ("x", x) if name == "kernel" else ("h", step.factors)
        products = f"{letter}[{index[0]}]", values[..., index[0]], deltas
    elif kind == ("Conv2D", "kernel") and step.geometry[0]:
        down, across, above, before = step.geometry
        row, column, channel, _unit = index
        high, wide = delta.shape[1:3]
        padded = np.pad(
            x, ((0, 0), (above, row + down * high), (before, column + across * wide), (0, 0))
        )
        window = padded[:, row : row + down * high : down, column : column + across * wide : across]
        products = f"x[·, {channel}]", window[..., channel], deltas
    elif name in ("bias", "beta"):
        products = "1", np.ones(deltas.shape), deltas
    else:
        return None
    update = step.updates[name]
    product, gradient = products[1] * products[2], float(update.gradient[index])
    tolerance = 1e-3 * max(abs(gradient), float(np.abs(product).sum())) + 1e-7
    fits = products[1].shape == deltas.shape and abs(product.sum() - gradient) <= tolerance
    return products if fits or update.penalized else None


@dataclass(frozen=True)
class UnitDelta:
    """How the δ of a unit comes about, for one row.

    Attributes:
        value: δ.
        error: prediction and label, where δ is their difference: at the end of a network.
        terms: weights times δ of the units that the unit leads to, whose sum is ``back``.
        back: ∂loss/∂a, of the loss with respect to the unit's output.
        slope: of its activation, with a formula that begins with the output; "" if unknown.
    """

    value: float
    error: tuple[float, float] | None
    terms: tuple[ProductTerm, ...]
    back: float
    slope: tuple[str, float]


def unit_delta(trace: StepTrace, node: str, unit: int) -> UnitDelta | None:
    """Return how δ of a unit of a Dense layer comes about; None for a batch and other layers.

    The rule is that of Rumelhart, Hinton and Williams (1986): δ = f′(z) · Σ w · δ of the next
    layer. What is returned gives Keras's own δ.
    """
    step = trace.layers[node]
    if len(trace.rows) > 1 or step.layer != "Dense" or step.delta is None or step.delta.ndim != 2:
        return None
    value, output = float(step.delta[0, unit]), float(step.output[0, unit])
    if node in trace.targets:
        label = np.ravel(trace.targets[node][0])
        wide = step.output.shape[-1]
        chosen = float(label[unit]) if len(label) == wide else float(unit == int(label[0]))
        if abs(output - chosen - value) <= 1e-4 * max(1.0, abs(value)):
            return UnitDelta(value, (output, chosen), (), 0.0, ("", 0.0))
    if step.back is None:
        return None
    back = float(step.back[0, unit])
    terms = []
    for name in trace.trained.project.graph.targets[node]:
        after = trace.layers.get(name)
        if after is not None and after.layer == "Dense" and after.delta is not None:
            weights = after.updates["kernel"].before[unit] if "kernel" in after.updates else ()
            terms += [
                ProductTerm(f"w[{unit}, {number}]", float(weight), float(delta))
                for number, (weight, delta) in enumerate(
                    zip(weights, after.delta.reshape(-1), strict=False)
                )
            ]
    if abs(sum(term.product for term in terms) - back) > 1e-4 * max(1.0, abs(back)):
        terms = []
    activation = trace.trained.project.graph.by_id[node].params.get("activation")
    slope = _SLOPES[str(activation)](output) if str(activation) in _SLOPES else ("", 0.0)
    if abs(back * slope[1] - value) > 1e-4 * max(1.0, abs(value)):
        slope = ("", 0.0)
    return UnitDelta(value, None, tuple(terms), back, slope)


#: The slope of an activation where it gave ``a``, as a formula and a number.
_SLOPES: Mapping[str, Callable[[float], tuple[str, float]]] = {
    "None": lambda _a: ("1", 1.0),
    "linear": lambda _a: ("1", 1.0),
    "relu": lambda a: ("1", 1.0) if a > 0 else ("0", 0.0),
    "tanh": lambda a: (f"1 − {format_factor(a)}²", 1 - a * a),
    "sigmoid": lambda a: (f"{format_value(a)} · (1 − {format_value(a)})", a * (1 - a)),
}


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
    slots = {
        k: (float(old[index]), float(after[index])) for k, (old, after) in update.slots.items()
    }
    # Five digits, for a person who computes the step by hand to come to the same weight.
    n, factor = partial(format_value, digits=5), partial(format_factor, digits=5)
    lines: list[tuple[str, str, float]] = []
    if settings["name"] == "SGD":
        change = -rate * g
        if "momentum" in slots and settings.get("momentum"):
            mu, (old, _after) = float(settings["momentum"]), slots["momentum"]
            m = mu * old - rate * g
            lines.append(("m", f"{n(mu)} · {factor(old)} − {n(rate)} · {factor(g)}", m))
            change = mu * m - rate * g if settings.get("nesterov") else m
            if settings.get("nesterov"):
                lines.append(("step", f"{n(mu)} · {factor(m)} − {n(rate)} · {factor(g)}", change))
        else:
            lines.append(("step", f"−{n(rate)} · {factor(g)}", change))
    elif settings["name"] == "Adam" and len(slots) == 2 and not settings.get("amsgrad"):
        b1, b2 = float(settings["beta_1"]), float(settings["beta_2"])
        (m0, _m), (v0, _v), t = slots["momentum"], slots["velocity"], settings["step"]
        m, v = b1 * m0 + (1 - b1) * g, b2 * v0 + (1 - b2) * g * g
        alpha = rate * np.sqrt(1 - b2**t) / (1 - b1**t)
        change = float(-alpha * m / (np.sqrt(v) + float(settings["epsilon"])))
        lines += [
            ("m", f"{n(b1)} · {factor(m0)} + {n(1 - b1)} · {factor(g)}", m),
            ("v", f"{n(b2)} · {factor(v0)} + {n(1 - b2)} · {factor(g)}²", v),
            ("α", f"{n(rate)} · √(1 − {n(b2)}^{t}) ÷ (1 − {n(b1)}^{t})", float(alpha)),
            ("step", f"−{factor(float(alpha))} · {factor(m)} ÷ (√{factor(v)} + ε)", change),
        ]
    else:
        return ()
    if abs(w + change - new) > 1e-5 * max(1.0, abs(w), abs(change)) + 0.01 * abs(change):
        return ()
    sign = "−" if change < 0 else "+"
    return (*lines, ("w", f"{plain_notation(f'{w:.6g}')} {sign} {n(abs(change))}", new))
