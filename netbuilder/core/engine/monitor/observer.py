"""Outputs, weights and gradients of a network's nodes on given samples.

While a session trains, ``Session.watch`` has a probe answered between chunks of steps by
``ProbeAnswered`` events; ``evaluate_probe`` answers the same probe on the trained network.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.engine.networks.graph_to_keras import connect_layers, model_inputs, owner_of
from netbuilder.core.engine.networks.keras_objects import as_list
from netbuilder.core.engine.networks.loss_values import total_loss
from netbuilder.core.engine.networks.quantile_bins import graph_of_model
from netbuilder.core.engine.networks.tracing import tracing, unoptimized_calls
from netbuilder.core.errors import DataError
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Node, Project

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.trained import TrainedModel

Array = NDArray[Any]
Named = Mapping[str, Mapping[str, Array]]
Answer = tuple[dict[str, Array], dict[str, dict[str, Array]], dict[str, dict[str, Array]]]

# Duration of the slices of a pass over many samples, between which the training goes on.
_SLICE_SECONDS = 0.01
# So few slices are faster at once than with a copy of the weights.
_AT_ONCE = 2
_FIRST_ROWS = 128
_LEAST_ROWS = 16


@dataclass(frozen=True, eq=False)
class Probe:
    """What a view wants to see. A node that the network does not have is left out.

    Attributes:
        key: of the view; a probe replaces an earlier one with the same key.
        outputs: ids of nodes whose outputs are wanted; an Input's are the samples themselves.
        x: the samples, by Input id: model-ready arrays (n, ...), as ``Split.x`` holds them.
        y: the targets by output id, as ``Split.y`` holds them; needed for ``gradients``.
        weights: ids of nodes whose weights are wanted.
        gradients: ids of nodes whose trainable weights' loss gradients are wanted: over all
            samples, with ``training=False``, penalties included.
        every: least seconds between two answers; slightly below 1/20, so that late answers still
            make 20 frames a second.
        slowest: seconds between two answers that suffice under load, see ``Session.stretch_views``;
            0: ``every``.
        epochs: 0, or answer only after so many epochs since the last answer.
    """

    key: str
    outputs: tuple[str, ...] = ()
    x: Mapping[str, Array] = field(default_factory=dict)
    y: Mapping[str, Array] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ()
    every: float = 0.045
    slowest: float = 0.0
    epochs: int = 0

    def pause(self, stretch: float) -> float:
        """Return the least seconds between two answers, stretched up to ``slowest``."""
        return min(self.every * stretch, max(self.slowest, self.every))


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """The answer to a probe, all at one moment of the training.

    ``outputs``: (n, ...) by node id, unscaled: raw scores where the loss takes those; ``weights``:
    by node id, by name ("kernel", "bias", ...): as ``layer_values.weights_of``; ``gradients``:
    likewise for the trainable weights, in their shapes; ``epoch``: epochs done.
    """

    outputs: Mapping[str, Array] = field(default_factory=dict)
    weights: Named = field(default_factory=dict)
    gradients: Named = field(default_factory=dict)
    epoch: int = 0


class NetworkObserver:
    """Answer requests about one network; each kind of request is traced once.

    ``core`` is compiled and not kept: an observer may live as long as its network.
    """

    def __init__(self, training_model: keras.Model, project: Project) -> None:
        self._graph = graph_of_model(project.graph, training_model)
        self._project = project
        self._inputs = list(training_model.inputs)
        self._layers = {layer.name: layer for layer in training_model.layers}
        self._names = model_inputs(project.graph)
        self._symbols: dict[str, Any] | None = None
        self._functions: dict[Any, Any] = {}
        self.pace: dict[Any, float] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}
        self._lock = threading.RLock()

    def whole(self, wish: Probe) -> Answer:
        """Answer at once, on the network's own weights; DataError if the samples do not fit."""
        work = self.answer(wish, live=False)
        with self._lock:
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    answer: Answer = end.value
                    return answer

    def prepare(self, wish: Probe) -> None:
        """Trace what ``wish`` needs and make the slow first call; raises as ``whole``."""
        x = self._samples(wish)
        nodes, learning = self._known(wish.outputs), self._learning(wish.gradients)
        if x and nodes and nodes not in self._functions:
            self._run(self._outputs_function(nodes), [v[:1] for v in x], live=False)
        if x and learning:
            y = self._targets(wish)
            if _key(learning, y) not in self._functions:
                function = self._gradients_function(learning, y)
                self._run(function, [v[:1] for v in (*x, *y)], live=False)

    def is_prepared(self, wish: Probe) -> bool:
        """Return whether everything for ``wish`` has been traced."""
        if not (wish.outputs or wish.gradients):
            return True
        if self._symbols is None:
            return False
        nodes, learning = self._known(wish.outputs), self._learning(wish.gradients)
        if nodes and nodes not in self._functions:
            return False
        try:
            return not learning or _key(learning, self._targets(wish)) in self._functions
        except DataError:
            return False

    def answer(self, wish: Probe, *, live: bool) -> Generator[None, None, Answer]:
        """Answer slice by slice: each ``next`` takes about 0.01 s; DataError if the samples do not
        fit.

        ``live``: the network is training: use a copy of its weights, made at the first slice, so
        that all slices show the same moment.
        """
        x = self._samples(wish)
        # An answer in one slice needs no copy to show one moment.
        at_once = self._in_one_go(wish, len(x[0]) if x else 0)
        live = live and not at_once
        self._take_copies(live)
        weights = {node: self._weights(node) for node in self._owned(wish.weights)}
        nodes = self._known(wish.outputs)
        outputs = {n: np.asarray(wish.x[n]) for n in wish.outputs if n in self._names and x}
        gradients: dict[str, dict[str, Array]] = {}
        if x and nodes:
            parts = []
            function, rows, start = self._outputs_function(nodes), len(x[0]), 0
            while start < rows:
                count = rows if at_once else self._slice_of(nodes)
                begin = time.perf_counter()
                parts.append(self._run(function, [v[start : start + count] for v in x], live))
                self._learn(nodes, (time.perf_counter() - begin) / min(count, rows - start))
                start += count
                if start < rows:
                    yield
            joined = [np.concatenate(p) if len(p) > 1 else p[0] for p in zip(*parts, strict=True)]
            outputs |= dict(zip(nodes, joined, strict=True))
        learning = self._learning(wish.gradients)
        if x and learning:
            if outputs:
                yield
            y = self._targets(wish)
            values = iter(self._run(self._gradients_function(learning, y), [*x, *y], live))
            gradients = {
                node: {name: next(values) for name, _ in self._trainable(node)} for node in learning
            }
        return outputs, weights, gradients

    def _learn(self, nodes: tuple[str, ...], pace: float) -> None:
        """Update the seconds a row; a single slow slice does not make slices small."""
        before = self.pace.get(nodes, pace)
        self.pace[nodes] = min(pace, 1.5 * before)

    def in_one_go(self, wish: Probe) -> bool:
        """Return whether ``answer`` takes one slice, without a copy of the weights."""
        rows = max((len(wish.x[name]) for name in self._names if name in wish.x), default=0)
        asks = bool(wish.outputs or wish.gradients)
        return self._in_one_go(wish, rows if asks else 0)

    def _in_one_go(self, wish: Probe, rows: int) -> bool:
        if not rows:
            return True
        nodes = self._known(wish.outputs)
        if self._learning(wish.gradients):
            return not nodes and not any(name in self._names for name in wish.outputs)
        return rows <= _AT_ONCE * self._slice_of(nodes)

    def _slice_of(self, nodes: tuple[str, ...]) -> int:
        pace = self.pace.get(nodes)
        return max(_LEAST_ROWS, int(_SLICE_SECONDS / pace)) if pace else _FIRST_ROWS

    def _run(self, function: Any, values: list[Array], live: bool) -> list[Array]:
        import tensorflow as tf

        captured = list(function.captured_inputs)
        if live:
            copies = [self._copies.get(id(tensor)) for tensor in captured]
            function.set_external_captures(
                [
                    tensor if copy is None else copy[1].handle
                    for tensor, copy in zip(captured, copies, strict=True)
                ]
            )
        try:
            with unoptimized_calls():
                results = function(*(tf.convert_to_tensor(value) for value in values))
        finally:
            if live:
                function.set_external_captures(captured)
        return [value.numpy() for value in results]

    def _take_copies(self, live: bool) -> None:
        for variable, copy in list(self._copies.values()) if live else ():
            copy.assign(variable)

    def _copy_captured(self, function: Any) -> None:
        import tensorflow as tf

        for variable in function.variables:
            if id(variable.handle) not in self._copies:
                copy = tf.Variable(variable, trainable=False)
                self._copies[id(variable.handle)] = (variable, copy)

    def _samples(self, wish: Probe) -> list[Array]:
        """Return the samples in the network's order; none where none are needed."""
        if not (wish.outputs or wish.gradients):
            return []
        samples: list[Array] = []
        for name, tensor in zip(self._names, self._inputs, strict=True):
            if name not in wish.x:
                raise data_error("samples_incomplete", name=name)
            value, shape = np.asarray(wish.x[name]), tuple(tensor.shape[1:])
            fits = value.ndim == len(shape) + 1 and all(
                want is None or want == got
                for want, got in zip(shape, value.shape[1:], strict=True)
            )
            if not fits or not len(value):
                raise data_error(
                    "samples_of_other_shape", name=name, found=value.shape[1:], expected=shape
                )
            samples.append(value.astype(str(tensor.dtype), copy=False))
        return samples

    def _targets(self, wish: Probe) -> list[Array]:
        missing = [name for name in self._graph.outputs if name not in wish.y]
        if missing:
            raise data_error("samples_without_labels", name=missing[0])
        return [np.asarray(wish.y[name]) for name in self._graph.outputs]

    def _node(self, name: str) -> Node | None:
        node = self._graph.by_id.get(name)
        return None if node is None or node.layer == "Input" else node

    def _layer(self, name: str) -> Any:
        node = self._node(name)
        owner = None if node is None else keras_name(owner_of(node, self._graph).id)
        return self._layers.get(owner or "")

    def _owned(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in dict.fromkeys(names) if self._layer(name) is not None]

    def _known(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of ``names`` that are layers with an output, each once."""
        owned = self._owned(names)
        return tuple(name for name in owned if name in self._tensors()) if owned else ()

    def _learning(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in self._owned(names) if self._trainable(name))

    def _weights(self, name: str) -> dict[str, Array]:
        return {key: weight.numpy() for key, weight in named_weights(self._layer(name).weights)}

    def _trainable(self, name: str) -> list[tuple[str, Any]]:
        layer = self._layer(name)
        trainable = {id(weight) for weight in layer.trainable_weights}
        return [
            (key, weight) for key, weight in named_weights(layer.weights) if id(weight) in trainable
        ]

    def _tensors(self) -> dict[str, Any]:
        import keras

        with self._lock:
            if self._symbols is None:
                tensors = [
                    keras.Input(tuple(tensor.shape[1:]), dtype=tensor.dtype, name=keras_name(name))
                    for name, tensor in zip(self._names, self._inputs, strict=True)
                ]
                symbols = dict(zip(self._names, tensors, strict=True))
                connect_layers(self._graph, lambda node: self._layer(node.id), symbols)
                self._symbols = symbols
            return self._symbols

    def _model(self, nodes: tuple[str, ...]) -> keras.Model:
        import keras

        tensors = self._tensors()
        return keras.Model([tensors[name] for name in self._names], [tensors[n] for n in nodes])

    def _traced(self, key: Any, make: Callable[[], Callable[..., Any]], more: list[Array]) -> Any:
        """Return the concrete function for ``key``, traced once for any number of samples."""
        import tensorflow as tf

        with self._lock:
            if key not in self._functions:
                specs_of = [(tuple(tensor.shape[1:]), tensor.dtype) for tensor in self._inputs]
                specs_of += [(value.shape[1:], str(value.dtype)) for value in more]
                specs = [tf.TensorSpec([None, *shape], dtype) for shape, dtype in specs_of]
                with tracing():
                    function = tf.function(make(), autograph=False)
                    self._functions[key] = function.get_concrete_function(*specs)
                self._copy_captured(self._functions[key])
            return self._functions[key]

    def _outputs_function(self, nodes: tuple[str, ...]) -> Any:
        def make() -> Callable[..., Any]:
            model = self._model(nodes)
            return lambda *x: [_plain(output) for output in as_list(model(list(x), training=False))]

        return self._traced(nodes, make, []) if nodes else None

    def _gradients_function(self, nodes: tuple[str, ...], y: list[Array]) -> Any:
        def make() -> Callable[..., Any]:
            import tensorflow as tf

            model = self._model(tuple(self._graph.outputs))
            loss = total_loss(model, self._project)
            variables = [w.value for node in nodes for _, w in self._trainable(node)]

            def work(*values: Any) -> Any:
                x, truth = list(values[: len(self._names)]), values[len(self._names) :]
                with tf.GradientTape() as tape:
                    total = loss(x, truth)
                gradients = tape.gradient(total, variables, unconnected_gradients="zero")
                return [_plain(tf.convert_to_tensor(gradient)) for gradient in gradients]

            return work

        return self._traced(_key(nodes, y), make, y)


# By network, so that functions are traced once and freed with it.
_observers: WeakKeyDictionary[Any, NetworkObserver] = WeakKeyDictionary()


def evaluate_probe(trained: TrainedModel, probe: Probe) -> ProbeResult:
    """Answer ``probe`` on a trained network; DataError if the samples do not fit. Any thread."""
    observer = _observers.get(trained.training_model)
    if observer is None:
        observer = _observers.setdefault(
            trained.training_model, NetworkObserver(trained.training_model, trained.project)
        )
    return ProbeResult(*observer.whole(probe), trained.epochs)


def _key(nodes: tuple[str, ...], y: list[Array]) -> tuple[Any, ...]:
    return ("gradients", nodes, tuple((value.shape[1:], str(value.dtype)) for value in y))


def named_weights(weights: list[Any]) -> list[tuple[str, Any]]:
    """Return a layer's weights by unique names: the short one, or the whole path."""
    by_name: dict[str, Any] = {}
    for weight in weights:
        by_name[weight.name if weight.name not in by_name else weight.path] = weight
    return list(by_name.items())


def _plain(value: Any) -> Any:
    """Return half-precision numbers as float32."""
    import tensorflow as tf

    return tf.cast(value, tf.float32) if value.dtype in (tf.float16, tf.bfloat16) else value
