"""From a file to a network in one step: the candidate that trial on training rows finds best.

Each candidate is trained by the engine on parts of the training rows and scored on the others; the
test rows are never read. Which module proposes for which data stands in ``_SOURCES``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import BINARY, REGRESSION, DataFacts
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.data.defaults import fit_output_to_data, task_of
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.cache import RecentValues, data_stamp
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Graph, Node, Project, Training
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.learning_curve import select_rows, train_quietly
from netbuilder.core.results.suggestion import (
    picture_candidates,
    series_candidates,
    sound_candidates,
    table_candidates,
    text_candidates,
)
from netbuilder.core.results.suggestion.candidate import Candidate
from netbuilder.core.results.suggestion.trial import Trial
from netbuilder.core.wording import format_number, format_percent, join_values

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import PreparedData

Propose = Callable[[Project, DataFacts, Path], tuple[Candidate, ...]]
#: Title of the candidate, trials finished and trials planned, before each trial.
Progress = Callable[[str, int, int], object]

#: Which module proposes candidates, by what the Input takes; the first row that fits.
_SOURCES: tuple[tuple[Callable[[InputPreprocessing], bool], Propose], ...] = (
    (lambda entry: bool(entry.sound), sound_candidates.candidates),
    (lambda entry: entry.dtype == "int32", text_candidates.candidates),
    (lambda entry: len(entry.shape) == 3, picture_candidates.candidates),
    (lambda entry: len(entry.shape) == 2, series_candidates.candidates),
    (lambda entry: True, table_candidates.candidates),
)
#: Those whose candidates have no frozen layers that a run of the engine would compute once.
_QUICK = (table_candidates.candidates, series_candidates.candidates, text_candidates.candidates)
#: Standard errors by which the most promising may be behind the best; a series has few rows.
_TOLERANCES: Mapping[Propose, float] = {
    table_candidates.candidates: 0.5,
    series_candidates.candidates: 1.0,
}
_MANY_SCORED = 50  # rows of a series, by which the best can be told
_COSTS = {"Dense": 1, "Conv1D": 1, "LSTM": 9, "GRU": 9}
_FOLDS, _FEWEST_ROWS, _MOST_ROWS = 3, 30, 4_000
#: Below so many rows chance decides more, and a trial is short.
_FEW_ROWS, _FOLDS_OF_FEW = 500, 5
#: A candidate that is worse than the best by more standard errors is not tried on further parts.
_HOPELESS = 2.0
#: Parts of a series' training rows, in time order: to train on and, from there, to stop by.
_SERIES_TRAIN, _SERIES_STOP = 0.7, 0.8


@dataclass(frozen=True)
class Score:
    """What the trials of a candidate gave.

    Attributes:
        candidate: what was tried.
        parts: of each part that was held out, the error of each row, (rows,): the absolute error
            in the target's units, or 1 where the prediction is wrong.
    """

    candidate: Candidate
    parts: tuple[NDArray[np.float64], ...]

    @property
    def errors(self) -> tuple[float, ...]:
        """The mean error of each part."""
        return tuple(float(part.mean()) for part in self.parts)

    @property
    def mean(self) -> float:
        """The mean error."""
        return float(np.mean(self.errors))

    @property
    def spread(self) -> float:
        """The standard deviation of the errors over the parts; 0 of a single one."""
        return float(np.std(self.errors))

    def is_worse(self, other: Score, tolerance: float) -> bool:
        """Whether the mean error on the rows that both were scored on is larger than that of
        ``other`` by more than ``tolerance`` standard errors of the rows' differences."""
        count = min(len(self.parts), len(other.parts))
        more = np.concatenate(self.parts[:count]) - np.concatenate(other.parts[:count])
        return bool(more.mean() > tolerance * more.std() / np.sqrt(len(more)))


@dataclass(frozen=True)
class Suggestion:
    """A project that can be trained at once.

    Attributes:
        project: network, data and settings.
        target: the columns that it predicts.
        task: "regression", "binary", "classes" or "multi_label".
        reasons: a sentence for each choice.
        name: of the candidate that was selected.
        scores: of each candidate that was tried, in order of promise; empty without a trial.
    """

    project: Project
    target: tuple[str, ...]
    task: str
    reasons: tuple[str, ...]
    name: str = ""
    scores: tuple[Score, ...] = ()


class SelectionCancelledError(UserError):
    """The person cancelled the trial of candidates."""

    def __init__(self) -> None:
        super().__init__(
            _("The search for a network was cancelled."),
            _("Start again to build a network."),
            code="selection_cancelled",
        )


_SELECTED: RecentValues[Suggestion] = RecentValues(4)


def suggest(path: Path, target: str | None = None, **options: Any) -> Suggestion:
    """Return a network and settings that fit a file or a folder.

    Args:
        path: the data.
        target: the column to predict; None takes the one that the reader concludes.
        options: ``seconds``, ``progress`` and ``cancelled`` of ``select_network``.

    Raises:
        DataError: the data cannot be read, or has no such column.
    """
    project = Project(path.stem, data=recipe_for(path, path.name))
    return select_network(project, path.parent, target=target, **options)


def select_network(
    project: Project,
    base: Path,
    *,
    target: str | None = None,
    seconds: float = 15.0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Suggestion:
    """Return a project's data with the network and settings that fit it best, in place of its own.

    Where there are several candidates, each is trained on parts of the training rows and scored on
    the rest of them: in three parts (few rows of a table or of texts in five), which keep groups
    together; of a series on the last part. The same seeds give the same trials. All are tried on
    the first part before any is on the next, where only those go on that may still be the best. Of
    a series, the most promising is selected of those that are within a standard error (of a long
    one: none) of the best; of a table, the smallest of those within half of one. The result is
    remembered while data and project do not change.

    Args:
        project: whose data, and whatever was decided about it, is kept.
        base: folder that its relative paths start from.
        target: the column to predict; None takes the project's, or the one that the reader
            concludes.
        seconds: that the trials take at most.
        progress: called before each trial.
        cancelled: asked again and again.

    Raises:
        DataError: the data cannot be read, or has no such column.
        SelectionCancelledError: ``cancelled`` returned True.
    """
    if target:
        project = replace(project, data=replace(project.data, target=(target,)))
    key = (data_stamp(project.data, base), project.name, project.training.seed, seconds)
    return _SELECTED.get(key, lambda: _select(project, base, seconds, progress, cancelled))


def _select(
    project: Project,
    base: Path,
    seconds: float,
    progress: Progress | None,
    cancelled: Callable[[], bool],
) -> Suggestion:
    decided = bool(project.data.target)
    bare, facts, reasons = _readable(replace(project, graph=Graph((Node("input", "Input"),))), base)
    plan = prepare_data(bare, base)
    chosen = join_values(facts.target_names)
    reasons.insert(
        0,
        _("Target: '{target}', chosen by you.", target=chosen)
        if decided
        else _("Target: '{target}', detected from the data.", target=chosen),
    )
    reasons += [finding.message for finding in facts.findings if finding.code == "read-as-series"]
    entry = next(iter(plan.preprocessing.inputs.values()))
    propose = next(propose for fits, propose in _SOURCES if fits(entry))
    candidates = tuple(_fitted(candidate, bare, base) for candidate in propose(bare, facts, base))
    scores: tuple[Score, ...] = ()
    if len(candidates) > 1 and facts.rows >= _FEWEST_ROWS:
        quick = propose in _QUICK
        scores = _scores(candidates, plan, base, seconds, progress, cancelled, quick=quick)
    tolerance = _TOLERANCES.get(propose, 0.0)
    if plan.samples.ordered and scores and len(scores[0].parts[0]) >= _MANY_SCORED:
        tolerance = 0.0
    ranked = scores  # of a table the smallest first: a line needs no hidden layer
    if propose is table_candidates.candidates:
        ranked = tuple(sorted(scores, key=lambda score: _cost(score.candidate)))
    best = _best(ranked, tolerance).candidate if scores else candidates[0]
    facts = load_facts(best.project, base)
    task = task_of(facts, "output")
    reasons += [*best.reasons, _last_layer(facts, task)]
    if len(candidates) > 1 and facts.rows >= _FEWEST_ROWS:
        reasons += _score_sentences(candidates, scores, task)
    return Suggestion(
        best.project, facts.target_names, task, tuple(reasons), name=best.name, scores=scores
    )


def _fitted(candidate: Candidate, bare: Project, base: Path) -> Candidate:
    """The candidate with an output layer that fits the data; the settings stay its own, with the
    seed of the project."""
    training = replace(candidate.project.training, seed=bare.training.seed)
    project = replace(candidate.project, training=training)
    fitted = fit_output_to_data(project, load_facts(project, base))
    return replace(candidate, project=replace(fitted, training=training))


def _scores(
    candidates: tuple[Candidate, ...],
    plan: PreparedData,
    base: Path,
    seconds: float,
    progress: Progress | None,
    cancelled: Callable[[], bool],
    *,
    quick: bool,
) -> tuple[Score, ...]:
    """Scores of the candidates that could be tried in time, all on the same parts; ``quick``: by
    ``Trial``, else by runs of the engine."""
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    if cancelled():
        raise SelectionCancelledError
    if seconds <= 0:
        return ()
    load_tensorflow()
    end = time.monotonic() + seconds  # the import of TensorFlow does not count

    def ended() -> bool:
        return cancelled() or time.monotonic() > end

    datasets = {candidate.name: load_dataset(candidate.project, base) for candidate in candidates}
    dataset = datasets[candidates[0].name]
    few = quick and len(dataset.train) < _FEW_ROWS
    folds = _folds(dataset, plan, _FOLDS_OF_FEW if few else _FOLDS)
    scores: dict[str, Score] = {}
    trials: dict[str, Trial] = {}
    running = [*candidates]
    if quick:  # the smallest first: where time ends early, it is what others must be better than
        running.sort(key=_cost)
    number = 0
    for fold in folds:
        for candidate in running:
            if time.monotonic() > end:
                break
            if progress is not None:
                progress(candidate.title, number, len(candidates) * len(folds))
            number += 1
            name, dataset = candidate.name, datasets[candidate.name]
            if quick and name not in trials:
                trials[name] = Trial(candidate.project, dataset, base, len(fold[0]))
            errors = (
                trials[name].errors(fold, ended)
                if quick
                else _engine_errors(candidate, dataset, fold, base, ended)
            )
            if cancelled():
                raise SelectionCancelledError
            if errors is not None:
                before = scores.get(name, Score(candidate, ()))
                scores[name] = Score(candidate, (*before.parts, errors))
        left = {score.candidate.name for score in _contenders(tuple(scores.values()))}
        running = [candidate for candidate in running if candidate.name in left]
        if len(running) < 2:
            break
    return tuple(scores[each.name] for each in candidates if each.name in scores)


def _cost(candidate: Candidate) -> int:
    """How long a trial takes, roughly."""
    return sum(_COSTS.get(node.layer, 0) for node in candidate.project.graph.nodes)


def _contenders(scores: Sequence[Score]) -> list[Score]:
    """Those that no other is clearly better than."""
    return [
        score for score in scores if not any(score.is_worse(other, _HOPELESS) for other in scores)
    ]


def _best(scores: Sequence[Score], tolerance: float) -> Score:
    """The most promising of those that are within ``tolerance`` standard errors of the best on
    the parts that all contenders were tried on: time may end between two of them."""
    scores = _contenders(scores) or scores
    parts = min(len(score.parts) for score in scores)
    best = min(scores, key=lambda score: float(np.concatenate(score.parts[:parts]).mean()))
    return next(score for score in scores if not score.is_worse(best, tolerance))


def _folds(
    dataset: Dataset, plan: PreparedData, number: int = _FOLDS
) -> tuple[tuple[NDArray[np.int64], ...], ...]:
    """Rows of the training split to train on, to stop by (none: the validation set) and to score,
    for each of ``number`` parts; a series has one."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    count = len(dataset.train)
    none = np.arange(0)
    if plan.samples.ordered:
        rows = np.arange(count)[-_MOST_ROWS:]
        cuts = [round(len(rows) * share) for share in (_SERIES_TRAIN, _SERIES_STOP)]
        train, stop, score = np.split(rows, cuts)
        return ((train, stop, score),)
    rows = np.sort(np.random.default_rng(0).permutation(count)[:_MOST_ROWS])
    groups, classes = plan.samples.groups, None
    in_memory = dataset.stream is None and plan.scan is None
    if groups is not None and in_memory:
        groups = groups[plan.rows.train][rows]
        cutter: Any = GroupKFold(min(number, len(np.unique(groups))))
    elif dataset.facts.class_counts and min(dataset.facts.class_counts) >= number:
        classes = np.asarray(next(iter(dataset.train.raw_y.values()))).reshape(count, -1)[rows, 0]
        cutter = StratifiedKFold(number, shuffle=True, random_state=0)
    else:
        cutter = KFold(number, shuffle=True, random_state=0)
    return tuple(
        (rows[train], none, rows[score]) for train, score in cutter.split(rows, classes, groups)
    )


def _engine_errors(
    candidate: Candidate,
    dataset: Dataset,
    fold: tuple[NDArray[np.int64], ...],
    base: Path,
    ended: Callable[[], bool],
) -> NDArray[np.float64] | None:
    """``Trial.errors`` of a run of the engine, which computes frozen layers once."""
    train, stop, score = fold
    validation = select_rows(dataset.train, stop) if len(stop) else dataset.validation
    part = replace(
        dataset,
        train=select_rows(dataset.train, train),
        validation=validation,
        test=None,
        stream=None,
    )
    share = round(len(train) / max(1, dataset.facts.rows), 2)
    project = replace(candidate.project, training=_shortened(candidate.project.training, share))
    trained = train_quietly(project, part, base, 0, ended, "graph")
    if trained is None:
        return None
    evaluation = evaluate(trained, select_rows(dataset.train, score))
    if evaluation.task == REGRESSION:
        off = evaluation.off
    else:
        off = np.asarray(evaluation.predictions) != np.asarray(evaluation.truth)
    errors: NDArray[np.float64] = np.asarray(off, float).reshape(len(score), -1).mean(axis=1)
    return errors


def _shortened(training: Training, share: float) -> Training:
    """Settings whose learning rate has fallen at the end of training on a share of the rows."""
    rate = training.optimizer.params.get("learning_rate")
    if not isinstance(rate, Mapping) or "decay_steps" not in rate.get("params", {}):
        return training
    steps = max(1, round(rate["params"]["decay_steps"] * share))
    rate = {**rate, "params": {**rate["params"], "decay_steps": steps}}
    params = {**training.optimizer.params, "learning_rate": rate}
    return replace(training, optimizer=replace(training.optimizer, params=params))


def _score_sentences(
    candidates: tuple[Candidate, ...], scores: tuple[Score, ...], task: str
) -> list[str]:
    regression = task == REGRESSION
    values, sentences = [], list[str]()
    for score in scores:
        text = format_number(score.mean, ".4g") if regression else format_percent(1 - score.mean)
        if len(score.parts) > 1:
            spread = score.spread
            apart = format_number(spread, ".2g") if regression else format_percent(spread)
            text = f"{text} ± {apart}"
        values.append(f"{score.candidate.title} {text}")
    if scores:
        joined = join_values(values, clauses=True)
        sentences.append(
            _("Mean absolute error on held-out training rows: {values}.", values=joined)
            if regression
            else _("Correct predictions on held-out training rows: {values}.", values=joined)
        )
    tried = {score.candidate.title for score in scores}
    late = [candidate.title for candidate in candidates if candidate.title not in tried]
    if late:
        sentences.append(_("Not tried, for lack of time: {names}.", names=join_values(late)))
    return sentences


def _readable(project: Project, base: Path) -> tuple[Project, DataFacts, list[str]]:
    """The project with gaps filled where that is what keeps its data from being read."""
    try:
        return project, load_facts(project, base), []
    except DataError as error:
        texts = [fix for fix in error.fixes if fix.data.get("kind") == "text"]
        if texts:
            changed = apply_data_fix(project, texts[0])
            reason = _("The network reads the texts in '{name}'.", name=texts[0].data["text"])
            return changed, load_facts(changed, base), [reason]
        filled = replace(project.data, options={**project.data.options, "missing": "median"})
        changed = replace(project, data=filled)
        try:
            facts = load_facts(changed, base)
        except DataError:
            facts = None
        if facts is None:
            raise
        return changed, facts, [_("Empty cells are filled with the column's median.")]


def _last_layer(facts: DataFacts, task: str) -> str:
    """Why the network ends as it does."""
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
