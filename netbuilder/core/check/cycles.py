"""Finds circles of wires and the wires that close them."""

from __future__ import annotations

from collections.abc import Iterator

from netbuilder.core.project.model import Edge, Graph


def cycles(graph: Graph) -> list[tuple[tuple[str, ...], tuple[Edge, ...]]]:
    """For each knot of circles: one circle in it, and the wires without which none is left.

    A depth-first search from the Inputs on; the wires are its back edges, so that what is cut
    leads back and not forward (Tarjan, "Depth-first search and linear graph algorithms", 1972).
    """
    if len(set(graph.order)) == len(graph.by_id):
        return []
    back: dict[frozenset[str], list[Edge]] = {}
    circle: dict[frozenset[str], tuple[str, ...]] = {}
    done: set[str] = set()
    starts = [*graph.inputs, *graph.by_id]
    knots = _knots(graph)
    for start in starts:
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start: 0}
        walks: list[Iterator[str]] = [iter(graph.targets[start])]
        while walks:
            target = next(walks[-1], None)
            if target is None:
                walks.pop()
                left = path.pop()
                del on_path[left]
                done.add(left)
            elif target in on_path:
                knot = knots[target]
                back.setdefault(knot, []).append((path[-1], target))
                circle.setdefault(knot, tuple(path[on_path[target] :]))
            elif target not in done:
                on_path[target] = len(path)
                path.append(target)
                walks.append(iter(graph.targets[target]))
    return [(circle[knot], tuple(dict.fromkeys(edges))) for knot, edges in back.items()]


def _knots(graph: Graph) -> dict[str, frozenset[str]]:
    """The strongly connected component of each node (Kosaraju's two passes)."""
    finished: list[str] = []
    seen: set[str] = set()
    for start in graph.by_id:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(graph.targets[start]))]
        while stack:
            node, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                finished.append(node)
                stack.pop()
            elif target not in seen:
                seen.add(target)
                stack.append((target, iter(graph.targets[target])))
    found: dict[str, frozenset[str]] = {}
    for start in reversed(finished):
        if start in found:
            continue
        members, waiting = {start}, [start]
        while waiting:
            for source in graph.sources[waiting.pop()]:
                if source not in members and source not in found:
                    members.add(source)
                    waiting.append(source)
        knot = frozenset(members)
        found.update(dict.fromkeys(members, knot))
    return found
