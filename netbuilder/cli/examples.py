"""``netbuilder examples [NAME -o PROJECT]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.standard_streams import print_project
from netbuilder.core.data.examples import find_example, list_examples
from netbuilder.core.error_texts import user_error
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.wording import labelled


def run(arguments: argparse.Namespace) -> int:
    """List the examples, or write one as a project."""
    if arguments.name is None:
        if arguments.output:
            raise user_error("no_example_named")
        return _list(arguments.json)
    chosen = find_example(arguments.name)
    path = Path(arguments.output or f"{chosen.name}{files.ENDING}")
    project = files.read(chosen.path)
    if print_project(project, path):
        return 0
    if not path.suffix:
        path = path.with_suffix(files.ENDING)
    files.write(project, path)
    print_note(_("Wrote {file}. Next: netbuilder train {file}", file=path))
    if arguments.json:
        print_json({"name": chosen.name, "project": str(path)})
    return 0


def _list(as_json: bool) -> int:
    rows = list_examples()
    if as_json:
        print_json(
            {
                "examples": [
                    {"name": row.name, "title": row.title, "description": row.description}
                    for row in rows
                ]
            }
        )
        return 0
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        print_result(f"{row.name:<{width}}  {labelled(row.title, row.description)}")
    return 0
