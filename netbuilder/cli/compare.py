"""``netbuilder compare PROJECT``: other methods beside the network, on the same rows."""

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
    """Train the network (or open the trained one) and other methods, and show them side by side."""
    from netbuilder.core.results.other_methods import compare

    names = [name.strip() for name in arguments.methods.split(",") if name.strip()]
    trained, dataset = _trained(Path(arguments.project))
    found = compare(trained, dataset, names, on_progress=lambda title, *_at: print_note(title))
    for text in found.notes:
        print_note(text)
    _tell(found)
    if found.advice:
        print_result(found.advice)
    if arguments.json:
        print_json(
            {
                "models": [
                    {
                        "name": one.name,
                        "metrics": one.evaluation.metrics,
                        "intervals": one.intervals,
                        "seconds": one.seconds,
                        "size": one.size,
                        "disagreements": 0
                        if one.model is None
                        else len(found.disagreements(one.name)),
                    }
                    for one in found.candidates
                ],
                "samples": len(found.x),
                "advice": found.advice,
            }
        )
    return 0


def _trained(path: Path) -> tuple[TrainedModel, Dataset]:
    """The trained model in a file, or the project's network trained now; and its data."""
    from netbuilder.cli.evaluate import load_model
    from netbuilder.cli.output import TrainingProgress
    from netbuilder.cli.train import refuse_problems
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.formats import registry
    from netbuilder.core.tensorflow_output import load_tensorflow

    if registry.is_model(path):
        trained = load_model(path)
        return trained, load_dataset(trained.project, path.parent)
    project = registry.read_project(path)
    dataset = load_dataset(project, path.parent)
    load_tensorflow()
    refuse_problems(project, dataset)
    from netbuilder.core.engine.session import Session

    with TrainingProgress() as progress:
        session = Session(
            project, dataset, on_event=progress.on_event, base=path.parent, record=False
        )
        return session.run(), dataset


def _tell(found: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table

    from netbuilder.core.results.other_methods import method_title

    first = found.candidates[0].evaluation
    key = "accuracy" if "accuracy" in first.metrics else "mean_absolute_error"
    table = Table()
    for name in (_("model"), key, _("95% interval"), _("seconds"), _("bytes")):
        table.add_column(name)
    for one in found.candidates:
        ends = one.intervals.get(key, ())
        value = format_number(one.evaluation.metrics[key])
        table.add_row(
            method_title(one.name),
            value,
            " – ".join(map(format_number, ends)) or "-",
            format_number(one.seconds, ".2f"),
            format_number(one.size, ","),
        )
    Console().print(table)
