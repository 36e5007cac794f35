"""What a page says that has nothing to show yet: the next step."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import capitalize_first
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.empty_state import EmptyStatePage


def next_step_sentence(workbench: Workbench, ready: str) -> str:
    """``ready`` where the project can be trained; else what it lacks for that, in words."""
    lacks = missing_step_sentence(workbench)
    if lacks:
        return lacks
    if workbench.run_error is not None:
        return _("The last training failed. The Curves page says why and what to do.")
    return ready


def missing_step_sentence(workbench: Workbench) -> str:
    """Return what has to be done before the project can be trained; "" for nothing."""
    from netbuilder.core.data.registry import is_chosen

    project = workbench.store.project
    if not any(node.layer != "Input" for node in project.graph.nodes):
        return _("Drag a layer onto the canvas first.")
    if not is_chosen(project.data):
        return _("Choose data on the Data page first.")
    if workbench.data_error is not None:
        return _(
            "{problem}. The Data page says what to do.",
            problem=capitalize_first(workbench.data_trouble),
        )
    wrong = next((one for one in workbench.problems if one.blocks), None)
    if wrong is not None:
        return _("{problem}\nFix it on the canvas first.", problem=wrong.message)
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
