"""How the values behind checks' words are read. Each raises ``ValueError`` with a sentence."""

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
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.lessons.callout_places import PAGES
from netbuilder.core.lessons.conditions import Condition, parse_condition, parse_number
from netbuilder.core.lessons.lesson_state import ObservedRun
from netbuilder.core.project.card_answers import QUESTIONS
from netbuilder.core.wording import did_you_mean, format_list, join_sentences

ENDINGS = (
    ".h5", ".keras", ".netbuilder", ".py", ".ipynb", ".onnx", ".tflite", ".svg", ".png", ".html",
    ".md", ".pdf", ".zip",
)  # fmt: skip
SCALINGS = ("auto", "standard", "minmax", "bins", "none")
#: Short names that courses use, and the names that a training may have given the number.
METRIC_NAMES: Mapping[str, tuple[str, ...]] = {
    "accuracy": (
        "accuracy",
        "sparse_categorical_accuracy",
        "categorical_accuracy",
        "binary_accuracy",
    ),
    "mae": ("mean_absolute_error",),
    "mse": ("mean_squared_error",),
    "rmse": ("root_mean_squared_error",),
    "loss": ("loss",),
    "f1": ("f1_score",),
    "median_absolute_error": ("median_absolute_error",),
}


def known_name(name: str, names: Sequence[str], what: str) -> str:
    """``name`` as it is spelt among ``names``.

    Raises:
        ValueError: it is not among them.
    """
    for one in names:
        if one.casefold() == name.casefold():
            return one
    near = did_you_mean(name, names)
    told = _("there is no {kind} '{name}'.", kind=_(what), name=name)
    known = near or _("The names are {names}.", names=format_list(names, 12))
    raise ValueError(join_sentences((told, known)))


def text(value: str) -> str:
    """Any text but none."""
    if not value:
        raise ValueError(_("there is no value after the colon"))
    return value


def yes(value: str) -> bool:
    """The word "true"."""
    if value.casefold() not in ("true", "yes"):
        raise ValueError(_("'{value}' is not 'true', the only possible value", value=value))
    return True


def layer_name(value: str) -> str:
    """The class name of a layer."""
    return known_name(value, list(LAYERS), N_("layer"))


def number_condition(value: str) -> Condition:
    """A comparison with a number."""
    found = parse_condition(value)
    if not found.numeric:
        raise ValueError(_("'{value}' is not a number; write for example '>= 10'", value=value))
    return found


def words_condition(value: str) -> Condition:
    """One of some words, or a number taken as a word."""
    found = parse_condition(value)
    return Condition(value, words=(value,)) if found.numeric else found


def _of(names: Sequence[str], what: str) -> Callable[[str], Condition]:
    def parse(value: str) -> Condition:
        found = words_condition(value)
        for word in found.words:
            known_name(word, names, what)
        return found

    return parse


optimizer = _of(list(OPTIMIZERS), N_("optimizer"))
loss = _of([*LOSSES, "automatic"], N_("loss"))
callback = _of(list(CALLBACKS), N_("callback"))


def scaling(value: str) -> Condition:
    """A way to scale; where any is asked for, the automatic choice is one, too."""
    found = _of(SCALINGS, N_("scaling"))(value)
    both = {"standard", "minmax"} <= {word.casefold() for word in found.words}
    return replace(found, words=(*found.words, "auto")) if both and not found.negated else found


def problems(value: str) -> str:
    """ "none", "no errors", or the code of a problem."""
    low = value.casefold()
    if low in ("none", "no errors") or re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", low):
        return low
    raise ValueError(
        _("'{value}' is not 'none', 'no errors' or the code of a problem", value=value)
    )


def panel(value: str) -> str:
    """A tab's id."""
    return known_name(value, tuple(PAGES), N_("page"))


def card_answer(value: str) -> str:
    """One of the answers of a model card."""
    return known_name(value, list(QUESTIONS), N_("part of the model card"))


def endings(value: str) -> tuple[str, ...]:
    """Endings of files, with ``|`` between them."""
    named = [one.strip() for one in value.split("|")]
    return tuple(
        known_name(one if one.startswith(".") else f".{one}", ENDINGS, N_("extension"))
        for one in named
    )


@dataclass(frozen=True)
class MetricValue:
    """A number of a run: ``part`` is "", "train", "val" or "test"; ``names`` what it may be
    called there.
    """

    part: str
    names: tuple[str, ...]
    condition: Condition

    @property
    def metric(self) -> str:
        """The metric's name in words: "mean absolute error"."""
        return metric_words(self.names[0])

    @property
    def title(self) -> str:
        """The metric with the rows that it is measured on: "The validation accuracy"."""
        titles = {
            "train": _("The training {metric}", metric=self.metric),
            "val": _("The validation {metric}", metric=self.metric),
            "test": _("The test {metric}", metric=self.metric),
        }
        return titles.get(self.part) or _("The {metric}", metric=self.metric)

    def of(self, run: ObservedRun) -> float | None:
        """The number of a run: on test rows, else validation rows, else training rows."""
        places: Mapping[str, Callable[[], float | None]] = {
            "test": lambda: next((run.test[n] for n in self.names if n in run.test), None),
            "val": lambda: last_metric(run.history, tuple(f"val_{n}" for n in self.names)),
            "train": lambda: last_metric(run.history, self.names),
        }
        for part in (self.part,) if self.part else ("test", "val", "train"):
            found = places[part]()
            if found is not None:
                return found
        return None


def last_metric(history: Mapping[str, Sequence[float]], names: Sequence[str]) -> float | None:
    """The last number of the first of ``names`` that was measured."""
    for name in names:
        if len(history.get(name, ())):
            return float(history[name][-1])
    return None


def metric(value: str) -> MetricValue:
    """``accuracy >= 0.9``, ``val_loss < 1``, ``test_mean_absolute_error <= 50``."""
    found = re.fullmatch(r"(?:(train|val|test)_)?(\w+)\s*((?:>=|<=|>|<|==?)\s*\S+)", value)
    if not found:
        raise ValueError(
            _("'{value}' is not a comparison; write for example 'accuracy >= 0.9'", value=value)
        )
    part, name, rest = found.group(1) or "", found.group(2), found.group(3)
    name = known_name(name, [*METRIC_NAMES, *METRICS], N_("metric"))
    names = METRIC_NAMES.get(name, (name,))
    return MetricValue(part, names, number_condition(rest))


def same_answer(given: str, wanted: str) -> bool:
    """Whether two answers are the same, as numbers where both are numbers."""
    one, other = parse_number(given), parse_number(wanted)
    if one is not None and other is not None:
        return abs(one - other) < 1e-9
    return given.strip().casefold() == wanted.strip().casefold()
