"""``netbuilder screenshot FILE -o PNG``: the window as a picture."""

from __future__ import annotations

import argparse

from netbuilder.cli.app import qt_libraries
from netbuilder.cli.output import note, print_json
from netbuilder.cli.quiet import load_tensorflow


def run(arguments: argparse.Namespace) -> int:
    """Draw the window without a screen and write it."""
    load_tensorflow()
    with qt_libraries():
        from netbuilder.ui import screenshot
    screenshot.render(
        arguments.file, arguments.output, arguments.panel, arguments.size, arguments.dark
    )
    note(f"Wrote {arguments.output}.")
    if arguments.json:
        print_json({"output": arguments.output, "size": list(arguments.size)})
    return 0
