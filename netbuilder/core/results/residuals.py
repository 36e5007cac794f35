"""How far the answers are off, row by row: what is left over once a number was predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
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
        raise DataError(_("Residuals need numeric predictions; this network predicts classes."), "")
    truth = np.asarray(found.truth, float).reshape(found.samples, -1)[:, index]
    answers = np.asarray(found.predictions, float).reshape(found.samples, -1)[:, index]
    values = truth - answers
    column = (
        found.columns[index]
        if index < len(found.columns)
        else _("value {number}", number=index + 1)
    )
    told = partial(found.told, column=index)
    unit = found.units[index] if index < len(found.units) else ""
    return Residuals(column, truth, answers, values, _sentence(answers, values, told), unit)


def _sentence(
    answers: NDArray[np.float64], values: NDArray[np.float64], told: Callable[[float], str]
) -> str:
    whole = np.isfinite(values) & np.isfinite(answers)
    answers, values = answers[whole], values[whole]
    if not len(values):
        return _("No prediction is a number.")
    if len(values) < 2:
        return _("One row cannot show whether predictions are too high or too low on average.")
    mean, wide = float(values.mean()), float(values.std())
    error = wide / np.sqrt(len(values))
    if abs(mean) > 2 * error:
        error = told(abs(mean))
        said = (
            _("Predictions are {error} too low on average.", error=error)
            if mean > 0
            else _("Predictions are {error} too high on average.", error=error)
        )
    else:
        said = _("Predictions are neither too high nor too low on average.")
    said += " " + _("Standard deviation of the residuals: {deviation}.", deviation=told(wide))
    if len(values) >= _FEWEST:
        order = np.argsort(answers, kind="stable")
        low, high = (np.abs(values[part]).mean() for part in np.array_split(order, 2))
        if high > _GROWS * low:
            said += " " + _("Large predictions have much larger errors than small ones.")
        elif low > _GROWS * high:
            said += " " + _("Small predictions have much larger errors than large ones.")
    return said
