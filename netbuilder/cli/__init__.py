"""The command line: the app without a verb, else headless verbs.

Exit codes: 0 done, 1 the work failed, 2 wrong usage. A user's mistake is one message on stderr,
without traceback. With ``--json`` the last line of stdout is one JSON object.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, report_error, report_unexpected
from netbuilder.cli.verbs import VERBS, make_parser
from netbuilder.core import folders, i18n
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process import process_setup
from netbuilder.core.project.network_data import trust_host_of

DONE, FAILED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    ``argv`` are the words after ``netbuilder``; None: those of this process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        words = _take_language(_take_data_dir(words))
    except UserError as error:
        report_error(error, "--json" in words)
        return WRONG_USAGE
    for word in words:
        trust_host_of(word.partition("=")[2] if word.startswith("--") else word)
    first = next((word for word in words if not word.startswith("-")), None)
    if first is not None and first not in VERBS and not _may_be_a_file(first):
        return _no_such_command(first)
    try:
        arguments = make_parser(words).parse_args(words)
    except SystemExit as end:  # argparse has written its message
        code = end.code if isinstance(end.code, int) else WRONG_USAGE
        if code and "--json" in words:
            print_json(
                {
                    "error": _("The command line has an error."),
                    "mend": _("Add --help to see how the command is used."),
                }
            )
        return code
    return _run(getattr(arguments, "verb", None) or "app", arguments)


def _run(verb: str, arguments: argparse.Namespace) -> int:
    as_json = getattr(arguments, "json", False)
    if site_settings().problem:
        print_note(site_settings().problem)
    try:
        module = importlib.import_module(f"netbuilder.cli.{VERBS[verb].module}")
        with warnings.catch_warnings():
            # Warnings of libraries are meant for programmers.
            if not sys.warnoptions:
                warnings.simplefilter("ignore")
            return int(module.run(arguments))
    except UserError as error:
        return report_error(error, as_json, vars(arguments))
    except KeyboardInterrupt:
        print(_("Stopped."), file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # stdout was closed: `netbuilder examples | head -1`
        sys.stderr.close()
        return FAILED
    except MemoryError:
        out_of_memory = user_error("not_enough_memory")
        return report_error(out_of_memory, as_json)
    except Exception as error:  # noqa: BLE001  the last resort: no traceback on the screen
        load_error = process_setup.load_error(error)
        return (
            report_error(load_error, as_json) if load_error else report_unexpected(error, as_json)
        )
    finally:
        storage_problem = folders.problem()
        if storage_problem is not None and verb != "app":  # the window shows it itself
            print_note(str(storage_problem))


def _take_data_dir(words: list[str]) -> list[str]:
    rest, value = _take_option(words, "--data-dir")
    if value is None:
        return words
    folder = Path(value).expanduser().absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise user_error(
            "data_dir_not_writable", folder=value, reason=error.strerror or error
        ) from error
    os.environ[folders.VARIABLE] = str(folder)
    return rest


def _take_language(words: list[str]) -> list[str]:
    rest, name = _take_option(words, "--language")
    name = name or os.environ.get(i18n.VARIABLE) or site_settings().language
    if name:
        i18n.set_language(name)
    return rest


def _take_option(words: list[str], option: str) -> tuple[list[str], str | None]:
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name != option:
            continue
        rest = words[index + 1 :]
        if not equals:
            value, rest = (rest[0], rest[1:]) if rest else ("", [])
        if not value:
            raise user_error("option_without_value", option=option)
        return [*words[:index], *rest], value
    return words, None


def _may_be_a_file(word: str) -> bool:
    return Path(word).exists() or Path(word).suffix != "" or "/" in word or "\\" in word


def _no_such_command(word: str) -> int:
    from difflib import get_close_matches

    from netbuilder.core.wording import join_sentences, join_values

    names = [name for name in VERBS if name != "app"]
    matches = get_close_matches(word, names, 1)
    suggestion = (
        _("Did you mean '{name}'?", name=matches[0])
        if matches
        else _("The commands are: {names}.", names=join_values(names))
    )
    problem = _("There is no command and no file '{name}'.", name=word)
    print(join_sentences((problem, suggestion)), file=sys.stderr)
    return WRONG_USAGE
