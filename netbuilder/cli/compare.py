"""``netbuilder compare PROJECT``: compare the network with other methods on the same rows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.other_methods import Comparison


def run(arguments: argparse.Namespace) -> int:
    """Train or open the network, train other methods, and compare them."""
    from netbuilder.core.results.other_methods import compare

    names = [name.strip() for name in arguments.methods.split(",") if name.strip()]
    trained, dataset = _trained(Path(arguments.project))
    comparison = compare(trained, dataset, names, on_progress=lambda title, *_at: print_note(title))
    for text in comparison.notes:
        print_note(text)
    _print_table(comparison)
    if comparison.advice:
        print_result(comparison.advice)
    if arguments.json:
        print_json(
            {
                "models": [
                    {
                        "name": candidate.name,
                        "metrics": candidate.evaluation.metrics,
                        "intervals": candidate.intervals,
                        "seconds": candidate.seconds,
                        "size": candidate.size,
                        "disagreements": 0
                        if candidate.model is None
                        else len(comparison.disagreements(candidate.name)),
                    }
                    for candidate in comparison.candidates
                ],
                "samples": len(comparison.x),
                "advice": comparison.advice,
            }
        )
    return 0


def _trained(path: Path) -> tuple[TrainedModel, Dataset]:
    """Return the trained model in a file, or train the project's network; and its data."""
    from netbuilder.cli.evaluate import load_model
    from netbuilder.cli.output import TrainingProgress
    from netbuilder.cli.train import project_title, refuse_problems
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.formats import registry
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    if registry.is_model(path):
        trained = load_model(path)
        return trained, load_dataset(trained.project, path.parent)
    project = registry.read_project(path)
    dataset = load_dataset(project, path.parent)
    load_tensorflow()
    refuse_problems(project, dataset, project_title(project, path))
    from netbuilder.core.engine.session import RunStorage, Session

    with TrainingProgress() as progress:
        storage = RunStorage(path.parent, record=False)
        session = Session(project, dataset, on_event=progress.on_event, storage=storage)
        return session.run(), dataset


def _print_table(comparison: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    from netbuilder.core.results.other_methods import method_title

    first = comparison.candidates[0].evaluation
    key = "accuracy" if "accuracy" in first.metrics else "mean_absolute_error"
    table = Table()
    for name in (_("model"), key, _("95% interval"), _("seconds"), _("bytes")):
        table.add_column(name)
    for candidate in comparison.candidates:
        ends = candidate.intervals.get(key, ())
        value = format_number(candidate.evaluation.metrics[key])
        table.add_row(
            method_title(candidate.name),
            value,
            " – ".join(map(format_number, ends)) or "-",
            format_number(candidate.seconds, ".2f"),
            format_number(candidate.size, ","),
        )
    Console().print(table)
