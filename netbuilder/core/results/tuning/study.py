"""A study: sampling, running and saving trials; a crash loses one at most."""

from __future__ import annotations

import hashlib
import itertools
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core import folders
from netbuilder.core.engine.runs.run_store import with_absolute_paths
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import delete, delete_error, discard
from netbuilder.core.project.files import from_json, to_json
from netbuilder.core.project.graph_ends import same_rows, training_relevant
from netbuilder.core.project.model import Project
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    apply_values,
    format_dimension,
    losses_differ,
    needs_other_data,
    parse_dimension,
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
#: (search space, trials so far, seed) to the next values; None: there are no more.
Sampler = Callable[[Sequence[SearchDimension], Sequence[Trial], int], Values | None]
DEFAULT_TRIALS = 20


def _grid(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """Return the first untried combination; the last path changes fastest."""
    tried = [dict(trial.values) for trial in done]
    for row in itertools.product(*(dimension.grid for dimension in varied)):
        values = {v.path: x for v, x in zip(varied, row, strict=True)}
        if values not in tried:
            return values
    return None


def spread_trials(
    varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int
) -> Values | None:
    """Sample the grid at random: the first corner alone says little."""
    return _drawn(
        lambda dimension, part: dimension.grid[int(part * len(dimension.grid))], varied, done, seed
    )


def grid_size(varied: Sequence[SearchDimension]) -> int:
    """Return the number of combinations of a grid."""
    return int(np.prod([len(dimension.grid) for dimension in varied], dtype=np.int64))


def _random(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """Return the first untried sample of a sequence that only the seed decides, so that it
    continues after a crash."""
    return _drawn(lambda dimension, part: dimension.at(part), varied, done, seed)


def _drawn(
    at: Callable[[SearchDimension, float], Any],
    varied: Sequence[SearchDimension],
    done: Sequence[Trial],
    seed: int,
) -> Values | None:
    random = np.random.default_rng(seed)
    tried = [dict(trial.values) for trial in done]
    for _unused in range(100 * (len(tried) + 1)):
        values = {dimension.path: at(dimension, float(random.random())) for dimension in varied}
        if values not in tried:
            return values
    return None


#: Random trials before the first model; candidates that it ranks.
_STARTUP, _CANDIDATES = 5, 1_000


def _bayes(varied: Sequence[SearchDimension], done: Sequence[Trial], seed: int) -> Values | None:
    """Return the candidate of largest expected improvement under a Gaussian process (Jones et al.,
    1998).

    Candidates are random, and neighbours of the three best. Failed trials count as the worst,
    running ones as the median, so that parallel trials differ.
    """
    known = sorted(trial.score for trial in done if trial.score is not None)
    if len(known) < _STARTUP:
        return _random(varied, done, seed)
    from scipy.stats import norm
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    random = np.random.default_rng([seed, len(done)])
    drawn = random.random((_CANDIDATES, len(varied)))
    whole = sorted(
        (done_trial for done_trial in done if done_trial.score is not None),
        key=lambda done_trial: done_trial.rank,
    )
    for row in range(_CANDIDATES // 3):
        near = unit_positions(varied, dict(whole[row % min(3, len(whole))].values))
        drawn[row] = np.clip(near + random.normal(0, 0.1, len(varied)), 0, 1)
    tried = [dict(trial.values) for trial in done]
    candidates = [
        {v.path: v.at(float(at)) for v, at in zip(varied, row, strict=True)} for row in drawn
    ]
    candidates = [values for values in candidates if values not in tried]
    if not candidates:
        return _random(varied, done, seed)
    under_way, failed = known[len(known) // 2], known[-1]
    scores = [
        done_trial.score
        if done_trial.score is not None
        else failed
        if done_trial.failed
        else under_way
        for done_trial in done
    ]
    y = np.array(scores, float)
    y = np.log(y) if (y > 0).all() else y
    y = (y - y.mean()) / (y.std() or 1.0)
    x = np.array([_features(varied, values) for values in tried])
    kernel = Matern(np.full(x.shape[1], 0.5), (0.05, 5.0), nu=2.5) + WhiteKernel(0.01, (1e-4, 0.5))
    process = GaussianProcessRegressor(kernel, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # length scales at their bounds
        process.fit(x, y)
    places = np.array([_features(varied, values) for values in candidates])
    mean, spread = process.predict(places, return_std=True)
    better = y.min() - mean
    apart = better / np.maximum(spread, 1e-9)
    return candidates[int((better * norm.cdf(apart) + spread * norm.pdf(apart)).argmax())]


METHODS: Mapping[str, Sampler] = {"grid": _grid, "random": _random, "bayes": _bayes}


def method_for(varied: Sequence[SearchDimension], trials: int | None) -> str:
    """Return the default method: a grid if it is listed and small enough, else random."""
    listed = all(dimension.values for dimension in varied)
    return "grid" if listed and grid_size(varied) <= (trials or 100) else "random"


def importance(varied: Sequence[SearchDimension], trials: Sequence[Trial]) -> dict[str, float]:
    """Return each path's importance for the score, adding up to 1.

    The mean decrease in impurity of a random forest that predicts the logarithm of the score (after
    Hutter, Hoos and Leyton-Brown, ICML 2014), without pruned trials. All 0 if scores do not differ.
    """
    whole = [trial for trial in trials if trial.score is not None and not trial.pruned]
    shares = {dimension.path: 0.0 for dimension in varied}
    if len(whole) < 2:
        return shares
    from sklearn.ensemble import RandomForestRegressor

    x = np.array([_features(varied, dict(trial.values)) for trial in whole])
    y = np.array([trial.score for trial in whole], float)
    y = np.log(y) if (y > 0).all() else y
    if y.max() - y.min() == 0:
        return shares
    widths = {d.path: 1 if _ordered(d) else len(d.values) for d in varied}
    owners = [path for path, width in widths.items() for _ in range(width)]
    forest = RandomForestRegressor(100, random_state=0, min_samples_leaf=1).fit(x, y)
    for path, share in zip(owners, forest.feature_importances_, strict=True):
        shares[path] += float(share)
    return shares


def _ordered(dimension: SearchDimension) -> bool:
    numbers = [
        v for v in dimension.values if isinstance(v, (int, float)) and not isinstance(v, bool)
    ]
    return len(numbers) == len(dimension.values)


def _features(varied: Sequence[SearchDimension], values: dict[str, Any]) -> list[float]:
    """Return numbers as positions, words one-hot."""
    features: list[float] = []
    for dimension, place in zip(varied, unit_positions(varied, values), strict=True):
        if _ordered(dimension):
            features.append(float(place))
        else:
            features += [float(value == values[dimension.path]) for value in dimension.values]
    return features


@dataclass(frozen=True)
class StudyPlan:
    """A search plan. ``trials``: None is the whole grid, or 20. ``file``: of the saved trials."""

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
        """The method, or the default one."""
        return self.method or method_for(self.varied, self.trials)

    @property
    def count(self) -> int:
        """The number of trials."""
        if self.chosen == "grid":
            return min(grid_size(self.varied), self.trials or 10**9)
        return self.trials or DEFAULT_TRIALS

    @property
    def whole(self) -> bool:
        """Whether every combination of a grid is tried."""
        return self.chosen == "grid" and self.count == grid_size(self.varied)

    @property
    def words(self) -> str:
        """Number of trials and method in words: "12 variants, chosen at random"."""
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
        """Whether trials are scored independently of their loss."""
        return losses_differ(self.varied)

    @property
    def measure(self) -> str:
        """The meaning of a score in words."""
        return _("validation error") if self.plainly else "loss"

    @property
    def prunes(self) -> bool:
        """Whether trials are pruned: only if their curves compare."""
        return self.prune and not self.plainly and not penalties_differ(self.varied, self.project)

    @property
    def mark(self) -> str:
        """Return a hash of all that must be equal for trials to continue, without name and card
        positions."""
        varied = [repr(dimension) for dimension in self.varied]
        parts = [to_json(training_relevant(self.project)), varied, self.chosen, self.seed]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Study:
    """The results; ``importance`` maps paths to shares."""

    plan: StudyPlan
    trials: tuple[Trial, ...] = ()
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Trial | None:
        """The complete trial with the lowest score; a pruned one only if none is complete."""
        return next((trial for trial in self.ranked if trial.score is not None), None)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The trials, best first: complete ones, pruned ones, failed ones."""
        return tuple(sorted(self.trials, key=lambda trial: trial.rank))

    @property
    def failure(self) -> str:
        """The first trial's error if all failed; else ""."""
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
        """Trials not significantly worse than the best on the validation rows, nearest first."""
        apart = self._apart()
        alike = [trial for trial, difference in apart if not difference.beyond]
        return tuple(sorted(alike, key=lambda trial: trial.score or 0.0))

    def _apart(self) -> list[tuple[Trial, ScoreDifference]]:
        best = self.best
        if best is None:
            return []
        pairs = [
            (trial, score_difference(trial.rows, best.rows))
            for trial in self.trials
            if trial is not best and trial.score is not None and trial.pruned == best.pruned
        ]
        return [(trial, difference) for trial, difference in pairs if difference is not None]

    @property
    def caution(self) -> str:
        """A sentence on how reliable the best trial is; "" if it is significantly the best."""
        best = self.best
        if best is None or best.held is None or len(self.trials) < 2:
            return ""
        fix = _("Increase validation_split on the Data page, and try again.")
        if not best.held:
            warning = _(
                "There is no validation set: the trial that fits its training rows "
                "best ranks first, but another trial may be better on new rows."
            )
            return join_sentences((warning, fix))
        apart, alike = self._apart(), self.as_good
        if not alike:
            return ""
        nearest = next(difference for trial, difference in apart if trial is alike[0])
        warning = ngettext(
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
        return join_sentences((warning, choose))

    @property
    def project(self) -> Project:
        """Return the project with the best values; raise UserError if all trials failed."""
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
    """Read the trials of the plan's file."""
    if plan.file is None or not plan.file.exists():
        return []
    lines = plan.file.read_text(encoding="utf-8").splitlines()
    try:
        head = json.loads(lines[0]) if lines else {"mark": plan.mark}
        mark = head["mark"]
    except (ValueError, TypeError, KeyError):
        raise user_error("study_file_invalid", plan.file) from None
    if mark != plan.mark:
        raise user_error("study_file_other", plan.file)
    trials = []
    for line in lines[1:]:
        try:
            trials.append(trial_from_json(json.loads(line)))
        except (ValueError, TypeError):  # the line that was being written when it was killed
            break
    return trials


def _head(plan: StudyPlan) -> dict[str, Any]:
    """Return the first line of a file of trials: the whole plan, so that it can be continued."""
    return {
        "format": "netbuilder-trials",
        "version": 1,
        "mark": plan.mark,
        "project": to_json(plan.project),
        "base": str(plan.base.absolute()),
        "varied": [format_dimension(dimension) for dimension in plan.varied],
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
    """Run trials on the calling thread, or several at once.

    Args:
        plan: the search; saved trials count as done.
        on_trial: called with the study so far after each trial, from any thread.
        on_epoch: called with a running trial's values and its curve so far, likewise.
        stop: checked after each epoch; True ends the study.
        jobs: number of processes.
        memory_mb: limit of all processes together, see ``trial_pool.fitting_jobs``.

    Raises:
        UserError: the data cannot be read, or the method's library is missing.
    """
    trials = read_trials(plan)
    _write(plan, trials)  # the plan is saved even if no trial finishes
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
        tell = None if on_epoch is None else partial(on_epoch, values)
        trial = train_trial(
            plan.project, plan.base, values, trials, shared,
            prune=plan.prunes, plainly=plan.plainly, tell=tell, ended=ended,
        )  # fmt: skip
        if trial is None:  # stopped in the middle: it does not count
            break
        trials.append(trial)
        done(trial)
    return Study(plan, tuple(trials), importance(plan.varied, trials))


def with_best(study: Study, project: Project) -> Project:
    """Return a project, possibly changed since, with the best values."""
    if study.best is None:
        return study.project
    return with_trial(study.best, project)


def with_trial(trial: Trial, project: Project) -> Project:
    """Return the project with a trial's values, keeping the best epoch, which was scored."""
    project = apply_values(project, dict(trial.values))
    return project if trial.best_epoch >= trial.epochs else with_best_epoch_kept(project)


def default_file(plan: StudyPlan) -> Path:
    """Return the default file, named by the plan's mark."""
    return folders.trials() / f"{plan.mark}.jsonl"


def with_default_file(plan: StudyPlan) -> StudyPlan:
    """Return the plan with a file for its trials."""
    file = plan.file or default_file(plan)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise user_error("study_not_saved", folder=file.parent, reason=error.strerror) from error
    return replace(plan, file=file)


#: Files that are kept; the oldest go.
USUAL_LIMIT = 50
# What reading a file that is damaged, or is none, may raise.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, UserError)


def newest_study(project: Project, base: Path) -> Study | None:
    """Return the newest study of this network and data: of its layers and connections or those of
    one of its trials (an applied trial may lack a layer). Settings are ignored."""
    here = with_absolute_paths(project, base.absolute())
    for file in _newest_first():
        try:
            head = _first_line(file)
            began, began_at = from_json(head["project"]), Path(head["base"])
            there = with_absolute_paths(began, began_at)
            if here is None or there is None or not same_rows(here.data, there.data):
                continue
            varied = tuple(parse_dimension(line, began) for line in head["varied"])
            plan = StudyPlan(
                began, began_at, varied, head["trials"], head["method"], head["seed"],
                head["prune"], file,
            )  # fmt: skip
            trials = read_trials(plan)
        except _UNREADABLE:
            continue
        if _skeleton(began) == _skeleton(project) or _is_variant(project, began, trials):
            return Study(plan, tuple(trials), importance(varied, trials))
    return None


def restart_if_complete(plan: StudyPlan) -> None:
    """Delete the trials of a completed plan, so that it can run again."""
    if plan.file is not None and len(read_trials(plan)) >= plan.count:
        try:
            delete(plan.file)
        except OSError as error:
            raise delete_error(error, plan.file) from error


def prune_studies(limit: int = USUAL_LIMIT) -> None:
    """Delete all but the newest files."""
    for file in list(_newest_first())[limit:]:
        discard(file)


def _newest_first() -> Iterator[Path]:
    files = []
    for file in folders.trials().glob("*.jsonl"):
        with suppress(OSError):  # it went meanwhile
            files.append((file.stat().st_mtime_ns, file))
    return (file for _, file in sorted(files, reverse=True))


def _first_line(file: Path) -> dict[str, Any]:
    with file.open(encoding="utf-8") as lines:
        return dict(json.loads(lines.readline()))


def _skeleton(project: Project) -> tuple[object, ...]:
    graph = project.graph
    return tuple((node.id, node.layer) for node in graph.nodes), graph.edges, graph.outputs


def _is_variant(project: Project, began: Project, trials: list[Trial]) -> bool:
    switches = [path for path in (trials[0].values if trials else ()) if path.endswith(".on")]
    tried = {tuple(trial.values[path] for path in switches) for trial in trials}
    return any(
        _skeleton(apply_values(began, dict(zip(switches, row, strict=True)))) == _skeleton(project)
        for row in tried
    )
