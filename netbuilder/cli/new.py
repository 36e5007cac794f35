"""``netbuilder new DATA``: a network and settings that fit the data, as a project."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _


def run(arguments: argparse.Namespace) -> int:
    """Write the project and say why each choice was made."""
    source = Path(arguments.data)
    if not source.exists():
        raise UserError(
            _("There is no file '{path}'.", path=source),
            _("Check the name and the folder."),
            code="no_such_file",
        )
    from netbuilder.core.data.suggestion import suggest
    from netbuilder.core.formats.paths import rebased
    from netbuilder.core.project import files

    found = suggest(source, arguments.target)
    out = Path(arguments.output) if arguments.output else source.with_suffix(".netbuilder")
    files.write(rebased(found.project, source.parent, out.parent), out)
    for reason in found.reasons:
        print_result(reason)
    print_note(_("Wrote {path}. Next: netbuilder train {path}", path=out))
    if arguments.json:
        graph = found.project.graph
        print_json(
            {
                "project": str(out),
                "target": list(found.target),
                "task": found.task,
                "layers": [graph.by_id[name].layer for name in graph.order],
                "reasons": list(found.reasons),
            }
        )
    return 0
