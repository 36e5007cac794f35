"""Other methods of scikit-learn, trained on the network's own rows and preprocessing."""

from __future__ import annotations

import math
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.results.evaluate import (
    Evaluation,
    class_evaluation,
    evaluate,
    number_evaluation,
)
from netbuilder.core.results.headline import metric_text
from netbuilder.core.results.own_units import parse_cell, predict_values, preprocessing_of
from netbuilder.core.results.statistics import Interval, intervals, paired_difference
from netbuilder.core.wording import capitalize_first, format_list, join_values

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import SurfacePicture

Array = NDArray[Any]
NETWORK = "network"
#: So many numbers of training rows keep every method within some seconds on an old laptop.
_MOST_CELLS, _FEWEST_ROWS = 2_000_000, 500
#: Boosting grows a tree for each class in each round: 100 rounds for 1,000 classes take minutes.
_ROUNDS, _MOST_BOOSTED_TREES = 100, 2_000
_NEIGHBOURS, _TREES, _DEPTH = 5, 100, 6
#: The tree is recommended if the network's error exceeds its error by this factor.
_SUITS_BETTER = 1.05
# Errors below this part of the spread count as none.
_EXACT = 1e-4


@dataclass(frozen=True)
class Method:
    """A method of scikit-learn: its name in commands and sentences, and a factory."""

    name: str
    title: str
    classifier: Callable[[int], Any]
    regressor: Callable[[int], Any]


def _make(module: str, kind: str, **options: Any) -> Callable[[int], Any]:
    def make(seed: int) -> Any:
        drawn = {"random_state": seed} if module in {"tree", "ensemble"} else {}
        return getattr(import_module(f"sklearn.{module}"), kind)(**options, **drawn)

    return make


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method("knn", N_("k-nearest neighbours"),
               _make("neighbors", "KNeighborsClassifier", n_neighbors=_NEIGHBOURS),
               _make("neighbors", "KNeighborsRegressor", n_neighbors=_NEIGHBOURS)),
        Method("tree", N_("decision tree"),
               _make("tree", "DecisionTreeClassifier", max_depth=_DEPTH),
               _make("tree", "DecisionTreeRegressor", max_depth=_DEPTH)),
        Method("linear", N_("linear model"),
               _make("linear_model", "LogisticRegression", max_iter=1000),
               _make("linear_model", "LinearRegression")),
        Method("forest", N_("random forest"),
               _make("ensemble", "RandomForestClassifier", n_estimators=_TREES),
               _make("ensemble", "RandomForestRegressor", n_estimators=_TREES)),
        Method("boosting", N_("gradient-boosted trees"),
               _make("ensemble", "HistGradientBoostingClassifier"),
               _make("ensemble", "HistGradientBoostingRegressor")),
    )
}  # fmt: skip


def method_title(name: str) -> str:
    """Return the name of a method, or of the network, capitalised for a line."""
    if name not in METHODS:
        return _("Your network")
    title = _(METHODS[name].title)
    return title if title.startswith("k") else capitalize_first(title)  # k stands for a number


@dataclass(frozen=True, eq=False)
class Candidate:
    """A compared model.

    ``name``: "network", or the name of a method; ``seconds``: of its training; ``size``: of the
    fitted model, in bytes; ``model``: scikit-learn's fitted estimator; None for the network.
    """

    name: str
    evaluation: Evaluation
    intervals: Mapping[str, Interval]
    seconds: float
    size: int
    model: Any = None


@dataclass(frozen=True)
class OwnFeature:
    """The column of a feature, its category, and scale and offset back to the column's units."""

    column: FittedColumn
    category: int = 0
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, eq=False)
class Comparison:
    """The network (first) and the other methods on the same rows.

    ``features`` names the columns of ``x`` (n, features), the evaluated rows, and of ``train_x``.
    """

    candidates: tuple[Candidate, ...]
    features: tuple[str, ...]
    x: Array
    train_x: Array
    train_y: Array
    trained: TrainedModel
    dataset: Dataset
    notes: tuple[str, ...] = ()
    by_name: Mapping[str, Candidate] = field(init=False, repr=False)
    own: tuple[OwnFeature, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "by_name", {candidate.name: candidate for candidate in self.candidates}
        )
        object.__setattr__(self, "own", _own_features(self.trained, self.features))

    @property
    def advice(self) -> str:
        """Return a sentence if the best method is significantly better than the network (fewer
        wrong classes, or a smaller mean absolute error); else ""."""
        mine = self.by_name[NETWORK]
        metric = "accuracy" if "accuracy" in mine.evaluation.metrics else "mean_absolute_error"
        sign = -1.0 if metric == "accuracy" else 1.0
        others = [candidate for name, candidate in self.by_name.items() if name != NETWORK]
        if not others:
            return ""
        best = min(others, key=lambda candidate: sign * candidate.evaluation.metrics[metric])
        here, there = (candidate.evaluation.metrics[metric] for candidate in (mine, best))
        errors = (1 - here, 1 - there) if metric == "accuracy" else (here, there)
        if metric != "accuracy" and here < _EXACT * float(np.std(mine.evaluation.truth)):
            return ""
        if errors[0] <= _SUITS_BETTER * errors[1] or (
            paired_difference(mine.evaluation, best.evaluation)[1] >= 0
        ):
            return ""
        return _(
            "Better suited to this data: {method}, with {metric} {theirs}; the network has {own}.",
            method=_(METHODS[best.name].title),
            metric=metric_words(metric),
            theirs=metric_text(best.evaluation, metric, there),
            own=metric_text(mine.evaluation, metric, here),
        )

    def disagreements(self, name: str) -> NDArray[np.int64]:
        """Return the rows predicted differently by ``name`` and the network; of numbers by more
        than the network's mean absolute error, the largest difference first."""
        mine, its = (
            np.asarray(self.by_name[model].evaluation.predictions) for model in (NETWORK, name)
        )
        if self.by_name[name].evaluation.task == REGRESSION:
            apart = np.abs(mine - its).reshape(len(mine), -1).max(axis=1)
            error = self.by_name[NETWORK].evaluation.metrics["mean_absolute_error"]
            largest_first: NDArray[np.int64] = np.argsort(-apart, kind="stable")
            return largest_first[: int((apart > error).sum())]
        return np.flatnonzero(mine != its)


def can_compare(trained: TrainedModel, dataset: Dataset, most: int) -> bool:
    """Return whether the data is a table in memory with one output and at most ``most`` training
    values."""
    preprocessing = preprocessing_of(trained)
    rows = all(modality_of(entry).is_row(entry) for entry in preprocessing.inputs.values())
    fits = dataset.stream is None and len(dataset.train) * len(preprocessing.column_names) <= most
    return rows and fits and len(preprocessing.outputs) == 1


def compare(
    trained: TrainedModel,
    dataset: Dataset,
    names: Sequence[str] = tuple(METHODS),
    *,
    seed: int = 0,
    on_progress: Callable[[str, int, int], object] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Comparison:
    """Train other methods on the network's training rows and evaluate all on the test set.

    Args:
        dataset: without a test set its validation set is used.
        names: of ``METHODS``.
        on_progress: called with the title, the number and the count before each method.
        cancelled: checked between methods; True returns the results so far.

    Raises:
        DataError: an unknown method, several outputs, or no rows to evaluate on.
    """
    _need_known(names)
    preprocessing = preprocessing_of(trained)
    if len(preprocessing.outputs) > 1:
        raise data_error("compare_outputs", count=len(preprocessing.outputs))
    output, target = next(iter(preprocessing.outputs.items()))
    held_out = dataset.test if dataset.test is not None else dataset.validation
    if held_out is None or not len(held_out):
        raise data_error("no_test_set:5")
    rows, notes = _sampled(dataset.train, seed)
    rounds = _boosting_rounds(target)
    if "boosting" in names and rounds < _ROUNDS:
        notes += (
            _("With {count} classes, gradient-boosted trees were trained for {rounds} rounds "
              "instead of {usual}.", count=len(target.classes), rounds=rounds, usual=_ROUNDS),
        )  # fmt: skip
    train_x, train_y = _joined(trained, dataset.train.x, rows), dataset.train.raw_y[output][rows]
    x, truth = _joined(trained, held_out.x, None), np.asarray(held_out.raw_y[output])
    candidates = [_network(trained, held_out)]
    for number, name in enumerate(names):
        if cancelled():
            break
        method = METHODS[name]
        if on_progress is not None:
            on_progress(_(method.title), number, len(names))
        candidates.append(_fitted(method, target, (train_x, train_y), (x, truth), seed))
    return Comparison(
        tuple(candidates), _feature_names(trained, train_x.shape[1]), x, train_x, train_y,
        trained, dataset, notes,
    )  # fmt: skip


def _need_known(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise data_error("method_unknown", name=unknown[0], names=join_values(METHODS))


def _sampled(train: Split, seed: int) -> tuple[Array, tuple[str, ...]]:
    """Return the training rows for the methods, and a note if these are not all."""
    count = len(train)
    width = sum(int(np.prod(values.shape[1:])) for values in train.x.values())
    most = max(_FEWEST_ROWS, _MOST_CELLS // max(width, 1))
    if count <= most:
        return np.arange(count), ()
    rows = np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
    return rows, (
        ngettext(
            "The other methods were trained on a random sample of {count} row of {rows}.",
            "The other methods were trained on a random sample of {count} rows of {rows}.",
            most,
            rows=count,
        ),
    )


def _boosting_rounds(target: OutputPreprocessing) -> int:
    return max(1, min(_ROUNDS, _MOST_BOOSTED_TREES // max(len(target.classes), 1)))


def _joined(trained: TrainedModel, x: Mapping[str, Array], rows: Array | None) -> Array:
    """Return the network's inputs as one row of features (n, features); words as counts."""
    parts = []
    for key, entry in preprocessing_of(trained).inputs.items():
        values = np.asarray(x[key] if rows is None else x[key][rows])
        flat = values.reshape(len(values), -1)
        if entry.vocabulary:
            size = len(entry.vocabulary)
            places = flat.astype(np.int64) + np.arange(len(flat))[:, None] * size
            counts = np.bincount(places.ravel(), minlength=len(flat) * size)
            flat = counts.reshape(len(flat), size)[:, 2:]  # without padding and unknown words
        parts.append(flat.astype(np.float32))
    return np.concatenate(parts, axis=1)


def _feature_names(trained: TrainedModel, width: int) -> tuple[str, ...]:
    preprocessing = preprocessing_of(trained)
    names = preprocessing.column_names
    if len(names) != width:
        names = tuple(
            name
            for entry in preprocessing.inputs.values()
            for name in entry.vocabulary[2:] or _names_of_lags(entry)
        )
    return names if len(names) == width else tuple(f"x{index}" for index in range(width))


def _names_of_lags(entry: InputPreprocessing) -> list[str]:
    if not modality_of(entry).is_series(entry):
        return []
    return [
        ngettext("{name}, {count} row before", "{name}, {count} rows before", lag, name=column.name)
        for lag in range(int(entry.shape[0] or 0), 0, -1)
        for column in entry.columns
    ]


def _network(trained: TrainedModel, held_out: Split) -> Candidate:
    evaluation = evaluate(trained, held_out)
    size = 4 * int(sum(np.prod(value.shape) for value in trained.training_model.weights))
    return Candidate(NETWORK, evaluation, intervals(evaluation), trained.seconds, size)


def _fitted(
    method: Method,
    target: OutputPreprocessing,
    train: tuple[Array, Array],
    held_out: tuple[Array, Array],
    seed: int,
) -> Candidate:
    from threadpoolctl import threadpool_limits

    numbers = target.task == REGRESSION
    model = (method.regressor if numbers else method.classifier)(seed)
    if method.name == "boosting":
        model.set_params(max_iter=_boosting_rounds(target))
    train_y = np.asarray(train[1])
    if numbers and method.name == "boosting" and not _is_flat(train_y):
        from sklearn.multioutput import MultiOutputRegressor

        model = MultiOutputRegressor(model)  # it predicts one number only: one for each column
    x, truth = held_out
    # With several threads boosting waits for the slowest one at each step: on a busy machine a
    # minute instead of a second.
    with threadpool_limits(1, user_api="openmp"):
        begun = time.perf_counter()
        model.fit(train[0], train_y.reshape(len(train_y)) if _is_flat(train_y) else train_y)
        seconds = time.perf_counter() - begun
        predictions = np.asarray(model.predict(x)).reshape(truth.shape)
    scores = (
        number_evaluation(predictions, truth)
        if numbers
        else class_evaluation(predictions.astype(np.int64), truth, target.classes, target.task)
    )
    evaluation = Evaluation(
        target.task, len(truth), **scores, sentence="", predictions=predictions, truth=truth,
        labels=target.classes, columns=target.columns, units=target.column_units,
    )  # fmt: skip
    size = len(pickle.dumps(model))
    return Candidate(method.name, evaluation, intervals(evaluation), seconds, size, model)


def _is_flat(values: Array) -> bool:
    return values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)


def _own_features(trained: TrainedModel, names: tuple[str, ...]) -> tuple[OwnFeature, ...]:
    features: list[OwnFeature] = []
    for entry in preprocessing_of(trained).inputs.values():
        if entry.vocabulary:
            words = len(entry.vocabulary) - 2
            features += [OwnFeature(FittedColumn(name)) for name in names[len(features) :][:words]]
            continue
        if None in entry.shape:  # samples of any length: no place has a column of its own
            features += [OwnFeature(FittedColumn(name)) for name in names[len(features) :]]
            continue
        sizes = [size or 1 for size in entry.shape]
        last = sizes[-1] if sizes else 1
        scales: Array = np.broadcast_to(np.asarray(entry.scale if entry.scaled else 1.0), (last,))
        offsets: Array = np.broadcast_to(np.asarray(entry.offset if entry.scaled else 0.0), (last,))
        known = [(column, at) for column in entry.columns for at in range(len(column.features))]
        for place in range(math.prod(sizes)):
            at = place % last
            column, category = known[at] if len(known) == last else (FittedColumn(""), 0)
            if column.kind != "category":
                column = replace(column, name=names[len(features)])
            features.append(OwnFeature(column, category, float(scales[at]), float(offsets[at])))
    return tuple(features)


def _question(feature: OwnFeature, threshold: float, below: bool) -> str:
    """Return the condition of one side of a threshold, in the column's units."""
    column, limit = feature.column, threshold * feature.scale + feature.offset
    words = column.categories
    if len(words) == 2 and 0 <= limit < 1:
        number = feature.category if column.kind == "category" else 1
        value = words[1 - number if below else number]
        return _("{column} is {value}", column=column.name, value=value)
    if words and 0 <= limit < 1:
        template = N_("{column} is not {value}") if below else N_("{column} is {value}")
        return _(template, column=column.name, value=words[feature.category])
    plain = column if column.kind == "date" else replace(column, kind="number")
    return f"{column.name} {'≤' if below else '>'} {parse_cell(plain, np.array([limit]))}"


def row_words(comparison: Comparison, values: Array) -> str:
    """Format a row of features by column: ``sepal_length 5.1 cm · colour red``."""
    cells, start = [], 0
    while start < len(values):
        feature = comparison.own[start]
        width = len(feature.column.features) if feature.column.kind == "category" else 1
        own = np.asarray(values[start : start + width]) * feature.scale + feature.offset
        cells.append(f"{feature.column.name} {parse_cell(feature.column, own)}")
        start += width
    return " · ".join(cells)


@dataclass(frozen=True)
class TreeLine:
    """A line of the decision tree: depth, text (a condition or prediction), and whether the row
    passes it."""

    depth: int
    text: str
    passed: bool


def tree_lines(comparison: Comparison, row: int) -> tuple[TreeLine, ...]:
    """Return the decision tree in the columns' units with the path of a row."""
    candidate = comparison.by_name["tree"]
    tree, values = candidate.model.tree_, comparison.x[row]
    lines: list[TreeLine] = []

    def walk(node: int, depth: int, passed: bool) -> None:
        if tree.children_left[node] == -1:
            count = int(tree.n_node_samples[node])
            words = ngettext(
                "{prediction} ({count} training row)",
                "{prediction} ({count} training rows)",
                count,
                prediction=_leaf(candidate, np.asarray(tree.value[node])),
            )
            lines.append(TreeLine(depth, words, passed))
            return
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        left = bool(values[feature] <= threshold)
        for below, child in ((True, tree.children_left[node]), (False, tree.children_right[node])):
            here = passed and left is below
            lines.append(
                TreeLine(depth, _question(comparison.own[feature], threshold, below), here)
            )
            walk(int(child), depth + 1, here)

    walk(0, 0, True)
    return tuple(lines)


def _leaf(candidate: Candidate, value: Array) -> str:
    evaluation = candidate.evaluation
    if evaluation.task == REGRESSION:
        return format_list(
            [evaluation.told(float(number), at) for at, number in enumerate(value[:, 0])]
        )
    if evaluation.task == MULTI_LABEL:
        return format_list([name for name, share in zip(evaluation.labels, value, strict=False)
                            if len(share) > 1 and share[1] > share[0]]) or _("none")  # fmt: skip
    return evaluation.labels[int(candidate.model.classes_[value[0].argmax()])]


def important_columns(comparison: Comparison) -> tuple[str, ...]:
    """Return the numeric columns by falling importance in the forest, or the tree."""
    from netbuilder.core.results.live.table_rows import table_rows

    table = table_rows(comparison.dataset)
    if table is None:
        return ()
    trees = [comparison.by_name[name] for name in ("forest", "tree") if name in comparison.by_name]
    if not trees or len(trees[0].model.feature_importances_) != comparison.x.shape[1]:
        return table.numbers
    shares = trees[0].model.feature_importances_
    return tuple(sorted(table.numbers, key=lambda name: -sum(shares[list(table.place(name))])))


def surfaces(comparison: Comparison, across: str = "", up: str = "") -> dict[str, SurfacePicture]:
    """Return each candidate's predictions over two columns, the others at their mean.

    Args:
        across, up: names of the columns; "": the most important ones.
    """
    from netbuilder.core.results.live.plane import surface_grid

    names = important_columns(comparison)
    across = across or next((name for name in names if name != up), "")
    up = up or next((name for name in names if name != across), "")
    ready, picture = surface_grid(comparison.dataset, across, up)
    output, target = next(iter(preprocessing_of(comparison.trained).outputs.items()))
    x = _joined(comparison.trained, ready, None)
    pictures = {}
    for candidate in comparison.candidates:
        if candidate.model is None:
            values = predict_values(comparison.trained, ready)[output]
        elif target.task in {REGRESSION, MULTI_LABEL}:
            values = np.asarray(candidate.model.predict(x), np.float64)
        else:
            values = np.zeros((len(x), len(target.classes)))
            values[:, candidate.model.classes_.astype(int)] = candidate.model.predict_proba(x)
        pictures[candidate.name] = picture(values)
    return pictures


def nearest_rows(comparison: Comparison, row: int) -> tuple[tuple[int, float], ...]:
    """Return number and distance of the training rows nearest to a row for k-NN."""
    distances, places = comparison.by_name["knn"].model.kneighbors(comparison.x[row : row + 1])
    return tuple(
        (int(place), float(distance))
        for place, distance in zip(places[0], distances[0], strict=True)
    )


@dataclass(frozen=True, eq=False)
class Coefficients:
    """The linear model's coefficients, the features of the largest first.

    ``columns``: the class of each column of ``values`` (of two classes the second), or the target;
    ``features``: name of each feature; ``values``: (features, columns): log odds per unit of the
    scaled feature for classes, else change of the target per unit of the feature.
    """

    columns: tuple[str, ...]
    features: tuple[str, ...]
    values: Array


def coefficients(comparison: Comparison) -> Coefficients:
    """Return the linear model's coefficients, ordered by size on scaled features."""
    linear = comparison.by_name["linear"]
    scaled = np.atleast_2d(np.asarray(linear.model.coef_, np.float64)).T
    if linear.evaluation.task == REGRESSION:
        columns = tuple(linear.evaluation.columns)
        values = scaled / np.array([feature.scale or 1.0 for feature in comparison.own])[:, None]
    else:
        classes = linear.model.classes_ if scaled.shape[1] > 1 else linear.model.classes_[1:]
        columns, values = tuple(linear.evaluation.labels[int(number)] for number in classes), scaled
    order = np.argsort(-np.abs(scaled).max(axis=1), kind="stable")
    return Coefficients(columns, tuple(comparison.features[int(at)] for at in order), values[order])
