"""Values as Python text, for the scripts that the program writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from netbuilder.core.i18n import gettext as _

WIDTH = 88
#: A docstring, of which a script carries the first paragraph, or a comment.
_WORDS = re.compile(
    r'^(?P<indent>[ ]*)"""(?P<doc>.*?)"""|(?P<before>^[ ]*|  )# (?P<comment>[^"\n]*)$', re.S | re.M
)
FOR_TOOLS = ("fmt:", "type:", "noqa")


def format_literal(value: Any, tuples: bool = False) -> str:
    """A value as Python writes it, with double quotes; lists as tuples where ``tuples``."""
    if isinstance(value, str):
        text = repr(value)
        return text if '"' in text else f'"{text[1:-1]}"'
    if isinstance(value, list | tuple):
        inner = ", ".join(format_literal(one, tuples) for one in value)
        if not tuples:
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{format_literal(k)}: {format_literal(v)}" for k, v in value.items())
            + "}"
        )
    return repr(value)


def format_call(name: str, arguments: list[str], indent: int = 0) -> str:
    """``name(a, b)``, on one line if it fits, else one argument a line."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) + indent <= WIDTH or len(arguments) < 2:
        return line
    space = " " * indent
    body = "".join(f"{space}    {argument},\n" for argument in arguments)
    return f"{name}(\n{body}{space})"


def source_words(source: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each docstring and comment of a function's text, and its message in the catalog."""
    for found in _WORDS.finditer(source):
        first = (found["doc"] or found["comment"]).partition("\n\n")[0]
        yield found, " ".join(first.split())


def translated_source(source: str) -> str:
    """The text of a function as scripts carry it: what it says of itself, in the chosen language.

    ``scripts/translations.py`` collects the words of functions below a line
    "# Scripts carry this function.".
    """
    parts, at = [], 0
    for found, message in source_words(source):
        indent, new = found["indent"] or "", found["before"]
        if found["doc"] is not None:
            said = f'"""{_(message)}"""'
            new = "\n".join(wrap(said, WIDTH, initial_indent=indent, subsequent_indent=indent))
        elif message.startswith(FOR_TOOLS):
            new = ""
        else:
            new += f"# {_(message)}"
        parts += [source[at : found.start()], new]
        at = found.end()
    return "".join((*parts, source[at:]))
