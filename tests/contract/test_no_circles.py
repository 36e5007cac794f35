"""No file needs another that needs it: each can be read, and tested, without the rest.

Imports for the type checker and inside functions count: they too make two files one.
"""

import ast

import pytest

from tests.contract.syntax import PACKAGE, syntax_trees


def _modules():
    found = {}
    for path in syntax_trees():
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def _imports(path, modules):
    found: set[str] = set()
    for node in ast.walk(syntax_trees()[path]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found.add(whole if whole in modules else node.module)
    return {name for name in found if name in modules}


def circles(graph):
    """The strongly connected parts of more than one file (Tarjan's algorithm, 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []

    def enter(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        return iter(sorted(graph[name]))

    for start in graph:
        if start in index:
            continue
        path = [(start, enter(start))]
        while path:
            name, rest = path[-1]
            for other in rest:
                if other not in index:
                    path.append((other, enter(other)))
                    break
                if other in stack:
                    low[name] = min(low[name], index[other])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == index[name]:
                    part = stack[stack.index(name) :]
                    del stack[stack.index(name) :]
                    if len(part) > 1:
                        found.append(frozenset(part))
    return found


def test_circles_are_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set(), "e": {"a", "f"}, "f": {"e"}}
    assert set(circles(graph)) == {frozenset("bc"), frozenset("ef")}


@pytest.mark.slow
def test_no_two_files_import_each_other():
    modules = _modules()
    graph = {name: _imports(path, modules) - {name} for name, path in modules.items()}
    graph["netbuilder"].clear()  # the package's face loads its names when they are used
    assert len(graph) > 100
    assert any(graph.values())
    new = [sorted(circle) for circle in circles(graph)]
    assert not new, "these files import each other: move down what they share, or hand it in"
