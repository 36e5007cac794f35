"""What of that which was varied decides how good a variant is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from netbuilder.core.results.tuning.search_space import SearchDimension, unit_positions
from netbuilder.core.results.tuning.trial import Trial


def importance(varied: Sequence[SearchDimension], trials: Sequence[Trial]) -> dict[str, float]:
    """How much each path decides of the score: shares that add up to 1.

    Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter
    Importance", ICML 2014, in its plain form: the mean decrease in impurity of a random forest
    (scikit-learn's) that predicts the logarithm of the score. All 0 where scores do not differ.
    """
    whole = [trial for trial in trials if trial.score is not None]
    shares = {one.path: 0.0 for one in varied}
    if len(whole) < 2:
        return shares
    from sklearn.ensemble import RandomForestRegressor

    x = np.array([_features(varied, dict(trial.values)) for trial in whole])
    y = np.array([trial.score for trial in whole], float)
    y = np.log(y) if (y > 0).all() else y
    if y.max() - y.min() == 0:
        return shares
    owners = [one.path for one in varied for _ in range(_width(one))]
    forest = RandomForestRegressor(100, random_state=0, min_samples_leaf=1).fit(x, y)
    for path, share in zip(owners, forest.feature_importances_, strict=True):
        shares[path] += float(share)
    return shares


def _ordered(one: SearchDimension) -> bool:
    numbers = [v for v in one.values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return len(numbers) == len(one.values)


def _width(one: SearchDimension) -> int:
    return 1 if _ordered(one) else len(one.values)


def _features(varied: Sequence[SearchDimension], values: dict[str, Any]) -> list[float]:
    """Numbers as they are spread, words as 0 and 1."""
    found: list[float] = []
    for one, place in zip(varied, unit_positions(varied, values), strict=True):
        if _ordered(one):
            found.append(float(place))
        else:
            found += [float(value == values[one.path]) for value in one.values]
    return found
