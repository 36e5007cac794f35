"""What became of a file from elsewhere: the project, and for each of its parts what was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

AS_IS, REPLACED, LEFT_OUT = "as is", "replaced", "left out"


@dataclass(frozen=True)
class ReportItem:
    """One part of a file.

    Attributes:
        item: id of the layer, or what else it is: "optimizer", "weights".
        taken: ``AS_IS``, ``REPLACED`` or ``LEFT_OUT``; the same in every language.
        message: where it stands in the file, and why it was replaced or left out.
    """

    item: str
    taken: str
    message: str = ""


@dataclass(frozen=True)
class Imported:
    """What a file became.

    Attributes:
        project: its network and settings.
        report: an item for each layer and setting, in the order of the file.
        trained: the same with the weights of the file; None where there are none, or where
            placeholders stand for a part of the network.
    """

    project: Project
    report: tuple[ReportItem, ...] = ()
    trained: TrainedModel | None = None

    @property
    def placeholders(self) -> tuple[str, ...]:
        """Ids of the layers that stand for something unknown, or lack a required argument."""
        return tuple(
            node.id
            for node in self.project.graph.nodes
            if (spec := LAYERS.get(node.layer)) is None
            or (
                any(one.required and one.name not in node.params for one in spec.params)
                and not node.shared
            )
        )

    @property
    def changes(self) -> tuple[ReportItem, ...]:
        """The items that are not taken over as they were."""
        return tuple(one for one in self.report if one.taken != AS_IS)


def report_of(
    project: Project, notes: Iterable[str] = (), *, ours: bool = False
) -> tuple[ReportItem, ...]:
    """The report about a model file: its layers, then what else of it is not used.

    Args:
        project: with ``extra["explanation"]`` where a layer was not taken over whole.
        notes: sentences about the rest of the file.
        ours: NetBuilder wrote the file: what was once left out was told then.
    """
    found = []
    for node in project.graph.nodes:
        told = ours and node.layer in LAYERS
        why = "" if told else str(node.extra.get("explanation", ""))
        taken = AS_IS if not why else REPLACED if node.layer in LAYERS else LEFT_OUT
        found.append(ReportItem(node.id, taken, why))
    found += [ReportItem("training", LEFT_OUT, note) for note in notes]
    return tuple(found)


def lines_of(report: Iterable[ReportItem]) -> list[str]:
    """Sentences for people about what was replaced or left out."""
    words = {
        REPLACED: lambda one: _("{item}, replaced: {message}", item=one.item, message=one.message),
        LEFT_OUT: lambda one: _("{item}, left out: {message}", item=one.item, message=one.message),
    }
    return [words[one.taken](one) for one in report if one.taken in words]
