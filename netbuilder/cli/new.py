"""``netbuilder new DATA``: create a project with a network that fits the data."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.cli.standard_streams import print_project
from netbuilder.core.error_texts import user_error
from netbuilder.core.i18n import gettext as _


def run(arguments: argparse.Namespace) -> int:
    """Write the project and print why each choice was made."""
    source = Path(arguments.data)
    if not source.exists():
        raise user_error("no_such_file", path=source)
    from netbuilder.cli.stop_signals import interruptible
    from netbuilder.core.formats.paths import rebased
    from netbuilder.core.project import files
    from netbuilder.core.results.suggestion.selection import suggest

    cancelled = threading.Event()
    with interruptible(cancelled.set):
        suggestion = suggest(
            source, arguments.target, progress=_show_progress, cancelled=cancelled.is_set
        )
    out = Path(arguments.output) if arguments.output else source.with_suffix(".netbuilder")
    project = rebased(suggestion.project, source.parent, out.parent)
    if print_project(project, out):
        return 0
    files.write(project, out)
    for reason in suggestion.reasons:
        print_result(reason)
    print_note(_("Wrote {path}. Next: netbuilder train {path}", path=out))
    if arguments.json:
        graph = suggestion.project.graph
        print_json(
            {
                "project": str(out),
                "target": list(suggestion.target),
                "task": suggestion.task,
                "layers": [graph.by_id[name].layer for name in graph.order],
                "reasons": list(suggestion.reasons),
            }
        )
    return 0


def _show_progress(title: str, done: int, of: int) -> None:
    print_note(
        _("Trying {network} ({number} of {count})…", network=title, number=done + 1, count=of)
    )
