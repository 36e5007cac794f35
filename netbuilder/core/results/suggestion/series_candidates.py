"""Networks for series and other sequences of numbers."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.results.suggestion.candidate import (
    Candidate,
    chain,
    default_training,
    dropout,
)


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    steps = next(iter(facts.input_shapes.values()))[0]
    reasons = [
        _("An LSTM layer reads the {steps} time steps of each sample in order.", steps=steps)
    ]
    layers = [("LSTM", {"units": 32}), *dropout(facts, 0.2, reasons)]
    training = default_training(facts, reasons)
    return (chain("lstm", _("an LSTM layer"), project, layers, training, reasons),)
