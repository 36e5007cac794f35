"""Sampling, pruning and importance by Optuna, which is imported when a search needs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from netbuilder.core.results.tuning.search_space import SearchDimension
from netbuilder.core.results.tuning.trial import Trial, lowest_value

if TYPE_CHECKING:
    from optuna import Study as OptunaStudy
    from optuna.trial import FrozenTrial


#: Random trials before TPE; how often it may repeat a trial before one is chosen at random.
_STARTUP, _REPEATS = 5, 10
#: Combinations that ``GridSampler`` may list; of a larger grid, trials are chosen at random.
_LISTED = 10_000
#: Complete trials needed for pruning, and the part of the epochs that is never pruned.
PRUNE_AFTER, PRUNE_FROM = 4, 0.2


def load_optuna() -> Any:
    """Import Optuna and return it, without its messages."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def propose_values(
    varied: Sequence[SearchDimension], known: Sequence[Trial], method: str, seed: int, size: int
) -> dict[str, Any] | None:
    """Return values that no known trial has; None if none is found.

    ``size``: combinations of the grid.
    """
    samplers, study = load_optuna().samplers, _study(varied, known)
    trial_seed = (1_000_003 * seed + len(known)) % 2**32  # a sampler's state is not saved
    random = samplers.RandomSampler(trial_seed)
    study.sampler = random
    if method == "bayes":
        study.sampler = samplers.TPESampler(n_startup_trials=_STARTUP, seed=trial_seed)
    elif method not in {"grid", "random"}:
        raise ValueError(f"no method {method!r}")
    elif method == "grid" and size <= _LISTED:
        grid = {d.path: [d.place(value) for value in d.values] for d in varied}
        study.sampler = samplers.GridSampler(grid, seed)
    tried = [dict(trial.values) for trial in known]
    for attempt in range(100 * (len(tried) + 1)):
        if method == "bayes" and attempt == _REPEATS:
            study.sampler = random
        places = study.ask({d.path: _distribution(d) for d in varied}).params
        values = {d.path: d.at(places[d.path]) for d in varied}
        if values not in tried:
            return values
    return None


def importance(varied: Sequence[SearchDimension], trials: Sequence[Trial]) -> dict[str, float]:
    """Return each path's importance for the score, adding up to 1.

    The mean decrease in impurity of a random forest that predicts the logarithm of the score (after
    Hutter, Hoos and Leyton-Brown, ICML 2014), without pruned trials. All 0 if scores do not differ.
    """
    shares = {dimension.path: 0.0 for dimension in varied}
    whole = [trial for trial in trials if trial.score is not None and not trial.pruned]
    scores = {trial.score or 0.0 for trial in whole}
    if len(scores) < 2:
        return shares
    parts, log = load_optuna().importance, min(scores) > 0
    by_path = parts.get_param_importances(
        _study(varied, whole),
        evaluator=parts.MeanDecreaseImpurityImportanceEvaluator(seed=0),
        target=lambda trial: math.log(trial.value) if log else trial.value,
    )
    return shares | {path: float(share) for path, share in by_path.items()}


def pruning_rule(others: Sequence[Trial], epochs: int) -> Callable[[Sequence[float]], bool]:
    """Return a function of a curve so far: whether it is worse than the median of complete trials
    (Golovin et al., "Google Vizier", KDD 2017)."""
    optuna, study = load_optuna(), _study((), others)
    pruner = optuna.pruners.MedianPruner(PRUNE_AFTER, max(2, math.ceil(PRUNE_FROM * epochs)))

    def is_worse(curve: Sequence[float]) -> bool:
        best = lowest_value(curve)
        running = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            intermediate_values={len(curve): math.nan if best is None else best},
        )
        return bool(pruner.prune(study, running))

    return is_worse


def optuna_trial(
    varied: Sequence[SearchDimension], trial: Trial, notes: dict[str, Any] | None = None
) -> FrozenTrial:
    """Return a trial as Optuna's: its values as places from 0 to 1, ``notes`` as user attributes.

    TPE ignores failed trials, and would sample there again; so they count as pruned.
    """
    from optuna.trial import TrialState, create_trial

    running = TrialState.RUNNING if trial.score is None else TrialState.COMPLETE
    state = TrialState.PRUNED if trial.failed or trial.pruned else running
    return create_trial(
        state=state,
        value=trial.score if state is TrialState.COMPLETE else None,
        params={d.path: d.place(trial.values[d.path]) for d in varied},
        distributions={d.path: _distribution(d) for d in varied},
        intermediate_values={} if trial.failed else dict(enumerate(trial.curve, 1)),
        user_attrs=notes,
    )


def _study(varied: Sequence[SearchDimension], trials: Sequence[Trial]) -> OptunaStudy:
    study = load_optuna().create_study()
    study.add_trials(optuna_trial(varied, trial) for trial in trials)
    return study


def _distribution(dimension: SearchDimension) -> Any:
    """Return the distribution of places: any from 0 to 1, or those of words."""
    if all(type(value) in {int, float} for value in dimension.values):
        return load_optuna().distributions.FloatDistribution(0, 1)
    places = [dimension.place(value) for value in dimension.values]
    return load_optuna().distributions.CategoricalDistribution(places)
