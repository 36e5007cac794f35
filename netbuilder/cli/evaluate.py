"""``netbuilder evaluate MODEL --data FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.cli.terminal.output import print_json, print_note, print_result
from netbuilder.core.errors import UserError

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation


def run(arguments: argparse.Namespace) -> int:
    """Measure a trained model on rows whose answers are known."""
    data = Path(arguments.data) if arguments.data else None
    if data is not None and not data.exists():
        raise UserError(f"There is no file '{data}'.", "Check the name and the folder.")
    trained = load_model(Path(arguments.model))
    if arguments.missing:
        from netbuilder.core.results.missing_values import with_missing_rule

        trained = with_missing_rule(trained, arguments.missing)
    result = _evaluate(trained, data, Path(arguments.model).parent)
    _tell(result)
    for name, other in result.others.items():
        print_result(f"Output '{name}':")
        _tell(other)
    if arguments.json:
        print_json(_to_json(result))
    return 0


def load_model(path: Path) -> TrainedModel:
    """A trained model; looked at before TensorFlow loads, so that a wrong file is told at once."""
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.safety.inspect_file import inspect_file
    from netbuilder.core.tensorflow_output import load_tensorflow

    if path.suffix == ".netbuilder":
        raise UserError(
            f"'{path.name}' is a project; it has no trained weights.",
            f"Train it first: netbuilder train {path}",
        )
    for text in inspect_file(path, placeholders=True).notes:
        print_note(text)
    load_tensorflow()
    return registry.load(path)


def _evaluate(trained: TrainedModel, data: Path | None, base: Path) -> Evaluation:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.evaluate import evaluate

    if data is not None:
        return evaluate(trained, data)
    if not trained.project.data.kind:
        raise UserError("The model does not say what data it is for.", "Give --data FILE.")
    dataset = load_dataset(trained.project, base)
    split = dataset.test or dataset.validation
    if split is None:
        raise UserError("The project keeps no test rows.", "Give --data FILE.")
    return evaluate(trained, split)


def _tell(result: Evaluation) -> None:
    print_result(result.sentence)
    for name, value in result.metrics.items():
        print_result(f"  {name}: {value:.6g}")
    if result.confusion_matrix is not None:
        _tell_matrix(result)


def _tell_matrix(result: Evaluation) -> None:
    """Rows are the truth, columns the answer."""
    from rich.console import Console
    from rich.table import Table

    if result.confusion_matrix is None or len(result.labels) > 20:
        return
    table = Table(title="rows: the truth, columns: the answer")
    table.add_column("")
    for label in result.labels:
        table.add_column(label, justify="right")
    for label, row in zip(result.labels, result.confusion_matrix, strict=True):
        table.add_row(label, *(str(int(value)) for value in row))
    Console().print(table)


def _to_json(result: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = {"samples": result.samples, "metrics": result.metrics}
    if result.labels:
        found["labels"] = list(result.labels)
    if result.confusion_matrix is not None:
        found["confusion_matrix"] = result.confusion_matrix.tolist()
    if result.others:
        found["others"] = {name: _to_json(other) for name, other in result.others.items()}
    return found
