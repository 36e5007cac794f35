"""Networks for sounds."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.project.model import Project
from netbuilder.core.results.suggestion import series_candidates
from netbuilder.core.results.suggestion.candidate import Candidate


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    return series_candidates.candidates(project, facts, base)
