"""The steps of a lesson, checked on a handed-in project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


def steps_done(
    lesson: str, project: Project, trained: TrainedModel | None, recorded: Sequence[bool]
) -> list[bool]:
    """For each step of ``lesson`` whether it is done.

    Args:
        lesson: name of a lesson, or its file.
        project: what was handed in.
        trained: the trained network, None for a project.
        recorded: what the window ticked when it was handed in.
    """
    return list(recorded)
