"""``netbuilder import FILE [--weights FILE] -o PROJECT``, or ``-o MODEL.h5``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from netbuilder.cli.output import print_json, print_note
from netbuilder.cli.standard_streams import print_project
from netbuilder.core.error_texts import sentences_of, usage_error
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT, Imported, ReportItem, lines_of
from netbuilder.core.formats.paths import rebased
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.wording import join_values

_sentence = sentences_of("commands")


def run(arguments: argparse.Namespace) -> int:
    """Convert a file to a project or model, and print what was imported."""
    source, path = Path(arguments.model), Path(arguments.output)
    printed = arguments.output == "-"
    if not path.suffix and not printed:
        path = path.with_suffix(files.ENDING)
    as_model = registry.is_model(path)
    if not as_model and not printed and path.suffix.lower() != files.ENDING:
        raise usage_error("import_output_unknown", file=path.name)
    weights = Path(arguments.weights) if arguments.weights else None
    if as_model or weights is not None or source.suffix.lower() == ".onnx":
        from netbuilder.core.process.tensorflow_output import load_tensorflow

        load_tensorflow()
    trained = as_model or weights is not None
    imported = import_file(source, weights, trained=trained, model=arguments.choose or "")
    if as_model:
        imported = _write_model(imported, path, source)
    else:
        project = rebased(imported.project, source.parent, path.parent)
        if not print_project(project, path):
            files.write(project, path)
        if weights is not None:
            note = _("A project file contains no weights. Use a name after -o that ends in .h5.")
            report = (*imported.report, ReportItem("weights", LEFT_OUT, note))
            imported = replace(imported, report=report)
    _print_report(imported, path, as_json=arguments.json)
    return 0


def _write_model(imported: Imported, path: Path, source: Path) -> Imported:
    if imported.trained is None:
        for line in lines_of(imported.report):
            print_note(line)
        message = _("The network in '{file}' has no weights.", file=source.name)
        fix = _("Add --weights FILE, or import a project (-o NAME.netbuilder) and train it.")
        if imported.placeholders:
            message = _sentence(
                "not_convertible", file=source.name, layers=join_values(imported.placeholders)
            )
            fix = _("Import it as a project (-o NAME.netbuilder), and replace these layers.")
        raise FormatError(message, fix, path=str(source), code="import_without_weights")
    notes = registry.save_network(imported.trained, path, source.parent)
    report = (*imported.report, *(ReportItem("model", LEFT_OUT, text) for text in notes))
    return replace(imported, report=report)


def _print_report(imported: Imported, path: Path, *, as_json: bool) -> None:
    for line in lines_of(imported.report):
        print_note(line)
    nodes, edges = imported.project.graph.nodes, imported.project.graph.edges
    print_note(_sentence("imported", count=len(nodes), path=path, edges=len(edges)))
    if as_json:
        print_json(
            {
                "model" if registry.is_model(path) else "project": str(path),
                "layers": [node.layer for node in nodes],
                "nodes": len(nodes),
                "models": imported.models,
                "placeholders": imported.placeholders,
                "notes": [item.message for item in imported.report if item.item == "training"],
                "report": [vars(item) for item in imported.report],
            }
        )
