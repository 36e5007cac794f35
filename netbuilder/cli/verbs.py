"""The verbs of ``verbs.json`` and their parsers. Only light imports: ``--help`` must be fast."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netbuilder import __version__
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_

Argument = tuple[tuple[str, ...], str, dict[str, Any]]


@dataclass(frozen=True)
class Verb:
    """One verb: its ``module`` in this package has ``run(arguments) -> exit code``."""

    module: str
    help: str
    arguments: tuple[Argument, ...]

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's arguments to a parser."""
        for names, help, options in self.arguments:
            text = _(help, names=str(options.get("default", "")).replace(",", ", "))
            parser.add_argument(*names, help=text or None, **options)


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                _(
                    "must be a whole number, {least} or more, not {text}",
                    least=least,
                    text=repr(text),
                )
            )
        return value

    return number


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(
            _("must be a number greater than 0, not {text}", text=repr(text))
        )
    return value


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(
            _("must be a number, 0 or more, not {text}", text=repr(text))
        )
    return value


def _size(text: str) -> tuple[int, int]:
    width, _unused, height = text.lower().replace("×", "x").partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(
            _("must be WIDTHxHEIGHT such as 1366x768, not {text}", text=repr(text))
        )
    size = int(width), int(height)
    if not all(100 <= side <= 10_000 for side in size):
        raise argparse.ArgumentTypeError(_("must be between 100x100 and 10000x10000"))
    return size


_TYPES = {"positive": _positive, "not_negative": _not_negative, "size": _size}


def _argument(row: dict[str, Any]) -> Argument:
    """Return the arguments of ``add_argument``; the help is translated when the parser is made."""
    options = dict(row)
    if (kind := options.pop("type", None)) is not None:
        options["type"] = _whole(options.pop("least")) if kind == "whole" else _TYPES[kind]
    return tuple(options.pop("names")), options.pop("help", ""), options


def _read_verbs() -> dict[str, Verb]:
    content = resource_json("verbs.json")

    def arguments(rows: list[Any]) -> tuple[Argument, ...]:
        shared = content["shared"]
        return tuple(_argument(shared[row] if isinstance(row, str) else row) for row in rows)

    return {
        name: Verb(verb["module"], verb["help"], arguments(verb["arguments"]))
        for name, verb in content["verbs"].items()
    }


_JSON = N_("print one line of JSON as the last line on stdout")
VERBS = _read_verbs()


def _translated(text: str | None) -> str | None:
    plain = (text or "").strip()
    return (text or "").replace(plain, _(plain)) if plain else text


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of all verbs, or of the app if no verb is given."""
    argparse._ = _translated  # type: ignore[attr-defined]  # the only hook
    verbs = [name for name in VERBS if name != "app"]
    first = next((word for word in words if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="netbuilder",
        description=_("Draw a neural network, watch it learn, save the trained model as .h5."),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"NetBuilder {__version__}")
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help=_("folder for runs, settings and recovery files")
    )
    parser.add_argument("--language", metavar="xx", help=_("language of all text (de, fr, …)"))
    if first is not None and first not in verbs:
        VERBS["app"].add_to(parser)
        return parser
    parser.set_defaults(verb=None, file=None)
    subparsers = parser.add_subparsers(dest="verb", metavar="COMMAND", title=_("commands"))
    for name in verbs:
        verb = VERBS[name]
        description = _(verb.help)
        subparser = subparsers.add_parser(
            name, help=description, description=description, allow_abbrev=False
        )
        verb.add_to(subparser)
        subparser.add_argument("--json", action="store_true", help=_(_JSON))
    parser.epilog = _(
        "Without a command, netbuilder [FILE] opens the app, with the file if one is given."
    )
    return parser
