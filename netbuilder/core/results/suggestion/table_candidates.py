"""Networks for the rows of a table."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Project
from netbuilder.core.results.suggestion.candidate import (
    FEW_ROWS,
    MANY_ROWS,
    Candidate,
    Layer,
    chain,
    default_training,
    dropout,
)


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    reasons: list[str] = []
    layers = _table_layers(facts, reasons)
    training = default_training(facts, reasons)
    return (chain("dense", _("two Dense layers"), project, layers, training, reasons),)


def _table_layers(facts: DataFacts, reasons: list[str]) -> list[Layer]:
    rows = facts.rows
    units = 16 if rows < 200 else 32 if rows < FEW_ROWS else 64 if rows < MANY_ROWS else 128
    dense: Layer = ("Dense", {"units": units, "activation": "relu"})
    reasons.append(
        ngettext(
            "Two Dense layers of {units} units: enough for {count} training row.",
            "Two Dense layers of {units} units: enough for {count} training rows.",
            rows,
            units=units,
        )
    )
    return [dense, (dense[0], dict(dense[1])), *dropout(facts, 0.1, reasons)]
