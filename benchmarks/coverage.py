"""How often intervals of regression errors hold the truth, and random groups are said to differ.

``python benchmarks/coverage.py [TRIES]`` writes one JSON object: ``coverage`` by distribution of
the errors, rows and metric (nominal: 0.95), ``false_alarms`` by number of random groups: the share
of evaluations that name any, at most 0.05.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from netbuilder.core.data.data_facts import CLASSES, REGRESSION
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.statistics import differing_groups, intervals

ROWS = (10, 20, 30, 100)
GROUPS = (2, 4, 8)
_WIDE = 3.0
# By distribution: the mean of |error| and of its square.
_MOMENTS = {"normal": (np.sqrt(2 / np.pi), 1.0), "lognormal": (np.exp(0.5), np.exp(2.0))}
NAMES = ("mean_absolute_error", "root_mean_squared_error", "r2_score")


def errors_of(kind: str, rows: int, random: np.random.Generator) -> np.ndarray:
    """Errors of ``rows`` predictions; lognormal ones have either sign."""
    if kind == "normal":
        return random.normal(size=rows)
    return random.lognormal(size=rows) * random.choice([-1, 1], rows)


def regression(errors: np.ndarray, truth: np.ndarray) -> Evaluation:
    """The evaluation of predictions that err by ``errors``."""
    return Evaluation(
        REGRESSION, len(truth), dict.fromkeys(NAMES, 0.0), "",
        predictions=(truth + errors)[:, None], truth=truth[:, None], columns=("y",),
    )  # fmt: skip


def coverage(kind: str, rows: int, tries: int, random: np.random.Generator) -> dict[str, float]:
    """Share of the intervals that hold the truth, by metric."""
    absolute, squared = _MOMENTS[kind]
    truths = dict(zip(NAMES, (absolute, np.sqrt(squared), 1 - squared / _WIDE**2), strict=True))
    held = dict.fromkeys(NAMES, 0)
    for _try in range(tries):
        ends = intervals(regression(errors_of(kind, rows, random), random.normal(0, _WIDE, rows)))
        for name in NAMES:
            held[name] += ends[name][0] <= truths[name] <= ends[name][1]
    return {name: round(float(count / tries), 3) for name, count in held.items()}


def false_alarms(groups: int, task: str, tries: int, random: np.random.Generator) -> float:
    """Share of evaluations of which any of ``groups`` random groups is said to differ."""
    alarms = 0
    for _try in range(tries):
        rows = 40 * groups
        if task == "accuracy":
            truth = random.integers(0, 2, rows)
            predictions = np.where(random.random(rows) < 0.85, truth, 1 - truth)
            evaluation = Evaluation(
                CLASSES, rows, {}, labels=("a", "b"), sentence="",
                predictions=predictions, truth=truth,
            )  # fmt: skip
        else:
            evaluation = regression(errors_of(task, rows, random), random.normal(0, _WIDE, rows))
        alarms += differing_groups(evaluation, random.permutation(np.arange(rows) % groups)).any()
    return round(float(alarms / tries), 3)


def main(tries: int) -> None:
    """Print the figures, each on the terminal as it is known."""
    random = np.random.default_rng(5)
    held: dict[str, dict[int, dict[str, float]]] = {}
    for kind in _MOMENTS:
        for rows in ROWS:
            share = coverage(kind, rows, tries, random)
            held.setdefault(kind, {})[rows] = share
            print(kind, rows, share, file=sys.stderr, flush=True)
    alarms: dict[str, dict[int, float]] = {}
    for task in ("accuracy", *_MOMENTS):
        for groups in GROUPS:
            rate = false_alarms(groups, task, tries, random)
            alarms.setdefault(task, {})[groups] = rate
            print(task, groups, "groups", rate, file=sys.stderr, flush=True)
    json.dump({"tries": tries, "coverage": held, "false_alarms": alarms}, sys.stdout, indent=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
