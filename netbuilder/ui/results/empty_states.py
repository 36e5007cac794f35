"""What a panel says that has nothing to show yet: the step that comes next."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.wording import capitalize_first
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import EmptyStatePage


def next_step_sentence(workbench: Workbench, ready: str) -> str:
    """``ready`` where the project can be trained; else what it lacks for that, in words."""
    lacks = missing_step_sentence(workbench, "press Train")
    if lacks:
        return lacks
    if workbench.run_error is not None:
        return "The last training broke off: the Training tab says why, and what to do."
    return ready


def missing_step_sentence(workbench: Workbench, then: str) -> str:
    """What has to be done before the project can be trained, and ``then``; "" for nothing."""
    from netbuilder.core.data.registry import is_chosen

    project = workbench.store.project
    if not any(node.layer != "Input" for node in project.graph.nodes):
        return f"Drag a layer onto the canvas first, then {then}."
    if not is_chosen(project.data):
        return f"Choose data in the Data tab first, then {then}."
    if workbench.data_error is not None:
        return f"{capitalize_first(workbench.data_trouble)}. The Data tab says what to do."
    wrong = next((one for one in workbench.problems if one.blocks), None)
    if wrong is not None:
        return f"{wrong.message}\nMend it on the canvas first, then {then}."
    return ""


def follow_next_step(
    workbench: Workbench, waiting: EmptyStatePage, show: Callable[[], object]
) -> None:
    """Show a panel anew, while it waits, whenever the next step is another."""

    def look(*_changed: object) -> None:
        if waiting.currentIndex() == 0:
            show()

    for signal in (
        workbench.store.changed,
        workbench.facts_changed,
        workbench.problems_changed,
        workbench.run_error_changed,
    ):
        signal.connect(look)
