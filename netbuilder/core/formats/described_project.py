"""A project together with what is known of it, for formats that say more where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts


@dataclass(frozen=True)
class DescribedProject:
    """A project to write.

    Attributes:
        project: what to write.
        facts: of the project's data, as its graph meets it; None where they are not known.
        errors: sentences about what keeps the network from being trained.
    """

    project: Project
    facts: DataFacts | None = None
    errors: tuple[str, ...] = ()
