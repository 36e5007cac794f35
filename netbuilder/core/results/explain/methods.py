"""The ways to explain, as a table, and the one question that the window and the verb ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.results.explain import picture_methods, sequence_methods, table_methods
from netbuilder.core.results.explain.explanation import Explanation
from netbuilder.core.results.explain.explanation_target import ExplanationTarget, explanation_target
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.results.unusual_values import KNOWS_NOTHING, has_no_known_words
from netbuilder.core.wording import (
    did_you_mean,
    format_list,
    format_number,
    format_percent,
    format_probability,
    join_sentences,
)

Array = NDArray[Any]
#: A part of a probability: half a thousandth.
SETTLED = 0.0005
#: Of a number the part of its own spread that only rounding makes.
UNSEEN = 1e-5
#: Below one percentage point no word decides; with fewer words than these there is no noise level.
WORD_NOISE, _FEWEST_WORDS = 0.01, 5
_MOST_PAIRS = 3
TABLE, PICTURE, TEXT, TOKENS, SERIES = "table", "picture", "text", "tokens", "series"


@dataclass(frozen=True, eq=False)
class ComparisonRows:
    """Rows to compare with: raw values by Input id (n, ...), and the right answers, if known."""

    raw: Mapping[str, Array]
    truth: Array | None = None


@dataclass(frozen=True)
class Method:
    """A way to explain: for which sort of sample, and what finds it.

    ``explain`` gets the question, the rows to compare with (None: none) and the sample's text.
    ``overall``: it speaks about all rows, not about the one answer.
    """

    name: str
    sort: str
    title: str
    help: str
    explain: Callable[[ExplanationTarget, ComparisonRows | None, str | None], Explanation]
    overall: bool = False


def _importance(
    asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    if rows is None or len(next(iter(rows.raw.values()))) < 2:
        return replace(_typical(asked, rows, text), method="importance")
    found = table_methods.permutation_importance(asked.trained, rows.raw, rows.truth)
    most = max(found, key=lambda name: found[name])
    numbers = asked.target.task == "regression"
    sentence = (
        _(
            "{column} matters most: with its values shuffled, predictions are off by {error} more.",
            column=most,
            error=asked.told(found[most]),
        )
        if numbers
        else _(
            "{column} matters most: with its values shuffled, {share} fewer predictions are "
            "correct.",
            column=most,
            share=format_percent(found[most]),
        )
    )
    if found[most] <= 0:
        sentence = _("Shuffling the values of a column does not make predictions worse.")
    sentence = join_sentences((sentence, *_replaceable(asked, rows)))
    nearest = table_methods.nearest_counterexample(asked, rows.raw)
    return Explanation(
        "importance", asked.answer, asked.about, sentence, importance=found, nearest=nearest
    )


def _replaceable(asked: ExplanationTarget, rows: ComparisonRows) -> list[str]:
    """A sentence for each pair of columns of which one could replace the other."""
    pairs = table_methods.replaceable_pairs(asked.trained, rows.raw)[:_MOST_PAIRS]
    if not pairs:
        return []
    joint = table_methods.permutation_importance(
        asked.trained, rows.raw, rows.truth, together=[pair[:2] for pair in pairs[:1]]
    )[pairs[0][0]]
    told = [
        _(
            "{first} could be replaced by {second} (correlation {correlation}): shuffled alone, "
            "each seems less important than it is.",
            first=first,
            second=second,
            correlation=format_number(correlation, ".2f"),
        )
        for first, second, correlation in pairs
    ]
    names = {"first": pairs[0][0], "second": pairs[0][1]}
    if asked.target.task == REGRESSION:
        last = _(
            "With {first} and {second} shuffled together, predictions are off by {error} more.",
            error=asked.told(joint),
            **names,
        )
    else:
        last = _(
            "With {first} and {second} shuffled together, {share} fewer predictions are correct.",
            share=format_percent(joint),
            **names,
        )
    return [*told, last] if joint > 0 else told


def _typical(
    asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    found = table_methods.against_typical(asked)
    most = max(found, key=lambda name: abs(found[name]))
    cells = table_methods.typical_cells(asked)
    typical = f"{most} ({cells[most][1]})" if cells[most][1] else most
    told = {"column": typical, "change": asked.format_change(abs(found[most]))}
    numbers = asked.target.task == REGRESSION
    if numbers and found[most] > 0:
        first = _("With a typical {column}, the prediction would be {change} lower.", **told)
    elif numbers:
        first = _("With a typical {column}, the prediction would be {change} higher.", **told)
    elif found[most] > 0:
        first = _("With a typical {column}, the probability would be {change} lower.", **told)
    else:
        first = _("With a typical {column}, the probability would be {change} higher.", **told)
    signs = (
        _("+ raises the prediction, − lowers it.")
        if numbers
        else _("+ is evidence for this prediction, − against it.")
    )
    sentence = join_sentences((first, _("No other column changes this prediction more."), signs))
    if _settled(asked, found[most]):
        sentence = _(
            "No single column matters for {prediction}: without any one of them, "
            "the probability stays the same.",
            prediction=asked.about,
        )
    if not found[most] or (asked.target.task == REGRESSION and _settled(asked, found[most])):
        found = dict.fromkeys(found, 0.0)
        sentence = _("No single column changes this prediction: all its values are typical.")
    many = rows is not None and len(next(iter(rows.raw.values()))) > 1
    nearest = (
        table_methods.nearest_counterexample(asked, rows.raw) if rows is not None and many else None
    )
    return Explanation(
        "occlusion", asked.answer, asked.about, sentence, importance=found, compared=cells,
        nearest=nearest,
    )  # fmt: skip


def _response(
    asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    alone = {key: np.asarray(value)[None] for key, value in asked.sample.items()}
    raw = alone if rows is None else rows.raw
    found = tuple(
        table_methods.partial_dependence(asked, raw, name)
        for name in table_methods.columns_of(asked.trained)
    )
    widest = max(found, key=lambda one: one.span)
    told = {
        "prediction": asked.about,
        "low": asked.told(float(widest.answers.min())),
        "high": asked.told(float(widest.answers.max())),
        "column": widest.column,
    }
    if rows is None:
        sentence = _(
            "{column} changes the prediction ({prediction}) most: from {low} to {high}.", **told
        )
    else:
        sentence = _(
            "{column} changes the mean prediction ({prediction}) most: from {low} to {high}.",
            **told,
        )
    hidden = [one for one in found if one.misleads and not _settled(asked, one.row_span)]
    if rows is not None and hidden:
        hint = ngettext(
            "The mean misleads for {columns}: its effect depends on the other columns. In single "
            "rows it changes the prediction by {change}.",
            "The mean misleads for {columns}: their effects depend on the other columns. In single "
            "rows each changes the prediction by up to {change}.",
            len(hidden),
            columns=format_list([one.column for one in hidden], 5),
            change=asked.format_change(max(one.row_span for one in hidden)),
        )
        sentence = join_sentences((sentence, hint))
    spans = {one.column: one.span for one in found}
    return Explanation(
        "response", asked.answer, asked.about, sentence, importance=spans, responses=found
    )


def _picture(
    name: str, find: Callable[[ExplanationTarget], Array], words: str, of_numbers: str = ""
) -> Any:
    """``words`` say what the colours mean, ``of_numbers`` where the answer is a number."""

    def explain(
        asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None
    ) -> Explanation:
        heat = find(asked)
        key, _unused = asked.input_of(PICTURE)
        picture = np.asarray(asked.sample[key])
        numbers = bool(of_numbers) and asked.target.task == REGRESSION
        sentence = _(of_numbers if numbers else words, about=asked.about)
        if not np.abs(heat).max() > 0:
            sentence = _(
                "No part of the picture changes the prediction {prediction}.",
                prediction=asked.about,
            )
        return Explanation(name, asked.answer, asked.about, sentence, heatmap=heat, picture=picture)

    return explain


def _words(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.word_importance(asked, text)
    most, fall = max(found, key=lambda pair: abs(pair[1]))
    told = {"word": most, "prediction": asked.about}
    sentence = (
        _("“{word}” is the strongest evidence for {prediction}.", **told)
        if fall >= 0
        else _("“{word}” is the strongest evidence against {prediction}.", **told)
    )
    ids = np.asarray(asked.sample[asked.input_of(TEXT)[0]])
    if has_no_known_words(ids):
        none = _("So no word is evidence for {prediction}.", prediction=asked.about)
        sentence = join_sentences((_(KNOWS_NOTHING), none))
        found = tuple((word, 0.0) for word, _unused in found)
    elif _settled(asked, fall) or _is_noise(asked, [value for _unused, value in found]):
        sentence = _(
            "No single word decided {prediction}: leaving out one word changes it by at most "
            "{change}.",
            prediction=asked.about,
            change=asked.format_change(abs(fall)),
        )
    return Explanation("occlusion", asked.answer, asked.about, sentence, tokens=found)


def _is_noise(asked: ExplanationTarget, falls: list[float]) -> bool:
    """Whether the largest change of a word is too little, or what the others make as well.

    Donoho and Johnstone's universal threshold ("Ideal spatial adaptation by wavelet shrinkage",
    Biometrika 1994): of n values of noise alone the largest stays below it.
    """
    sizes = np.abs(falls)
    if asked.target.task != REGRESSION and sizes.max() < WORD_NOISE:
        return True
    spread = 1.4826 * float(np.median(sizes))
    return len(sizes) >= _FEWEST_WORDS and sizes.max() < spread * (2 * np.log(len(sizes))) ** 0.5


def _tokens(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.token_importance(asked)
    key, entry = asked.input_of(TOKENS)
    sure = float(asked.scores(key, np.asarray(asked.sample[key])[None])[0])
    place = max(range(len(found)), key=lambda one: abs(found[one][1]))
    token, fall = found[place]
    where = sequence_methods.steps_back_name(len(found) - 1 - place)
    told = {"token": token, "place": where, "prediction": asked.about}
    first = (
        _("“{token}” ({place}) is the strongest evidence for {prediction}.", **told)
        if fall >= 0
        else _("“{token}” ({place}) is the strongest evidence against {prediction}.", **told)
    )
    second = _(
        "With other tokens in its place, the probability would be {other} instead of {here}.",
        other=format_probability(sure - fall),
        here=format_probability(sure),
    )
    sentence = join_sentences((first, second))
    if _settled(asked, fall):
        sentence = (
            _(
                "No single character matters for {prediction}: without any one of them, "
                "the probability stays the same.",
                prediction=asked.about,
            )
            if entry.level == "character"
            else _(
                "No single token matters for {prediction}: without any one of them, "
                "the probability stays the same.",
                prediction=asked.about,
            )
        )
    return Explanation(
        "occlusion", asked.answer, asked.about, sentence, tokens=found, level=entry.level
    )


def _steps(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.step_importance(asked)
    most, fall = max(found, key=lambda pair: abs(pair[1]))
    change = asked.format_change(abs(fall))
    sentence = _(
        "Strongest influence on {prediction}: {step}. Hiding this step changes the prediction "
        "by {change}.",
        step=most,
        prediction=asked.about,
        change=change,
    )
    if _settled(asked, fall):
        sentence = _(
            "No single step matters for {prediction}: hiding any one of them changes nothing.",
            prediction=asked.about,
        )
    return Explanation("occlusion", asked.answer, asked.about, sentence, steps=found)


def _measured(found: Explanation, asked: ExplanationTarget) -> Explanation:
    """With what the numbers beside its bars are."""
    values = [*found.importance.values(), *(one for _unused, one in (*found.tokens, *found.steps))]
    if not any(values):
        return found
    if asked.target.task != REGRESSION:
        said = (
            _("The numbers are the size of the change, in percentage points.")
            if found.responses
            else _("The numbers are percentage points.")
        )
        return replace(found, sentence=join_sentences((found.sentence, said)), in_percent=True)
    unit = asked.unit_beside or _("the unit of {column}", column=asked.about)
    said = (
        _("The numbers are the size of the change, in {unit}.", unit=unit)
        if found.responses
        else _("The numbers are in {unit}.", unit=unit)
    )
    return replace(found, sentence=join_sentences((found.sentence, said)))


def _settled(asked: ExplanationTarget, most: float) -> bool:
    """Whether the most that changes is too little to be told."""
    if asked.target.task != REGRESSION:
        return abs(most) < SETTLED
    scale = asked.target.scale
    wide = abs(float(scale[asked.unit])) if asked.unit < len(scale) else 1.0
    return abs(most) < UNSEEN * wide


METHODS: tuple[Method, ...] = (
    Method(
        "importance",
        TABLE,
        N_("Permutation importance"),
        N_("Shuffles each column and measures how much worse the predictions get, over all rows"),
        _importance,
        overall=True,
    ),
    Method(
        "occlusion",
        TABLE,
        N_("Occlusion"),
        N_(
            "Replaces each value of this row with a typical one (the median, or the most frequent "
            "category) and predicts again"
        ),
        _typical,
    ),
    Method(
        "response",
        TABLE,
        N_("Partial dependence"),
        N_("Changes one column over all rows and shows how the mean prediction changes"),
        _response,
        overall=True,
    ),
    Method(
        "grad_cam",
        PICTURE,
        N_("Grad-CAM"),
        N_("Highlights where the last convolution found evidence, weighted by its gradient"),
        _picture(
            "grad_cam", picture_methods.grad_cam, N_("Places in blue are evidence for {about}.")
        ),
    ),
    Method(
        "integrated_gradients",
        PICTURE,
        N_("Integrated gradients"),
        N_("Adds up each pixel's gradients on the way from black to the picture"),
        _picture(
            "integrated_gradients",
            picture_methods.integrated_gradients,
            N_("Pixels in blue are evidence for {about}, pixels in orange against it."),
        ),
    ),
    Method(
        "occlusion",
        PICTURE,
        N_("Occlusion"),
        N_("Covers one part of the picture after another and predicts again"),
        _picture(
            "occlusion",
            picture_methods.occlusion,
            N_("When a part in blue is covered, {about} becomes less likely."),
            N_("When a part in blue is covered, {about} becomes lower; in orange, higher."),
        ),
    ),
    Method(
        "occlusion",
        TEXT,
        N_("Occlusion by word"),
        N_("Leaves out one word after another and predicts again"),
        _words,
    ),
    Method(
        "occlusion",
        TOKENS,
        N_("Occlusion by token"),
        N_("Replaces one character or word after another and predicts again"),
        _tokens,
    ),
    Method(
        "occlusion",
        SERIES,
        N_("Occlusion by step"),
        N_("Hides one step after another and predicts again"),
        _steps,
    ),
)


def sample_sort(trained: TrainedModel) -> str:
    """What sort of sample the network takes: the first input that can be explained."""
    found = preprocessing_of(trained).inputs
    for entry in found.values():
        sort = modality_of(entry).explained_as(entry)
        if sort:
            return sort
    raise DataError(
        _(
            "Predictions of this network cannot be explained: its inputs are not a table, "
            "picture, text or series."
        ),
        _("Open the Inside page to see what its layers compute from a sample."),
        code="no_method_fits",
    )


def methods_for(trained: TrainedModel) -> tuple[Method, ...]:
    """The ways that suit the network, the one that fits best first."""
    sort = sample_sort(trained)
    found = [method for method in METHODS if method.sort == sort]
    if sort == PICTURE:
        sample = {
            key: np.zeros([size or 1 for size in entry.shape])
            for key, entry in preprocessing_of(trained).inputs.items()
        }
        if not picture_methods.last_convolution(ExplanationTarget(trained, sample, "", 0, "", "")):
            found = [method for method in found if method.name != "grad_cam"]
    return tuple(found)


def explain(
    trained: TrainedModel,
    sample: Mapping[str, Array],
    method: str | None = None,
    *,
    rows: ComparisonRows | None = None,
    text: str | None = None,
    label: str | None = None,
) -> Explanation:
    """Why the network answers about a sample as it does.

    Args:
        trained: the network.
        sample: raw values by Input id, without a batch axis.
        method: name of a way that suits the network; None: the one that fits best. Where Grad-CAM
            is black, another way answers, and the sentence says so.
        rows: of a table: rows to compare with.
        text: the text that the sample was made of.
        label: the class to explain; None: the answered one.

    Raises:
        DataError: there is no such way, or the sample does not fit.
    """
    ways = methods_for(trained)
    names = [one.name for one in ways]
    if method is not None and method not in names:
        known = sorted({one.name for one in METHODS})
        if method in known:
            what = _("The method '{name}' does not fit this network.", name=method)
        else:
            what = _("There is no method named '{name}'.", name=method)
            what = join_sentences((what, did_you_mean(method, names)))
        raise DataError(
            what,
            _("Methods that fit: {names}.", names=format_list(names)),
            code="method_unknown",
        )
    asked = explanation_target(trained, sample, label)
    place = names.index(method) if method is not None else 0
    found = _measured(ways[place].explain(asked, rows, text), asked)
    if found.method != "grad_cam" or found.heatmap is None or np.abs(found.heatmap).max() > 0:
        return found
    other = next(way for way in ways if way.name != "grad_cam")
    instead = other.explain(asked, rows, text)
    shown = _("Shown instead: {method}.", method=_(other.title))
    return replace(instead, sentence=join_sentences((_(_BLACK), shown, instead.sentence)))


#: Selvaraju et al. average a map's gradient over its places; where the places count apart (a
#: Flatten behind the convolution) the averages may all speak against the answer, and ReLU is 0.
_BLACK = N_(
    "Grad-CAM shows nothing for this prediction: averaged over the picture, what the last "
    "convolution found is evidence against it. This often happens when a Flatten follows."
)
