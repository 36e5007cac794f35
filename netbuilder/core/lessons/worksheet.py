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
    """Return the network as SVG: shapes on the connections, weights beside the layers.

    Args:
        project: whose network is drawn.
        facts: of its data, for the input shapes; None without data.
        sheet: "numbers"; "exercise": only arguments and inputs are given; "blank": no numbers.
    """
    from netbuilder.core.check.problems import shape_text
    from netbuilder.core.check.shapes.shapes import ShapeCache

    shapes = ShapeCache().compute(project.graph, facts).by_node
    return network_svg(
        project,
        NetworkNumbers(
            {
                name: shape_text(shape.output)
                for name, shape in shapes.items()
                if shape.output is not None
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
