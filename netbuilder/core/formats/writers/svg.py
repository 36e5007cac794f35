"""Draw the network as an SVG image, with nodes and connections as on the canvas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from netbuilder.core.catalog.layer_parser import describe_params
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import CATEGORY_COLORS
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.layout import layout_graph
from netbuilder.core.project.model import Node, Project

WIDTH, HEIGHT, MARGIN = 260.0, 44.0, 24.0
#: Room beside the cards for long shapes, above them for name and date, and below for the total.
SHAPE_WIDTH, HEADER_HEIGHT, TOTAL_HEIGHT = 60.0, 40.0, 36.0
LINE, SHORT_LINE = "_____", "___"
#: How far a connection passes beside the cards between its ends: less than the margin.
_BESIDE = 28.0

_OTHER = "#8A93A3"


def save(source: TrainedModel | Project, path: Path) -> None:
    """Write the image of a project or trained network."""
    project = source if isinstance(source, Project) else source.project
    with replace_atomically(Path(path)) as temporary:
        temporary.write_bytes(network_svg(project).encode())
        verify(source, temporary)


def verify(source: TrainedModel | Project, path: Path) -> None:
    """Check that an image is valid XML."""
    try:
        ElementTree.parse(path)
    except (ElementTree.ParseError, ValueError) as error:
        raise format_error("picture_invalid", reason=error) from error


@dataclass(frozen=True)
class NetworkNumbers:
    """Numbers that a worksheet shows beside the layers.

    Attributes:
        shapes: output shape of each node, by its id: "8×8×1".
        parameters: number of weights of each node, by its id.
        blank: replace numbers by lines to write on.
        exact: nodes whose shapes are shown even then, with all arguments of the layers; None for
            lines everywhere.
    """

    shapes: Mapping[str, str]
    parameters: Mapping[str, int]
    blank: bool = False
    exact: frozenset[str] | None = None


def network_svg(project: Project, numbers: NetworkNumbers | None = None) -> str:
    """Return the image, with positions kept if every node has one; worksheets have numbers."""
    graph = project.graph
    horizontal = bool(graph.extra.get("horizontal"))
    places = {node.id: node.position for node in graph.nodes if node.position is not None}
    if len(places) < len(graph.nodes) or graph.groups:
        places = dict(layout_graph(graph, horizontal))
    left = min((x for x, _ in places.values()), default=0.0) - MARGIN
    top = min((y for _, y in places.values()), default=0.0) - MARGIN
    width = max((x for x, _ in places.values()), default=0.0) + WIDTH + MARGIN - left
    height = max((y for _, y in places.values()), default=0.0) + HEIGHT + MARGIN - top
    if numbers is not None:
        width, top = width + SHAPE_WIDTH, top - HEADER_HEIGHT
        height += HEADER_HEIGHT + TOTAL_HEIGHT
    ids = {node.id: _drawn_id(node, project, places) for node in graph.nodes}
    wires = {(ids[a], ids[b]) for a, b in graph.edges if a in ids and b in ids}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}"'
        ' font-family="sans-serif" font-size="13">',
        f"<title>{escape(project.name)}</title>",
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        f' fill="{"#F7F8FA" if numbers is None else "#FFFFFF"}"/>',
    ]
    parts += [
        _wire(places[a], places[b], horizontal, _between(a, b, places, horizontal))
        for a, b in sorted(wires)
        if a != b and a in places and b in places
    ]
    parts += [_card(name, place, project, numbers) for name, place in places.items()]
    if numbers is not None:
        parts += _shapes(numbers, dict.fromkeys(a for a, _ in sorted(wires)), places, horizontal)
        total = LINE if numbers.blank else f"{sum(numbers.parameters.values()):,}"
        text = _("{count} weights in total", count=total)
        x, y = left + MARGIN, top + MARGIN
        for label, start, end in ((_("Name"), x, 190.0), (_("Date"), x + 205, width - 2 * MARGIN)):
            line = f"M {start + 48:.1f} {y + 2:.1f} H {x + end:.1f}"
            parts.append(_number(start, y, label) + f'<path d="{line}" stroke="#8A93A3"/>')
        parts.append(_number(left + MARGIN, top + height - MARGIN, text))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn_id(node: Node, project: Project, places: dict[str, tuple[float, float]]) -> str:
    if node.id in places:
        return node.id
    groups = project.graph.group_by_id
    group = node.group
    while group is not None and group in groups and group not in places:
        group = groups[group].parent
    return group or node.id


def _between(
    start: str, end: str, places: Mapping[str, tuple[float, float]], horizontal: bool
) -> list[tuple[float, float]]:
    along, across = (0, 1) if horizontal else (1, 0)
    size = HEIGHT if horizontal else WIDTH
    low, high = sorted((places[start][along], places[end][along]))
    near, far = sorted((places[start][across], places[end][across]))
    return [
        place
        for name, place in places.items()
        if name not in {start, end}
        and low < place[along] < high
        and near - size / 2 < place[across] < far + size / 2
    ]


def _around(
    start: tuple[float, float],
    end: tuple[float, float],
    horizontal: bool,
    between: Sequence[tuple[float, float]],
) -> tuple[float, float, str, float, float]:
    """Route a connection beside the cards between its ends: left of them, or above."""
    if horizontal:
        top = min(y for _, y in (start, end, *between)) - _BESIDE
        x1, x2 = start[0] + WIDTH / 2, end[0] + WIDTH / 2
        return x1, start[1], f"C {x1:.1f} {top:.1f} {x2:.1f} {top:.1f}", x2, end[1]
    left = min(x for x, _ in (start, end, *between)) - _BESIDE
    y1, y2 = start[1] + HEIGHT / 2, end[1] + HEIGHT / 2
    return start[0], y1, f"C {left:.1f} {y1:.1f} {left:.1f} {y2:.1f}", end[0], y2


def _wire(
    start: tuple[float, float],
    end: tuple[float, float],
    horizontal: bool,
    between: Sequence[tuple[float, float]],
) -> str:
    if between:
        x1, y1, curve, x2, y2 = _around(start, end, horizontal, between)
    elif horizontal:
        x1, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2
        x2, y2 = end[0], end[1] + HEIGHT / 2
        bend = max((x2 - x1) / 2, 20.0)
        curve = f"C {x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f}"
    else:
        x1, y1 = start[0] + WIDTH / 2, start[1] + HEIGHT
        x2, y2 = end[0] + WIDTH / 2, end[1]
        bend = max((y2 - y1) / 2, 20.0)
        curve = f"C {x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f}"
    return (
        f'<path d="M {x1:.1f} {y1:.1f} {curve} {x2:.1f} {y2:.1f}"'
        ' fill="none" stroke="#8A93A3" stroke-width="1.5"/>'
    )


def _shapes(
    numbers: NetworkNumbers,
    sources: Iterable[str],
    places: Mapping[str, tuple[float, float]],
    horizontal: bool,
) -> list[str]:
    """Draw the output shape of each node where its connection starts."""
    labels = []
    for source in sources:
        shape = numbers.shapes.get(source)
        if shape is None or source not in places:
            continue
        line = numbers.blank and source not in (numbers.exact or ())
        text = blank_numbers(shape) if line else shape
        x, y = places[source]
        if horizontal:
            x, y = x + 12, y + HEIGHT + 18
        else:
            x, y = x + WIDTH / 2 + 8, y + HEIGHT + 20
        # A curved connection may pass behind the text.
        under = f'<rect x="{x - 2:.1f}" y="{y - 11:.1f}" width="{len(text) * 6.7 + 4:.1f}"'
        labels.append(f'{under} height="15" fill="#FFFFFF"/>' + _number(x, y, text))
    return labels


def _weights_text(numbers: NetworkNumbers, name: str) -> str:
    count = numbers.parameters[name]
    written = LINE if numbers.blank else f"{count:,}"
    return ngettext("{count} weight", "{count} weights", 2 if numbers.blank else count,
                    count=written)  # fmt: skip


def _number(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="#1B2430" font-size="11" text-anchor="{anchor}"'
        f' font-family="monospace">{escape(text)}</text>'
    )


def blank_numbers(text: str, line: str = LINE) -> str:
    """Replace each number by a line to write on: "?×4" becomes "?×_____"."""
    return re.sub(r"\d[\d.,]*(?<=\d)", line, text)


def _card(
    node_id: str, place: tuple[float, float], project: Project, numbers: NetworkNumbers | None
) -> str:
    x, y = place
    node = project.graph.by_id.get(node_id)
    color, name, summary = _OTHER, node_id, ""
    if node is not None:
        owner = project.graph.by_id.get(node.shared or "", node)
        spec = LAYERS.get(owner.layer)
        name = owner.layer
        if spec is not None:
            color = CATEGORY_COLORS.get(spec.category, _OTHER)
            summary = _cut(describe_params(owner.params, spec), 18)
            if numbers is not None and numbers.blank and numbers.exact is None:
                summary = blank_numbers(summary, SHORT_LINE)
    elif node_id in project.graph.group_by_id:
        name = project.graph.group_by_id[node_id].name
    middle = y + HEIGHT / 2
    count = ""
    lift = 0.0
    if numbers is not None and node_id in numbers.parameters:
        count = _number(x + WIDTH - 12, middle + 14, _weights_text(numbers, node_id), "end")
        lift = 8.0 if summary else 0.0
    return (
        f'<g><rect x="{x:.1f}" y="{y:.1f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" rx="8"'
        ' fill="#FFFFFF" stroke="#DDE1E7"/>'
        f'<rect x="{x + 6:.1f}" y="{y + 8:.1f}" width="4" height="{HEIGHT - 16:.0f}" rx="2"'
        f' fill="{color}"/>'
        f'<text x="{x + 20:.1f}" y="{middle + 4.5:.1f}" fill="#1B2430" font-weight="600">'
        f"{escape(_cut(name, 18))}</text>"
        f'<text x="{x + WIDTH - 12:.1f}" y="{middle + 4 - lift:.1f}" fill="#667085"'
        f' font-size="11" text-anchor="end" font-family="monospace">{escape(summary)}</text>'
        f"{count}</g>"
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
