"""``netbuilder evaluate MODEL --data FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.standard_streams import input_path
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation
    from netbuilder.core.results.statistics import GroupScore


def run(arguments: argparse.Namespace) -> int:
    """Evaluate a trained model on labelled rows."""
    data = input_path(arguments.data) if arguments.data else None
    if data is not None and not data.exists():
        raise no_file_error(data)
    trained = load_model(Path(arguments.model), arguments.missing)
    split, file = _rows(trained, data, Path(arguments.model).parent)
    result = _evaluate(trained, split, data)
    groups = _groups(trained, result, split, arguments.group_by, file)
    _print_evaluation(result)
    for name, other in result.others.items():
        print_result(_("Output '{name}':", name=name))
        _print_evaluation(other)
    _print_groups(groups, arguments.group_by)
    if arguments.json:
        answer = _to_json(trained, result)
        if split is not None:
            answer["out_of_range"] = statistics().out_of_range(trained, split.raw_x, split.raw_y)
        if groups:
            answer["groups"] = {
                group.value: {
                    "samples": group.samples,
                    "metrics": group.metrics,
                    "intervals": group.intervals,
                    "differs": group.apart,
                }
                for group in groups
            }
        print_json(answer)
    return 0


def statistics() -> ModuleType:
    """Import the module of intervals and groups, which loads NumPy."""
    from netbuilder.core.results import statistics as module

    return module


def no_file_error(path: object) -> UserError:
    """Return the error for a missing file."""
    return user_error("file_not_found", name=path)


def load_model(path: Path, missing: str | None = None) -> TrainedModel:
    """Load a trained model; invalid files are refused before TensorFlow is imported.

    ``missing`` replaces the model's own handling of empty cells.
    """
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.safety.inspect_file import inspect_file
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    if path.suffix == ".netbuilder":
        raise user_error("project_not_trained", name=path.name, file=path)
    if path.is_file() and not registry.is_model(path):
        raise user_error("not_a_model:2", name=path.name)
    for text in inspect_file(path, placeholders=True).notes:
        print_note(text)
    load_tensorflow()
    trained = registry.load_network(path)
    if missing:
        from netbuilder.core.results.unusual_values import with_missing_rule

        trained = with_missing_rule(trained, missing)
    return trained


def _rows(trained: TrainedModel, data: Path | None, base: Path) -> tuple[Split | None, Path | None]:
    """Return the rows to evaluate on and their file; a model without data facts has no rows."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.prepare.inference_data import read_split
    from netbuilder.core.results.file_column_order import lacks_data_facts
    from netbuilder.core.results.own_units import preprocessing_of

    recipe = trained.project.data
    if data is not None:
        if lacks_data_facts(trained):
            return None, data
        return read_split(recipe, preprocessing_of(trained), data), data
    if not recipe.kind:
        raise user_error("no_data_in_model")
    dataset = load_dataset(trained.project, base)
    split = dataset.test or dataset.validation
    if split is None:
        raise user_error("no_test_set")
    path = recipe.test_path if dataset.test is not None and recipe.test_path else recipe.path
    return split, base / path if path else None


def _evaluate(trained: TrainedModel, split: Split | None, data: Path | None) -> Evaluation:
    from netbuilder.core.results.evaluate import evaluate

    if split is None:
        assert data is not None
        return evaluate(trained, data)
    return evaluate(trained, split)


def _groups(
    trained: TrainedModel,
    result: Evaluation,
    split: Split | None,
    column: str | None,
    file: Path | None,
) -> tuple[GroupScore, ...]:
    if not column:
        return ()
    if split is None:
        raise user_error("groups_need_columns")
    module = statistics()
    groups: tuple[GroupScore, ...] = module.by_group(
        result, module.group_values(trained, split, column, file)
    )
    return groups


def _print_groups(groups: tuple[GroupScore, ...], column: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    if not groups:
        return
    key = "accuracy" if "accuracy" in groups[0].metrics else "mean_absolute_error"
    table = Table(title=_("{metric} by {column}", metric=key, column=column))
    for name in (str(column), _("samples"), key, _("95% interval"), ""):
        table.add_column(name)
    for group in groups:
        ends = group.intervals.get(key, ())
        note = _("differs from the rest") if group.apart else ""
        value = format_number(group.metrics[key])
        table.add_row(
            group.value or "-",
            str(group.samples),
            value,
            " – ".join(map(format_number, ends)) or "-",
            note,
        )
    Console().print(table)


def _print_evaluation(result: Evaluation) -> None:
    print_result(result.sentence)
    for name, value in result.metrics.items():
        print_result(f"  {name}: {format_number(value)}")
    if result.confusion_matrix is not None:
        _print_matrix(result)


def _print_matrix(result: Evaluation) -> None:
    from rich.console import Console
    from rich.table import Table

    if result.confusion_matrix is None or len(result.labels) > 20:
        return
    table = Table(title=_("Confusion matrix: rows are labels, columns are predictions"))
    table.add_column("")
    for label in result.labels:
        table.add_column(label, justify="right")
    for label, row in zip(result.labels, result.confusion_matrix, strict=True):
        table.add_row(label, *(str(int(value)) for value in row))
    Console().print(table)


def _to_json(trained: TrainedModel, result: Evaluation, output: str = "") -> dict[str, Any]:
    module = statistics()
    answer: dict[str, Any] = {
        "samples": result.samples,
        "metrics": result.metrics,
        "intervals": module.intervals(result),
        "baseline": module.baseline(trained, result, output),
    }
    if result.labels:
        answer["labels"] = list(result.labels)
        answer["per_class"] = module.per_class(result)
    if result.confusion_matrix is not None:
        answer["confusion_matrix"] = result.confusion_matrix.tolist()
    calibration = module.calibration(result)
    if calibration is not None:
        answer["calibration"] = {
            "confidence": calibration.confidence,
            "accuracy": calibration.accuracy,
            "samples": calibration.samples,
            "expected_calibration_error": calibration.expected_error,
        }
    if result.others:
        answer["others"] = {
            name: _to_json(trained, other, name) for name, other in result.others.items()
        }
    return answer
