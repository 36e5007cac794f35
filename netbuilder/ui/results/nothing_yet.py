"""What a panel says that has nothing to show yet: the step that comes next."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.wording import capital
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import Waiting


def next_step(workbench: Workbench, ready: str) -> str:
    """``ready`` where the project can be trained; else what it lacks for that, in words."""
    from netbuilder.core.data.registry import is_chosen

    project = workbench.store.project
    if not any(node.layer != "Input" for node in project.graph.nodes):
        return "Drag a layer onto the canvas first, then press Train."
    if not is_chosen(project.data):
        return "Choose data in the Data tab first, then press Train."
    if workbench.data_error is not None:
        return f"{capital(workbench.data_trouble)}. The Data tab says what to do."
    if workbench.run_error is not None:
        return "The last training broke off: the Training tab says why, and what to do."
    return ready


def follow_next_step(workbench: Workbench, waiting: Waiting, show: Callable[[], object]) -> None:
    """Show a panel anew, while it waits, whenever the next step is another."""

    def look(*_changed: object) -> None:
        if waiting.currentIndex() == 0:
            show()

    for signal in (
        workbench.store.changed,
        workbench.facts_changed,
        workbench.run_error_changed,
    ):
        signal.connect(look)
