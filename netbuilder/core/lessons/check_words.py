"""The words of checks, as rows: what each takes, and what is still missing for it to hold.

A check never runs code: it is a handful of lines ``word: value`` out of the tables here and in
``layer_check``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.conditions import Condition
from netbuilder.core.lessons.layer_check import LayerCheck, loose_ends
from netbuilder.core.lessons.lesson_state import (
    EVALUATED,
    LOOKED,
    OPENED,
    PREDICTED,
    SAVED,
    LessonState,
    same_layers,
)
from netbuilder.core.lessons.plan_properties import AUTOMATIC, PLAN, plan_name, plan_value
from netbuilder.core.wording import format_count, format_list, format_number

Missing = Callable[[LessonState, Any, int], str]
ABSENT, CHANGED = "absent", "changed"

#: Of the plan, what makes another network of the same graph. How long it learned is
#: ``epochs_run``'s business, and a seed is as good as another.
_LEARNT_WITH = ("data", "scaling", "validation_split", "class_weight", "loss", "optimizer",
                "learning_rate", "batch_size", "callback")  # fmt: skip


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
    there = [node for node in state.project.graph.nodes if node.layer == layer]
    return f"Take {layer} away: {len(there)} still on the canvas." if there else ""


def _connected(state: LessonState, _value: bool, _step: int) -> str:
    loose = loose_ends(state.project.graph)
    if not state.project.graph.outputs:
        return "No layer is connected to the Input yet."
    return f"{format_list(loose)} is not connected yet." if loose else ""


def _problems(state: LessonState, value: str, _step: int) -> str:
    if state.problems is None:
        return "The network is still being checked."
    if value in ("none", "no errors"):
        there = [one for one in state.problems if one.blocks or value == "none"]
        if there:
            return f"{format_count(len(there), 'problem')} still to mend."
        return ""
    if any(one.code == value for one in state.problems):
        return ""
    return "The problem that this step is about is not there."


def _trained(state: LessonState, _value: bool, _step: int) -> str:
    if state.run is None or state.run.epochs == 0:
        return "The network has not been trained yet."
    if not same_layers(state.run.project.graph, state.project.graph):
        return "The network was changed after it was trained: train it again."
    differs = [
        name
        for name in _LEARNT_WITH
        # A run knows which loss was chosen by itself; the plan still says that it is.
        if plan_value(state.project, name) not in (AUTOMATIC, plan_value(state.run.project, name))
    ]
    if differs:
        words = format_list(PLAN[name].title for name in differs)
        return f"It was trained with another {words}: train it again."
    return ""


def _epochs_run(state: LessonState, value: Condition, _step: int) -> str:
    epochs = state.run.epochs if state.run is not None else 0
    if epochs is None:
        return _("It is not known for how many epochs the network was trained.")
    if value.holds(epochs):
        return ""
    return f"It was trained for {format_count(epochs, 'epoch')}; the lesson asks for {value.shown}."


def _metric(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return f"{value.title}: the lesson asks for {value.condition.shown}."
    found = value.of(state.run)
    if found is None:
        return f"The training did not measure {value.title}."
    if value.condition.holds(found):
        return ""
    return f"{value.title} is {format_number(found)}; the lesson asks for {value.condition.shown}."


def _gap(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return (
            f"How far training and validation are apart in {value.title}: the lesson asks for "
            f"{value.condition.shown}."
        )
    train = values.last_metric(state.run.history, value.names)
    validated = values.last_metric(state.run.history, tuple(f"val_{name}" for name in value.names))
    if train is None or validated is None:
        return "The training kept no validation rows to compare with."
    gap = abs(validated - train)
    if value.condition.holds(gap):
        return ""
    return (
        f"Training and validation are {format_number(gap)} apart in {value.title}; the lesson asks"
        f" for "
        f"{value.condition.shown}."
    )


def _changed(state: LessonState, name: str, _step: int) -> str:
    if plan_value(state.project, name) != plan_value(state.start, name):
        return ""
    return f"The {PLAN[name].title} is as it was at the start."


def _plan(name: str) -> Missing:
    def missing_of(state: LessonState, value: Condition, _step: int) -> str:
        found = plan_value(state.project, name)
        if PLAN[name].many:
            there = [one for one in found if value.holds(one)]
            if bool(there) or (value.negated and not found):
                return ""
            if value.negated:
                return f"Take the {PLAN[name].title} {format_list(found)} out."
            return f"The {PLAN[name].title} {value.shown} is not there."
        if value.holds(found):
            return ""
        titles = PLAN[name].titles
        shown = format_number(found) if isinstance(found, int | float) else (found or "not chosen")
        asked = value.shown_as(titles)
        return f"The {PLAN[name].title} is {titles.get(shown, shown)}; the lesson asks for {asked}."

    return missing_of


def _data(state: LessonState, value: Condition, _step: int) -> str:
    data = state.project.data
    if any(value.holds(one) for one in (data.name, data.kind) if one):
        return ""
    asked = value.shown_as({name: _(one.title) for name, one in BUILTINS.items()})
    chosen = data.path or data.name or data.kind
    if not chosen:
        return f"No data is chosen yet; the lesson asks for {asked}."
    title = _(BUILTINS[chosen].title) if chosen in BUILTINS else chosen
    return f"The data is {title}; the lesson asks for {asked}."


def _parameters(state: LessonState, value: Condition, _step: int) -> str:
    if state.parameters is None:
        return "The parameters are still being counted."
    if value.holds(state.parameters):
        return ""
    return (
        f"It has {format_count(state.parameters, 'parameter')}; the lesson asks for {value.shown}."
    )


def _layers(state: LessonState, value: Condition, _step: int) -> str:
    count = sum(node.layer != "Input" for node in state.project.graph.nodes)
    if value.holds(count):
        return ""
    layers = format_count(count, "layer")
    return f"It has {layers} behind the Input; the lesson asks for {value.shown}."


def _answered(state: LessonState, value: str, step: int) -> str:
    given = state.answers.get(step, "").strip()
    if not given:
        return "The question has not been answered yet."
    if value == "true" or values.same_answer(given, value):
        return ""
    return "That is not the right answer yet."


def _event(name: str, sentence: str) -> Missing:
    def missing_of(state: LessonState, value: Any, _step: int) -> str:
        wanted = name if value is True else f"{name}:{value}"
        if wanted in state.events or (
            value is True and any(one.startswith(f"{name}:") for one in state.events)
        ):
            return ""
        # Tabs have capital letters, endings have none.
        return sentence.format(value.capitalize() if name == LOOKED else value)

    return missing_of


_WORDS = (
    CheckWord(ABSENT, "No such layer on the canvas.", "Dropout", values.layer_name, _absent, True),
    CheckWord("connected", "Every layer lies on a way from an Input to an output. With 'layer': "
              "that layer does.", "true", values.yes, _connected),
    CheckWord("problems", "'none', 'no errors' (warnings may stay), or the code of a problem that "
              "must be there.", "no errors", values.problems, _problems),
    CheckWord("layers", "How many layers there are, Inputs not counted.", ">= 2",
              values.number_condition, _layers),
    CheckWord("parameters", "How many weights the whole network has.", "<= 5000",
              values.number_condition, _parameters),
    CheckWord("trained", "The network was trained as it stands.", "true", values.yes, _trained),
    CheckWord("epochs_run", "How many epochs the last training had.", ">= 20",
              values.number_condition, _epochs_run),
    CheckWord("metric", "A number of the last training: on the test rows, or with 'train_' or "
              "'val_' before its name on those.", "accuracy >= 0.9", values.metric, _metric),
    CheckWord("gap", "How far training and validation are apart in the last epoch.",
              "accuracy >= 0.1", values.metric, _gap),
    CheckWord(CHANGED, "What must be another than at the start.", "optimizer", plan_name,
              _changed),
    CheckWord("data", "The data that is chosen: its name, or its kind.", "iris",
              values.words_condition, _data, True),
    CheckWord("answered", "The answer to the step's question, or 'true' for any.", "3",
              values.text, _answered),
    CheckWord("predicted", "The network was asked in the tab Predict.", "true", values.yes,
              _event(PREDICTED, "Nothing of your own was asked yet in the tab Predict.")),
    CheckWord("evaluated", "The tab Evaluate was looked at with a trained network.", "true",
              values.yes, _event(EVALUATED, "Look at the tab Evaluate once it is trained.")),
    CheckWord("looked", "A tab was looked at.", "inside", values.panel,
              _event(LOOKED, "Open the tab {} once.")),
    CheckWord("saved", "A file with this ending was written.", ".h5", values.ending,
              _event(SAVED, "No {} file has been saved yet.")),
    CheckWord("opened", "A file with this ending was opened.", ".h5", values.ending,
              _event(OPENED, "No {} file has been opened yet.")),
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
