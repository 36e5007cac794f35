"""Uncertainty of predictions: Monte-Carlo dropout, and errors on similar labelled rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import OutputPreprocessing
from netbuilder.core.engine.networks.graph_to_keras import connect_layers, model_inputs, owner_of
from netbuilder.core.engine.networks.quantile_bins import graph_of_model
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Graph, Node
from netbuilder.core.results.own_units import predict_values, preprocessing_of
from netbuilder.core.results.unusual_values import is_out_of_range
from netbuilder.core.wording import (
    format_approximate,
    format_number,
    format_probability,
    format_with_unit,
    join_sentences,
)

if TYPE_CHECKING:
    import keras

Array = NDArray[Any]
TRIES = 40
#: Nearest rows, and the part of them that the range must hold.
NEIGHBOURS, LEVEL = 40, 0.8
_WITHIN = {
    "test": N_(
        "For similar test rows, {level} of predictions were within ±{half}: from {low} to {high}."
    ),
    "validation": N_(
        "For similar validation rows, {level} of predictions were within ±{half}: from {low} to "
        "{high}."
    ),
}
FEWEST = 10
_SEED = 1

log = logging.getLogger(__name__)

# By the network: its known errors, and the model with dropout on, with its generators and the
# state that they begin in.
_errors: WeakKeyDictionary[Any, KnownErrors | None] = WeakKeyDictionary()
_shaken: WeakKeyDictionary[Any, tuple[keras.Model, list[tuple[Any, Array]]]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class KnownErrors:
    """Held-out rows: ``places`` (n, features) scaled by ``wide``, absolute ``errors`` (n,) of the
    first target in own units, and their ``split``."""

    places: NDArray[np.float64]
    wide: NDArray[np.float64]
    errors: NDArray[np.float64]
    split: str

    def half_widths(self, x: Mapping[str, Array]) -> NDArray[np.float64]:
        """Return the half width that holds 8 of 10 errors of the most similar rows, (m,).

        Split conformal prediction on k nearest rows: the ⌈0.8·(k + 1)⌉-th smallest error
        (Papadopoulos, Vovk and Gammerman, JAIR 2011; Lei et al., JASA 2018).
        """
        places = _flat(x) / self.wide
        count = min(NEIGHBOURS, len(self.errors))
        rank = min(int(np.ceil(LEVEL * (count + 1))), count) - 1
        widths = np.empty(len(places))
        for index, row in enumerate(places):
            distance = ((self.places - row) ** 2).sum(axis=1)
            nearest = np.argpartition(distance, count - 1)[:count]
            widths[index] = np.sort(self.errors[nearest])[rank]
        return widths


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """``low`` and ``high`` in the target's units or probability, None if unknown; ``sentence``
    explains them."""

    sentence: str
    low: float | None = None
    high: float | None = None


def known_errors(trained: TrainedModel, dataset: Dataset) -> KnownErrors | None:
    """Return errors on the validation, else the test rows; None for classes or under 10 rows."""
    preprocessing = preprocessing_of(trained)
    output, target = next(iter(preprocessing.outputs.items()))
    if target.task != REGRESSION:
        return None
    for part, split in (("validation", dataset.validation), ("test", dataset.test)):
        if split is None or len(split) < FEWEST or output not in split.raw_y:
            continue
        x = preprocessing.apply_inputs(split.raw_x)
        truth = np.asarray(split.raw_y[output], np.float64).reshape(len(split), -1)[:, 0]
        predictions = predict_values(trained, x)[output].reshape(len(split), -1)[:, 0]
        places = _flat(x)
        wide = places.std(axis=0)
        wide[wide == 0] = 1.0
        return KnownErrors(places / wide, wide, np.abs(predictions - truth), part)
    return None


def own_known_errors(trained: TrainedModel, base: Path) -> KnownErrors | None:
    """Return ``known_errors`` of the network's own data, cached; None if it cannot be read."""
    if trained.training_model not in _errors:
        try:
            _errors[trained.training_model] = known_errors(
                trained, load_dataset(trained.project, base)
            )
        except UserError as error:  # a model that was opened without its data
            log.info("no rows to compare with: %s", error)
            _errors[trained.training_model] = None
    return _errors[trained.training_model]


def _flat(x: Mapping[str, Array]) -> NDArray[np.float64]:
    parts = [np.asarray(value, np.float64).reshape(len(value), -1) for value in x.values()]
    return np.concatenate(parts, axis=1)


def dropout_nodes(graph: Graph) -> tuple[str, ...]:
    """Return the nodes with dropout or noise in training."""
    return tuple(
        node.id
        for node in graph.nodes
        if (spec := LAYERS.get(owner_of(node, graph).layer)) is not None
        and spec.noise
        and "rate" in spec.by_name
        and float(owner_of(node, graph).params.get("rate") or 0.0) > 0
        and graph.sources[node.id]
    )


def with_dropout(
    trained: TrainedModel, x: Mapping[str, Array], tries: int = TRIES
) -> dict[str, Array] | None:
    """Return predictions with dropout by output id, (tries, n, units); None without dropout.

    Monte-Carlo dropout (Gal and Ghahramani, ICML 2016): only dropout layers are in training mode,
    and masks are the same for every call.
    """
    if not dropout_nodes(trained.project.graph):
        return None
    model, generators = _shaken_model(trained)
    for state, start in generators:
        state.assign(start)
    count = len(next(iter(x.values())))
    # The rows of one try stand together: each row of a batch has a mask of its own.
    repeated = {key: np.tile(value, (tries, *[1] * (value.ndim - 1))) for key, value in x.items()}
    # No word of training: it would overrule what each layer was told. All others are at rest.
    predictions = predict_values(trained, repeated, model)
    return {key: value.reshape(tries, count, -1) for key, value in predictions.items()}


def _shaken_model(trained: TrainedModel) -> tuple[keras.Model, list[tuple[Any, Array]]]:
    import keras

    if trained.training_model in _shaken:
        return _shaken[trained.training_model]
    graph = graph_of_model(trained.project.graph, trained.training_model)
    on = {owner_of(graph.by_id[node], graph).id for node in dropout_nodes(graph)}
    by_name = {layer.name: layer for layer in trained.training_model.layers}
    copies: dict[str, Any] = {}

    def layer_of(node: Node) -> Any:
        owner = owner_of(node, graph)
        layer = by_name[keras_name(owner.id)]
        if owner.id not in on:
            return layer
        if owner.id not in copies:
            # A copy: the network's own generator goes on where a training left it.
            copies[owner.id] = type(layer).from_config({**layer.get_config(), "seed": _SEED})
        return partial(copies[owner.id], training=True)

    inputs = [
        keras.Input(tuple(tensor.shape[1:]), dtype=tensor.dtype)
        for tensor in trained.training_model.inputs
    ]
    tensors: dict[str, Any] = dict(zip(model_inputs(graph), inputs, strict=True))
    connect_layers(graph, layer_of, tensors)
    model = keras.Model(
        inputs[0] if len(inputs) == 1 else inputs, [tensors[node] for node in graph.outputs]
    )
    states = [copy.seed_generator.state for copy in copies.values()]
    shaken = (model, [(state, np.array(state)) for state in states])
    _shaken[trained.training_model] = shaken
    return shaken


def uncertainty_of(
    trained: TrainedModel, raw: Mapping[str, Array], known: KnownErrors | None
) -> Uncertainty | None:
    """Return the uncertainty of the first output for a raw sample (1, ...), or None. ``known``:
    errors on labelled rows, if any."""
    preprocessing = preprocessing_of(trained)
    output, target = next(iter(preprocessing.outputs.items()))
    ready = preprocessing.apply_inputs(raw)
    if target.half_widths:
        return _forecast_uncertainty(trained, ready, output, target)
    shaken = with_dropout(trained, ready)
    if target.task == REGRESSION:
        low, high, parts = None, None, []
        unit = next(iter(target.column_units), "")
        if known is not None:
            here = float(predict_values(trained, ready)[output].reshape(-1)[0])
            half = float(known.half_widths(ready)[0])
            if is_out_of_range(preprocessing, raw)[0]:
                parts.append(
                    _(
                        "No known row is similar to this one, so the error of this prediction "
                        "cannot be estimated."
                    )
                )
            else:
                low, high = here - half, here + half
                parts.append(
                    _(
                        _WITHIN.get(known.split, _WITHIN["test"]),
                        level=format_number(LEVEL, ".0%"),
                        half=format_with_unit(format_approximate(half, half), unit),
                        low=format_with_unit(format_approximate(low, half), unit),
                        high=format_with_unit(format_approximate(high, half), unit),
                    )
                )
        if shaken is not None and low is None:  # two ranges of one prediction only confuse
            ends = np.quantile(shaken[output][:, 0, 0], (0.05, 0.95))
            wide = float(ends[1] - ends[0]) / 2
            parts.append(
                _(
                    "Repeated predictions with dropout active range from {low} to {high}.",
                    low=format_with_unit(format_approximate(float(ends[0]), wide), unit),
                    high=format_with_unit(format_approximate(float(ends[1]), wide), unit),
                )
            )
            low, high = float(ends[0]), float(ends[1])
        if len(target.columns) > 1 and parts:
            parts.insert(0, f"{target.columns[0]}:")
        return Uncertainty(join_sentences(parts), low, high) if parts else None
    if shaken is None or target.task == MULTI_LABEL:
        return None
    usual = int(target.class_numbers(predict_values(trained, ready)[output])[0])
    tries = target.class_numbers(shaken[output][:, 0])
    values = shaken[output][:, 0]
    sure = values[:, usual] if values.shape[1] > 1 else np.abs(1 - usual - values[:, 0])
    ends = np.quantile(sure, (0.05, 0.95))
    label = target.classes[usual] if usual < len(target.classes) else str(usual)
    # Rounding makes 1 of a softmax that never reaches it.
    least, most = (format_probability(min(float(end), 1 - 1e-7)) for end in ends)
    facts = {"count": len(tries), "share": format_probability((tries == usual).mean())}
    if least == most:
        sentence = _(
            "Of {count} predictions with dropout active, {share} are “{label}”, each with a "
            "probability of {probability}.",
            label=label, probability=most, **facts,
        )  # fmt: skip
    else:
        sentence = _(
            "Of {count} predictions with dropout active, {share} are “{label}”, with a probability "
            "of {low} to {high}.",
            label=label, low=least, high=most, **facts,
        )  # fmt: skip
    return Uncertainty(sentence, float(ends[0]), float(ends[1]))


def _forecast_uncertainty(
    trained: TrainedModel, ready: Mapping[str, Array], output: str, target: OutputPreprocessing
) -> Uncertainty:
    """Return the band of a series' next step."""
    here, half = float(predict_values(trained, ready)[output].reshape(-1)[0]), target.half_widths[0]
    unit = next(iter(target.column_units), "")
    low, high = (format_with_unit(format_approximate(end, half), unit) for end in
                 (here - half, here + half))  # fmt: skip
    sentence = _(
        "{column}: of the validation rows, {level} were within ±{half} of their prediction, here "
        "from {low} to {high}.",
        column=target.columns[0],
        level=format_number(LEVEL, ".0%"),
        half=format_with_unit(format_approximate(half, half), unit),
        low=low,
        high=high,
    )
    return Uncertainty(sentence, here - half, here + half)


def uncertainty_band(
    trained: TrainedModel, raw: Mapping[str, Array], unit: int, known: KnownErrors | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return lowest and highest of ``uncertainty_of``, (n,) each, NaN without similar rows; or
    None.

    ``raw``: by Input id, (n, ...); ``unit``: class or target column; ``known`` is about the first
    column.
    """
    preprocessing = preprocessing_of(trained)
    output, target = next(iter(preprocessing.outputs.items()))
    ready = preprocessing.apply_inputs(raw)
    ranges = []
    if known is not None and target.task == REGRESSION and unit == 0:
        here = predict_values(trained, ready)[output].reshape(len(next(iter(ready.values()))), -1)[
            :, 0
        ]
        half = np.where(is_out_of_range(preprocessing, raw), np.nan, known.half_widths(ready))
        ranges.append((here - half, here + half))
    shaken = with_dropout(trained, ready) if not ranges else None
    if shaken is not None:
        values = shaken[output]
        if values.shape[2] == 1 and target.task != REGRESSION:
            values = np.concatenate([1 - values, values], axis=2)
        low, high = np.quantile(values[..., unit], (0.05, 0.95), axis=0)
        ranges.append((low, high))
    if not ranges:
        return None
    return ranges[0]
