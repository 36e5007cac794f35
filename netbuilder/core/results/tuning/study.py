"""Trying one variant after another; what was tried is kept, so that a kill loses one at most."""

from __future__ import annotations

import hashlib
import itertools
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.files import to_json
from netbuilder.core.project.graph_ends import training_relevant
from netbuilder.core.project.model import Project
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    apply_values,
    format_dimension,
    losses_differ,
    needs_other_data,
    penalties_differ,
    unit_positions,
)
from netbuilder.core.results.tuning.train_trial import train_trial, with_best_epoch_kept
from netbuilder.core.results.tuning.trial import (
    ScoreDifference,
    Trial,
    score_difference,
    trial_from_json,
)
from netbuilder.core.results.tuning.trial_pool import TrialPool, fitting_jobs
from netbuilder.core.wording import format_number, join_sentences

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


#: Trials at random before a model of the scores is of use; candidates that it is asked about.
_STARTUP, _CANDIDATES = 5, 1_000


def _bayes(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """Expected improvement under a Gaussian process (Jones et al., "Efficient Global Optimization
    of Expensive Black-Box Functions", Journal of Global Optimization 1998).

    The candidates are random, and neighbours of the three best. Failed trials count as the worst,
    trials under way as the median, so that several at once do not try the same.
    """
    known = sorted(trial.score for trial in done if trial.score is not None)
    if len(known) < _STARTUP:
        return _random(varied, done, seed)
    from scipy.stats import norm
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    random = np.random.default_rng([seed, len(done)])
    drawn = random.random((_CANDIDATES, len(varied)))
    whole = sorted((one for one in done if one.score is not None), key=lambda one: one.rank)
    for row in range(_CANDIDATES // 3):
        near = unit_positions(varied, dict(whole[row % min(3, len(whole))].values))
        drawn[row] = np.clip(near + random.normal(0, 0.1, len(varied)), 0, 1)
    tried = [dict(trial.values) for trial in done]
    found = [{v.path: v.at(float(at)) for v, at in zip(varied, row, strict=True)} for row in drawn]
    found = [values for values in found if values not in tried]
    if not found:
        return _random(varied, done, seed)
    under_way, failed = known[len(known) // 2], known[-1]
    scores = [
        one.score if one.score is not None else failed if one.failed else under_way for one in done
    ]
    y = np.array(scores, float)
    y = np.log(y) if (y > 0).all() else y
    y = (y - y.mean()) / (y.std() or 1.0)
    x = np.array([_features(varied, values) for values in tried])
    kernel = Matern(np.full(x.shape[1], 0.5), (0.05, 5.0), nu=2.5) + WhiteKernel(0.01, (1e-4, 0.5))
    process = GaussianProcessRegressor(kernel, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a length at its bound says that a value decides nothing
        process.fit(x, y)
    asked = np.array([_features(varied, values) for values in found])
    mean, spread = process.predict(asked, return_std=True)
    better = y.min() - mean
    apart = better / np.maximum(spread, 1e-9)
    return found[int((better * norm.cdf(apart) + spread * norm.pdf(apart)).argmax())]


METHODS: Mapping[str, Sampler] = {"grid": _grid, "random": _random, "bayes": _bayes}


def method_for(varied: Sequence[SearchDimension], trials: int | None) -> str:
    """The method where none is named: a grid where it is listed and small enough, else random."""
    listed = all(one.values for one in varied)
    return "grid" if listed and grid_size(varied) <= (trials or 100) else "random"


def importance(varied: Sequence[SearchDimension], trials: Sequence[Trial]) -> dict[str, float]:
    """How much each path decides of the score: shares that add up to 1.

    Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter
    Importance", ICML 2014, in its plain form: the mean decrease in impurity of a random forest
    (scikit-learn's) that predicts the logarithm of the score. All 0 where scores do not differ.
    Pruned trials are left out: fewer epochs alone make their scores worse.
    """
    whole = [trial for trial in trials if trial.score is not None and not trial.pruned]
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


@dataclass(frozen=True)
class StudyPlan:
    """What is to be tried.

    ``trials``: how many variants; None: the whole grid, or 20. ``file``: where trials are kept.
    """

    project: Project
    base: Path
    varied: tuple[SearchDimension, ...]
    trials: int | None = None
    method: str = ""
    seed: int = 0
    prune: bool = True
    file: Path | None = None

    @property
    def chosen(self) -> str:
        """The method, also where none is named."""
        return self.method or method_for(self.varied, self.trials)

    @property
    def count(self) -> int:
        """How many variants there will be."""
        if self.chosen == "grid":
            return min(grid_size(self.varied), self.trials or 10**9)
        return self.trials or DEFAULT_TRIALS

    @property
    def whole(self) -> bool:
        """Whether every combination of a grid is tried."""
        return self.chosen == "grid" and self.count == grid_size(self.varied)

    @property
    def words(self) -> str:
        """How many variants, and how they are chosen: "12 variants, chosen at random"."""
        count = ngettext("{count} trial", "{count} trials", self.count)
        if self.chosen == "random":
            return _("{trials}, chosen at random", trials=count)
        if self.chosen == "bayes":
            return _("{trials}, chosen based on the results of earlier trials", trials=count)
        if self.whole:
            return _("{trials}: every combination", trials=count)
        return _(
            "{trials} of {total} combinations, drawn at random",
            trials=count,
            total=format_number(grid_size(self.varied), ","),
        )

    @property
    def plainly(self) -> bool:
        """Whether variants are measured by what does not depend on their loss."""
        return losses_differ(self.varied)

    @property
    def measure(self) -> str:
        """What a score is, in words."""
        return _("validation error") if self.plainly else "loss"

    @property
    def prunes(self) -> bool:
        """Whether variants are ended early: only where their curves can be compared."""
        return self.prune and not self.plainly and not penalties_differ(self.varied, self.project)

    @property
    def mark(self) -> str:
        """Of all that must be the same for trials to go on: a hash. What the project is called and
        where its cards stand changes nothing of them."""
        varied = [repr(one) for one in self.varied]
        told = [to_json(training_relevant(self.project)), varied, self.chosen, self.seed]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Study:
    """What came out. ``best`` is the first of ``ranked``, None where none could train;
    ``importance``: path to its share (0 to 1, together 1)."""

    plan: StudyPlan
    trials: tuple[Trial, ...] = ()
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Trial | None:
        """The complete trial with the lowest score; a pruned one only where none is complete."""
        return next((trial for trial in self.ranked if trial.score is not None), None)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The trials, best first: complete ones, then pruned ones, then those that failed."""
        return tuple(sorted(self.trials, key=lambda trial: trial.rank))

    @property
    def failure(self) -> str:
        """Why none of those tried could train, as the first of them said; "" where one could."""
        if self.best is not None or not self.trials:
            return ""
        reason = self.trials[0].failed
        all_alike = all(trial.failed == reason for trial in self.trials)
        sentences = [_("No trial could be trained."), reason]
        if not all_alike:
            sentences.append(_("Other trials failed for other reasons."))
        return join_sentences(sentences).strip()

    @property
    def as_good(self) -> tuple[Trial, ...]:
        """Others than the best that the validation rows cannot tell from it: on the same rows they
        differ by no more than chance. The nearest to it first."""
        apart = self._apart()
        alike = [trial for trial, found in apart if not found.beyond]
        return tuple(sorted(alike, key=lambda trial: trial.score or 0.0))

    def _apart(self) -> list[tuple[Trial, ScoreDifference]]:
        best = self.best
        if best is None:
            return []
        found = [
            (trial, score_difference(trial.rows, best.rows))
            for trial in self.trials
            if trial is not best and trial.score is not None and trial.pruned == best.pruned
        ]
        return [(trial, one) for trial, one in found if one is not None]

    @property
    def caution(self) -> str:
        """What must be known of how the best was found; "" where it is better than all others by
        more than chance, or nobody knows."""
        best = self.best
        if best is None or best.held is None or len(self.trials) < 2:
            return ""
        fix = _("Increase validation_split on the Data page, and try again.")
        if not best.held:
            told = _(
                "There is no validation set: the trial that fits its training rows "
                "best ranks first, but another trial may be better on new rows."
            )
            return join_sentences((told, fix))
        apart, alike = self._apart(), self.as_good
        if not alike:
            return ""
        nearest = next(found for trial, found in apart if trial is alike[0])
        told = ngettext(
            "On {rows} validation rows, {count} other trial (of {others}) is about equally good. "
            "It is {difference} worse; differences up to {chance} can be chance (paired t-test).",
            "On {rows} validation rows, {count} other trials (of {others}) are about equally good. "
            "The best of them is {difference} worse; differences up to {chance} can be chance "
            "(paired t-test).",
            len(alike),
            rows=format_number(best.held, ","),
            others=len(apart),
            difference=format_number(nearest.mean, ".2g"),
            chance=format_number(nearest.chance, ".2g"),
        )
        network_varies = any(not path.startswith("training.") for path in best.values)
        choose = (
            _("Choose the smallest of these networks, or increase validation_split.")
            if network_varies
            else _("Choose any of these values, or increase validation_split to tell them apart.")
        )
        return join_sentences((told, choose))

    @property
    def project(self) -> Project:
        """The project with the best values.

        Raises:
            UserError: no variant could train.
        """
        best = self.best
        if best is None:
            reasons = [trial.failed for trial in self.trials if trial.failed]
            raise UserError(
                _("No trial could be trained.")
                if not reasons
                else _("No trial could be trained: {reason}", reason=reasons[0]),
                _("Tune other settings."),
                code="no_trial_trained",
            )
        return with_trial(best, self.plan.project)


def read_trials(plan: StudyPlan) -> list[Trial]:
    """Trials that the plan's file keeps.

    Raises:
        UserError: the file is of another plan, or no such file.
    """
    if plan.file is None or not plan.file.exists():
        return []
    lines = plan.file.read_text(encoding="utf-8").splitlines()
    try:
        head = json.loads(lines[0]) if lines else {"mark": plan.mark}
        mark = head["mark"]
    except (ValueError, TypeError, KeyError):
        raise UserError(
            _("'{file}' contains no trials.", file=plan.file.name),
            _("Choose another file."),
            code="study_file_invalid",
            path=str(plan.file),
        ) from None
    if mark != plan.mark:
        raise UserError(
            _(
                "The trials in '{file}' belong to another project or search space.",
                file=plan.file.name,
            ),
            _("Choose another file, or remove this one."),
            code="study_file_other",
            path=str(plan.file),
        )
    found = []
    for line in lines[1:]:
        try:
            found.append(trial_from_json(json.loads(line)))
        except (ValueError, TypeError):  # the line that was being written when it was killed
            break
    return found


def _head(plan: StudyPlan) -> dict[str, Any]:
    """The first line of a file of trials: all of the plan, so that who finds it can go on."""
    return {
        "format": "netbuilder-trials",
        "version": 1,
        "mark": plan.mark,
        "project": to_json(plan.project),
        "base": str(plan.base.absolute()),
        "varied": [format_dimension(one) for one in plan.varied],
        "trials": plan.trials,
        "method": plan.method,
        "seed": plan.seed,
        "prune": plan.prune,
    }


def _write(plan: StudyPlan, trials: Sequence[Trial]) -> None:
    if plan.file is None:
        return
    from netbuilder.core.project.atomic import write_bytes

    lines = [json.dumps(_head(plan)), *(json.dumps(trial.kept()) for trial in trials)]
    write_bytes(plan.file, ("\n".join(lines) + "\n").encode())


def run_study(
    plan: StudyPlan,
    *,
    on_trial: Callable[[Study], None] | None = None,
    on_epoch: Callable[[dict[str, Any], tuple[float, ...]], None] | None = None,
    stop: Callable[[], bool] | None = None,
    jobs: int = 1,
    memory_mb: int | None = None,
) -> Study:
    """Try variants until there are enough: on the calling thread, or several at once.

    Args:
        plan: what to try; trials that its file keeps count as done.
        on_trial: called with the study so far after each trial, from any thread.
        on_epoch: called with the values of a variant under way and its curve so far, likewise.
        stop: asked after each epoch; True ends the study as it is.
        jobs: how many at once, each in a process of its own.
        memory_mb: that those processes may take together, see ``parallel.fitting_jobs``.

    Raises:
        UserError: the data cannot be read, or the method needs what is not installed.
    """
    trials = read_trials(plan)
    _write(plan, trials)  # what is looked for is known even where the first is never done
    choose = METHODS[plan.chosen] if plan.whole or plan.chosen != "grid" else spread_trials
    ended = stop or (lambda: False)

    def next_values(known: Sequence[Trial]) -> dict[str, Any] | None:
        return None if len(known) >= plan.count else choose(plan.varied, known, plan.seed)

    def done(trial: Trial) -> None:
        _write(plan, trials)
        if on_trial is not None:
            on_trial(Study(plan, tuple(trials)))

    together = not needs_other_data(plan.varied, plan.project)
    if jobs > 1:
        request = {
            "project": to_json(plan.project),
            "base": str(plan.base.absolute()),
            "prune": plan.prunes,
            "shared": together,
            "plainly": plan.plainly,
        }
        count, each = fitting_jobs(jobs, memory_mb)
        TrialPool(request, count, each, ended).run(trials, next_values, done, on_epoch)
        return Study(plan, tuple(trials), importance(plan.varied, trials))
    from netbuilder.core.data.load import load_dataset

    shared = load_dataset(plan.project, plan.base) if together else None
    while not ended():
        values = next_values(trials)
        if values is None:
            break
        tell = None if on_epoch is None else _teller(on_epoch, values)
        trial = train_trial(
            plan.project, plan.base, values, trials, shared,
            prune=plan.prunes, plainly=plan.plainly, tell=tell, ended=ended,
        )  # fmt: skip
        if trial is None:  # stopped in the middle: it does not count
            break
        trials.append(trial)
        done(trial)
    return Study(plan, tuple(trials), importance(plan.varied, trials))


def _teller(
    tell: Callable[[dict[str, Any], tuple[float, ...]], None], values: dict[str, Any]
) -> Callable[[tuple[float, ...]], None]:
    return lambda curve: tell(values, curve)


def with_best(study: Study, project: Project) -> Project:
    """A project, changed since perhaps, with the best values: one edit.

    Raises:
        UserError: no variant could train, or a path leads nowhere any more.
    """
    if study.best is None:
        return study.project
    return with_trial(study.best, project)


def with_trial(trial: Trial, project: Project) -> Project:
    """The project with a trial's values. What was judged is its best epoch, which its plan must
    then keep: the last one may be far worse.

    Raises:
        UserError: a path leads nowhere any more.
    """
    project = apply_values(project, dict(trial.values))
    return project if trial.best_epoch >= trial.epochs else with_best_epoch_kept(project)


def studies_folder() -> Path:
    """Where trials are kept if no file is named: in the user's folder."""
    from netbuilder.core import folders

    return folders.state() / "trials"


def default_file(plan: StudyPlan) -> Path:
    """The file there, by the plan's mark."""
    return studies_folder() / f"{plan.mark}.jsonl"


def with_default_file(plan: StudyPlan) -> StudyPlan:
    """The plan with a file to keep trials in.

    Raises:
        UserError: the folder cannot be made.
    """
    file = plan.file or default_file(plan)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            _(
                "Trials cannot be saved in {folder}: {reason}.",
                folder=file.parent,
                reason=error.strerror,
            ),
            _("Choose another folder."),
            code="study_not_saved",
        ) from error
    return replace(plan, file=file)
