"""``netbuilder tune PROJECT --vary PATH=VALUES``: run trials; a kill loses at most one."""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.stop_signals import interruptible
from netbuilder.cli.train import project_title, refuse_errors
from netbuilder.core.error_texts import sentences_of, usage_error
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import as_sentence, format_number, join_values, labelled

if TYPE_CHECKING:
    from netbuilder.core.results.tuning.study import Study, StudyPlan
    from netbuilder.core.results.tuning.trial import Trial

_sentence = sentences_of("commands")


def run(arguments: argparse.Namespace) -> int:
    """Run the trials, print each, and write the best project."""
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.paths import rebased
    from netbuilder.core.project import files

    source = Path(arguments.project)
    project = registry.read_project(source)
    if arguments.epochs is not None:
        project = replace(project, training=replace(project.training, epochs=arguments.epochs))
    out = Path(arguments.output) if arguments.output else None
    if out is not None and out.suffix != ".netbuilder":
        raise usage_error("not_a_project_name:2", name=out.name)
    plan = _plan(arguments, project, source)

    from netbuilder.core.check import diagnostics
    from netbuilder.core.results.tuning import study

    if not arguments.study:
        study.restart_if_complete(plan)
        study.prune_studies()
    before = study.read_trials(plan)
    if before:
        print_note(
            _("Continuing after {done} of {count} trials.", done=len(before), count=plan.count)
        )
    else:
        print_note(as_sentence(plan.words))
    refuse_errors(diagnostics.diagnose(project), project_title(project, source))
    jobs = _jobs(arguments)
    if jobs == 1:
        from netbuilder.core.process.tensorflow_output import load_tensorflow

        load_tensorflow()
    stopped = threading.Event()
    with interruptible(stopped.set):
        result = study.run_study(
            plan, on_trial=_print_trial, stop=stopped.is_set, jobs=jobs, memory_mb=arguments.memory
        )
    if stopped.is_set():
        print_note(_("Stopped. Run the same command again to continue."))
    best = result.project if result.trials else project
    _print_best(result)
    if out is not None:
        files.write(rebased(best, source.parent, out.parent), out)
        print_note(_("Wrote {file}.", file=out))
    if arguments.json:
        print_json(_to_json(result, out))
    return 1 if stopped.is_set() else 0


def _plan(arguments: argparse.Namespace, project: Any, source: Path) -> StudyPlan:
    from netbuilder.core.results.tuning.study import make_plan, with_default_file

    return with_default_file(
        make_plan(
            project,
            source.parent,
            arguments.vary,
            arguments.trials,
            arguments.method or "",
            arguments.seed if arguments.seed is not None else 0,
            not arguments.no_pruning,
            Path(arguments.study) if arguments.study else None,
        )
    )


def _jobs(arguments: argparse.Namespace) -> int:
    from netbuilder.core.results.tuning.trial_pool import fitting_jobs

    if arguments.jobs == 1:
        return 1
    count, each = fitting_jobs(arguments.jobs, arguments.memory)
    if count < arguments.jobs:
        print_note(
            _sentence(
                "fewer_at_once", count=count, asked=arguments.jobs, size=format_number(each, ",")
            )
        )
    return count


def trial_text(trial: Trial) -> str:
    """Return a trial's values: "dense.units=16, training.epochs=5"."""
    from netbuilder.core.engine.runs.differences import format_setting

    return join_values(
        f"{path}={format_setting(value) if value is None or isinstance(value, dict) else value}"
        for path, value in trial.values.items()
    )


def _print_trial(progress: Study) -> None:
    trial = progress.trials[-1]
    head = f"{len(progress.trials)}/{progress.plan.count}  {trial_text(trial)}"
    if trial.score is None:
        print_note(_("{trial}: training failed. {reason}", trial=head, reason=trial.failed))
        return
    score = join_values(filter(None, (format_number(trial.score), _measured(trial))))
    pruned = ngettext(
        "(stopped after {count} epoch)", "(stopped after {count} epochs)", trial.epochs
    )
    best = f"  {_('best so far')}" if progress.best is trial else ""
    print_note(labelled(head, f"{score} {pruned}" if trial.pruned else score) + best)


def _measured(trial: Trial) -> str:
    from netbuilder.core.results.tuning.trial import describe_score

    sentence = describe_score(trial.measured, trial.unit)
    return "" if trial.score in trial.measured.values() else sentence


def _print_best(result: Study) -> None:
    best = result.best
    if best is None or best.score is None:
        return
    detail = _measured(best)
    score = f"{result.plan.measure} {format_number(best.score)}{f', {detail}' if detail else ''}"
    print_result(
        _sentence(
            "best_trial",
            count=len(result.trials),
            values=trial_text(best),
            score=score,
            epoch=format_number(best.best_epoch, ","),
        )
    )
    if result.caution:
        print_result(result.caution)
    for path, share in sorted(result.importance.items(), key=lambda pair: -pair[1]):
        detail = _("importance of {path}: {share}", path=path, share=format_number(share, ".0%"))
        print_result(f"  {detail}")


def _to_json(result: Study, out: Path | None) -> dict[str, Any]:
    best = result.best
    complete = [trial for trial in result.ranked if trial.score is not None and not trial.pruned]
    ranks = {id(trial): rank for rank, trial in enumerate(complete, 1)}
    return {
        "trials": [trial.to_json() | {"rank": ranks.get(id(trial))} for trial in result.trials],
        "best": None if best is None else dict(best.values),
        "score": None if best is None else best.score,
        "importance": result.importance,
        "measure": result.plan.measure,
        "as_good": [dict(trial.values) for trial in result.as_good],
        "caution": result.caution,
        "method": result.plan.chosen,
        "output": None if out is None else str(out),
    }
