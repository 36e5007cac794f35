"""The main figure of an evaluation, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.evaluate import Evaluation
from netbuilder.core.results.forecast import naive_words
from netbuilder.core.wording import format_number, format_percent, labelled

_sentence = sentences_of("evaluation")

#: A class is rare if the largest one has this many times its samples.
RARE = 20
_SHARES = ("accuracy", "precision", "recall", "f1_score")


@dataclass(frozen=True)
class Headline:
    """The main figure of an evaluation.

    ``metric``: name of the metric of ``figure``; ``figure``: its value with its unit; ``words``:
    what it counts, on how many samples; ``comparison``: the figure of each baseline; ``worse``:
    that the best baseline beats the figure, in words, or "".
    """

    metric: str
    figure: str
    words: str
    comparison: str
    worse: str = ""


def _worse(rule: str, figure: str, value: str, least: float, most: float) -> str:
    """Return that a baseline beats the network if ``least`` is less than ``most``; else ""."""
    if not least < most or figure == value:
        return ""
    return _("Worse than {rule} ({value}).", rule=rule, value=value)


def has_rare_class(evaluation: Evaluation) -> bool:
    """Return whether a class is so rare that accuracy says little about it."""
    counts = [score.support for score in evaluation.classes if score.support]
    return evaluation.task != MULTI_LABEL and len(counts) > 1 and min(counts) * RARE < max(counts)


def headline(evaluation: Evaluation, file: str = "") -> Headline:
    """Return the accuracy, the balanced accuracy if a class is rare, or the mean absolute error.

    ``file``: the file that the samples are from; "": the test set.
    """
    count = evaluation.samples
    if evaluation.task == REGRESSION:
        value = evaluation.metrics["mean_absolute_error"]
        words = (
            _sentence("error_on_file", count=count, file=file)
            if file
            else _sentence("error_on_test", count=count)
        )
        rules = [(evaluation.baseline, _("always predicting the mean"))]
        rules += [(error, naive_words(rows)) for rows, error in evaluation.naive_errors.items()]
        comparison = " · ".join(labelled(rule, evaluation.told(error)) for error, rule in rules)
        least, best = min(rules)
        figure = f"± {evaluation.told(value)}"
        worse = _worse(best, figure, f"± {evaluation.told(least)}", least, value)
        return Headline("mean_absolute_error", figure, words, comparison, worse)
    accuracy = format_percent(evaluation.metrics["accuracy"])
    alone, rule = (
        format_percent(evaluation.baseline),
        _("always predicting the most frequent class"),
    )
    if has_rare_class(evaluation):
        words = (
            _sentence("balanced_on_file", count=count, file=file)
            if file
            else _sentence("balanced_on_test", count=count)
        )
        comparison = _sentence("most_frequent_alone", accuracy=accuracy, baseline=alone)
        value, chance = (
            evaluation.metrics["recall"],
            1 / sum(score.support > 0 for score in evaluation.classes),
        )
        figure = format_percent(value)
        worse = _worse(rule, figure, format_percent(chance), value, chance)
        return Headline("recall", figure, words, comparison, worse)
    if evaluation.task == MULTI_LABEL:
        words = (
            _sentence("labels_on_file", count=count, file=file)
            if file
            else _sentence("labels_on_test", count=count)
        )
        rule = _("always predicting the most frequent labels")
        comparison = _("most frequent labels alone: {baseline}", baseline=alone)
    else:
        correct = format_number(round(evaluation.metrics["accuracy"] * count), ",.0f")
        words = (
            _sentence("correct_on_file", count=count, correct=correct, file=file)
            if file
            else _sentence("correct_on_test", count=count, correct=correct)
        )
        comparison = _("most frequent class alone: {baseline}", baseline=alone)
    worse = _worse(rule, accuracy, alone, evaluation.metrics["accuracy"], evaluation.baseline)
    return Headline("accuracy", accuracy, words, comparison, worse)


def metric_text(evaluation: Evaluation, name: str, value: float) -> str:
    """Format a metric: a share in per cent, an error in the target's unit."""
    if name in _SHARES and 0 <= value <= 1:
        return format_percent(value)
    if name.endswith("error"):
        return evaluation.told(value)
    return format_number(value)


def metric_column(
    evaluation: Evaluation,
    name: str,
    rows: Sequence[tuple[float, Mapping[str, tuple[float, float]]]],
) -> list[tuple[str, str]]:
    """Format values of a metric, each with its 95% interval ("" if unknown), for a table."""
    return [
        (metric_text(evaluation, name, value), interval_text(evaluation, name, ends))
        for value, ends in rows
    ]


def interval_text(
    evaluation: Evaluation, name: str, intervals: Mapping[str, tuple[float, float]]
) -> str:
    """Format the 95% interval of a metric; "" if unknown."""
    ends = intervals.get(name)
    return _range(*(metric_text(evaluation, name, end) for end in ends)) if ends else ""


def _range(low: str, high: str) -> str:
    if low[0].isdigit() and (low + high)[-1] in "0123456789%":
        return _("{low}–{high}", low=low.rstrip("%\u202f\xa0 "), high=high)
    return _("{low} to {high}", low=low, high=high)
