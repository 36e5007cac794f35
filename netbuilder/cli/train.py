"""``netbuilder train PROJECT``: with a progress bar; Ctrl+C and SIGTERM stop and save."""

from __future__ import annotations

import argparse
import errno
import os
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.cli.output import print_json, print_note, print_result, show_reading_bar
from netbuilder.cli.stop_signals import interruptible, stop_session
from netbuilder.core.error_texts import sentences_of, usage_error, user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import discard
from netbuilder.core.wording import format_number, join_sentences

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.session import Computation, RunStorage
    from netbuilder.core.engine.trained import Event, TrainedModel
    from netbuilder.core.project.model import Project

_sentence = sentences_of("commands")

#: Seconds that a run waits for free disk space.
WAIT_FOR_ROOM = 600.0


def run(arguments: argparse.Namespace) -> int:
    """Train and write the model; return 1 if the training was stopped."""
    from netbuilder.core.formats import registry

    source = Path(arguments.project)
    project = with_options(registry.read_project(source), arguments)
    output = Path(arguments.output) if arguments.output else source.with_suffix(".h5")
    workers = _workers(arguments)
    check_output_path(output)
    checkpoints = output.with_name(output.name + ".checkpoint")
    if arguments.resume and not (workers and workers["worker_index"]):
        _check_resume(checkpoints, output)
    title = project_title(project, source)
    _refuse_broken(project, title)

    from netbuilder.core.data.load import load_dataset

    with show_reading_bar():
        dataset = load_dataset(project, source.parent)

    from netbuilder.core.process.tensorflow_output import load_tensorflow

    load_tensorflow(compute=not workers)
    if workers:
        _connect(workers)
    refuse_problems(project, dataset, title)

    from netbuilder.core.engine.session import Computation, RunStorage
    from netbuilder.core.results.evaluate import evaluate_run

    storage = RunStorage(source.parent, checkpoint_dir=checkpoints, resume=arguments.resume)
    trained, reason, stopper, run_id = _train(project, dataset, storage, Computation(**workers))

    trained, evaluation = evaluate_run(trained, dataset, run_id)
    sentence = evaluation.sentence if evaluation is not None else ""
    if workers and workers["worker_index"] > 0:
        # All workers have the same weights; the first one writes them.
        if reason == "stopped":
            note = _("Worker 0 writes the model and a checkpoint.")
            print_note(join_sentences((stopper, note)))
        else:
            print_note(_sentence("worker_done", index=workers["worker_index"]))
        if arguments.json:
            _print_summary(trained, None)
        return 1 if reason == "stopped" else 0
    for text in registry.save_network(trained, output, source.parent):
        print_note(text)
    if reason != "stopped":
        # The run is complete and saved: nothing to resume.
        discard(checkpoints)
    _print_end(trained, reason, sentence, output, stopper)
    if arguments.json:
        _print_summary(trained, output)
    return 1 if reason == "stopped" else 0


def with_options(project: Project, arguments: argparse.Namespace) -> Project:
    """Return the project with the settings of the command line."""
    from netbuilder.core.project.model import Choice

    training = project.training
    for name in ("epochs", "batch_size", "seed"):
        if getattr(arguments, name) is not None:
            training = replace(training, **{name: getattr(arguments, name)})
    if arguments.learning_rate is not None:
        old = training.optimizer
        params = {**old.params, "learning_rate": arguments.learning_rate}
        training = replace(training, optimizer=Choice(old.name, params))
    return replace(project, training=training)


def check_output_path(output: Path) -> None:
    """Raise UserError before training if the result cannot be written."""
    from netbuilder.core.formats.registry import format_for
    from netbuilder.core.project.atomic import write_error

    row = format_for(output)
    if not row.trained or not row.reads:
        raise user_error("not_a_model_name", name=output.name)
    folder = output.absolute().parent
    if not folder.is_dir():
        raise write_error(FileNotFoundError(2, "no such folder"), output)
    if output.is_dir():
        raise write_error(IsADirectoryError(errno.EISDIR, "a folder"), output)
    if output.exists() and not os.access(output, os.W_OK):
        raise write_error(PermissionError(errno.EACCES, "locked"), output)
    try:
        # Permissions do not suffice: a full disk and folders like /proc refuse files too.
        with tempfile.NamedTemporaryFile(prefix=".netbuilder-", dir=folder):
            pass
    except FileNotFoundError as error:  # the folder exists but takes no files
        raise write_error(PermissionError(errno.EACCES, "no files"), output) from error
    except OSError as error:
        raise write_error(error, output) from error


def _check_resume(checkpoints: Path, output: Path) -> None:
    """Refuse ``--resume`` without a checkpoint if it would overwrite a trained model."""
    if (checkpoints / "checkpoint.npz").is_file():
        return
    if output.exists():
        raise user_error("nothing_to_resume", output, file=output)
    print_note(
        _("There is nothing to resume: '{file}' has no checkpoint. A new run starts.", file=output)
    )


def project_title(project: Project, path: Path) -> str:
    """Return a project's name, that of its file if it has none."""
    from netbuilder.core.project.model import Project as Unnamed

    return path.stem if project.name == Unnamed().name else project.name


def _refuse_broken(project: Project, title: str) -> None:
    """Report errors of the graph before TensorFlow loads."""
    from netbuilder.core.check import diagnostics

    refuse_errors(diagnostics.diagnose(project), title)


def refuse_problems(project: Project, dataset: Dataset, title: str) -> None:
    """Raise a ``UserError`` with the project's errors; print its warnings."""
    from netbuilder.core.check import diagnostics
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, dataset.facts)
    problems = diagnostics.diagnose(project, dataset.facts, shapes)
    refuse_errors(problems, title)
    for problem in diagnostics.primary_problems(problems):
        print_note(_("warning{place}: {message}", place=_place(problem), message=problem.message))


def refuse_errors(problems: tuple[Any, ...], title: str) -> None:
    """Raise a ``UserError`` with the errors among a project's problems."""
    from netbuilder.core.check import diagnostics

    errors = [problem for problem in diagnostics.primary_problems(problems) if problem.blocks]
    if errors:
        lines = [f" {_place(e) + ':' if _place(e) else ''} {e.message}" for e in errors]
        count = _sentence("not_trainable", count=len(errors), project=title)
        raise UserError(
            count + "\n" + "\n".join(lines) + "\n",
            _("Fix the project; netbuilder check lists the fixes."),
            code="project_has_errors",
            node=errors[0].node,
        )


def _place(problem: Problem) -> str:
    """Return " at 'dense'", unless the message names the layer."""
    node = problem.node
    named = not node or f"'{node}'" in problem.message
    at = _("at '{layer}'", layer=node)
    return "" if named else f" {at}"


def _workers(arguments: argparse.Namespace) -> dict[str, Any]:
    if not arguments.workers:
        if arguments.worker_index is not None:
            raise usage_error("workers_missing")
        return {}
    addresses = tuple(text.strip() for text in arguments.workers.split(",") if text.strip())
    for address in addresses:
        host, _colon, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise usage_error("worker_address", address=address)
    index = arguments.worker_index
    count = len(addresses)
    numbers = (
        "0" if count == 1 else _("0 to {last}, a different one on each machine", last=count - 1)
    )
    if index is None:
        raise usage_error("worker_index_missing", numbers=numbers)
    if index >= count:
        raise usage_error("worker_index_too_large", index=index, count=count, numbers=numbers)
    return {"workers": addresses, "worker_index": index}


def _connect(workers: dict[str, Any]) -> None:
    from netbuilder.core.engine.distribute import connect_workers
    from netbuilder.core.process.tensorflow_output import filter_stderr

    count = len(workers["workers"])
    print_note(_sentence("worker_waits", index=workers["worker_index"], count=count))
    with filter_stderr():
        connect_workers(workers["workers"], workers["worker_index"])


def _train(
    project: Project, dataset: Dataset, storage: RunStorage, computation: Computation
) -> tuple[TrainedModel, str, str, str]:
    from netbuilder.cli.output import TrainingProgress
    from netbuilder.core.engine.events import Paused
    from netbuilder.core.engine.session import Session

    waiting: list[threading.Timer] = []

    def on_event(event: Event) -> None:
        progress.on_event(event)
        for timer in waiting:
            timer.cancel()
        if isinstance(event, Paused) and event.reason:
            waiting[:] = [threading.Timer(WAIT_FOR_ROOM, give_up)]
            waiting[0].daemon = True
            waiting[0].start()

    def give_up() -> None:
        minutes = max(1, round(WAIT_FOR_ROOM / 60))
        print_note(_sentence("run_not_saved", count=minutes))
        session.stop()

    with TrainingProgress() as progress:
        session = Session(
            project, dataset, on_event=on_event, storage=storage, computation=computation
        )
        with interruptible(lambda: stop_session(session)):
            trained = session.run()
    return trained, progress.reason, progress.note, session.run_id


def _print_end(
    trained: TrainedModel, reason: str, sentence: str, output: Path, stopper: str
) -> None:
    if sentence:
        print_result(sentence)
    print_note(
        _sentence(
            "wrote_after",
            count=trained.epochs,
            file=output,
            seconds=format_number(trained.seconds, ".1f"),
            speed=format_number(trained.steps_per_second, ",.0f"),
        )
    )
    if reason == "stopped" and stopper:
        note = _("To continue, start all workers again with --resume.")
        print_note(join_sentences((stopper, note)))
    elif reason == "stopped":
        print_note(_("Stopped. Continue with --resume."))
    elif reason == "early":
        print_note(_("A callback stopped the training early."))


def _print_summary(trained: TrainedModel, output: Path | None) -> None:
    print_json(
        {
            "model": None if output is None else str(output),
            "epochs": trained.epochs,
            "history": trained.history,
            "test": trained.test,
            "seconds": trained.seconds,
            "steps_per_second": trained.steps_per_second,
        }
    )
