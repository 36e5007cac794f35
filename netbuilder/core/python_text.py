"""Values as Python text, for the scripts that the program writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WIDTH = 88


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
