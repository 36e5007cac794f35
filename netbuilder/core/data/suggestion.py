"""From a file to a network in one step: what fits the data's kind, size and task, with reasons."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION, TASKS, DataFacts
from netbuilder.core.data.defaults import fit_output_to_data, task_of
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training
from netbuilder.core.wording import format_number, format_percent, join_values

Layer = tuple[str, dict[str, Any]]

#: Fewer training rows than these are learned by heart without a counterweight.
_FEW_ROWS, _MANY_ROWS = 1_000, 20_000
_UNEVEN = 3.0
_LONG_TEXT = 100
#: Rows that a trial of other methods needs, and gets at most; the error from which on they are
#: told.
_TRIAL_FROM, _TRIAL_ROWS, _OTHER_BETTER = 100, 5_000, 1.05


@dataclass(frozen=True)
class Suggestion:
    """A project that can be trained at once.

    Attributes:
        project: network, data and settings.
        target: the columns that it predicts.
        task: "regression", "binary", "classes" or "multi_label".
        reasons: a sentence for each choice.
        other_suits_better: a quick trial found that boosted trees, or a linear model, predict
            this table better.
    """

    project: Project
    target: tuple[str, ...]
    task: str
    reasons: tuple[str, ...]
    other_suits_better: bool = False


def suggest(path: Path, target: str | None = None) -> Suggestion:
    """Return a network and settings that fit a file or a folder.

    Args:
        path: the data.
        target: the column to predict; None takes the one that the reader concludes.

    Raises:
        DataError: the data cannot be read, or has no such column.
    """
    data = recipe_for(path, path.name)
    if target:
        data = replace(data, target=(target,))
    return suggest_network(Project(path.stem, data=data), path.parent)


def suggest_network(project: Project, base: Path) -> Suggestion:
    """Return a project's data with a network and settings that fit it, in place of its own.

    Args:
        project: whose data, and whatever was decided about it, is kept.
        base: folder that its relative paths start from.

    Raises:
        DataError: the data cannot be read, or has no such column.
    """
    decided = bool(project.data.target)
    bare = replace(project, graph=Graph((Node("input", "Input"),)))
    bare, facts, reasons = _readable(bare, base)
    chosen = join_values(facts.target_names)
    reasons.insert(
        0,
        _("Target: '{target}', chosen by you.", target=chosen)
        if decided
        else _("Target: '{target}', detected from the data.", target=chosen),
    )
    reasons += [one.message for one in facts.findings if one.code == "read-as-series"]
    layers = _layers(facts, bare.data, reasons)
    inner = [Node(_id(name, place), name, params) for place, (name, params) in enumerate(layers)]
    nodes = (Node("input", "Input"), *inner, Node("output", "Dense", {"units": 1}))
    edges = tuple((a.id, b.id) for a, b in pairwise(nodes))
    training = _training(facts, reasons)
    project = replace(bare, graph=Graph(nodes, edges), training=training)
    again = load_facts(project, base)
    project = fit_output_to_data(project, again)
    task = task_of(again, "output")
    reasons.append(_last_layer(again, task))
    told = _other_method_reason(project, base, again, task)
    return Suggestion(
        project, again.target_names, task, (*reasons, *told), other_suits_better=bool(told)
    )


def _other_method_reason(
    project: Project, base: Path, facts: DataFacts, task: str
) -> tuple[str, ...]:
    """That boosted trees, or a linear model, suit a table better, where a quick trial on held-out
    training rows finds it: scikit-learn's network of the suggested size against both.

    Told is an error that is 5 % above the better one's (of classes: 5 % fewer correct
    predictions), by more than twice the standard error of the difference on the same rows.
    """
    shapes = list(facts.input_shapes.values())
    if [len(one) for one in shapes] != [1] or set(facts.input_dtypes.values()) != {"float32"}:
        return ()
    if task not in {REGRESSION, BINARY, CLASSES} or len(facts.target_names) != 1:
        return ()
    dataset = load_dataset(project, base)
    if dataset.stream is not None or len(dataset.train) < _TRIAL_FROM:
        return ()
    units = next(n.params["units"] for n in project.graph.nodes if n.layer == "Dense")
    x, y = next(iter(dataset.train.x.values())), next(iter(dataset.train.raw_y.values()))
    network, trees, linear = (
        _trial_errors(method, np.asarray(x), np.asarray(y).reshape(-1), task == REGRESSION)
        for method in (_small_network(units, len(x)), _boosted_trees, _linear_model)
    )
    is_linear = linear.mean() <= trees.mean()
    other = linear if is_linear else trees
    apart = network - other
    if apart.mean() <= 2 * float(apart.std(ddof=1)) / len(apart) ** 0.5:
        return ()
    means = [float(one.mean()) for one in (network, other)]
    if task == REGRESSION:
        rmse = [mean**0.5 for mean in means]
        if rmse[0] <= _OTHER_BETTER * rmse[1]:
            return ()
        said = (
            N_(
                "A linear model suits this table better: in a quick trial, it had an error (RMSE) "
                "of {linear}; a network of this size had {network}."
            )
            if is_linear
            else N_(
                "A tree suits this table better: in a quick trial, gradient-boosted trees had an "
                "error (RMSE) of {trees}; a network of this size had {network}."
            )
        )
        shown = [format_number(one, ".3g") for one in rmse]
    else:
        correct = [1 - mean for mean in means]
        if correct[1] <= _OTHER_BETTER * correct[0]:
            return ()
        said = (
            N_(
                "A linear model suits this table better: in a quick trial, it predicted {linear} "
                "of the rows correctly; a network of this size predicted {network}."
            )
            if is_linear
            else N_(
                "A tree suits this table better: in a quick trial, gradient-boosted trees "
                "predicted {trees} of the rows correctly; a network of this size predicted "
                "{network}."
            )
        )
        shown = [format_percent(one) for one in correct]
    return (_(said, network=shown[0], **{"linear" if is_linear else "trees": shown[1]}),)


def _small_network(units: int, rows: int) -> Callable[[bool], Any]:
    def make(numbers: bool) -> Any:
        from sklearn import neural_network as nn

        kind = nn.MLPRegressor if numbers else nn.MLPClassifier
        return kind(
            hidden_layer_sizes=(units, units), learning_rate_init=0.003, alpha=0.01, batch_size=32,
            max_iter=100, early_stopping=rows >= _FEW_ROWS, n_iter_no_change=10, random_state=0,
        )  # fmt: skip

    return make


def _boosted_trees(numbers: bool) -> Any:
    from sklearn import ensemble

    if numbers:
        return ensemble.HistGradientBoostingRegressor(random_state=0)
    return ensemble.HistGradientBoostingClassifier(random_state=0)


def _linear_model(numbers: bool) -> Any:
    from sklearn import linear_model

    if numbers:
        return linear_model.LinearRegression()
    return linear_model.LogisticRegression(max_iter=1000)


def _trial_errors(make: Callable[[bool], Any], x: Any, y: Any, numbers: bool) -> Any:
    """Squared errors, or 1 for each wrong class, of rows that were held out: all rows in three
    parts of a small table, three tenths of at most 5,000 rows of a larger one."""
    from sklearn.model_selection import KFold, ShuffleSplit
    from threadpoolctl import threadpool_limits

    rows = np.random.default_rng(0).permutation(len(x))[:_TRIAL_ROWS]
    x, y = x[rows].reshape(len(rows), -1), y[rows]
    centre, wide = (float(y.mean()), float(y.std()) or 1.0) if numbers else (0, 1)
    cuts = KFold(3) if len(x) < _FEW_ROWS else ShuffleSplit(1, test_size=0.3, random_state=0)
    found = []
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # a network that would still learn is good enough here
        for train, held in cuts.split(x):
            model = make(numbers).fit(x[train], (y[train] - centre) / wide if numbers else y[train])
            said = model.predict(x[held])
            found.append((said * wide + centre - y[held]) ** 2 if numbers else said != y[held])
    return np.concatenate(found).astype(np.float64)


def _readable(project: Project, base: Path) -> tuple[Project, DataFacts, list[str]]:
    """The project with gaps filled where that is what keeps its data from being read."""
    try:
        return project, load_facts(project, base), []
    except DataError:
        data = project.data
        filled = replace(data, options={**data.options, "missing": "median"})
        changed = replace(project, data=filled)
        try:
            facts = load_facts(changed, base)
        except DataError:
            facts = None
        if facts is None:
            raise
        return changed, facts, [_("Empty cells are filled with the column's median.")]


def _id(layer: str, place: int) -> str:
    return f"{layer.lower()}_{place + 1}"


def _layers(facts: DataFacts, data: Data, reasons: list[str]) -> list[Layer]:
    """The hidden layers, by what one sample is."""
    shape = next(iter(facts.input_shapes.values()))
    ids = next(iter(facts.input_dtypes.values())) == "int32"
    if facts.generates:
        reasons.append(_("A GRU layer reads the tokens so far to predict the next one."))
        return [_embedding(facts, 64), ("GRU", {"units": 128})]
    if ids and len(shape) == 1:
        return _text_layers(facts, shape, reasons)
    if len(shape) == 3:
        return _picture_layers(facts, shape, reasons)
    if len(shape) == 2:
        reasons.append(
            _("An LSTM layer reads the {steps} time steps of each sample in order.", steps=shape[0])
        )
        return [("LSTM", {"units": 32}), *_dropout(facts, 0.2, reasons)]
    return _table_layers(facts, reasons)


def _embedding(facts: DataFacts, size: int) -> Layer:
    return ("Embedding", {"input_dim": max(2, len(facts.vocabulary)), "output_dim": size})


def _text_layers(facts: DataFacts, shape: tuple[Any, ...], reasons: list[str]) -> list[Layer]:
    words = len(facts.vocabulary)
    length = shape[0] or 0
    reasons.append(
        ngettext(
            "An Embedding layer maps {count} word to trainable vectors.",
            "An Embedding layer maps {count} words to trainable vectors.",
            words,
        )
    )
    if length > _LONG_TEXT:
        reasons.append(_("Texts are long: the average of the word vectors is enough and fast."))
        found: list[Layer] = [_embedding(facts, 32), ("GlobalAveragePooling1D", {})]
    else:
        reasons.append(_("A Conv1D layer finds phrases of three words anywhere in the text."))
        conv = {"filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"}
        found = [_embedding(facts, 32), ("Conv1D", conv), ("GlobalMaxPooling1D", {})]
    return [*found, *_dropout(facts, 0.3, reasons)]


def _picture_layers(facts: DataFacts, shape: tuple[Any, ...], reasons: list[str]) -> list[Layer]:
    side = min(size for size in shape[:2] if size) if all(shape[:2]) else 32
    blocks = 1 if side < 16 else 2 if side < 48 else 3
    found: list[Layer] = []
    for block in range(blocks):
        filters = 32 * 2**block
        conv = {"filters": filters, "kernel_size": 3, "activation": "relu", "padding": "same"}
        found += [("Conv2D", conv), ("MaxPooling2D", {})]
    reasons.append(
        ngettext(
            "{count} convolution with pooling, which halves the {height}×{width} picture.",
            "{count} convolutions with pooling, each of which halves the {height}×{width} picture.",
            blocks,
            height=shape[0],
            width=shape[1],
        )
    )
    found += [("Flatten", {}), ("Dense", {"units": 64, "activation": "relu"})]
    return [*found, *_dropout(facts, 0.3, reasons)]


def _table_layers(facts: DataFacts, reasons: list[str]) -> list[Layer]:
    rows = facts.rows
    units = 16 if rows < 200 else 32 if rows < _FEW_ROWS else 64 if rows < _MANY_ROWS else 128
    dense: Layer = ("Dense", {"units": units, "activation": "relu"})
    reasons.append(
        ngettext(
            "Two Dense layers of {units} units: enough for {count} training row.",
            "Two Dense layers of {units} units: enough for {count} training rows.",
            rows,
            units=units,
        )
    )
    return [dense, (dense[0], dict(dense[1])), *_dropout(facts, 0.1, reasons)]


def _dropout(facts: DataFacts, rate: float, reasons: list[str]) -> list[Layer]:
    if facts.rows >= _FEW_ROWS * 5:
        return []
    reasons.append(
        ngettext(
            "Dropout of {rate}: with only {count} training sample the network could memorise it.",
            "Dropout of {rate}: with only {count} training samples the network could memorise "
            "them.",
            facts.rows,
            rate=rate,
        )
    )
    return [("Dropout", {"rate": rate})]


def _training(facts: DataFacts, reasons: list[str]) -> Training:
    rows = max(facts.rows, 1)
    batch = 16 if rows < 500 else 32 if rows < 5_000 else 128
    epochs = 200 if rows < 2_000 else 100 if rows < _MANY_ROWS else 30
    reasons.append(
        _(
            "Adam with a learning rate of 0.003, a batch size of {batch} and at most {epochs} "
            "epochs.",
            batch=batch,
            epochs=epochs,
        )
    )
    callbacks: tuple[Choice, ...] = ()
    if facts.validation_rows:
        reasons.append(
            _("Early stopping: training ends when the validation loss no longer improves.")
        )
        stop: Mapping[str, Any] = {"patience": 20, "restore_best_weights": True}
        callbacks = (Choice("EarlyStopping", dict(stop)),)
    weight = "none"
    if facts.task != REGRESSION and facts.imbalance > _UNEVEN:
        weight = "balanced"
        reasons.append(
            _(
                "Class weights are balanced: the largest class has {times} times as many rows as "
                "the smallest.",
                times=format_number(facts.imbalance, ".1f"),
            )
        )
    return Training(
        optimizer=Choice("Adam", {"learning_rate": 0.003}),
        epochs=epochs,
        batch_size=batch,
        callbacks=callbacks,
        class_weight=weight,
    )


def _last_layer(facts: DataFacts, task: str) -> str:
    """Why the network ends as it does."""
    assert task in TASKS
    if task == REGRESSION:
        return ngettext(
            "The last layer predicts a number in the target's units.",
            "The last layer predicts {count} numbers in the target's units.",
            len(facts.target_names),
        )
    if task == BINARY:
        first, second = facts.classes[:2]
        return _("The last layer predicts the probability of '{b}' (not '{a}').", a=first, b=second)
    return ngettext(
        "The last layer predicts the probability of {count} class.",
        "The last layer predicts the probabilities of {count} classes.",
        len(facts.classes),
    )
