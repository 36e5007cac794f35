"""Equal blocks in a row, shown as one card "Block ×28"."""

from __future__ import annotations

from collections.abc import Iterator

from netbuilder.core.project.edits import move_nodes
from netbuilder.core.project.groups import group_nodes
from netbuilder.core.project.model import Graph, Project

#: Fewest repetitions and layers of a run, and most layers of its block.
_TIMES, _LAYERS, _LONGEST = 3, 6, 64


def group_repeats(project: Project) -> Project:
    """Put each run of equal blocks into a collapsed group; the same project without any."""
    for ids, times in _runs(project.graph):
        layer = project.graph.by_id[ids[0]].layer
        name = f"{layer if len(ids) == times else 'Block'} ×{times}"
        project = group_nodes(move_nodes(project, dict.fromkeys(ids)), ids, name)
    return project


def _runs(graph: Graph) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the layers of each run, and how often its block occurs.

    Layers are equal if their settings are, and if their inputs stand as far before them.
    """
    order, marks = graph.order, []
    place = {name: number for number, name in enumerate(order)}
    for name in order:
        node = graph.by_id[name]
        inputs = tuple(place[name] - place[source] for source in graph.sources[name])
        own = name if node.group or node.shared or not inputs else ""
        marks.append(repr((own, node.layer, sorted(node.params.items()), inputs)))
    at = 0
    while at < len(order):
        sizes = range(1, min(_LONGEST, (len(order) - at) // _TIMES) + 1)
        times, size = max(((_times(marks, at, s), s) for s in sizes), key=_layers, default=(0, 0))
        if times < _TIMES or times * size < _LAYERS:
            at += 1
            continue
        # A block begins where the fewest connections lead into the next one.
        starts = [s for s in range(at, at + size) if _times(marks, s, size) >= max(times - 1, 3)]
        at = min(starts, key=lambda start: _entries(graph, order, start + size))
        times = _times(marks, at, size)
        yield order[at : at + times * size], times
        at += times * size


def _times(marks: list[str], at: int, size: int) -> int:
    """Return how often the block of ``size`` layers at a place occurs in a row."""
    end = at + size
    while end < len(marks) and marks[end] == marks[end - size]:
        end += 1
    return (end - at) // size


def _layers(run: tuple[int, int]) -> tuple[int, int]:
    times, size = run
    return times * size if times >= _TIMES else 0, -size


def _entries(graph: Graph, order: tuple[str, ...], cut: int) -> int:
    """Return how many layers before a place of the order feed layers behind it."""
    before = set(order[:cut])
    return sum(any(t not in before for t in graph.targets[name]) for name in before)
