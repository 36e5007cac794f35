"""``netbuilder import MODEL -o PROJECT``."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.terminal.output import print_json, print_note
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.formats import registry
from netbuilder.core.formats.paths import rebased
from netbuilder.core.formats.safety.inspect_file import inspect_file
from netbuilder.core.project import files


def run(arguments: argparse.Namespace) -> int:
    """Write the project that stands in a model, or that its graph makes. Needs no TensorFlow."""
    source, path = Path(arguments.model), Path(arguments.output)
    if not path.suffix:
        path = path.with_suffix(files.ENDING)
    file = inspect_file(source, placeholders=True)
    project = rebased(registry.project_of_file(file), source.parent, path.parent)
    files.write(project, path)
    placeholders = [node.id for node in project.graph.nodes if node.layer not in LAYERS]
    for node in () if file.is_ours else project.graph.nodes:
        text = str(node.extra.get("explanation", ""))
        kind = "Placeholder " if node.id in placeholders else ""
        if text:
            print_note(f"{kind}'{node.id}': {text}")
    for text in file.notes:
        print_note(text)
    count = len(project.graph.nodes)
    print_note(f"Wrote {path}: {count} nodes, {len(project.graph.edges)} edges.")
    if arguments.json:
        print_json(
            {
                "project": str(path),
                "nodes": count,
                "placeholders": placeholders,
                "notes": list(file.notes),
            }
        )
    return 0
