"""Format values and calls as Python source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from textwrap import wrap
from typing import Any

from netbuilder.core.i18n import gettext as _

WIDTH, LONGEST_LINE = 88, 100
#: A docstring (scripts have its first paragraph) or a comment.
_WORDS = re.compile(
    r'^(?P<indent>[ ]*)"""(?P<doc>.*?)"""|(?P<before>^[ ]*|  )# (?P<comment>[^"\n]*)$', re.S | re.M
)
_SPLIT_HEAD = re.compile(r"^(?P<head> *def \w+)\((?P<inner>(?:\n +[^()\n]*)+)\n *\):", re.M)
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


def format_call(name: str, arguments: Sequence[str], indent: int = 0) -> str:
    """Return ``name(a, b)`` on one line if it fits, else with its arguments on further lines."""
    return format_items(f"{name}(", arguments, ")", indent)


def format_items(head: str, items: Sequence[str], tail: str, indent: int = 0) -> str:
    """Return a call or literal on one line if it fits, else with several items a line."""
    line, space = f"{head}{', '.join(items)}{tail}", " " * indent
    if len(line) + indent <= (WIDTH if indent else LONGEST_LINE) and "\n" not in line:
        return line
    rows = [items[0]] if items else []
    for item in items[1:]:
        if "\n" in rows[-1] + item or len(rows[-1]) + len(item) + indent + 7 > LONGEST_LINE:
            rows.append(item)
        else:
            rows[-1] += f", {item}"
    inner = [f"{space}    {row}{',' * (len(rows) > 1)}" for row in rows]
    return "\n".join([head, *inner, f"{space}{tail}"])


def without_types(source: str, *, join: bool = True) -> str:
    """Return a source without annotations; ``join``: heads of functions on one line if they fit."""
    cuts, tree = [], ast.Module([], [])
    with suppress(SyntaxError, ValueError):
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            cuts.append((node.annotation, node.col_offset + len(node.arg.encode()), b"="))
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            cuts.append((node.annotation, node.target.end_col_offset or 0, b" = "))
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            cuts.append((node.returns, node.returns.col_offset - len(" -> "), b""))
    lines = source.encode().split(b"\n")
    for annotation, start, equals in sorted(cuts, key=lambda cut: -cut[0].col_offset):
        line = lines[row := annotation.lineno - 1]
        if annotation.end_lineno == annotation.lineno:
            rest = line[annotation.end_col_offset :]
            rest = equals + rest[3:] if rest.startswith(b" = ") else rest
            lines[row] = line[:start] + rest
    text = b"\n".join(lines).decode()
    return _SPLIT_HEAD.sub(_joined_head, text) if join else text


def _joined_head(match: re.Match[str]) -> str:
    inner = " ".join(line.strip() for line in match["inner"].split("\n")).strip().removesuffix(",")
    head = f"{match['head']}({inner}):"
    return head if len(head) <= LONGEST_LINE else match[0]


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
