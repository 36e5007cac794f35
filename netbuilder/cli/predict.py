"""``netbuilder predict MODEL INPUT [-o OUT.csv]``."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.cli.evaluate import load_model, no_file_error
from netbuilder.cli.output import print_json, print_note, to_json_value
from netbuilder.cli.standard_streams import input_path, output_path
from netbuilder.core.error_texts import usage_error
from netbuilder.core.escaping.plain_text import spreadsheet_cell
from netbuilder.core.formats import registry
from netbuilder.core.i18n import ngettext

if TYPE_CHECKING:
    from netbuilder.core.results.predict import Predictions


def run(arguments: argparse.Namespace) -> int:
    """Predict for new rows, images or texts in the target's units or labels."""
    if arguments.input is None:
        name = arguments.model
        missing = "rows_missing" if registry.is_model(Path(name)) else "model_missing"
        raise usage_error(missing, name=name, model=name, rows=name)
    source = input_path(arguments.input)
    if not source.exists():
        raise no_file_error(source)
    trained = load_model(Path(arguments.model), arguments.missing)

    from netbuilder.core.results.predict_file import predict_file

    with output_path(arguments.output or "", ".csv") as path:
        out = path if arguments.output else None
        predictions = predict_file(trained, source, out, scaled=arguments.scaled)
    for text in predictions.notes:
        print_note(text)
    if out is not None and arguments.output != "-":
        print_note(
            ngettext(
                "Wrote {count} prediction to {file}.",
                "Wrote {count} predictions to {file}.",
                len(predictions),
                file=out,
            )
        )
    elif out is None and not arguments.json:
        _print_table(predictions)
    if arguments.json:
        print_json(
            {
                "samples": len(predictions),
                "output": arguments.output,
                "predictions": rows_of(predictions),
            }
        )
    return 0


def rows_of(predictions: Predictions) -> list[dict[str, object]]:
    """Return one dict per sample: its source and each predicted column."""
    columns = {name: to_json_value(values) for name, values in predictions.to_columns().items()}
    rows = []
    for index in range(len(predictions)):
        row: dict[str, object] = {name: values[index] for name, values in columns.items()}
        row["unlike_training_data"] = predictions.unlike[index] if predictions.unlike else None
        if index < len(predictions.sources):
            row = {"source": predictions.sources[index], **row}
        rows.append(row)
    return rows


def _print_table(predictions: Predictions) -> None:
    rows = rows_of(predictions)
    for row in rows:
        del row["unlike_training_data"]  # reported as a note
    heads: list[object] = list(rows[0]) if rows else []
    table = [heads, *(list(row.values()) for row in rows)]
    csv.writer(sys.stdout, lineterminator="\n").writerows(
        [spreadsheet_cell(cell) for cell in row] for row in table
    )
