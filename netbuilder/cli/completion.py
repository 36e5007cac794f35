"""``netbuilder completion SHELL``: a script that completes commands, options and file names."""

from __future__ import annotations

import argparse

from netbuilder.cli.output import print_json, print_result


def run(arguments: argparse.Namespace) -> int:
    """Print the script for a shell."""
    import shtab

    from netbuilder.cli.verbs import make_parser

    parser = make_parser([])
    kind = argparse._SubParsersAction
    commands = next(action for action in parser._actions if isinstance(action, kind))
    for command in commands.choices.values():
        for action in command._actions:
            if action.type is None and action.choices is None and action.nargs != 0:
                action.complete = shtab.FILE
    script = shtab.complete(parser, arguments.shell)
    if arguments.json:
        print_json({"shell": arguments.shell, "script": script})
    else:
        print_result(script)
    return 0
