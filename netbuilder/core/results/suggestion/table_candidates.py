"""Networks for the rows of a table."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from netbuilder.core.data.data_facts import REGRESSION, DataFacts
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training
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
#: In fewer validation rows the lowest loss of an epoch is chance.
_FEW_TO_STOP_BY = 40
_WIDTH, _RATE, _LEARNING_RATE, _WEIGHT_DECAY = 128, 0.2, 0.003, 0.1
#: With 0.01 the weights of iris are still on their way after all epochs.
_LINEAR_RATE = 0.03


def candidates(project: Project, facts: DataFacts, base: Path) -> tuple[Candidate, ...]:
    """Return the candidates, the most promising first."""
    wide = len(next(iter(facts.input_shapes.values()))) > 1
    if wide or facts.generates or project.data.scaling not in {"auto", "standard"}:
        return (_dense(project, facts),)
    linear = _linear(project, facts)
    if facts.rows < _FEW_FOR_BINS:
        return (_dense(project, facts), linear, _bins(project, facts))
    return (_bins(project, facts), _wide_and_deep(project, facts), linear)


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
    """No hidden layer: a linear regression, or a logistic one with scikit-learn's penalty."""
    reasons = [_("No hidden layer: the prediction is a weighted sum of the columns.")]
    params: dict[str, Any] = {"units": 1}
    if facts.task != REGRESSION:
        reasons.append(_("L2 regularization keeps its weights small: few rows decide little."))
        penalty = float(f"{0.5 / max(1, facts.rows):.2g}")
        params["kernel_regularizer"] = {"name": "L2", "params": {"l2": penalty}}
    training = _decayed(facts, _LINEAR_RATE, 0.0, reasons)
    graph = Graph((Node("input", "Input"), Node("output", "Dense", params)), (("input", "output"),))
    project = replace(project, graph=graph, training=training)
    return Candidate("linear", _("a linear model"), project, tuple(reasons))


def _bins(project: Project, facts: DataFacts) -> Candidate:
    project = replace(project, data=replace(project.data, scaling="bins"))
    reason = _(
        "Numbers as bins: each number becomes how far it has come through each of its bins, so "
        "the network can treat each part of its range differently."
    )
    deep = _wide_and_deep(project, facts)
    return replace(deep, name="bins", title=_("numbers as bins"), reasons=(reason, *deep.reasons))


def _wide_and_deep(project: Project, facts: DataFacts) -> Candidate:
    """Two wide layers, and their input beside them into the last one (Cheng et al. 2016)."""
    reasons = [
        _(
            "Two Dense layers of {units} units, and the input once more beside them: the last "
            "layer can use each column directly.",
            units=_WIDTH,
        ),
        _("Dropout of {rate} against memorising.", rate=_RATE),
    ]
    names, nodes = ["input"], [Node("input", "Input")]
    for layer in (1, 2):
        names += [f"dense_{layer}", f"dropout_{layer}"]
        nodes += [
            Node(names[-2], "Dense", {"units": _WIDTH, "activation": "mish"}),
            Node(names[-1], "Dropout", {"rate": _RATE}),
        ]
    names += ["concatenate", "output"]
    nodes += [Node("concatenate", "Concatenate"), Node("output", "Dense", {"units": 1})]
    graph = Graph(tuple(nodes), (*pairwise(names), ("input", "concatenate")))
    training = _decayed(facts, _LEARNING_RATE, _WEIGHT_DECAY, reasons)
    project = replace(project, graph=graph, training=training)
    return Candidate("deep", _("wide Dense layers"), project, tuple(reasons))


def _decayed(facts: DataFacts, rate: float, decay: float, reasons: list[str]) -> Training:
    """AdamW whose learning rate falls to 0 along a cosine; the best epoch's weights are kept where
    the network may memorise and there are rows enough to tell by."""
    rows = max(facts.rows, 1)
    batch = 16 if rows < 500 else 32 if rows < 2_000 else 128
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
    if decay and facts.validation_rows >= _FEW_TO_STOP_BY:
        reasons.append(_("The weights of the epoch with the lowest validation loss are kept."))
        callbacks = (Choice("EarlyStopping", {"patience": epochs, "restore_best_weights": True}),)
    optimizer = Choice("AdamW", {"learning_rate": schedule, "weight_decay": decay})
    loss = None
    if facts.task == REGRESSION:
        reasons.append(_("The mean absolute error as loss, which outliers hardly move."))
        loss = Choice("mean_absolute_error")
    return Training(
        loss=loss, optimizer=optimizer, epochs=epochs, batch_size=batch, callbacks=callbacks
    )
