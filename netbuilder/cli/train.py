"""``netbuilder train PROJECT``: with a progress bar; Ctrl+C stops at once and keeps what is."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.cli.terminal.output import UsageError, print_json, print_note, print_result
from netbuilder.cli.terminal.reading import show_reading_bar
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import ngettext
from netbuilder.core.project.atomic import discard

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.changes import Event
    from netbuilder.core.engine.session import Session
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project

#: Seconds that a run without a window waits for room on a full disk.
WAIT_FOR_ROOM = 600.0


def run(arguments: argparse.Namespace) -> int:
    """Train and write the model; 1 where it failed or was stopped by hand."""
    from netbuilder.core.formats import registry

    source = Path(arguments.project)
    project = with_options(registry.read_project(source), arguments)
    output = Path(arguments.output) if arguments.output else source.with_suffix(".h5")
    workers = _workers(arguments)
    check_output_path(output)
    checkpoints = output.with_name(output.name + ".checkpoint")
    if arguments.resume and not (workers and workers["worker_index"]):
        _check_resume(checkpoints, output)
    _refuse_broken(project)

    from netbuilder.core.data.load import load_dataset

    with show_reading_bar():
        dataset = load_dataset(project, source.parent)

    from netbuilder.core.tensorflow_output import load_tensorflow

    load_tensorflow(compute=not workers)
    if workers:
        _connect(workers)
    refuse_problems(project, dataset)
    options = {
        "checkpoint_dir": checkpoints,
        "resume": arguments.resume,
        "base": source.parent,
        **workers,
    }
    trained, reason, stopper = _train(project, dataset, options)
    trained, sentence = evaluate_model(trained, dataset)
    if workers and workers["worker_index"] > 0:
        # All workers end with the same weights; the first one writes them.
        if reason == "stopped":
            print_note(f"{stopper} Worker 0 writes the model and a checkpoint.")
        else:
            print_note(f"Worker {workers['worker_index']} is done; worker 0 writes the model.")
        if arguments.json:
            _tell_json(trained, None)
        return 1 if reason == "stopped" else 0
    for text in registry.save_network(trained, output, source.parent):
        print_note(text)
    if reason != "stopped":
        # The run is whole and saved: there is nothing to resume.
        discard(checkpoints)
    _tell(trained, reason, sentence, output, stopper)
    if arguments.json:
        _tell_json(trained, output)
    return 1 if reason == "stopped" else 0


def with_options(project: Project, arguments: argparse.Namespace) -> Project:
    """The project with what the command line says instead."""
    from netbuilder.core.project.model import Choice

    training = project.training
    if arguments.epochs is not None:
        training = replace(training, epochs=arguments.epochs)
    if arguments.batch_size is not None:
        training = replace(training, batch_size=arguments.batch_size)
    if arguments.seed is not None:
        training = replace(training, seed=arguments.seed)
    if arguments.learning_rate is not None:
        old = training.optimizer
        params = {**old.params, "learning_rate": arguments.learning_rate}
        training = replace(training, optimizer=Choice(old.name, params))
    return replace(project, training=training)


def check_output_path(output: Path) -> None:
    """See before an hour of training whether its result can be written.

    Raises:
        UserError: the format is unknown, the folder is not there or not writable.
    """
    from netbuilder.core.formats.registry import format_for
    from netbuilder.core.project.atomic import write_error

    row = format_for(output)
    if not row.trained or not row.reads:
        raise UserError(
            f"'{output.name}' is no name for a trained model.",
            "Train into a .h5 or .keras; netbuilder export makes the other formats of it.",
        )
    folder = output.absolute().parent
    if not folder.is_dir():
        raise write_error(FileNotFoundError(2, "no such folder"), output)
    if output.is_dir():
        raise write_error(IsADirectoryError(errno.EISDIR, "a folder"), output)
    if output.exists() and not os.access(output, os.W_OK):
        raise write_error(PermissionError(errno.EACCES, "locked"), output)
    try:
        # Rights alone do not tell: a full disk and folders like /proc refuse all the same.
        with tempfile.NamedTemporaryFile(prefix=".netbuilder-", dir=folder):
            pass
    except FileNotFoundError as error:  # the folder is there: it takes no files
        raise write_error(PermissionError(errno.EACCES, "no files"), output) from error
    except OSError as error:
        raise write_error(error, output) from error


def _check_resume(checkpoints: Path, output: Path) -> None:
    """A run that goes on needs a checkpoint; without one a trained model must not be lost."""
    if (checkpoints / "checkpoint.npz").is_file():
        return
    if output.exists():
        raise UserError(
            f"There is nothing to resume: the last run into '{output}' was finished, so there is"
            " no checkpoint beside it. It is unchanged.",
            "To train anew give another name after -o, or leave --resume out to write over it.",
            path=str(output),
        )
    print_note(
        f"There is nothing to resume: no checkpoint stands beside '{output}'. A new run begins."
    )


def _refuse_broken(project: Project) -> None:
    """What is wrong with the graph itself is told before TensorFlow loads."""
    from netbuilder.core.check import diagnostics

    _refuse(diagnostics.diagnose(project), project)


def refuse_problems(project: Project, dataset: Dataset) -> None:
    """Raise a ``UserError`` that lists the project's errors; print its warnings."""
    from netbuilder.core.check import diagnostics
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, dataset.facts)
    problems = diagnostics.diagnose(project, dataset.facts, shapes)
    _refuse(problems, project)
    for problem in diagnostics.primary_problems(problems):
        print_note(f"warning{_place(problem)}: {problem.message}")


def _refuse(problems: tuple[Any, ...], project: Project) -> None:
    from netbuilder.core.check import diagnostics

    errors = [problem for problem in diagnostics.primary_problems(problems) if problem.blocks]
    if errors:
        lines = [f" {_place(e) + ':' if _place(e) else ''} {e.message}" for e in errors]
        count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
        raise UserError(
            f"'{project.name}' cannot train, it has {count}:\n" + "\n".join(lines) + "\n",
            "Mend it in the project; netbuilder check lists the fixes.",
            node=errors[0].node,
        )


def _place(problem: Problem) -> str:
    """ " at 'dense'", where the message does not say it itself."""
    node = problem.node
    return f" at '{node}'" if node and f"'{node}'" not in problem.message else ""


def _workers(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the session must know to train on several machines."""
    if not arguments.workers:
        if arguments.worker_index is not None:
            raise UsageError(
                "--worker-index says which of --workers this is, and there are none.",
                "Add --workers HOST:PORT,HOST:PORT.",
            )
        return {}
    addresses = tuple(one.strip() for one in arguments.workers.split(",") if one.strip())
    for address in addresses:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError(
                f"'{address}' is no address of a worker.", "Write HOST:PORT, such as lab1:2222."
            )
    index = arguments.worker_index
    count = len(addresses)
    numbers = "0" if count == 1 else f"0 to {count - 1}, another on each machine"
    if index is None:
        raise UsageError(
            "--workers lists the machines, but not which of them this one is.",
            f"Add --worker-index {numbers}.",
        )
    if index >= count:
        listed = "is one worker" if count == 1 else f"are {count} workers"
        raise UsageError(
            f"There {listed}, and this one says it is number {index}.",
            f"Give --worker-index {numbers}.",
        )
    return {"workers": addresses, "worker_index": index}


def _connect(workers: dict[str, Any]) -> None:
    """Find the other machines, before anything is computed here."""
    from netbuilder.core.engine.distribute.strategy import connect_workers
    from netbuilder.core.tensorflow_output import filter_stderr

    count = len(workers["workers"])
    print_note(f"Worker {workers['worker_index']} of {count} waits for the others.")
    with filter_stderr():
        connect_workers(workers["workers"], workers["worker_index"])


def _train(
    project: Project, dataset: Dataset, options: dict[str, Any]
) -> tuple[TrainedModel, str, str]:
    """The trained model, why it ended, and which of several workers was stopped, in words."""
    from netbuilder.cli.terminal.progress import TrainingProgress
    from netbuilder.core.engine.events import Paused
    from netbuilder.core.engine.session import Session

    waiting: list[threading.Timer] = []

    def told(event: Event) -> None:
        progress.on_event(event)
        for timer in waiting:
            timer.cancel()
        if isinstance(event, Paused) and event.reason:
            waiting[:] = [threading.Timer(WAIT_FOR_ROOM, give_up)]
            waiting[0].daemon = True
            waiting[0].start()

    def give_up() -> None:
        minutes = max(1, round(WAIT_FOR_ROOM / 60))
        print_note(
            ngettext(
                "The run could not be saved for {count} minute, so training stops. Free some"
                " space, and go on from the last checkpoint with --resume.",
                "The run could not be saved for {count} minutes, so training stops. Free some"
                " space, and go on from the last checkpoint with --resume.",
                minutes,
            )
        )
        session.stop()

    with TrainingProgress() as progress:
        session = Session(project, dataset, on_event=told, **options)
        with stopped_by_hand(session):
            trained = session.run()
    return trained, progress.reason, progress.note


@contextmanager
def stopped_by_hand(session: Session) -> Iterator[None]:
    """Ctrl+C asks the session to stop; a second one ends the program."""

    def stop(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        session.stop()

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not in the main thread: there is no Ctrl+C to catch
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(trained: TrainedModel, reason: str, sentence: str, output: Path, stopper: str) -> None:
    if sentence:
        print_result(sentence)
    print_note(
        f"Wrote {output} after {trained.epochs} epochs, {trained.seconds:.1f} s,"
        f" {trained.steps_per_second:,.0f} steps a second."
    )
    if reason == "stopped" and stopper:
        print_note(f"{stopper} Start all of them again with --resume to go on.")
    elif reason == "stopped":
        print_note("Stopped by hand. Go on with --resume.")
    elif reason == "early":
        print_note("It ended early, as the project's callbacks say.")


def _tell_json(trained: TrainedModel, output: Path | None) -> None:
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


def evaluate_model(trained: TrainedModel, dataset: Dataset) -> tuple[TrainedModel, str]:
    """The trained model with its test numbers in the data's own units, and the sentence."""
    if dataset.test is None or not len(dataset.test):
        return trained, ""
    from netbuilder.core.results.evaluate import evaluate

    result = evaluate(trained, dataset.test)
    test = {**trained.test, **result.metrics}
    if result.others:
        first = next(name for name in trained.preprocessing.outputs if name not in result.others)
        every = {first: result, **result.others}
        for name, one in every.items():
            # The loss of each output stands there already, as "price_loss".
            own = {key: value for key, value in one.metrics.items() if key != "loss"}
            test |= {f"{name}.{key}": value for key, value in own.items()}
    return replace(trained, test=test), result.sentence
