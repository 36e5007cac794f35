"""What a panel says that has nothing to show yet: the step that comes next."""

from __future__ import annotations

from netbuilder.core.project.model import Project


def next_step(project: Project, ready: str) -> str:
    """``ready`` where the project can be trained; else what it lacks for that, in words."""
    from netbuilder.core.data.registry import is_chosen

    if not any(node.layer != "Input" for node in project.graph.nodes):
        return "Drag a layer onto the canvas first, then press Train."
    if not is_chosen(project.data):
        return "Choose data in the Data tab first, then press Train."
    return ready
