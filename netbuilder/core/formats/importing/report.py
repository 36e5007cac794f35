"""The result of an import: a project and a report on each of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

AS_IS, REPLACED, LEFT_OUT = "as is", "replaced", "left out"


@dataclass(frozen=True)
class ReportItem:
    """A part of a file (a layer's id, "optimizer", …), whether it was taken, and why not.

    ``line`` of a script, from 1; 0: unknown.
    """

    item: str
    taken: str
    message: str = ""
    line: int = 0


@dataclass(frozen=True)
class Imported:
    """A project, a report with an item for each layer and setting in file order, and its model.

    ``trained`` is None without weights, or where placeholders stand for a part of the network.
    ``lines``: of a script, the line of each layer, by node id.
    ``models``: title of each model in a script, in its order; ``chosen``: index of this one.
    """

    project: Project
    report: tuple[ReportItem, ...] = ()
    trained: TrainedModel | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    chosen: int = 0

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Return the ids of unknown layers and of layers that lack a required argument."""
        return tuple(
            node.id
            for node in self.project.graph.nodes
            if (spec := LAYERS.get(node.layer)) is None
            or (
                any(param.required and param.name not in node.params for param in spec.params)
                and not node.shared
            )
        )

    @property
    def changes(self) -> tuple[ReportItem, ...]:
        """Return the items that were not taken over unchanged."""
        return tuple(item for item in self.report if item.taken != AS_IS)


def report_of(
    project: Project, notes: Iterable[str] = (), *, ours: bool = False
) -> tuple[ReportItem, ...]:
    """Report on a model file: its layers, then ``notes`` on its other parts.

    With ``ours``, NetBuilder wrote the file and reported on its layers when they were imported.
    """
    items = []
    for node in project.graph.nodes:
        reported = ours and node.layer in LAYERS
        why = "" if reported else str(node.extra.get("explanation", ""))
        taken = AS_IS if not why else REPLACED if node.layer in LAYERS else LEFT_OUT
        items.append(ReportItem(node.id, taken, why))
    items += [ReportItem("training", LEFT_OUT, note) for note in notes]
    return tuple(items)


def lines_of(report: Iterable[ReportItem]) -> list[str]:
    """Return sentences about what was replaced or left out."""
    words = {
        REPLACED: lambda part: _(
            "{item}, replaced: {message}", item=part.item, message=part.message
        ),
        LEFT_OUT: lambda part: _(
            "{item}, left out: {message}", item=part.item, message=part.message
        ),
    }
    return [words[part.taken](part) for part in report if part.taken in words]
