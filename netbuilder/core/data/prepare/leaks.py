"""Target leaks: features that reveal the target, and related rows across a split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.findings import (
    WARNING,
    DataEdit,
    Finding,
    column_finding,
    column_fix,
    exclude_columns_fix,
)
from netbuilder.core.data.preprocessing.cells import is_numeric
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, format_quoted_list

if TYPE_CHECKING:
    import pandas as pd

LEAK = "target-given-away"
GROUPS = "rows-in-groups"
_FEWEST_SUMS = 5
_ROWS, _PAIR_ROWS, _FEWEST = 4000, 1000, 20
# Pairs of more columns, and columns of more categories, are not looked at.
_MOST_PAIRED, _MOST_CATEGORIES = 30, 100
_EXACT = 0.99999
# Whole numbers round what they were made of: so much must be told for that to count.
_ROUNDED = 0.95
# Between two classes that a threshold makes stands no gap; between two species there is one.
_WIDEST_GAP, _LEAST_VALUES = 0.1, 12
# Of the spread of all rows so much is left within a group: with a name that says so, without one.
_NAMED, _UNNAMED = 0.85, 0.3
_LEAST_GROUPS = 5
# Decimal logarithm of the probability that rows of a group agree by chance alone.
_CHANCE = -7.0
GROUP_NAME = re.compile(
    r"(?i)(^|[^a-z])(patient|subject|person|user|customer|client|participant|proband|animal|mouse|"
    r"household|family|school|class|student|pupil|site|clinic|hospital|batch|device|session|"
    r"sensor|machine|author|speaker|owner|group|gruppe|patientin|kunde|id|nr|number)([^a-z]|$)"
    r"|[a-z](I[dD]|Nr|No)$"
)
# Of the steps between values so many are alike where a column counts.
_COUNTS = 0.8
# An "age group" is a band of values, and nobody's group.
_BAND = re.compile(r"(?i)(^|[^a-z])(age|income|size|alters?)[^a-z]?(group|class|gruppe)")


def keep_together_fix(name: str) -> DataEdit:
    """Return the fix that puts all rows with the same value of a column into one part."""
    return column_fix(
        _("Keep rows with the same '{name}' together", name=name), [name], role="group"
    )


def determined(
    table: pd.DataFrame, unused: pd.DataFrame, targets: pd.DataFrame
) -> Iterator[Finding]:
    """Find columns whose values each have one target value, which chance does not explain.

    A column of a few values reveals the target; one of many identifies groups of rows, such as a
    patient's, even if ``unused``, where the features are similar within them.
    """
    if len(targets.columns) != 1 or len(table) < _FEWEST:
        return
    answers = targets.iloc[:_ROWS, 0]
    codes, labels = answers.factorize()
    if len(labels) < 2 or len(labels) > len(answers) / 2:
        return
    shares = np.bincount(codes[codes >= 0]) / max(1, (codes >= 0).sum())
    for name in (*table.columns, *unused.columns):
        used = name in table
        series = (table if used else unused)[name].iloc[:_ROWS]
        present = series.dropna()
        whole = is_numeric(series) and bool((present == present.round()).all())
        amounts = is_numeric(answers) and len(labels) > _LEAST_VALUES
        if series.dtype.kind == "b" or (is_numeric(series) and not whole):
            continue
        places, values = series.factorize()
        known = (places >= 0) & (codes >= 0)
        pairs = np.unique(np.stack([places[known], codes[known]]), axis=1)
        sizes = np.bincount(places[known])
        if len(values) < 2 or len(values) > len(series) / 2 or pairs.shape[1] != len(sizes):
            continue
        chance = float(np.log10((shares[:, None] ** sizes).sum(axis=0)).sum())
        if chance > _CHANCE or (len(table.columns) < 2 and used):
            continue
        if amounts and is_numeric(series) and _neighbours_are_alike(series, answers):
            continue
        many = len(values) >= 2 * _LEAST_GROUPS
        if not used:
            left = _left_within(table.iloc[:_ROWS], places, categories=True)
            if not many or left is None or left >= _NAMED:
                continue
        together, out = keep_together_fix(str(name)), exclude_columns_fix(str(name))
        yield Finding(
            GROUPS if many else LEAK, WARNING,
            _(
                "All rows with the same '{name}' have the same '{target}' (there are {count} "
                "values). If some of them are in the training set and others in the test set, "
                "the network can look the target up, and the evaluation looks better than it is.",
                name=name, target=answers.name, count=format_number(len(values), ","),
            ),
            str(name),
            (together, *((out,) if used else ())) if many else (out, together),
        )  # fmt: skip


def _neighbours_are_alike(series: pd.Series, answers: pd.Series) -> bool:
    """Return whether neighbouring numbers have similar targets, as years do and IDs do not."""
    means = answers.groupby(series).mean().dropna().to_numpy(np.float64)
    if len(means) < 2 * _LEAST_GROUPS or not means[1:].std() or not means[:-1].std():
        return True
    return float(np.corrcoef(means[:-1], means[1:])[0, 1]) > 0.5


def given_away(table: pd.DataFrame, targets: pd.DataFrame, task: str) -> Iterator[Finding]:
    """Find features that give the target by a factor, a threshold, or with another column."""
    if len(targets.columns) != 1 or len(table) < _FEWEST or len(table.columns) < 2:
        return
    numbers = {
        str(name): table[name].to_numpy(np.float64)[:_ROWS]
        for name in table.columns
        if is_numeric(table[name]) and table[name].dtype.kind != "b"
    }
    answers = targets.iloc[:_ROWS, 0]
    if task != REGRESSION:
        yield from _by_threshold(numbers, answers)
    # A sum of few whole numbers may be taken for classes.
    if is_numeric(answers) and (task == REGRESSION or answers.nunique() >= _FEWEST_SUMS):
        yield from _by_formula(numbers, answers, few=len(table.columns) < 3)


def _by_threshold(numbers: Mapping[str, NDArray[Any]], answers: pd.Series) -> Iterator[Finding]:
    """Find columns that a few thresholds cut into exactly the classes."""
    codes, labels = answers.factorize()
    counts = np.bincount(codes[codes >= 0])
    if len(labels) < 2 or len(labels) > 10 or counts.min() < 5:
        return
    for name, values in numbers.items():
        known = ~np.isnan(values) & (codes >= 0)
        x, y = values[known], codes[known]
        if len(x) < _FEWEST or len(np.unique(x)) < _LEAST_VALUES:
            continue
        order = np.argsort(x, kind="stable")
        steps = np.flatnonzero(np.diff(y[order]))
        gaps = np.diff(x[order])[steps]
        if len(steps) != len(labels) - 1 or (gaps <= 0).any():
            continue
        if gaps.max() > _WIDEST_GAP * (x.max() - x.min()):
            continue
        edge, fix = format_number(float(x[order][steps[0] + 1]), "g"), exclude_columns_fix(name)
        yield column_finding("target-given-away:2", name, fix, target=answers.name, edge=edge)


def _by_formula(
    numbers: Mapping[str, NDArray[Any]], answers: pd.Series, *, few: bool
) -> Iterator[Finding]:
    """Find one or two columns that compute the target; not their sum if features are ``few``."""
    y = answers.to_numpy(np.float64)
    known = ~np.isnan(y)
    for values in numbers.values():
        known &= ~np.isnan(values)
    y = y[known]
    # A target that counts the rows follows from all else that does.
    if len(y) < _FEWEST or not y.std() or np.ptp(np.diff(y)) == 0:
        return
    names = [name for name, values in numbers.items() if values[known].std() > 0]
    x = np.array([numbers[name][known] for name in names]).T
    if not names:
        return
    explained = set()
    r = _correlations(x, y)
    for place, name in enumerate(names):
        if r[place] ** 2 <= _EXACT and _is_monotonic(x[:, place], y):
            explained.add(name)
            yield column_finding(
                "target-given-away:3", name, exclude_columns_fix(name), target=answers.name
            )
    for at in np.flatnonzero(r**2 > _ROUNDED):
        if names[at] in explained:
            continue
        slope, base = np.polyfit(x[:, at], y, 1)
        if _nearly_equal(x[:, at], y) or not _follows(y, slope * x[:, at] + base, r[at] ** 2):
            continue
        explained.add(names[at])
        how = f"{_factor(slope)}{names[at]}{_added(base, y)}"
        yield _leak(names[at], "", answers.name, how)
    places = [
        at for at in np.argsort(-np.abs(r)) if names[at] not in explained and r[at] ** 2 < _EXACT
    ]
    places = places[:_MOST_PAIRED]
    if few or len(places) < 2:
        return
    names, x = [names[at] for at in places], x[:, places]
    pairs = [*_by_pairs(names, x, y, str(answers.name))]
    yield from pairs or _by_sum(names, x, y, str(answers.name))


def _is_monotonic(x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Return whether x and y rise or fall together; counts such as years do so by nature."""
    values = np.unique(x)
    if min(values.size, np.unique(y).size) < _LEAST_VALUES:
        return False
    steps = np.diff(values)
    if (np.abs(steps - np.median(steps)) <= 1e-9 * np.ptp(x)).mean() > _COUNTS:
        return False
    return any((np.diff(values[np.lexsort((values, x))]) >= 0).all() for values in (y, -y))


def _by_sum(names: list[str], x: NDArray[Any], y: NDArray[Any], target: str) -> Iterator[Finding]:
    if len(y) < 5 * len(names) or len(names) < 3:
        return
    matrix = np.column_stack([x, np.ones(len(y))])
    weights, *_rest = np.linalg.lstsq(matrix, y, rcond=None)
    parts = np.abs(weights[:-1]) * x.std(axis=0) > 0.01 * y.std()
    total = matrix @ weights
    fit = 1 - float(((y - total) ** 2).sum() / ((y - y.mean()) ** 2).sum())
    if parts.sum() < 3 or not _follows(y, total, fit):
        return
    used = [name for name, part in zip(names, parts, strict=True) if part]
    listed = format_quoted_list(sorted(used), 6)
    yield column_finding(LEAK, used[0], exclude_columns_fix(*used), names=listed, target=target)


def _by_pairs(names: list[str], x: NDArray[Any], y: NDArray[Any], target: str) -> Iterator[Finding]:
    """Find two columns whose weighted sum, product or ratio is the target.

    All pairs are compared by their correlations in some rows; the best are fitted in all.
    """
    first, second = np.triu_indices(len(names), 1)
    a, b = x[:_PAIR_ROWS, first], x[:_PAIR_ROWS, second]
    y0 = y[:_PAIR_ROWS]
    r, between = _correlations(x[:_PAIR_ROWS], y0), np.corrcoef(x[:_PAIR_ROWS].T)[first, second]
    ra, rb = r[first], r[second]
    with np.errstate(divide="ignore", invalid="ignore"):
        fits = np.array([
            (ra**2 + rb**2 - 2 * ra * rb * between) / (1 - between**2),
            *(_correlations(combined, y0) ** 2 for combined in (a * b, a / b, b / a)),
        ])  # fmt: skip
    fits = np.where(np.isfinite(fits), fits, 0.0)
    best: tuple[float, str, str, str] | None = None
    for place in np.argsort(-fits, axis=None)[:10]:
        way, pair = np.unravel_index(place, fits.shape)
        left, other = names[first[pair]], names[second[pair]]
        a, b = x[:, first[pair]], x[:, second[pair]]
        if fits[way, pair] < _ROUNDED:
            break
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = ([a, b], [a * b], [a / b], [b / a])[way]
        matrix = np.column_stack([*parts, np.ones(len(y))])
        if not np.isfinite(matrix).all():
            continue
        weights, *_rest = np.linalg.lstsq(matrix, y, rcond=None)
        total = matrix @ weights
        fit = 1 - float(((y - total) ** 2).sum() / ((y - y.mean()) ** 2).sum())
        if not _follows(y, total, fit) or (best is not None and fit <= best[0] + 1e-9):
            continue
        factor = _factor(weights[0])
        how = (
            f"{factor}{left} {'+' if weights[1] >= 0 else '−'} {_factor(abs(weights[1]))}{other}",
            f"{factor}{left} × {other}",
            f"{factor}{left} / {other}",
            f"{factor}{other} / {left}",
        )[way]
        best = fit, left, other, how + _added(float(weights[-1]), y)
    if best is not None:
        yield _leak(best[1], best[2], target, best[3])


def _correlations(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    off, away = x - x.mean(axis=0), y - y.mean()
    correlations: NDArray[Any] = (off * away[:, None]).sum(axis=0) / np.sqrt(
        (off**2).sum(axis=0) * (away**2).sum()
    )
    return correlations


def _factor(weight: float) -> str:
    number = format_number(weight, ".4g")
    return "" if number == "1" else f"{number} × "


def _added(base: float, y: NDArray[Any]) -> str:
    if abs(base) <= 1e-3 * float(np.abs(y).max()):
        return ""
    return f" {'+' if base >= 0 else '−'} {format_number(abs(base), '.4g')}"


def _nearly_equal(x: NDArray[Any], y: NDArray[Any]) -> bool:
    return float(np.abs(x - y).mean()) < 0.01 * float(y.std())


def _follows(y: NDArray[Any], estimate: NDArray[Any], fit: float) -> bool:
    """Return whether the target differs from the fit by rounding only."""
    if fit > _EXACT:
        return True
    unit = next((step for step in (1.0, 0.1, 0.01, 0.001)
                 if np.abs(y / step - np.round(y / step)).max() < 1e-6 / step), 0.0)  # fmt: skip
    few = len(np.unique(y)) < _LEAST_VALUES
    off = np.abs(y - estimate)
    return not few and float(np.quantile(off, 0.99)) <= 0.62 * unit and float(y.std()) > 3 * unit


def _leak(name: str, other: str, target: object, how: str) -> Finding:
    fixes = (
        exclude_columns_fix(name),
        *((exclude_columns_fix(other), exclude_columns_fix(name, other)) if other else ()),
    )
    key = "target-given-away:4" if other else "target-given-away:5"
    return column_finding(key, name, *fixes, other=other, target=target, formula=how)


def groups(table: pd.DataFrame, unused: pd.DataFrame) -> Iterator[Finding]:
    """Find the column whose values group similar rows, such as those of one patient."""
    rows = table.iloc[:_ROWS]
    if len(rows) < _FEWEST:
        return
    best: tuple[float, str, int] | None = None
    for name in map(str, (*rows.columns, *unused.columns)):
        series = rows[name] if name in rows else unused[name].iloc[:_ROWS]
        named = bool(GROUP_NAME.search(name)) and not _BAND.search(name)
        if series.dtype.kind in "fb" or series.isna().mean() > 0.05:
            continue
        places, distinct = series.factorize()
        counts = np.bincount(places[places >= 0])
        many = _LEAST_GROUPS if named else 3 * _LEAST_GROUPS
        if not many <= len(distinct) <= len(rows) / 2 or counts[counts > 1].sum() < 0.8 * len(rows):
            continue
        others = rows.drop(columns=name, errors="ignore")
        left = _left_within(others, places, categories=named and name not in rows)
        if left is not None and left < (_NAMED if named else _UNNAMED):
            if not named and _is_amount(others, series, left):
                continue
            best = min(best or (9.0, "", 0), (left, name, len(distinct)))
    if best is None:
        return
    _left, name, count = best
    yield column_finding(
        GROUPS,
        name,
        keep_together_fix(name),
        *(
            (column_fix(_("Treat the rows as independent"), [name], role="feature"),)
            if name in rows
            else ()
        ),
        count=format_number(count, ","),
    )


def _is_amount(others: pd.DataFrame, series: pd.Series, left: float) -> bool:
    """Return whether rows of neighbouring values are similar too, unlike those of IDs."""
    if not is_numeric(series):
        return False
    ranks = np.unique(series.to_numpy(np.float64), return_inverse=True)[1]
    beside = _left_within(others, ranks // 2)
    return beside is not None and beside < left + 0.25 * (1 - left)


def _left_within(
    others: pd.DataFrame, places: NDArray[Any], *, categories: bool = False
) -> float | None:
    """Return the median share of the other columns' spread that remains within groups.

    ``categories``: the mean share, of columns of categories too (each as a column of 0 and 1).
    """
    shares = []
    for name in others.columns[:50]:
        series = others[name]
        if is_numeric(series) and series.nunique() >= 5:
            values = series.to_numpy(np.float64)[:, None]
        elif categories and 2 <= series.nunique() <= min(_MOST_CATEGORIES, len(series) / 2):
            codes = series.factorize()[0]
            values = np.where(codes[:, None] < 0, np.nan, codes[:, None] == np.unique(codes))
        else:
            continue
        known = ~np.isnan(values).any(axis=1) & (places >= 0)
        x, at = values[known], places[known]
        sizes = np.bincount(at)
        groups = sizes[sizes > 0]
        if len(x) <= len(groups) or not (spread := x.var(axis=0, ddof=1).sum()):
            continue
        order = np.argsort(at, kind="stable")
        sums = np.add.reduceat(x[order], np.cumsum(groups) - groups)
        within = ((x[order] - np.repeat(sums / groups[:, None], groups, axis=0)) ** 2).sum()
        shares.append(float(within / (len(x) - len(groups)) / spread))
    if not shares:
        return None
    return float(np.mean(shares) if categories else np.median(shares))
