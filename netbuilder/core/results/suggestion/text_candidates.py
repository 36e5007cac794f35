"""Networks for texts: sequences of word or token ids."""

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

_LONG_TEXT = 100


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    reasons: list[str] = []
    shape = next(iter(facts.input_shapes.values()))
    if facts.generates:
        reasons.append(_("A GRU layer reads the tokens so far to predict the next one."))
        layers = [_embedding(facts, 64), ("GRU", {"units": 128})]
        title = _("a recurrent network")
    else:
        layers, title = _text_layers(facts, shape, reasons), _("word vectors")
    training = default_training(facts, reasons)
    return (chain("text", title, project, layers, training, reasons),)


def _embedding(facts: DataFacts, size: int) -> Layer:
    return ("Embedding", {"input_dim": max(2, len(facts.vocabulary)), "output_dim": size})


def _text_layers(facts: DataFacts, shape: tuple[Any, ...], reasons: list[str]) -> list[Layer]:
    words = len(facts.vocabulary)
    length = shape[0] or 0
    reasons.append(
        ngettext(
            "An Embedding layer maps {count} word to trainable vectors.",
            "An Embedding layer maps {count} words to trainable vectors.",
            words,
        )
    )
    if length > _LONG_TEXT:
        reasons.append(_("Texts are long: the average of the word vectors is enough and fast."))
        layers: list[Layer] = [_embedding(facts, 32), ("GlobalAveragePooling1D", {})]
    else:
        reasons.append(_("A Conv1D layer finds phrases of three words anywhere in the text."))
        conv = {"filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"}
        layers = [_embedding(facts, 32), ("Conv1D", conv), ("GlobalMaxPooling1D", {})]
    return [*layers, *dropout(facts, 0.3, reasons)]
