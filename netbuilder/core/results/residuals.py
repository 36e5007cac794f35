"""How far the answers are off, row by row: what is left over once a number was predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.errors import DataError
from netbuilder.core.results.evaluate import Evaluation

#: So much larger must the errors of large answers be to be told.
_GROWS = 1.8
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class Residuals:
    """One target column: ``truth``, ``answers`` and ``values`` (truth less answer, as in
    scikit-learn's ``PredictionErrorDisplay``), (n,) each, in own units; ``sentence`` in words;
    ``unit`` of the numbers, or ""."""

    column: str
    truth: NDArray[np.float64]
    answers: NDArray[np.float64]
    values: NDArray[np.float64]
    sentence: str
    unit: str = ""


def residuals(found: Evaluation, index: int = 0) -> Residuals:
    """The residuals of target column number ``index``.

    Raises:
        DataError: the network gives no numbers.
    """
    if found.task != REGRESSION:
        raise DataError("Residuals are of numbers, and this network names classes.", "")
    truth = np.asarray(found.truth, float).reshape(found.samples, -1)[:, index]
    answers = np.asarray(found.predictions, float).reshape(found.samples, -1)[:, index]
    values = truth - answers
    column = found.columns[index] if index < len(found.columns) else f"value {index + 1}"
    told = partial(found.told, column=index)
    unit = found.units[index] if index < len(found.units) else ""
    return Residuals(column, truth, answers, values, _sentence(answers, values, told), unit)


def _sentence(
    answers: NDArray[np.float64], values: NDArray[np.float64], told: Callable[[float], str]
) -> str:
    whole = np.isfinite(values) & np.isfinite(answers)
    answers, values = answers[whole], values[whole]
    if not len(values):
        return "No answer is a number."
    if len(values) < 2:
        return "One row cannot tell whether it answers too high or too low on average."
    mean, wide = float(values.mean()), float(values.std())
    error = wide / np.sqrt(len(values))
    if abs(mean) > 2 * error:
        way = "too low" if mean > 0 else "too high"
        said = f"On average it answers {told(abs(mean))} {way}"
    else:
        said = "It answers neither too high nor too low on average"
    said += f"; the residuals spread by {told(wide)} (standard deviation)."
    if len(values) >= _FEWEST:
        order = np.argsort(answers, kind="stable")
        low, high = (np.abs(values[part]).mean() for part in np.array_split(order, 2))
        if high > _GROWS * low:
            said += " Large answers are off by much more than small ones."
        elif low > _GROWS * high:
            said += " Small answers are off by much more than large ones."
    return said
