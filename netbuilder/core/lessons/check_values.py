"""Parse the values of check lines; each parser raises ``ValueError`` with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.training.training_index import (
    CALLBACKS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    metric_words,
)
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons.callout_places import FORMER_PAGES, PAGES
from netbuilder.core.lessons.conditions import Condition, parse_condition, parse_number
from netbuilder.core.lessons.lesson_state import ObservedRun
from netbuilder.core.project.card_answers import QUESTIONS
from netbuilder.core.wording import did_you_mean, format_list, join_sentences

ENDINGS = (
    ".h5", ".keras", ".netbuilder", ".py", ".ipynb", ".onnx", ".tflite", ".svg", ".png", ".html",
    ".md", ".pdf", ".zip",
)  # fmt: skip
#: What can be done on the page Clusters: drag, then go to the end; compare with the labels.
CLUSTERING = ("assign", "move", "drag", "end", "compare")
WORD_TASKS = ("neighbours", "compared", "analogy")
#: ``compare hidden`` of ``CLUSTERING``: the clusters of the last hidden layer.
HIDDEN = "hidden"
SCALINGS = ("auto", "standard", "minmax", "bins", "none")
#: Short metric names used in courses, and the names that a training may record.
METRIC_NAMES: Mapping[str, tuple[str, ...]] = {
    name: tuple(names) for name, names in resource_json("tables.json")["metric_names"].items()
}


def known_name(name: str, names: Sequence[str], kind: str) -> str:
    """Return ``name`` as spelt in ``names``; raise ``ValueError`` if it is not among them."""
    for candidate in names:
        if candidate.casefold() == name.casefold():
            return candidate
    near = did_you_mean(name, names)
    problem = _("there is no {kind} '{name}'.", kind=_(kind), name=name)
    known = near or _("The names are {names}.", names=format_list(names, 12))
    raise ValueError(join_sentences((problem, known)))


def text(value: str) -> str:
    """Return any non-empty text."""
    if not value:
        raise ValueError(_("there is no value after the colon"))
    return value


def yes(value: str) -> bool:
    """Accept the word "true"."""
    if value.casefold() not in ("true", "yes"):
        raise ValueError(_("'{value}' is not 'true', the only possible value", value=value))
    return True


def layer_name(value: str) -> str:
    """Return the class name of a layer."""
    return known_name(value, list(LAYERS), N_("layer"))


def number_condition(value: str) -> Condition:
    """Parse a comparison with a number."""
    condition = parse_condition(value)
    if not condition.numeric:
        raise ValueError(_("'{value}' is not a number; write for example '>= 10'", value=value))
    return condition


def words_condition(value: str) -> Condition:
    """Parse alternatives; a number is taken as a word."""
    condition = parse_condition(value)
    return Condition(value, words=(value,)) if condition.numeric else condition


def _of(names: Sequence[str], kind: str) -> Callable[[str], Condition]:
    def parse(value: str) -> Condition:
        condition = words_condition(value)
        for word in condition.words:
            known_name(word, names, kind)
        return condition

    return parse


optimizer = _of(list(OPTIMIZERS), N_("optimizer"))
loss = _of([*LOSSES, "automatic"], N_("loss"))
callback = _of(list(CALLBACKS), N_("callback"))


def scaling(value: str) -> Condition:
    """Parse scaling methods; if several are allowed, "auto" is too."""
    condition = _of(SCALINGS, N_("scaling"))(value)
    both = {"standard", "minmax"} <= {word.casefold() for word in condition.words}
    if both and not condition.negated:
        return replace(condition, words=(*condition.words, "auto"))
    return condition


def problems(value: str) -> str:
    """Accept "none", "no errors", or the code of a problem."""
    low = value.casefold()
    if low in ("none", "no errors") or re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", low):
        return low
    raise ValueError(
        _("'{value}' is not 'none', 'no errors' or the code of a problem", value=value)
    )


def panel(value: str) -> str:
    """Return a page's ID."""
    name = known_name(value, (*PAGES, *FORMER_PAGES), N_("page"))
    return FORMER_PAGES.get(name, name)


def clustering(value: str) -> tuple[str, ...]:
    """Return what must be done with k-means: "end 2 3" is ("end 2", "end 3")."""
    action, *details = text(value).split()
    action = known_name(action, CLUSTERING, N_("word"))
    return tuple(f"{action} {detail}" for detail in details) or (action,)


def word_task(value: str) -> str:
    """Return a task of word vectors and its words: "neighbours hot"."""
    task, *words = text(value).casefold().split()
    return " ".join((known_name(task, WORD_TASKS, N_("word")), *words))


def card_answer(value: str) -> str:
    """Return the name of a model card question."""
    return known_name(value, list(QUESTIONS), N_("part of the model card"))


def endings(value: str) -> tuple[str, ...]:
    """Parse file extensions separated by ``|``."""
    names = [name.strip().removeprefix(".") for name in value.split("|")]
    return tuple(known_name(f".{name}", ENDINGS, N_("extension")) for name in names)


@dataclass(frozen=True)
class MetricValue:
    """A condition on a metric; ``part`` is "", "train", "val" or "test"; ``names`` are aliases."""

    part: str
    names: tuple[str, ...]
    condition: Condition

    @property
    def metric(self) -> str:
        """The display name: "mean absolute error"."""
        return metric_words(self.names[0])

    @property
    def title(self) -> str:
        """The metric with its rows: "The validation accuracy"."""
        titles = {
            "train": _("The training {metric}", metric=self.metric),
            "val": _("The validation {metric}", metric=self.metric),
            "test": _("The test {metric}", metric=self.metric),
        }
        return titles.get(self.part) or _("The {metric}", metric=self.metric)

    def of(self, run: ObservedRun) -> float | None:
        """Return the run's value on test rows, else validation rows, else training rows."""
        places: Mapping[str, Callable[[], float | None]] = {
            "test": lambda: next((run.test[n] for n in self.names if n in run.test), None),
            "val": lambda: last_metric(run.history, tuple(f"val_{n}" for n in self.names)),
            "train": lambda: last_metric(run.history, self.names),
        }
        for part in (self.part,) if self.part else ("test", "val", "train"):
            number = places[part]()
            if number is not None:
                return number
        return None


def last_metric(history: Mapping[str, Sequence[float]], names: Sequence[str]) -> float | None:
    """Return the last value of the first of ``names`` that was measured."""
    for name in names:
        if len(history.get(name, ())):
            return float(history[name][-1])
    return None


def metric(value: str) -> MetricValue:
    """Parse ``accuracy >= 0.9``, ``val_loss < 1`` or ``test_mean_absolute_error <= 50``."""
    match = re.fullmatch(r"(?:(train|val|test)_)?(\w+)\s*((?:>=|<=|>|<|==?)\s*\S+)", value)
    if not match:
        raise ValueError(
            _("'{value}' is not a comparison; write for example 'accuracy >= 0.9'", value=value)
        )
    part, name, rest = match.group(1) or "", match.group(2), match.group(3)
    name = known_name(name, [*METRIC_NAMES, *METRICS], N_("metric"))
    names = METRIC_NAMES.get(name, (name,))
    return MetricValue(part, names, number_condition(rest))


def same_answer(answer: str, expected: str) -> bool:
    """Return whether two answers are equal, as numbers if both are numbers."""
    a, b = parse_number(answer), parse_number(expected)
    if a is not None and b is not None:
        return abs(a - b) < 1e-9
    return answer.strip().casefold() == expected.strip().casefold()
