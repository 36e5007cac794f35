"""Format values and calls as Python source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from netbuilder.core.i18n import gettext as _

WIDTH = 88
#: A docstring (scripts have its first paragraph) or a comment.
_WORDS = re.compile(
    r'^(?P<indent>[ ]*)"""(?P<doc>.*?)"""|(?P<before>^[ ]*|  )# (?P<comment>[^"\n]*)$', re.S | re.M
)
FOR_TOOLS = ("fmt:", "type:", "noqa")


def format_literal(value: Any, tuples: bool = False) -> str:
    """Return a value as Python source with double quotes; lists as tuples if ``tuples``."""
    if isinstance(value, str):
        text = repr(value)
        return text if '"' in text else f'"{text[1:-1]}"'
    if isinstance(value, list | tuple):
        inner = ", ".join(format_literal(item, tuples) for item in value)
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
    """Return ``name(a, b)`` on one line if it fits, else with one argument per line."""
    line = f"{name}({', '.join(arguments)})"
    if len(line) + indent <= WIDTH or len(arguments) < 2:
        return line
    space = " " * indent
    body = "".join(f"{space}    {argument},\n" for argument in arguments)
    return f"{name}(\n{body}{space})"


def source_words(source: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield each docstring and comment of a source, and its message in the catalog."""
    for match in _WORDS.finditer(source):
        first = (match["doc"] or match["comment"]).partition("\n\n")[0]
        yield match, " ".join(first.split())


def translated_source(source: str) -> str:
    """Return a function's source with docstrings and comments in the chosen language.

    ``scripts/translations.py`` collects the texts below "# Scripts carry this function.".
    """
    parts, at = [], 0
    for match, message in source_words(source):
        indent, new = match["indent"] or "", match["before"]
        if match["doc"] is not None:
            docstring = f'"""{_(message)}"""'
            new = "\n".join(wrap(docstring, WIDTH, initial_indent=indent, subsequent_indent=indent))
        elif message.startswith(FOR_TOOLS):
            new = ""
        else:
            new += f"# {_(message)}"
        parts += [source[at : match.start()], new]
        at = match.end()
    return "".join((*parts, source[at:]))
