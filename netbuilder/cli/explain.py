"""``netbuilder explain MODEL INPUT``: explain a prediction."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.cli.evaluate import load_model, no_file_error
from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.standard_streams import input_path
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import labelled

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.explain.explanation import Explanation
    from netbuilder.core.results.file_samples import FileSamples


def run(arguments: argparse.Namespace) -> int:
    """Explain a prediction, and draw the explanation on request."""
    source = input_path(arguments.input)
    arguments.input = str(source) if arguments.input == "-" else arguments.input
    if not _exists(source) and source.suffix and " " not in arguments.input:
        raise no_file_error(source)
    out = Path(arguments.output) if arguments.output else None
    if out is not None and out.suffix.lower() != ".png":
        raise user_error("not_a_png_name", name=out.name)
    trained = load_model(Path(arguments.model))

    from netbuilder.core.results.explain.methods import ComparisonRows, explain

    samples = _samples(trained, arguments.input)
    explanation = explain(
        trained,
        samples.sample(arguments.row),
        arguments.method,
        rows=ComparisonRows(samples.raw, samples.truth),
        text=samples.texts[arguments.row] if samples.texts else None,
        label=arguments.label,
    )
    _print_explanation(explanation)
    if out is not None:
        from netbuilder.core.results.explain.explanation import write_png

        write_png(explanation, out)
        print_note(_("Wrote {file}.", file=out))
    if arguments.json:
        print_json({**explanation.to_json(), "output": None if out is None else str(out)})
    return 0


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # too long for a file name
        return False


def _samples(trained: TrainedModel, words: str) -> FileSamples:
    from netbuilder.core.results.file_samples import read_samples, text_samples

    if not words.strip():
        raise user_error("text_empty")
    path = Path(words)
    if _exists(path):
        return read_samples(trained, path)
    try:
        return text_samples(trained, [words])
    except UserError as error:
        raise no_file_error(words) from error


def _print_explanation(explanation: Explanation) -> None:
    from netbuilder.core.results.explain.explanation import explanation_bars

    print_result(explanation.answer)
    print_result(explanation.sentence)
    pairs = explanation_bars(explanation)
    pairs = pairs if any(value for _unused, value in pairs) else []
    width = max((len(name) for name, _unused in pairs), default=0)
    most = max((abs(value) for _unused, value in pairs), default=0.0) or 1.0
    sign = "" if explanation.responses else "+"
    for name, value in pairs:
        bar = "█" * round(24 * abs(value) / most)
        print_result(f"  {name:<{width}}  {value:>{sign}10.4g}  {bar}")
    nearest = explanation.nearest
    if nearest is not None and nearest.changes:
        print_result(_("{nearest} is row {row} ({prediction}):", nearest=nearest.words,
                       row=nearest.row, prediction=nearest.answer))  # fmt: skip
        for name, (here, there) in nearest.changes.items():
            print_result(f"  {labelled(name, f'{here} → {there}')}")
