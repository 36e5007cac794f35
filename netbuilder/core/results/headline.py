"""The one figure that an evaluation is headed by, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.forecast import naive_words
from netbuilder.core.wording import format_number, format_percent, labelled

#: A class with fewer samples than one for so many of the largest class is rare.
RARE = 20
_SHARES = ("accuracy", "precision", "recall", "f1_score")


@dataclass(frozen=True)
class Headline:
    """What stands first about an evaluation.

    Attributes:
        metric: the name of the metric that ``figure`` is of.
        figure: its value with its unit.
        words: what the figure counts, and of how many samples.
        comparison: what a prediction that never looks at the sample reaches.
        worse: that the best of these is better than the figure, in words, or "".
    """

    metric: str
    figure: str
    words: str
    comparison: str
    worse: str = ""


def _worse(rule: str, figure: str, value: str, least: float, most: float) -> str:
    """That a rule does better than the network, where ``least`` is less than ``most``."""
    if not least < most or figure == value:
        return ""
    return _("Worse than {rule} ({value}).", rule=rule, value=value)


def has_rare_class(found: Evaluation) -> bool:
    """Whether one class has so few samples that accuracy says little about it."""
    counts = [one.support for one in found.classes if one.support]
    return found.task != MULTI_LABEL and len(counts) > 1 and min(counts) * RARE < max(counts)


def headline(found: Evaluation, file: str = "") -> Headline:
    """Return the figure of an evaluation: its accuracy, its balanced accuracy where a class is
    rare, or how far off its numbers are.

    Args:
        found: the evaluation.
        file: the file that the samples are from; "": the test set.
    """
    count = found.samples
    if found.task == REGRESSION:
        value = found.metrics["mean_absolute_error"]
        words = (
            ngettext(
                "mean absolute error on {count} sample of {file}",
                "mean absolute error on {count} samples of {file}",
                count,
                file=file,
            )
            if file
            else ngettext(
                "mean absolute error on {count} test sample",
                "mean absolute error on {count} test samples",
                count,
            )
        )
        rules = [(found.baseline, _("always predicting the mean"))]
        rules += [(error, naive_words(rows)) for rows, error in found.naive_errors.items()]
        comparison = " · ".join(labelled(rule, found.told(error)) for error, rule in rules)
        least, best = min(rules)
        figure = f"± {found.told(value)}"
        worse = _worse(best, figure, f"± {found.told(least)}", least, value)
        return Headline("mean_absolute_error", figure, words, comparison, worse)
    accuracy = format_percent(found.metrics["accuracy"])
    alone, rule = format_percent(found.baseline), _("always predicting the most frequent class")
    if has_rare_class(found):
        words = (
            ngettext(
                "balanced accuracy on {count} sample of {file}: the mean of every class's recall",
                "balanced accuracy on {count} samples of {file}: the mean of every class's recall",
                count,
                file=file,
            )
            if file
            else ngettext(
                "balanced accuracy on {count} test sample: the mean of every class's recall",
                "balanced accuracy on {count} test samples: the mean of every class's recall",
                count,
            )
        )
        comparison = _(
            "accuracy {accuracy} · most frequent class alone: {baseline}",
            accuracy=accuracy, baseline=alone,
        )  # fmt: skip
        value, chance = found.metrics["recall"], 1 / sum(one.support > 0 for one in found.classes)
        figure = format_percent(value)
        worse = _worse(rule, figure, format_percent(chance), value, chance)
        return Headline("recall", figure, words, comparison, worse)
    if found.task == MULTI_LABEL:
        words = (
            ngettext(
                "of the labels of {count} sample of {file} correct",
                "of the labels of {count} samples of {file} correct",
                count,
                file=file,
            )
            if file
            else ngettext(
                "of the labels of {count} test sample correct",
                "of the labels of {count} test samples correct",
                count,
            )
        )
        rule = _("always predicting the most frequent labels")
        comparison = _("most frequent labels alone: {baseline}", baseline=alone)
    else:
        correct = format_number(round(found.metrics["accuracy"] * count), ",.0f")
        words = (
            ngettext(
                "{correct} of {count} sample of {file} correct",
                "{correct} of {count} samples of {file} correct",
                count,
                correct=correct,
                file=file,
            )
            if file
            else ngettext(
                "{correct} of {count} test sample correct",
                "{correct} of {count} test samples correct",
                count,
                correct=correct,
            )
        )
        comparison = _("most frequent class alone: {baseline}", baseline=alone)
    worse = _worse(rule, accuracy, alone, found.metrics["accuracy"], found.baseline)
    return Headline("accuracy", accuracy, words, comparison, worse)


def metric_text(found: Evaluation, name: str, value: float) -> str:
    """Write the value of a metric: a share in per cent, an error in the target's unit."""
    if name in _SHARES and 0 <= value <= 1:
        return format_percent(value)
    if name.endswith("error"):
        return found.told(value)
    return format_number(value)


def metric_column(
    found: Evaluation,
    name: str,
    rows: Sequence[tuple[float, Mapping[str, tuple[float, float]]]],
) -> list[tuple[str, str]]:
    """Write values of one metric, each with its 95% interval ("" where none is known), for a
    table."""
    return [(metric_text(found, name, one), interval_text(found, name, ends)) for one, ends in rows]


def interval_text(
    found: Evaluation, name: str, intervals: Mapping[str, tuple[float, float]]
) -> str:
    """Write the 95% interval of a metric; "" where none is known."""
    ends = intervals.get(name)
    return _range(*(metric_text(found, name, end) for end in ends)) if ends else ""


def _range(low: str, high: str) -> str:
    if low[0].isdigit() and (low + high)[-1] in "0123456789%":
        return _("{low}–{high}", low=low.rstrip("%\u202f\xa0 "), high=high)
    return _("{low} to {high}", low=low, high=high)
