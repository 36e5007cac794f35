"""A project with facts about its data, for formats that use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.data.data_facts import DataFacts


@dataclass(frozen=True)
class DescribedProject:
    """A project to write, facts about its data if known, and errors that prevent training.

    ``code``: its script as a person edited it; "" to write a new one.
    """

    project: Project
    facts: DataFacts | None = None
    errors: tuple[str, ...] = ()
    code: str = ""
