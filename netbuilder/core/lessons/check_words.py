"""The words of checks, as rows: what each takes, and what is still missing for it to hold.

A check never runs code: it is a handful of lines ``word: value`` out of the tables here and in
``layer_check``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, OPTIMIZERS
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.callout_places import place_title
from netbuilder.core.lessons.conditions import Condition, plain_value
from netbuilder.core.lessons.layer_check import LayerCheck, layer_count, loose_ends, unwrapped
from netbuilder.core.lessons.lesson_state import (
    COMPARED,
    EVALUATED,
    GROUPED,
    LOOKED,
    OPENED,
    PREDICTED,
    SAVED,
    LessonState,
    same_layers,
)
from netbuilder.core.project.card_answers import QUESTIONS
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import capitalize_first, format_list, format_number

#: What stands for a loss that is chosen from the data.
AUTOMATIC = "automatic"
#: Different words that an answer of a model card has at least: fewer say nothing.
CARD_WORDS = 5
#: Chinese and Japanese write no blanks: each of their characters counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


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


def _weight_column(project: Project) -> Any:
    named = [name for name, one in project.data.columns.items() if one.role == "weight"]
    return next(iter(named), project.data.options.get("sample_weight") or None)


def _scaling(project: Project) -> Any:
    """How the data is scaled; Normalization layers behind all Inputs do what "standard" does."""
    graph = project.graph
    behind = [graph.by_id[one].layer for start in graph.inputs for one in graph.targets[start]]
    layers = bool(behind) and set(behind) == {"Normalization"}
    return "standard" if layers and project.data.scaling == "none" else project.data.scaling


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
        titles={name: spec.title for name, spec in CALLBACKS.items()},
    ),
    PlanWord(
        "scaling",
        N_("scaling"),
        N_("How numbers are scaled."),
        "standard",
        _scaling,
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
        "sample_weight",
        N_("sample weight"),
        N_("The column that holds the sample weights, or 'none'."),
        "weight",
        _weight_column,
        values.words_condition,
    ),
    PlanWord(
        "sheet",
        N_("sheet"),
        N_("The sheet of a spreadsheet that is read."),
        "second study",
        lambda p: p.data.options.get("sheet"),
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


Missing = Callable[[LessonState, Any, int], str]
ABSENT, CHANGED, TRAINED = "absent", "changed", "trained"

#: Of the plan, what makes another network of the same graph. How long it learned is
#: ``epochs_run``'s business, and a seed is as good as another.
_LEARNT_WITH = ("data", "sheet", "scaling", "validation_split", "class_weight", "sample_weight",
                "loss", "optimizer", "learning_rate", "batch_size", "callback")  # fmt: skip


@dataclass(frozen=True)
class CheckWord:
    """One word.

    ``parse`` makes a value of the text behind the colon, or raises ``ValueError`` with a sentence.
    ``missing_sentences`` says, for a state, the value and the step's number, what is still missing;
    "" means that it holds. ``lasting``: once it held it should go on holding, until a later step
    asks for something else.
    """

    name: str
    help: str
    example: str
    parse: Callable[[str], Any]
    missing: Missing
    lasting: bool = False

    @property
    def event(self) -> bool:
        """Whether it asks for something that was done and leaves no trace in the network."""
        return self.name in _EVENTS


@dataclass(frozen=True)
class CheckTerm:
    """One line of a check: its word and what stands behind it."""

    word: CheckWord
    value: Any


@dataclass(frozen=True)
class Check:
    """One fenced block: all of it must hold. ``line`` is where it stands in the file."""

    line: int
    terms: tuple[CheckTerm, ...] = ()
    layer: LayerCheck | None = None


def missing_sentences(check: Check, state: LessonState, step: int) -> tuple[str, ...]:
    """What is still missing for ``check`` to hold, a sentence each; empty: it holds.

    Args:
        check: the check.
        state: what the pupil has and did.
        step: number of the step that it belongs to, counted from 1.
    """
    found = [term.word.missing(state, term.value, step) for term in check.terms]
    if check.layer is not None:
        found.insert(0, check.layer.missing(state))
    return tuple(sentence for sentence in found if sentence)


def _absent(state: LessonState, layer: str, _step: int) -> str:
    nodes = state.project.graph.nodes
    there = [node for node in nodes if unwrapped(node, layer) is not None]
    if not there:
        return ""
    return ngettext(
        "Remove {layer}: {count} is still on the canvas.",
        "Remove {layer}: {count} are still on the canvas.",
        len(there),
        layer=layer,
    )


def _connected(state: LessonState, _value: bool, _step: int) -> str:
    loose = loose_ends(state.project.graph)
    if not state.project.graph.outputs:
        return _("No layer is connected to the Input.")
    return _("Not connected yet: {layers}.", layers=format_list(loose)) if loose else ""


def _problems(state: LessonState, value: str, _step: int) -> str:
    if state.problems is None:
        return _("The network is still being checked.")
    if value in ("none", "no errors"):
        there = [one for one in state.problems if one.blocks or value == "none"]
        if there:
            return ngettext(
                "{count} problem still to fix.", "{count} problems still to fix.", len(there)
            )
        return ""
    if any(one.code == value for one in state.problems):
        return ""
    return _("The network does not have the problem that this step is about.")


def _trained(state: LessonState, _value: bool, _step: int) -> str:
    if state.run is None or state.run.epochs == 0:
        return _("The network has not been trained yet.")
    if not same_layers(state.run.project.graph, state.project.graph):
        return _("The network has changed since it was trained: train it again.")
    differs = [
        name
        for name in _LEARNT_WITH
        # A run knows which loss was chosen by itself; the plan still says that it is.
        if plan_value(state.project, name) not in (AUTOMATIC, plan_value(state.run.project, name))
    ]
    if differs:
        words = format_list(_(PLAN[name].title) for name in differs)
        return _(
            "The settings have changed since the last training ({settings}): train again.",
            settings=words,
        )
    return ""


def _epochs_run(state: LessonState, value: Condition, step: int) -> str:
    epochs = state.run.epochs if state.run is not None else 0
    if epochs is None:
        return _("The number of epochs that the network was trained for is not known.")
    if value.holds(epochs):
        return ""
    return ngettext(
        "The network was trained for {count} epoch; the lesson asks for {wanted}.",
        "The network was trained for {count} epochs; the lesson asks for {wanted}.",
        epochs,
        wanted=value.shown,
    )


def _metric(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return _(
            "{metric}: the lesson asks for {wanted}.",
            metric=value.title,
            wanted=value.condition.shown,
        )
    found = value.of(state.run)
    if found is None:
        return _("The training did not measure {metric}.", metric=value.title)
    if value.condition.holds(found):
        return ""
    return _(
        "{metric} is {value}; the lesson asks for {wanted}.",
        metric=value.title,
        value=format_number(found),
        wanted=value.condition.shown,
    )


def _gap(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return _(
            "The difference between training and validation {metric}: the lesson asks for "
            "{wanted}.",
            metric=value.metric,
            wanted=value.condition.shown,
        )
    train = values.last_metric(state.run.history, value.names)
    validated = values.last_metric(state.run.history, tuple(f"val_{name}" for name in value.names))
    if train is None or validated is None:
        return _("The training had no validation set to compare with.")
    gap = abs(validated - train)
    if value.condition.holds(gap):
        return ""
    return _(
        "Training and validation {metric} differ by {gap}; the lesson asks for {wanted}.",
        metric=value.metric,
        gap=format_number(gap),
        wanted=value.condition.shown,
    )


def _changed(state: LessonState, name: str, _step: int) -> str:
    if plan_value(state.project, name) != plan_value(state.start, name):
        return ""
    return _(
        "This setting is still as it was at the start: {setting}.", setting=_(PLAN[name].title)
    )


def _plan(name: str) -> Missing:
    def missing_of(state: LessonState, value: Condition, _step: int) -> str:
        found = plan_value(state.project, name)
        titles = PLAN[name].titles
        if PLAN[name].many:
            there = [one for one in found if value.holds(one)]
            if bool(there) or (value.negated and not found):
                return ""
            setting = _(PLAN[name].title)
            if value.negated:
                names = format_list(_(titles.get(one, one)) for one in found)
                return _("Remove this {setting}: {names}.", setting=setting, names=names)
            asked = value.shown_as(titles)
            return _("Add this {setting}: {name}.", setting=setting, name=asked)
        if value.holds(found):
            return ""
        shown = (
            format_number(found) if isinstance(found, int | float) else (found or _("not chosen"))
        )
        asked = value.shown_as(titles)
        return _(
            "{setting} is {value}; the lesson asks for {wanted}.",
            setting=capitalize_first(_(PLAN[name].title)),
            value=titles.get(shown, shown),
            wanted=asked,
        )

    return missing_of


def _data(state: LessonState, value: Condition, _step: int) -> str:
    data = state.project.data
    if any(value.holds(one) for one in (data.name, data.kind) if one):
        return ""
    asked = value.shown_as({name: _(one.title) for name, one in BUILTINS.items()})
    chosen = data.path or data.name or data.kind
    if not chosen:
        return _("No data is chosen; the lesson asks for {wanted}.", wanted=asked)
    title = _(BUILTINS[chosen].title) if chosen in BUILTINS else chosen
    return _("The data is {name}; the lesson asks for {wanted}.", name=title, wanted=asked)


def _parameters(state: LessonState, value: Condition, _step: int) -> str:
    if state.parameters is None:
        return _("The parameters are still being counted.")
    if value.holds(state.parameters):
        return ""
    return ngettext(
        "The network has {count} parameter; the lesson asks for {wanted}.",
        "The network has {count} parameters; the lesson asks for {wanted}.",
        state.parameters,
        wanted=value.shown,
    )


def _layers(state: LessonState, value: Condition, _step: int) -> str:
    count = layer_count(state.project.graph)
    if value.holds(count):
        return ""
    return ngettext(
        "The network has {count} layer after the Input; the lesson asks for {wanted}.",
        "The network has {count} layers after the Input; the lesson asks for {wanted}.",
        count,
        wanted=value.shown,
    )


def _answered(state: LessonState, value: str, step: int) -> str:
    given = state.answers.get(step, "").strip()
    if not given:
        return _("The question has not been answered yet.")
    # Of a second question only the question itself knows the answer.
    if value == "true" or "\n" in given or values.same_answer(given, value):
        return ""
    return _("The answer is not correct yet.")


def _card(state: LessonState, value: str, _step: int) -> str:
    given = state.project.extra.get("card")
    text = str(given.get(value) or "") if isinstance(given, Mapping) else ""
    words = {word.strip(".,;:!?…–-'\"()") for word in _WORD.findall(text.casefold())}
    if len(words - {""}) >= CARD_WORDS:
        return ""
    return _(
        "Write at least {count} different words into the model card, in the field '{field}'.",
        count=CARD_WORDS,
        field=_(QUESTIONS[value]),
    )


def _event(name: str, sentence: str) -> Missing:
    def missing_of(state: LessonState, value: Any, _step: int) -> str:
        several = value if isinstance(value, tuple) else (value,)
        wanted = {name if value is True else f"{name}:{one}" for one in several}
        if wanted & state.events or (
            value is True and any(one.startswith(f"{name}:") for one in state.events)
        ):
            return ""
        shown = format_list(several, style="or") if isinstance(value, tuple) else value
        if name == COMPARED and value in BUILTINS:
            shown = _(BUILTINS[value].title)
        return _(sentence, page=place_title(value) if name == LOOKED else shown)

    return missing_of


_EVENTS = (PREDICTED, EVALUATED, LOOKED, COMPARED, GROUPED, OPENED)
_WORDS = (
    CheckWord(ABSENT, N_("There is no such layer on the canvas."), "Dropout", values.layer_name,
              _absent, True),
    CheckWord("connected", N_("Every layer, or the layer named in 'layer', is connected to an "
                              "Input."), "true", values.yes, _connected),
    CheckWord("problems", N_("'none', 'no errors' (warnings are allowed), or the code of a "
                             "problem that must exist."), "no errors", values.problems, _problems),
    CheckWord("layers", N_("The number of layers, not counting Inputs."), ">= 2",
              values.number_condition, _layers),
    CheckWord("parameters", N_("The number of weights in the whole network."), "<= 5000",
              values.number_condition, _parameters),
    CheckWord(TRAINED, N_("The network has been trained since its last "
                            "change."), "true", values.yes, _trained),
    CheckWord("epochs_run", N_("The number of epochs of the last training."), ">= 20",
              values.number_condition, _epochs_run),
    CheckWord("metric", N_("A metric of the last training: on the test set, or with 'train_' or "
                           "'val_' before its name on the training or validation "
                           "set."), "accuracy >= 0.9", values.metric, _metric),
    CheckWord("gap", N_("The difference between training and validation in the last epoch."),
              "accuracy >= 0.1", values.metric, _gap),
    CheckWord(CHANGED, N_("What must differ from the start project."), "optimizer", plan_name,
              _changed),
    CheckWord("data", N_("The data that is chosen: its name or its kind."), "iris",
              values.words_condition, _data, True),
    CheckWord("answered", N_("The answer to the step's question, or 'true' for any."), "3",
              values.text, _answered),
    CheckWord("predicted", N_("A prediction was made on the Predict page."), "true", values.yes,
              _event(PREDICTED, N_("Make a prediction of your own on the Predict page."))),
    CheckWord("evaluated", N_("The Evaluate page was opened with a trained network."), "true",
              values.yes, _event(EVALUATED, N_("Open the Evaluate page after training."))),
    CheckWord("looked", N_("A page was opened."), "inside", values.panel,
              _event(LOOKED, N_("Open {page}."))),
    CheckWord(COMPARED, N_("The network was compared with other methods on this data: its name, "
                           "or the name of its file."), "iris", values.text,
              _event(COMPARED, N_("Compare the network with other methods on this data: {page}."))),
    CheckWord(GROUPED, N_("The evaluation was shown by the values of this column."), "group",
              values.text, _event(GROUPED, N_("Show the evaluation by the column '{page}'."))),
    CheckWord("card", N_("This answer of the model card is written: 'purpose', 'harm' or "
                         "'limits'."), "purpose", values.card_answer, _card),
    CheckWord("saved", N_("A file with one of these extensions was saved."), ".h5", values.endings,
              _event(SAVED, N_("No {page} file has been saved yet."))),
    CheckWord("opened", N_("A file with one of these extensions was opened."), ".h5",
              values.endings,
              _event(OPENED, N_("No {page} file has been opened yet."))),
)  # fmt: skip

WORDS: Mapping[str, CheckWord] = {
    row.name: row
    for row in (
        *_WORDS,
        *(
            CheckWord(row.name, row.help, row.example, row.parse, _plan(row.name), True)
            for row in PLAN.values()
            if row.checked
        ),
    )
}
