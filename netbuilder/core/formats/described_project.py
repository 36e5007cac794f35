"""A project together with what is known of its data, for formats that say more where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts


@dataclass(frozen=True)
class DescribedProject:
    """``facts``: of the project's data, as its graph meets it."""

    project: Project
    facts: DataFacts
