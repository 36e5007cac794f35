"""How the next variant is chosen: all of a grid, at random, or by what is known so far."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.tuning.search_space import SearchDimension
from netbuilder.core.results.tuning.trial import Trial

Values = dict[str, Any]
#: (what is varied, trials so far, seed) to the next values; None: there are no more.
Sampler = Callable[[Sequence[SearchDimension], Sequence[Trial], int], Values | None]
DEFAULT_TRIALS = 20


def _grid(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """The first combination that was not tried; the last path changes fastest."""
    tried = [dict(trial.values) for trial in done]
    for row in itertools.product(*(one.grid for one in varied)):
        values = {v.path: x for v, x in zip(varied, row, strict=True)}
        if values not in tried:
            return values
    return None


def spread_trials(
    varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int
) -> Values | None:
    """As ``random``, from the grid: where not all of it is tried, its first corner says little."""
    return _drawn(lambda one, part: one.grid[int(part * len(one.grid))], varied, done, seed)


def grid_size(varied: Sequence[SearchDimension]) -> int:
    """How many combinations a grid has."""
    return int(np.prod([len(one.grid) for one in varied], dtype=np.int64))


def _random(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """The first of an endless row that was not tried; only the seed decides the row.

    So it goes on the same after a kill, also where several were under way at once.
    """
    return _drawn(lambda one, part: one.at(part), varied, done, seed)


def _drawn(
    at: Callable[[SearchDimension, float], Any],
    varied: Sequence[SearchDimension],
    done: Sequence[Trial],
    seed: int,
) -> Values | None:
    random = np.random.default_rng(seed)
    tried = [dict(trial.values) for trial in done]
    for _unused in range(100 * (len(tried) + 1)):
        found = {one.path: at(one, float(random.random())) for one in varied}
        if found not in tried:
            return found
    return None


def _bayes(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """Optuna's tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011)."""
    try:
        import optuna
    except ImportError:
        raise UserError(
            _("The method bayes needs the package optuna, which is not installed."),
            _("Install it (pip install optuna), or use the method random."),
            code="optuna_missing",
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {one.path: _distribution(one, optuna.distributions) for one in varied}
    sampler = optuna.samplers.TPESampler(seed=seed + len(done), n_startup_trials=5)
    study = optuna.create_study(direction="minimize", sampler=sampler)
    for trial in done:
        if trial.score is None:  # it failed, or is still under way
            continue
        params = {v.path: _key(v, trial.values[v.path]) for v in varied}
        study.add_trial(
            optuna.trial.create_trial(params=params, distributions=distributions, value=trial.score)
        )
    asked = study.ask(distributions).params
    return {one.path: _back(one, asked[one.path]) for one in varied}


def _distribution(one: SearchDimension, kinds: Any) -> Any:
    if one.values:
        return kinds.CategoricalDistribution(list(range(len(one.values))))
    if one.whole:
        return kinds.IntDistribution(round(one.low), round(one.high), log=one.log)
    return kinds.FloatDistribution(one.low, one.high, log=one.log)


def _key(one: SearchDimension, value: Any) -> Any:
    return one.values.index(value) if one.values else value


def _back(one: SearchDimension, value: Any) -> Any:
    if one.values:
        return one.values[value]
    return int(value) if one.whole else min(max(float(f"{value:.6g}"), one.low), one.high)


METHODS: Mapping[str, Sampler] = {"grid": _grid, "random": _random, "bayes": _bayes}


def method_for(varied: Sequence[SearchDimension], trials: int | None) -> str:
    """The method where none is named: a grid where it is listed and small enough, else random."""
    listed = all(one.values for one in varied)
    return "grid" if listed and grid_size(varied) <= (trials or 100) else "random"
