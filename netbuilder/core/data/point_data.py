"""Which data are points that a person may put in, move and take away, and what is left the same."""

from __future__ import annotations

from netbuilder.core.project.model import Data, Project
from netbuilder.core.project.point_edits import forget_point_edits


def point_view_name(data: Data) -> str:
    """The live view on which points can be put in, moved and taken away; "": they cannot."""
    from netbuilder.core.data.kinds.builtin import BUILTINS

    known = data.kind == "builtin" and data.name in BUILTINS
    return BUILTINS[data.name].points if known else ""


def has_points(data: Data) -> bool:
    """Whether the data are points that can be put in, moved and taken away by hand."""
    return bool(point_view_name(data))


def same_points(one: Project, other: Project) -> bool:
    """Whether two projects learn from the same set of points, but for what was done by hand."""
    if not has_points(one.data):
        return False
    return forget_point_edits(one).data == forget_point_edits(other).data
