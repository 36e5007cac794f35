"""Networks for the rows of a table."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Choice, Edge, Graph, Node, Project, Training
from netbuilder.core.results.suggestion.candidate import (
    FEW_ROWS,
    MANY_ROWS,
    Candidate,
    chain,
    default_training,
    dropout,
)

#: Fewer training rows than these leave too few in each bin.
_FEW_FOR_BINS = 80
_WIDTH, _RATE, _LEARNING_RATE, _WEIGHT_DECAY = 128, 0.2, 0.003, 0.02


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    wide = len(next(iter(facts.input_shapes.values()))) > 1
    if wide or facts.generates or project.data.scaling not in {"auto", "standard"}:
        return (_dense(project, facts),)
    bins = (_bins(project, facts, 1), _bins(project, facts, 3))
    plain = (_dense(project, facts), _linear(project, facts))
    return (*plain, *bins) if facts.rows < _FEW_FOR_BINS else (*bins, *reversed(plain))


def _dense(project: Project, facts: DataFacts) -> Candidate:
    """Two Dense layers on scaled numbers."""
    rows, reasons = facts.rows, list[str]()
    units = 16 if rows < 200 else 32 if rows < FEW_ROWS else 64 if rows < MANY_ROWS else 128
    reasons.append(
        ngettext(
            "Two Dense layers of {units} units: enough for {count} training row.",
            "Two Dense layers of {units} units: enough for {count} training rows.",
            rows,
            units=units,
        )
    )
    params = {"units": units, "activation": "relu"}
    layers = [("Dense", params), ("Dense", dict(params)), *dropout(facts, 0.1, reasons)]
    training = default_training(facts, reasons)
    return chain("dense", _("two Dense layers"), project, layers, training, reasons)


def _linear(project: Project, facts: DataFacts) -> Candidate:
    """No hidden layer: a linear or logistic regression."""
    reasons = [_("No hidden layer: the prediction is a weighted sum of the columns.")]
    training = _decayed(facts, 0.01, 0.0, reasons)
    return chain("linear", _("a linear model"), project, [], training, reasons)


def _bins(project: Project, facts: DataFacts, towers: int) -> Candidate:
    """Numbers as bins, into two wide layers and, beside them, into the last one ("wide and deep",
    Cheng et al. 2016); of several such towers the last layer adds the contributions."""
    reasons = [
        _(
            "Numbers as bins: each number becomes how far it has come through each of its bins, so "
            "the network can treat each part of its range differently."
        ),
        _(
            "Two Dense layers of {units} units, and the bins once more beside them: the last layer "
            "can use each column directly.",
            units=_WIDTH,
        ),
        _("Dropout of {rate} against memorising.", rate=_RATE),
    ]
    if towers > 1:
        reasons.insert(2, _("{count} such branches, whose contributions are added.", count=towers))
    nodes, edges = [Node("input", "Input")], list[Edge]()
    for tower in range(1, towers + 1):
        suffix = f"_{tower}" if towers > 1 else ""
        names = ["input"]
        for layer in (1, 2):
            names += [f"dense_{layer}{suffix}", f"dropout_{layer}{suffix}"]
            nodes += [
                Node(names[-2], "Dense", {"units": _WIDTH, "activation": "mish"}),
                Node(names[-1], "Dropout", {"rate": _RATE}),
            ]
        edges += [*pairwise(names), (names[-1], "concatenate")]
    nodes += [Node("concatenate", "Concatenate"), Node("output", "Dense", {"units": 1})]
    edges += [("input", "concatenate"), ("concatenate", "output")]
    training = _decayed(facts, _LEARNING_RATE, _WEIGHT_DECAY, reasons)
    project = replace(
        project,
        graph=Graph(tuple(nodes), tuple(edges)),
        data=replace(project.data, scaling="bins"),
        training=training,
    )
    name, title = ("bins", _("numbers as bins"))
    if towers > 1:
        name, title = "bins-three", _("three branches of bins")
    return Candidate(name, title, project, tuple(reasons))


def _decayed(facts: DataFacts, rate: float, decay: float, reasons: list[str]) -> Training:
    """AdamW whose learning rate falls to 0 along a cosine; the best epoch's weights are kept."""
    rows = max(facts.rows, 1)
    batch = 32 if rows < 2_000 else 128
    epochs = 120 if rows < MANY_ROWS else 40
    steps = -(-rows // batch) * epochs
    falling = {"initial_learning_rate": rate, "decay_steps": steps}
    schedule = {"name": "CosineDecay", "params": falling}
    reasons.append(
        _(
            "AdamW for {epochs} epochs with a batch size of {batch}; the learning rate falls from "
            "{rate} to 0 along a cosine.",
            epochs=epochs,
            batch=batch,
            rate=rate,
        )
    )
    callbacks: tuple[Choice, ...] = ()
    if facts.validation_rows:
        reasons.append(_("The weights of the epoch with the lowest validation loss are kept."))
        callbacks = (Choice("EarlyStopping", {"patience": epochs, "restore_best_weights": True}),)
    optimizer = Choice("AdamW", {"learning_rate": schedule, "weight_decay": decay})
    return Training(optimizer=optimizer, epochs=epochs, batch_size=batch, callbacks=callbacks)
