"""A study: sampling, running and saving trials; a crash loses one at most."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core import folders
from netbuilder.core.engine.runs.run_store import with_absolute_paths
from netbuilder.core.error_texts import sentences_of, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import delete, delete_error, discard, replace as move
from netbuilder.core.project.files import from_json, to_json
from netbuilder.core.project.graph_ends import same_rows, training_relevant
from netbuilder.core.project.model import Project
from netbuilder.core.results.tuning.sampling import (
    importance,
    load_optuna,
    optuna_trial,
    propose_values,
)
from netbuilder.core.results.tuning.search_space import (
    SearchDimension,
    apply_values,
    format_dimension,
    needs_other_data,
    parse_dimension,
    penalties_differ,
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

if TYPE_CHECKING:
    from optuna.storages.journal import JournalStorage

_sentence = sentences_of("results")

DEFAULT_TRIALS = 20
#: Name of the study in its file, and of the format of older files.
_NAME = "netbuilder-trials"
# What reading a file that is damaged, or is none, may raise.
_INVALID = (ValueError, KeyError, TypeError, AttributeError)


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
    def grid_size(self) -> int:
        """The number of combinations of a grid."""
        return math.prod(len(dimension.grid) for dimension in self.varied)

    @property
    def chosen(self) -> str:
        """The method; by default a grid if it is listed and small enough, else random."""
        listed = all(dimension.values for dimension in self.varied)
        small = listed and self.grid_size <= (self.trials or 100)
        return self.method or ("grid" if small else "random")

    @property
    def count(self) -> int:
        """The number of trials."""
        if self.chosen == "grid":
            return min(self.grid_size, self.trials or 10**9)
        return self.trials or DEFAULT_TRIALS

    @property
    def space(self) -> tuple[SearchDimension, ...]:
        """The search space, with a list of values for each dimension of a grid."""
        if self.chosen != "grid":
            return self.varied
        return tuple(replace(dimension, values=dimension.grid) for dimension in self.varied)

    @property
    def whole(self) -> bool:
        """Whether every combination of a grid is tried."""
        return self.chosen == "grid" and self.count == self.grid_size

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
        return _sentence(
            "drawn_combinations", trials=count, total=format_number(self.grid_size, ",")
        )

    @property
    def plainly(self) -> bool:
        """Whether trials are scored independently of their loss."""
        return any(dimension.path == "training.loss" for dimension in self.varied)

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


def next_values(plan: StudyPlan, known: Sequence[Trial]) -> dict[str, Any] | None:
    """Return the values of the next trial; None if the plan is complete.

    The plan and the known trials alone decide, so that a search continues after a crash. ``known``:
    earlier trials; running ones have no score.
    """
    if len(known) >= plan.count:
        return None
    return propose_values(plan.space, known, plan.chosen, plan.seed, plan.grid_size)


def make_plan(
    project: Project,
    base: Path,
    lines: Sequence[str],
    trials: int | None = None,
    method: str = "",
    seed: int = 0,
    prune: bool = True,
    file: Path | None = None,
) -> StudyPlan:
    """Return the plan of a search space, given as lines for ``parse_dimension``.

    Raises:
        UserError: there is no line, one cannot be read, or two have the same path.
    """
    varied = tuple(parse_dimension(line, project) for line in lines)
    if not varied:
        raise user_error("search_space_empty")
    paths = [dimension.path for dimension in varied]
    for path in paths:
        if paths.count(path) > 1:
            raise user_error("search_dimension_twice", setting=path)
    return StudyPlan(project, base, varied, trials, method, seed, prune, file)


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
            warning = _sentence("no_validation_set")
            return join_sentences((warning, fix))
        apart, alike = self._apart(), self.as_good
        if not alike:
            return ""
        nearest = next(difference for trial, difference in apart if trial is alike[0])
        warning = _sentence(
            "equally_good",
            count=len(alike),
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
        return with_best(self, self.plan.project)


def read_trials(plan: StudyPlan) -> list[Trial]:
    """Read the trials of the plan's file."""
    if plan.file is None or not plan.file.exists() or not plan.file.stat().st_size:
        return []
    try:
        head, trials = _read(plan.file)
        mark = head["mark"]
    except _INVALID:
        raise user_error("study_file_invalid", plan.file) from None
    if mark != plan.mark:
        raise user_error("study_file_other", plan.file)
    return trials


def _read(file: Path) -> tuple[dict[str, Any], list[Trial]]:
    """Return the plan (see ``_start_journal``) and the trials of a file."""
    with file.open(encoding="utf-8") as lines:
        head = json.loads(lines.readline())
        if head.get("format") == _NAME:  # of a release without Optuna: a trial in each line
            trials = []
            for line in lines:
                with suppress(ValueError, TypeError):  # written when the program was killed
                    trials.append(trial_from_json(json.loads(line)))
            return head, trials
    study = load_optuna().load_study(study_name=_NAME, storage=_storage(file))
    saved = [trial.user_attrs for trial in study.get_trials(deepcopy=False)]
    return study.user_attrs["plan"], [trial_from_json(entry) for entry in saved]


def _storage(file: Path) -> JournalStorage:
    journal = load_optuna().storages.journal
    lock = journal.JournalFileOpenLock(str(file))  # on Windows, symbolic links need rights
    return journal.JournalStorage(journal.JournalFileBackend(str(file), lock))


def _start_journal(plan: StudyPlan, trials: Sequence[Trial]) -> Callable[[Trial], None]:
    """Write the plan and its trials so far; return a function that adds a trial.

    Written anew, a file of an older release becomes a journal, and a torn last line goes.
    """
    file = plan.file
    if file is None:
        return lambda _trial: None
    optuna, new = load_optuna(), file.with_name(f"{file.name}.new")
    head = {
        "mark": plan.mark,
        "project": to_json(plan.project),
        "base": str(plan.base.absolute()),
        "varied": [format_dimension(dimension) for dimension in plan.varied],
        "trials": plan.trials,
        "method": plan.method,
        "seed": plan.seed,
        "prune": plan.prune,
    }

    def add(trial: Trial) -> None:
        with _saving(file):
            study.add_trial(optuna_trial(plan.space, trial, trial.kept()))

    with _saving(file):
        delete(new)
        study = optuna.create_study(study_name=_NAME, storage=_storage(new))
        study.set_user_attr("plan", head)
    for trial in trials:
        add(trial)
    with _saving(file):
        move(new, file)
        study = optuna.load_study(study_name=_NAME, storage=_storage(file))
    return add


@contextmanager
def _saving(file: Path) -> Iterator[None]:
    """Raise a ``UserError`` if the file cannot be written."""
    try:
        yield
    except OSError as error:
        folder = file.parent
        raise user_error("study_not_saved", folder=folder, reason=error.strerror) from error


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
    save = _start_journal(plan, trials)  # the plan is saved even if no trial finishes
    ended = stop or (lambda: False)
    following = partial(next_values, plan)

    def done(trial: Trial) -> None:
        save(trial)
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
        TrialPool(request, count, each, ended).run(trials, following, done, on_epoch)
        return Study(plan, tuple(trials), importance(plan.varied, trials))
    from netbuilder.core.data.load import load_dataset

    shared = load_dataset(plan.project, plan.base) if together else None
    while not ended():
        values = following(trials)
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
    """Return a project, possibly changed since, with the best values; raise UserError if all trials
    failed."""
    if study.best is None:
        sentence = study.failure or _("No trial could be trained.")
        raise UserError(sentence, _("Tune other settings."), code="no_trial_trained")
    return with_trial(study.best, project)


def with_trial(trial: Trial, project: Project) -> Project:
    """Return the project with a trial's values, keeping the best epoch, which was scored."""
    project = apply_values(project, dict(trial.values))
    return project if trial.best_epoch >= trial.epochs else with_best_epoch_kept(project)


def with_default_file(plan: StudyPlan) -> StudyPlan:
    """Return the plan with a file for its trials, by default named by the plan's mark."""
    file = plan.file or folders.trials() / f"{plan.mark}.jsonl"
    with _saving(file):
        file.parent.mkdir(parents=True, exist_ok=True)
    return replace(plan, file=file)


#: Files that are kept; the oldest go.
USUAL_LIMIT = 50


def newest_study(project: Project, base: Path) -> Study | None:
    """Return the newest study of this network and data: of its layers and connections or those of
    one of its trials (an applied trial may lack a layer). Settings are ignored."""
    here = with_absolute_paths(project, base.absolute())
    for file in _newest_first():
        try:
            head, trials = _read(file)
            began, began_at = from_json(head["project"]), Path(head["base"])
            there = with_absolute_paths(began, began_at)
            if here is None or there is None or not same_rows(here.data, there.data):
                continue
            plan = make_plan(
                began, began_at, head["varied"], head["trials"], head["method"], head["seed"],
                head["prune"], file,
            )  # fmt: skip
        except (OSError, UserError, *_INVALID):
            continue
        if head["mark"] != plan.mark:
            continue
        if _skeleton(began) == _skeleton(project) or _is_variant(project, began, trials):
            return Study(plan, tuple(trials), importance(plan.varied, trials))
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
