"""Apply what a person changed in a script to the project that the script was written for.

The script as written and as typed are both imported, never run. Only what differs between the two
changes the project, so that positions and settings that code does not carry are kept.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import SequenceMatcher
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from tokenize import COMMENT, generate_tokens
from typing import Any

from netbuilder.core.formats.importing.keras_code.import_code import import_source
from netbuilder.core.formats.importing.keras_code.source import parse_text
from netbuilder.core.formats.importing.report import Imported, ReportItem
from netbuilder.core.project.edits import new_id, place_new_node, remove_nodes, replace_layer
from netbuilder.core.project.model import Edge, Graph, Node, Project

Lines = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class CodeVersion:
    """A script as imported; None: still to do.

    ``ids``: project node by imported node; ``lines``: first and last line, from 1, of each node of
    the project.
    """

    text: str
    imported: Imported | None
    ids: Mapping[str, str] = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)

    def first_difference(self, typed: str) -> int:
        """Return the first line in which the typed code says something else; 0 if none does."""
        before, after = (ast.parse(text).body for text in (self.text, typed))
        for old, new in zip_longest(before, after):
            if old is None or new is None or ast.dump(old) != ast.dump(new):
                return (new or after[-1]).lineno if after else 1
        return 0


def read_code(text: str, folder: Path, name: str) -> Imported:
    """Import a script without running it; raise FormatError if it has no model or is no Python.

    ``folder``: where its relative paths start; ``name``: of the project.
    """
    path = folder / f"{name}.py"
    return import_source(parse_text(text, path), path)


def written_version(text: str, imported: Imported, lines: Lines) -> CodeVersion:
    """Return the version that was generated for a project, with the lines of each node."""
    ids: dict[str, str] = {}
    for name, line in imported.lines.items():
        free = (node for node, (a, b) in lines.items() if a <= line <= b)
        node_id = next((node for node in free if node not in ids.values()), None)
        if node_id is not None:
            ids[name] = node_id
    return CodeVersion(text, imported, ids, lines)


def with_comments(typed: CodeVersion, written: str, new: CodeVersion) -> CodeVersion:
    """Return a new script with the comments that ``typed`` has and ``written`` has not.

    A comment stays above or beside its layer, with which it goes, or else the most similar line.
    """
    own = Counter(text for _row, _beside, text in _comments(typed.text))
    own -= Counter(text for _row, _beside, text in _comments(written))
    code, new_code = _code_lines(typed.text), _code_lines(new.text)
    above, beside = dict[int, list[str]](), dict[int, list[str]]()
    for at, is_beside, comment in _comments(typed.text):
        if not own[comment]:
            continue
        own[comment] -= 1
        row = next((n for n in range(at, len(code) + 1) if code[n - 1]), len(code) + 1)
        place = _place(row, typed.lines, new.lines, code, new_code)
        if place:
            (beside if is_beside else above).setdefault(place, []).append(comment)
    lines, rows = [], [0]
    for row, line in enumerate([*new.text.split("\n"), ""], 1):
        indent = line[: len(line) - len(line.lstrip())]
        lines += [indent + comment for comment in above.get(row, ())]
        lines.append("  ".join([line, *beside.get(row, ())]))
        rows.append(len(lines))
    text = "\n".join(lines[:-1])
    if _parsed(text) != _parsed(new.text):
        return new
    places = {name: (rows[first], rows[last]) for name, (first, last) in new.lines.items()}
    return CodeVersion(text, None, {}, places)


def _place(row: int, old: Lines, new: Lines, code: list[str], new_code: list[str]) -> int:
    """Return the line of a new script for a line of the old one; 0 for one of a removed layer."""
    for name, (first, last) in old.items():
        if first <= row <= last:
            start, end = new.get(name, (0, 0))
            return min(start + row - first, end)
    matcher = SequenceMatcher(None, code, new_code, autojunk=False)
    for _tag, start, end, new_start, new_end in matcher.get_opcodes():
        if start < row <= end:
            return min(new_start + row - start, max(new_end, new_start + 1))
    return len(new_code)


def _comments(text: str) -> Iterator[tuple[int, bool, str]]:
    """Yield the line of each comment, whether it stands beside code, and its text."""
    for token in generate_tokens(StringIO(text).readline):
        if token.type == COMMENT:
            row, column = token.start
            yield row, bool(token.line[:column].strip()), token.string


def _code_lines(text: str) -> list[str]:
    """Return the lines without comments and spaces."""
    lines = text.split("\n")
    for row, _beside, comment in _comments(text):
        lines[row - 1] = lines[row - 1].removesuffix(comment)
    return ["".join(line.split()) for line in lines]


def _parsed(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""


def unread_items(written: Imported, typed: Imported) -> list[ReportItem]:
    """Return the items that the importer could not take over from the typed text alone."""
    known = Counter(map(_key, written.changes))
    items = []
    for item in typed.changes:
        known[_key(item)] -= 1
        if known[_key(item)] < 0:
            items.append(item)
    return items


def _key(item: ReportItem) -> tuple[str, str]:
    return item.taken, re.sub(r"\d+", "", item.message)


def apply_code(
    project: Project, written: CodeVersion, text: str, typed: Imported
) -> tuple[Project, CodeVersion]:
    """Return the project with the edits of the typed text, and the typed version."""
    assert written.imported is not None
    before, after = written.imported.project, typed.project
    pairs = _pairs(before.graph, after.graph)
    names = {new: written.ids[old] for new, old in pairs.items() if old in written.ids}
    names = {new: name for new, name in names.items() if name in project.graph.by_id}
    gone = [name for old, name in written.ids.items() if old not in pairs.values()]
    project = remove_nodes(project, gone, heal=False)
    new_nodes: list[str] = []
    for node in after.graph.nodes:
        old = before.graph.by_id.get(pairs.get(node.id, ""))
        if node.id in names and old is not None:
            project, names[node.id] = _updated(project, names[node.id], old, node)
        elif old is None:
            free = node.id not in project.graph.by_id
            name = node.id if free else new_id(project.graph, node.layer)
            names[node.id] = name
            new_nodes.append(name)
            graph = replace(
                project.graph, nodes=(*project.graph.nodes, replace(node, id=name, shared=None))
            )
            project = replace(project, graph=graph)
    graph = _shared(project.graph, before.graph, after.graph, pairs, names)
    project = replace(project, graph=_connected(graph, before.graph, after.graph, pairs, names))
    for name in new_nodes:
        project = place_new_node(project, name)
    project = _settings(project, before, after, names)
    return project, CodeVersion(text, typed, names, dict(_spans(text, typed, names)))


def _pairs(before: Graph, after: Graph) -> dict[str, str]:
    """Return the old node of each new node that remains: equal ones, then ones of the same layer,
    then ones in the same place."""
    pairs: dict[str, str] = {}
    # The importer's names ("dense_1") say nothing.
    whole, kinds = _matched(before.nodes, after.nodes, _content), []
    for same, old, new in whole:
        if same:
            pairs |= zip((node.id for node in new), (node.id for node in old), strict=True)
        else:
            kinds += _matched(old, new, lambda node: node.layer)
    for same, old, new in kinds:
        if same or len(old) == len(new):
            pairs |= zip((node.id for node in new), (node.id for node in old), strict=True)
    return pairs


def _content(node: Node) -> str:
    return f"{node.layer} {sorted(node.params.items())} {bool(node.shared)}"


def _matched(
    before: tuple[Node, ...], after: tuple[Node, ...], key: Any
) -> list[tuple[bool, tuple[Node, ...], tuple[Node, ...]]]:
    matcher = SequenceMatcher(None, [*map(key, before)], [*map(key, after)], autojunk=False)
    return [(tag == "equal", before[a:b], after[c:d]) for tag, a, b, c, d in matcher.get_opcodes()]


def _updated(project: Project, name: str, old: Node, new: Node) -> tuple[Project, str]:
    """Return the project with the changed arguments of a node, and the node's id."""
    place = [node.id for node in project.graph.nodes].index(name)
    if new.layer != old.layer:
        project = replace_layer(project, name, new.layer)
        node = replace(project.graph.nodes[place], params=dict(new.params))
    else:
        node = project.graph.nodes[place]
        params = {key: value for key, value in node.params.items()
                  if key not in old.params or key in new.params}  # fmt: skip
        params |= {
            key: value for key, value in new.params.items() if old.params.get(key, ...) != value
        }
        if params == node.params:
            return project, name
        node = replace(node, params=params)
    nodes = list(project.graph.nodes)
    nodes[place] = node
    return replace(project, graph=replace(project.graph, nodes=tuple(nodes))), node.id


def _shared(
    graph: Graph, before: Graph, after: Graph, pairs: Mapping[str, str], names: Mapping[str, str]
) -> Graph:
    """Return the graph with the layers that the typed text shares or no longer shares."""
    owners: dict[str, str | None] = {}
    for node in after.nodes:
        old = before.by_id.get(pairs.get(node.id, ""))
        unchanged = old is not None and (node.shared and pairs.get(node.shared)) == old.shared
        if node.id in names and not unchanged:
            owners[names[node.id]] = names.get(node.shared) if node.shared else None
    nodes = (replace(n, shared=owners[n.id]) if n.id in owners else n for n in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def _connected(
    graph: Graph, before: Graph, after: Graph, pairs: Mapping[str, str], names: Mapping[str, str]
) -> Graph:
    """Return the graph with the connections into each node whose sources the text changed."""
    edges = list(graph.edges)
    for node in after.nodes:
        old = pairs.get(node.id)
        sources = after.sources[node.id]
        unchanged = old is not None and before.sources[old] == tuple(pairs.get(s) for s in sources)
        if node.id in names and not unchanged:
            into: list[Edge] = [(names[s], names[node.id]) for s in sources if s in names]
            edges = [edge for edge in edges if edge[1] != names[node.id]] + into
    return replace(graph, edges=tuple(edges))


def _settings(
    project: Project, before: Project, after: Project, names: Mapping[str, str]
) -> Project:
    """Return the project with the changed settings of training and data."""

    def changed(old: Any, new: Any) -> Iterator[tuple[str, Any]]:
        for key in (entry.name for entry in fields(old)):
            if getattr(old, key) != getattr(new, key):
                yield key, getattr(new, key)

    training, data = dict(changed(before.training, after.training)), dict[str, Any]()
    if "outputs" in training:
        own = training["outputs"].items()
        training["outputs"] = {names[key]: value for key, value in own if key in names}
    for key, value in changed(before.data, after.data):
        if key in ("inputs", "targets"):
            data[key] = {names[node]: columns for node, columns in value.items() if node in names}
        elif key in ("options", "columns"):
            old, here = getattr(before.data, key), dict(getattr(project.data, key))
            here = {name: here[name] for name in here if name not in old or name in value}
            data[key] = here | {n: v for n, v in value.items() if old.get(n) != v}
        else:
            data[key] = value
    return replace(
        project,
        training=replace(project.training, **training),
        data=replace(project.data, **data) if data else project.data,
    )


def _spans(
    text: str, typed: Imported, names: Mapping[str, str]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield first and last line of each node of the project."""
    ends: dict[int, int] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            ends[node.lineno] = max(ends.get(node.lineno, 0), node.end_lineno or 0)
    for name, line in typed.lines.items():
        if name in names and line:
            yield names[name], (line, ends.get(line, line))
