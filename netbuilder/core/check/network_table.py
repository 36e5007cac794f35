"""The network as a table: a row per layer, with output shape and costs."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from netbuilder.core.check.problems import Shape, shape_text
from netbuilder.core.check.shapes.shapes import Shapes
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import format_number

#: Titles of the columns, in the order of ``LayerRow.cells``.
COLUMNS: list[str] = resource_json("texts.json")["network_columns"]


@dataclass(frozen=True)
class LayerRow:
    """One layer of the table.

    ``output``: shape with the batch axis (None) first; None while unknown; ``parameters``: number
    of weights; 0 of a node that shares another node's layer; ``multiply_adds``: per sample;
    ``trainable``: number of trainable weights.
    """

    name: str
    layer: str
    output: Shape | None
    parameters: int
    multiply_adds: int
    trainable: int

    @property
    def cells(self) -> tuple[str | int, ...]:
        """The row's values in the order of ``COLUMNS``."""
        shape = "" if self.output is None else shape_text(self.output)
        return (self.name, self.layer, shape, self.parameters, self.multiply_adds, self.trainable)


def network_table(graph: Graph, shapes: Shapes | None) -> list[LayerRow]:
    """Return a row per layer, in the order of the data flow."""
    rows = []
    for node_id in dict.fromkeys((*graph.order, *graph.by_id)):
        node = graph.by_id[node_id]
        shape = shapes.by_node.get(node_id) if shapes is not None else None
        if shape is None:
            rows.append(LayerRow(node_id, node.layer, None, 0, 0, 0))
        else:
            costs = (shape.parameters, shape.multiply_adds, shape.trainable)
            rows.append(LayerRow(node_id, node.layer, shape.output, *costs))
    return rows


def table_lines(rows: Sequence[LayerRow]) -> list[str]:
    """Return the table as aligned text, with totals in the last line."""
    total = (
        _("Total"),
        "",
        "",
        sum(row.parameters for row in rows),
        sum(row.multiply_adds for row in rows),
        sum(row.trainable for row in rows),
    )
    cells = [[_(title) for title in COLUMNS]]
    cells += [
        [format_number(cell, ",") if isinstance(cell, int) else cell for cell in row]
        for row in (*(row.cells for row in rows), total)
    ]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padding = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        # Left-align words, right-align numbers.
        parts = [
            cell + fill if at < 3 else fill + cell
            for at, (cell, fill) in enumerate(zip(row, padding, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return lines


def _width(text: str) -> int:
    """Return the width in a terminal: wide characters take two columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
