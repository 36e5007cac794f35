"""A picture of a network for a worksheet: with its numbers, or with lines for those to work out.

Stands above ``check``, which knows the numbers, and ``formats``, which draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netbuilder.core.formats.writers.svg import NetworkNumbers, network_svg
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts


#: What stands on a worksheet: every number; those that all others follow from, and lines for the
#: others; lines alone.
NUMBERS, EXERCISE, BLANK = "numbers", "exercise", "blank"


def worksheet(project: Project, facts: DataFacts | None, *, sheet: str) -> str:
    """The picture as SVG: shapes on the wires, weights beside the layers, their sum below.

    Args:
        project: whose network is drawn.
        facts: of its data, which the shapes begin with; None where it has none.
        sheet: "numbers"; "exercise": what the layers were given and what comes in stand there, the
            rest is to be worked out; "blank": a line in the place of every number.
    """
    from netbuilder.core.check.problems import shape_text
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, facts).by_node
    return network_svg(
        project,
        NetworkNumbers(
            {
                name: shape_text(one.output)
                for name, one in shapes.items()
                if one.output is not None
            },
            {
                node.id: shapes[node.id].parameters
                for node in project.graph.nodes
                if node.layer != "Input" and node.id in shapes
            },
            sheet != NUMBERS,
            frozenset(project.graph.inputs) if sheet == EXERCISE else None,
        ),
    )
