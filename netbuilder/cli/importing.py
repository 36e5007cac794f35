"""``netbuilder import FILE [--weights FILE] -o PROJECT``, or ``-o MODEL.h5``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from netbuilder.cli.output import UsageError, print_json, print_note
from netbuilder.core.errors import FormatError
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing.import_file import import_file
from netbuilder.core.formats.importing.report import LEFT_OUT, Imported, ReportItem, lines_of
from netbuilder.core.formats.paths import rebased
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project import files
from netbuilder.core.wording import join_values


def run(arguments: argparse.Namespace) -> int:
    """Write the project, or the model, that a file becomes, and tell what was taken over."""
    source, path = Path(arguments.model), Path(arguments.output)
    if not path.suffix:
        path = path.with_suffix(files.ENDING)
    as_model = registry.is_model(path)
    if not as_model and path.suffix.lower() != files.ENDING:
        raise UsageError(
            _("'{file}' is neither a project nor a model.", file=path.name),
            _("Use a name that ends in .netbuilder, .h5 or .keras."),
            code="import_output_unknown",
        )
    weights = Path(arguments.weights) if arguments.weights else None
    if as_model or weights is not None or source.suffix.lower() == ".onnx":
        from netbuilder.core.tensorflow_output import load_tensorflow

        load_tensorflow()
    found = import_file(source, weights, trained=as_model or weights is not None)
    if as_model:
        found = _write_model(found, path, source)
    else:
        files.write(rebased(found.project, source.parent, path.parent), path)
        if weights is not None:
            lost = _("A project file contains no weights. Use a name after -o that ends in .h5.")
            found = replace(found, report=(*found.report, ReportItem("weights", LEFT_OUT, lost)))
    _tell(found, path, as_json=arguments.json)
    return 0


def _write_model(found: Imported, path: Path, source: Path) -> Imported:
    if found.trained is None:
        for line in lines_of(found.report):
            print_note(line)
        what = _("The network in '{file}' has no weights.", file=source.name)
        fix = _("Add --weights FILE, or import a project (-o NAME.netbuilder) and train it.")
        if found.placeholders:
            what = _(
                "'{file}' cannot be converted to a model, because it contains unknown "
                "layers: {layers}.",
                file=source.name,
                layers=join_values(found.placeholders),
            )
            fix = _("Import it as a project (-o NAME.netbuilder), and replace these layers.")
        raise FormatError(what, fix, path=str(source), code="import_without_weights")
    notes = registry.save_network(found.trained, path, source.parent)
    return replace(
        found, report=(*found.report, *(ReportItem("model", LEFT_OUT, text) for text in notes))
    )


def _tell(found: Imported, path: Path, *, as_json: bool) -> None:
    for line in lines_of(found.report):
        print_note(line)
    nodes, edges = found.project.graph.nodes, found.project.graph.edges
    print_note(
        ngettext(
            "Wrote {path}: {count} layer, {edges} connections.",
            "Wrote {path}: {count} layers, {edges} connections.",
            len(nodes),
            path=path,
            edges=len(edges),
        )
    )
    if as_json:
        print_json(
            {
                "model" if registry.is_model(path) else "project": str(path),
                "layers": [node.layer for node in nodes],
                "nodes": len(nodes),
                "placeholders": found.placeholders,
                "notes": [one.message for one in found.report if one.item == "training"],
                "report": [vars(one) for one in found.report],
            }
        )
