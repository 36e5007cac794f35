"""A network that is proposed for the data, and what the kinds of data build theirs with.

Each kind has a module with ``candidates(project, facts, base)``, which returns its candidates in
order of promise: the first is taken where nothing can be tried. A kind adds a candidate by
returning one more, made by ``chain`` or with a graph and settings of its own; its data recipe may
differ too (another scaling, say). ``selection.select_network`` tries them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import Choice, Graph, Node, Project, Training

Layer = tuple[str, dict[str, Any]]

#: Fewer training rows than these are memorised without regularisation.
FEW_ROWS, MANY_ROWS = 1_000, 20_000


@dataclass(frozen=True)
class Candidate:
    """A network and settings that may fit the data.

    Attributes:
        name: of the candidate in reports and tests ("bins").
        title: its name in a sentence, in lower case ("numbers as bins").
        project: data, network and settings. The output layer needs no units and activation:
            they are fitted to the data.
        reasons: a sentence for each choice.
    """

    name: str
    title: str
    project: Project
    reasons: tuple[str, ...]


def chain(
    name: str,
    title: str,
    project: Project,
    layers: Sequence[Layer],
    training: Training,
    reasons: Sequence[str],
) -> Candidate:
    """Return a candidate whose layers follow each other from Input to output.

    Args:
        name, title: of the candidate.
        project: whose data is kept.
        layers: the hidden layers: class name and parameters.
        training: the settings.
        reasons: a sentence for each choice.
    """
    inner = [Node(f"{layer.lower()}_{n}", layer, params) for n, (layer, params) in
             enumerate(layers, 1)]  # fmt: skip
    nodes = (Node("input", "Input"), *inner, Node("output", "Dense", {"units": 1}))
    edges = tuple((a.id, b.id) for a, b in pairwise(nodes))
    project = replace(project, graph=Graph(nodes, edges), training=training)
    return Candidate(name, title, project, tuple(reasons))


def dropout(facts: DataFacts, rate: float, reasons: list[str]) -> list[Layer]:
    """A Dropout layer where there are few training samples, with its reason."""
    if facts.rows >= FEW_ROWS * 5:
        return []
    reasons.append(
        ngettext(
            "Dropout of {rate}: with only {count} training sample the network could memorise it.",
            "Dropout of {rate}: with only {count} training samples the network could memorise "
            "them.",
            facts.rows,
            rate=rate,
        )
    )
    return [("Dropout", {"rate": rate})]


def default_training(
    facts: DataFacts, reasons: list[str], *, most_epochs: int = 200, patience: int = 20
) -> Training:
    """Return the settings that fit the number of training rows; their reasons are appended.

    Args:
        facts: of the data.
        reasons: a sentence for each choice.
        most_epochs, patience: for a network that learns faster than a whole one.
    """
    rows = max(facts.rows, 1)
    batch = 16 if rows < 500 else 32 if rows < 5_000 else 128
    epochs = min(most_epochs, 200 if rows < 2_000 else 100 if rows < MANY_ROWS else 30)
    reasons.append(
        _(
            "Adam with a learning rate of 0.003, a batch size of {batch} and at most {epochs} "
            "epochs.",
            batch=batch,
            epochs=epochs,
        )
    )
    callbacks: tuple[Choice, ...] = ()
    if facts.validation_rows:
        reasons.append(
            _("Early stopping: training ends when the validation loss no longer improves.")
        )
        stop: Mapping[str, Any] = {"patience": patience, "restore_best_weights": True}
        callbacks = (Choice("EarlyStopping", dict(stop)),)
    return Training(
        optimizer=Choice("Adam", {"learning_rate": 0.003}),
        epochs=epochs,
        batch_size=batch,
        callbacks=callbacks,
    )
