"""The words of checks, as rows: what each takes, and what is still missing for it to hold.

A check never runs code: it is lines ``word: value`` with words from here and ``layer_check``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.catalog.training.training_index import CALLBACKS, LOSSES, OPTIMIZERS
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons import check_values as values
from netbuilder.core.lessons.callout_places import FORMER_PAGES, place_title
from netbuilder.core.lessons.conditions import Condition, plain_value
from netbuilder.core.lessons.layer_check import LayerCheck, layer_count, loose_ends, unwrapped
from netbuilder.core.lessons.lesson_state import (
    CLUSTERED,
    COMPARED,
    EVALUATED,
    GROUPED,
    LOOKED,
    OPENED,
    PREDICTED,
    SAVED,
    WORDS_WRITTEN,
    LessonState,
    same_layers,
)
from netbuilder.core.project.card_answers import QUESTIONS
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import capitalize_first, format_list, format_number

_lacks = sentences_of("check_lacks")
#: A loss chosen from the data.
AUTOMATIC = "automatic"
#: Least number of different words in an answer of a model card.
CARD_WORDS = 5
#: Chinese and Japanese use no spaces: each character counts as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True)
class PlanWord:
    """A training or data setting that checks can read.

    ``read`` returns its value in a project, with ``many`` a tuple of names. Only ``checked`` words
    can be compared with a value; all can be ``changed``. ``titles`` are display names of values.
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
    """Return a project's value for a row of ``PLAN``."""
    return PLAN[name].read(project)


def _rate(project: Project) -> Any:
    optimizer = project.training.optimizer
    rate = optimizer.params.get("learning_rate")
    spec = OPTIMIZERS.get(optimizer.name)
    if rate is None and spec is not None and "learning_rate" in spec.by_name:
        rate = spec.by_name["learning_rate"].default
    return plain_value(rate)


def _named(choice: Choice | None) -> str:
    return choice.name if choice is not None else AUTOMATIC


def _weight_column(project: Project) -> Any:
    names = [name for name, column in project.data.columns.items() if column.role == "weight"]
    return next(iter(names), project.data.options.get("sample_weight") or None)


def _scaling(project: Project) -> Any:
    """Return the scaling; Normalization layers after all Inputs count as "standard"."""
    graph = project.graph
    behind = [
        graph.by_id[node_id].layer for start in graph.inputs for node_id in graph.targets[start]
    ]
    layers = bool(behind) and set(behind) == {"Normalization"}
    return "standard" if layers and project.data.scaling == "none" else project.data.scaling


def _network(project: Project) -> Any:
    graph = project.graph
    return [(node.id, node.layer, dict(node.params)) for node in graph.nodes], graph.edges


def _activations(project: Project) -> Any:
    activations = [node.params.get("activation") for node in project.graph.nodes]
    return [activation for activation in activations if activation is not None]


def _plan_word(
    name: str,
    read: Callable[[Project], Any],
    parse: Callable[[str], Condition] = values.words_condition,
    **facts: Any,
) -> PlanWord:
    """Return the row with the texts of ``tables.json``."""
    texts = {"help": "", "example": ""} | resource_json("tables.json")["plan_words"][name]
    return PlanWord(name, read=read, parse=parse, **texts, **facts)


_ROWS = (
    _plan_word("optimizer", lambda p: p.training.optimizer.name, values.optimizer),
    _plan_word("learning_rate", _rate, values.number_condition),
    _plan_word(
        "loss",
        lambda p: _named(p.training.loss),
        values.loss,
        titles={name: spec.title for name, spec in LOSSES.items()},
    ),
    _plan_word("epochs", lambda p: p.training.epochs, values.number_condition),
    _plan_word("batch_size", lambda p: p.training.batch_size, values.number_condition),
    _plan_word("seed", lambda p: p.training.seed, values.number_condition),
    _plan_word(
        "callback",
        lambda p: tuple(callback.name for callback in p.training.callbacks),
        values.callback,
        many=True,
        titles={name: spec.title for name, spec in CALLBACKS.items()},
    ),
    _plan_word("scaling", _scaling, values.scaling),
    _plan_word("validation_split", lambda p: p.data.validation_split, values.number_condition),
    _plan_word("class_weight", lambda p: p.training.class_weight),
    _plan_word("sample_weight", _weight_column),
    _plan_word("sheet", lambda p: p.data.options.get("sheet")),
    _plan_word("data", lambda p: (p.data.kind, p.data.name, p.data.path), checked=False),
    _plan_word("network", _network, checked=False),
    _plan_word("activation", _activations, checked=False),
)

PLAN: Mapping[str, PlanWord] = {row.name: row for row in _ROWS}


def plan_name(value: str) -> str:
    """Return the name of a setting that can be ``changed``; raise ``ValueError`` if unknown."""
    return values.known_name(value.replace(" ", "_"), list(PLAN), _("setting"))


Missing = Callable[[LessonState, Any, int], str]
ABSENT, CHANGED, TRAINED = "absent", "changed", "trained"

#: Settings whose change makes a trained network outdated: not the seed, nor the epochs, which
#: ``epochs_run`` checks.
_LEARNT_WITH = ("data", "sheet", "scaling", "validation_split", "class_weight", "sample_weight",
                "loss", "optimizer", "learning_rate", "batch_size", "callback")  # fmt: skip


@dataclass(frozen=True)
class CheckWord:
    """One word.

    ``parse`` reads the text after the colon, or raises ``ValueError`` with a sentence. ``missing``
    returns what is still missing, "" if the check holds. ``lasting``: the check should keep
    holding until a later step changes the same thing.
    """

    name: str
    help: str
    example: str
    parse: Callable[[str], Any]
    missing: Missing
    lasting: bool = False

    @property
    def event(self) -> bool:
        """Whether it checks an action that leaves no trace in the network."""
        return self.name in _EVENTS


@dataclass(frozen=True)
class CheckTerm:
    """One line of a check: its word and value."""

    word: CheckWord
    value: Any


@dataclass(frozen=True)
class Check:
    """One fenced block: all of it must hold; ``line`` is its line in the file."""

    line: int
    terms: tuple[CheckTerm, ...] = ()
    layer: LayerCheck | None = None


def missing_sentences(
    check: Check, state: LessonState, step: int, earlier: Sequence[LayerCheck] = ()
) -> tuple[str, ...]:
    """Return a sentence for each thing that ``check`` lacks; ``step`` counts from 1.

    ``earlier``: the layers that earlier steps ask for.
    """
    sentences = [term.word.missing(state, term.value, step) for term in check.terms]
    if check.layer is not None:
        sentences.insert(0, check.layer.missing(state, earlier))
    return tuple(sentence for sentence in sentences if sentence)


def _absent(state: LessonState, layer: str, _step: int) -> str:
    count = sum(unwrapped(node, layer) is not None for node in state.project.graph.nodes)
    if not count:
        return ""
    return _lacks("layer_left", count=count, layer=layer)


def _connected(state: LessonState, _value: bool, _step: int) -> str:
    loose = loose_ends(state.project.graph)
    if not state.project.graph.outputs:
        return _lacks("nothing_connected")
    return _lacks("loose_layers", layers=format_list(loose)) if loose else ""


def _problems(state: LessonState, value: str, _step: int) -> str:
    if state.problems is None:
        return _lacks("still_checked")
    if value in ("none", "no errors"):
        count = sum(problem.blocks or value == "none" for problem in state.problems)
        if not count:
            return ""
        return _lacks("problems_left", count=count)
    if any(problem.code == value for problem in state.problems):
        return ""
    return _lacks("other_problem")


def _trained(state: LessonState, _value: bool, _step: int) -> str:
    if state.run is None or state.run.epochs == 0:
        return _lacks("untrained")
    if not same_layers(state.run.project.graph, state.project.graph):
        return _lacks("network_changed")
    differs = [
        name
        for name in _LEARNT_WITH
        # A run records the loss that was chosen; the settings still say automatic.
        if plan_value(state.project, name) not in (AUTOMATIC, plan_value(state.run.project, name))
    ]
    if differs:
        words = format_list(_(PLAN[name].title) for name in differs)
        return _lacks("settings_changed", settings=words)
    return ""


def _epochs_run(state: LessonState, value: Condition, step: int) -> str:
    epochs = state.run.epochs if state.run is not None else 0
    if epochs is None:
        return _lacks("epochs_unknown")
    if value.holds(epochs):
        return ""
    return _lacks("other_epochs", count=epochs, wanted=value.shown)


def _metric(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return _lacks("metric_asked", metric=value.title, wanted=value.condition.shown)
    number = value.of(state.run)
    if number is None:
        return _lacks("not_measured", metric=value.title)
    if value.condition.holds(number):
        return ""
    return _lacks(
        "other_metric",
        metric=value.title,
        value=format_number(number),
        wanted=value.condition.shown,
    )


def _gap(state: LessonState, value: values.MetricValue, _step: int) -> str:
    if state.run is None:
        return _lacks("gap_asked", metric=value.metric, wanted=value.condition.shown)
    train = values.last_metric(state.run.history, value.names)
    validated = values.last_metric(state.run.history, tuple(f"val_{name}" for name in value.names))
    if train is None or validated is None:
        return _lacks("no_validation")
    gap = abs(validated - train)
    if value.condition.holds(gap):
        return ""
    return _lacks(
        "other_gap", metric=value.metric, gap=format_number(gap), wanted=value.condition.shown
    )


def _changed(state: LessonState, name: str, _step: int) -> str:
    if plan_value(state.project, name) != plan_value(state.start, name):
        return ""
    return _lacks("setting_unchanged", setting=_(PLAN[name].title))


def _plan(name: str) -> Missing:
    def missing_of(state: LessonState, value: Condition, _step: int) -> str:
        current = plan_value(state.project, name)
        titles = PLAN[name].titles
        if PLAN[name].many:
            if any(value.holds(item) for item in current) or (value.negated and not current):
                return ""
            setting = _(PLAN[name].title)
            if value.negated:
                names = format_list(_(titles.get(item, item)) for item in current)
                return _lacks("setting_left", setting=setting, names=names)
            expected = value.shown_as(titles)
            return _lacks("setting_absent", setting=setting, name=expected)
        if value.holds(current):
            return ""
        text = format_number(current) if isinstance(current, int | float) else current
        text = text or _("not chosen")
        expected = value.shown_as(titles)
        return _lacks(
            "other_setting",
            setting=capitalize_first(_(PLAN[name].title)),
            value=titles.get(text, text),
            wanted=expected,
        )

    return missing_of


def _data(state: LessonState, value: Condition, _step: int) -> str:
    data = state.project.data
    if any(value.holds(name) for name in (data.name, data.kind) if name):
        return ""
    expected = value.shown_as({name: _(builtin.title) for name, builtin in BUILTINS.items()})
    chosen = data.path or data.name or data.kind
    if not chosen:
        return _lacks("no_data", wanted=expected)
    title = _(BUILTINS[chosen].title) if chosen in BUILTINS else chosen
    return _lacks("other_data", name=title, wanted=expected)


def _parameters(state: LessonState, value: Condition, _step: int) -> str:
    if state.parameters is None:
        return _lacks("still_counted")
    if value.holds(state.parameters):
        return ""
    return _lacks("other_parameters", count=state.parameters, wanted=value.shown)


def _layers(state: LessonState, value: Condition, _step: int) -> str:
    count = layer_count(state.project.graph)
    if value.holds(count):
        return ""
    return _lacks("other_layers", count=count, wanted=value.shown)


def _answered(state: LessonState, value: str, step: int) -> str:
    answer = state.answers.get(step, "").strip()
    if not answer:
        return _lacks("unanswered")
    # The answer to a second question is checked by the question itself.
    if value == "true" or "\n" in answer or values.same_answer(answer, value):
        return ""
    return _lacks("wrong_answer")


def _card(state: LessonState, value: str, _step: int) -> str:
    card = state.project.extra.get("card")
    text = str(card.get(value) or "") if isinstance(card, Mapping) else ""
    words = {word.strip(".,;:!?…–-'\"()") for word in _WORD.findall(text.casefold())}
    if len(words - {""}) >= CARD_WORDS:
        return ""
    return _lacks("card_too_short", count=CARD_WORDS, field=_(QUESTIONS[value]))


def _of_run(missing: Missing) -> Missing:
    """While a training runs, say that it has not ended, not what the one before lacks."""

    def missing_of(state: LessonState, value: Any, step: int) -> str:
        lack = missing(state, value, step)
        return _lacks("not_ended") if lack and state.training else lack

    return missing_of


def _event(name: str, sentence: str) -> Missing:
    def missing_of(state: LessonState, value: Any, _step: int) -> str:
        several = value if isinstance(value, tuple) else (value,)
        former = [page for page, now in FORMER_PAGES.items() if name == LOOKED and now in several]
        events = {name if value is True else f"{name}:{item}" for item in (*several, *former)}
        if events & state.events or (
            value is True and any(event.startswith(f"{name}:") for event in state.events)
        ):
            return ""
        title = format_list(several, style="or") if isinstance(value, tuple) else value
        if name == COMPARED and value in BUILTINS:
            title = _(BUILTINS[value].title)
        return _(sentence, page=place_title(value) if name == LOOKED else title)

    return missing_of


def _clustered(state: LessonState, value: tuple[str, ...], _step: int) -> str:
    left = [item for item in value if f"{CLUSTERED}:{item}" not in state.events]
    if not left:
        return ""
    titles = {name: builtin.title for name, builtin in BUILTINS.items()}
    titles[values.HIDDEN] = resource_json("texts.json")["clusters"]["hidden"]
    action, *details = left[0].split()
    details += [item.split()[1] for item in left[1:]]
    names = format_list(_(titles.get(detail, detail)) for detail in details)
    return _lacks(f"cluster_{action}{'_of' if details else ''}", of=names)


def _words_written(state: LessonState, value: str, _step: int) -> str:
    if f"{WORDS_WRITTEN}:{value}" in state.events:
        return ""
    task, *words = value.split()
    return _lacks(f"words_{task}", words=format_list(words))


_EVENTS = (PREDICTED, EVALUATED, LOOKED, COMPARED, GROUPED, CLUSTERED, WORDS_WRITTEN, OPENED)


def _check_word(
    name: str, parse: Callable[[str], Any], missing: Missing | None = None, lasting: bool = False
) -> CheckWord:
    """Return the row with the texts of ``tables.json``, which for an event say what is missing."""
    texts = dict(resource_json("tables.json")["check_words"][name])
    event = _event(name, texts.pop("title", ""))
    return CheckWord(name, parse=parse, missing=missing or event, lasting=lasting, **texts)


_WORDS = (
    _check_word(ABSENT, values.layer_name, _absent, True),
    _check_word("connected", values.yes, _connected),
    _check_word("problems", values.problems, _problems),
    _check_word("layers", values.number_condition, _layers),
    _check_word("parameters", values.number_condition, _parameters),
    _check_word(TRAINED, values.yes, _of_run(_trained)),
    _check_word("epochs_run", values.number_condition, _of_run(_epochs_run)),
    _check_word("metric", values.metric, _of_run(_metric)),
    _check_word("gap", values.metric, _of_run(_gap)),
    _check_word(CHANGED, plan_name, _changed),
    _check_word("data", values.words_condition, _data, True),
    _check_word("answered", values.text, _answered),
    _check_word(PREDICTED, values.yes),
    _check_word(EVALUATED, values.yes),
    _check_word(LOOKED, values.panel),
    _check_word(COMPARED, values.text),
    _check_word(GROUPED, values.text),
    _check_word(CLUSTERED, values.clustering, _clustered),
    _check_word(WORDS_WRITTEN, values.word_task, _words_written),
    _check_word("card", values.card_answer, _card),
    _check_word(SAVED, values.endings),
    _check_word(OPENED, values.endings),
)

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
