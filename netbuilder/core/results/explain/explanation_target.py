"""The number that an explanation is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.own_units import predict_values, preprocessing_of
from netbuilder.core.results.predict import predict_raw
from netbuilder.core.wording import format_number, format_probability, join_values, labelled

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class ExplanationTarget:
    """A sample, and the number that is explained.

    ``sample``: raw values by Input id, without a batch axis; ``unit``: index of the explained class
    or target column; ``answer``: the prediction in words: "species: setosa (98%)"; ``about``: what
    the number is: "species: setosa", "price".
    """

    trained: TrainedModel
    sample: Mapping[str, Array]
    output: str
    unit: int
    answer: str
    about: str

    @property
    def target(self) -> OutputPreprocessing:
        """The output's preprocessing."""
        return preprocessing_of(self.trained).outputs[self.output]

    @property
    def unit_beside(self) -> str:
        """The unit of the explained number ("$"); "" of probabilities."""
        units = self.target.column_units if self.target.task == REGRESSION else ()
        return units[self.unit] if self.unit < len(units) else ""

    def told(self, value: float) -> str:
        """Format the explained number, or a part of it, with its unit."""
        if self.target.task != REGRESSION:
            return format_probability(value)
        return self.target.told(value, self.unit)

    def format_change(self, value: float) -> str:
        """Format a change of the explained number."""
        if self.target.task != REGRESSION:
            return _("{number} percentage points", number=format_number(100 * value, ".1f"))
        return self.told(value)

    def input_of(self, sort: str) -> tuple[str, InputPreprocessing]:
        """Return the first input of this modality."""
        inputs = preprocessing_of(self.trained).inputs
        for key, entry in inputs.items():
            if modality_of(entry).explained_as(entry) == sort:
                return key, entry
        has = join_values(dict.fromkeys(_(modality_of(entry).takes) for entry in inputs.values()))
        raise data_error("method_needs_other_input", kind=sort, inputs=has)

    def scores(self, key: str, variants: Array) -> Array:
        """Return the explained number (n,) for raw variants (n, *shape) of one input, the others
        unchanged."""
        preprocessing = preprocessing_of(self.trained)
        raw = {
            name: variants if name == key else np.repeat(value[None], len(variants), axis=0)
            for name, value in self.sample.items()
        }
        return score_of(
            predict_values(self.trained, preprocessing.apply_inputs(raw))[self.output], self
        )


def score_of(values: Array, question: ExplanationTarget) -> Array:
    """Reduce an output's predictions (n, units) to the explained number, (n,)."""
    flat = values.reshape(len(values), -1)
    if question.target.task not in {REGRESSION, MULTI_LABEL} and flat.shape[1] == 1:
        return flat[:, 0] if question.unit == 1 else 1.0 - flat[:, 0]
    return np.asarray(flat[:, question.unit])


def explanation_target(
    trained: TrainedModel, sample: Mapping[str, Array], label: str | None = None
) -> ExplanationTarget:
    """Return a target for the predicted class, for ``label``, or for the first number.

    Raise DataError if the sample does not fit the network, or there is no such label.
    """
    predictions = predict_raw(trained, {key: np.asarray(v)[None] for key, v in sample.items()})
    first = predictions.first
    flat = first.values.reshape(1, -1)
    if first.task == REGRESSION:
        about = first.columns[0] if first.columns else first.output
        return ExplanationTarget(trained, sample, first.output, 0, predictions.text(0), about)
    if label is not None and label not in first.classes:
        raise data_error("class_unknown:3", label=label, labels=join_values(first.classes))
    if label is not None:
        unit = first.classes.index(label)
    elif first.task != MULTI_LABEL and flat.shape[1] == 1:
        unit = int(flat[0, 0] >= 0.5)
    else:
        unit = int(flat[0].argmax())
    name = first.classes[unit] if unit < len(first.classes) else str(unit)
    column = first.columns[0] if len(first.columns) == 1 else first.output
    return ExplanationTarget(
        trained, sample, first.output, unit, predictions.text(0), labelled(column, name)
    )
