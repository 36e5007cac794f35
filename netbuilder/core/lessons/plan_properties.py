"""What of a project's plan checks can speak of, as rows: how it is read, and of what kind it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.catalog.training.training_index import LOSSES, OPTIMIZERS
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.conditions import Condition, plain_value
from netbuilder.core.project.model import Choice, Project

#: What stands for a loss that is chosen from the data.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class PlanWord:
    """``read`` gives the value of a project; with ``many`` a tuple of names. ``checked`` words can
    be compared with a value; the others only be ``changed``. ``titles``: what stands in the window
    for a name.
    """

    name: str
    title: str
    help: str
    example: str
    read: Callable[[Project], Any]
    parse: Callable[[str], Condition] = values.words_condition
    many: bool = False
    checked: bool = True
    titles: Mapping[str, str] = field(default_factory=dict)


def plan_value(project: Project, name: str) -> Any:
    """What a project has for a row of ``PLAN``."""
    return PLAN[name].read(project)


def _rate(project: Project) -> Any:
    optimizer = project.training.optimizer
    given = optimizer.params.get("learning_rate")
    spec = OPTIMIZERS.get(optimizer.name)
    if given is None and spec is not None and "learning_rate" in spec.by_name:
        given = spec.by_name["learning_rate"].default
    return plain_value(given)


def _named(choice: Choice | None) -> str:
    return choice.name if choice is not None else AUTOMATIC


def _network(project: Project) -> Any:
    graph = project.graph
    return [(node.id, node.layer, dict(node.params)) for node in graph.nodes], graph.edges


def _activations(project: Project) -> Any:
    return [
        node.params.get("activation")
        for node in project.graph.nodes
        if node.params.get("activation") is not None
    ]


_ROWS = (
    PlanWord(
        "optimizer",
        N_("optimizer"),
        N_("The optimizer's name."),
        "SGD",
        lambda p: p.training.optimizer.name,
        values.optimizer,
    ),
    PlanWord(
        "learning_rate",
        N_("learning rate"),
        N_("The optimizer's learning rate."),
        "<= 0.01",
        _rate,
        values.number_condition,
    ),
    PlanWord(
        "loss",
        N_("loss"),
        N_("The loss, or 'automatic' where it is chosen from the data."),
        "mean_squared_error",
        lambda p: _named(p.training.loss),
        values.loss,
        titles={name: spec.title for name, spec in LOSSES.items()},
    ),
    PlanWord(
        "epochs",
        N_("number of epochs"),
        N_("The number of epochs to train."),
        ">= 20",
        lambda p: p.training.epochs,
        values.number_condition,
    ),
    PlanWord(
        "batch_size",
        N_("batch size"),
        N_("Rows per step."),
        "<= 64",
        lambda p: p.training.batch_size,
        values.number_condition,
    ),
    PlanWord(
        "seed",
        N_("seed"),
        N_("The seed of all random numbers."),
        "2",
        lambda p: p.training.seed,
        values.number_condition,
    ),
    PlanWord(
        "callback",
        N_("callback"),
        N_("A callback of the training."),
        "EarlyStopping",
        lambda p: tuple(one.name for one in p.training.callbacks),
        values.callback,
        True,
    ),
    PlanWord(
        "scaling",
        N_("scaling"),
        N_("How numbers are scaled."),
        "standard",
        lambda p: p.data.scaling,
        values.scaling,
    ),
    PlanWord(
        "validation_split",
        N_("validation split"),
        N_("The share of rows for validation."),
        ">= 0.1",
        lambda p: p.data.validation_split,
        values.number_condition,
    ),
    PlanWord(
        "class_weight",
        N_("class weight"),
        N_("Whether rare classes count more."),
        "balanced",
        lambda p: p.training.class_weight,
        values.words_condition,
    ),
    PlanWord(
        "data", N_("data"), "", "", lambda p: (p.data.kind, p.data.name, p.data.path), checked=False
    ),
    PlanWord("network", N_("network"), "", "", _network, checked=False),
    PlanWord("activation", N_("activation"), "", "", _activations, checked=False),
)

PLAN: Mapping[str, PlanWord] = {row.name: row for row in _ROWS}


def plan_name(value: str) -> str:
    """What can be ``changed``. Raises ``ValueError`` where there is no such part of the plan."""
    return values.known_name(value.replace(" ", "_"), list(PLAN), _("setting"))
