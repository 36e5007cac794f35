"""``netbuilder screenshot FILE -o PNG``: draw the window."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.app import qt_libraries
from netbuilder.cli.output import print_json, print_note
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.callout_places import FORMER_PAGES
from netbuilder.core.process.tensorflow_output import load_tensorflow


def run(arguments: argparse.Namespace) -> int:
    """Draw the window without a screen and write it."""
    output = Path(arguments.output)
    if output.suffix.lower() != ".png":
        raise UserError(
            _("A screenshot is a .png file, but '{name}' does not end in .png.", name=output.name),
            _("Use {name}.", name=output.with_suffix(".png")),
            code="not_a_png_name",
            path=str(output),
        )
    load_tensorflow()
    with qt_libraries():
        from netbuilder.ui import screenshot
        from netbuilder.ui.window.panels import PANELS
    panel = arguments.panel
    if panel is not None:
        # By id or title, in any case.
        ids = {name.lower(): row.id for row in PANELS for name in (row.title, row.id)}
        ids |= {**FORMER_PAGES, "experiments": "compare"}
        panel = ids.get(panel.strip().lower(), panel)
    screenshot.render(arguments.file, arguments.output, panel, arguments.size, arguments.dark)
    print_note(_("Wrote {file}.", file=arguments.output))
    if arguments.json:
        print_json({"output": arguments.output, "size": list(arguments.size)})
    return 0
