"""Networks for pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Project
from netbuilder.core.results.suggestion.candidate import (
    Candidate,
    Layer,
    chain,
    default_training,
    dropout,
)


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    reasons: list[str] = []
    shape = next(iter(facts.input_shapes.values()))
    layers = _picture_layers(facts, shape, reasons)
    training = default_training(facts, reasons)
    return (chain("cnn", _("a small CNN"), project, layers, training, reasons),)


def _picture_layers(facts: DataFacts, shape: tuple[Any, ...], reasons: list[str]) -> list[Layer]:
    side = min(size for size in shape[:2] if size) if all(shape[:2]) else 32
    blocks = 1 if side < 16 else 2 if side < 48 else 3
    layers: list[Layer] = []
    for block in range(blocks):
        filters = 32 * 2**block
        conv = {"filters": filters, "kernel_size": 3, "activation": "relu", "padding": "same"}
        layers += [("Conv2D", conv), ("MaxPooling2D", {})]
    reasons.append(
        ngettext(
            "{count} convolution with pooling, which halves the {height}×{width} picture.",
            "{count} convolutions with pooling, each of which halves the {height}×{width} picture.",
            blocks,
            height=shape[0],
            width=shape[1],
        )
    )
    layers += [("Flatten", {}), ("Dense", {"units": 64, "activation": "relu"})]
    return [*layers, *dropout(facts, 0.3, reasons)]
