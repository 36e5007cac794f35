"""Recognise the generated data set whose function an exported script carries."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.escaping.python_text import without_types
from netbuilder.core.project.model import Data, Project


def carried_data(tree: ast.Module, project: Project) -> Data | None:
    """Return the recipe of the generated set that a script defines and calls, else None.

    ``project``: network and data as far as the script tells them. The function must be the
    program's own, whatever the language of its docstring.
    """
    for node in tree.body:
        known = BUILTINS.get(node.name) if isinstance(node, ast.FunctionDef) else None
        if known is None:
            continue
        data = replace(project.data, kind="builtin", name=known.name)
        request = ScriptRequest(replace(project, data=data), None, known.task)
        code = "\n".join(known.code(request).lines)
        own = [*ast.parse(code).body, *ast.parse(without_types(code)).body]
        if _statements(node) not in map(_statements, own):
            continue
        values = dict(_values(tree, known.name))
        options = {p.name: values[p.name] for p in known.options
                   if values.get(p.name, p.default) != p.default}  # fmt: skip
        return replace(data, options={**data.options, **options})
    return None


def _statements(node: ast.stmt) -> str:
    """Return a function's arguments and statements, without its docstring."""
    if not isinstance(node, ast.FunctionDef):
        return ""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return ast.dump(node.args) + "".join(map(ast.dump, body))


def _values(tree: ast.Module, name: str) -> Iterator[tuple[str, Any]]:
    """Yield literals: of assignments, and of the function's call."""
    for node in ast.walk(tree):
        with suppress(ValueError):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield from ((key.arg or "", ast.literal_eval(key.value)) for key in node.keywords)
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        target, value = node.targets[0], node.value
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = value.elts if isinstance(value, ast.Tuple) else [value]
        for left, right in zip(names, values, strict=False):
            with suppress(ValueError):
                yield getattr(left, "id", ""), ast.literal_eval(right)
