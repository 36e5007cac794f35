"""The explanation methods as a table, and ``explain`` for window and command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import REGRESSION
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource_json
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
#: Smallest effect of a word, and words needed for a noise level.
WORD_NOISE, _FEWEST_WORDS = 0.01, 5
_MOST_PAIRS = 3
_sentence = sentences_of("explanations")
TABLE, PICTURE, TEXT, TOKENS, SERIES = "table", "picture", "text", "tokens", "series"


@dataclass(frozen=True, eq=False)
class ComparisonRows:
    """Rows to compare with: raw values by Input id (n, ...), and their targets, if known."""

    raw: Mapping[str, Array]
    truth: Array | None = None


Explain = Callable[[ExplanationTarget, ComparisonRows | None, str | None], Explanation]


@dataclass(frozen=True)
class Method:
    """A method for one modality. ``explain`` gets the target, the rows to compare with (or None)
    and the sample's text; ``overall``: it explains all rows, not one prediction."""

    name: str
    sort: str
    title: str
    help: str
    explain: Explain
    overall: bool = False


def _importance(
    query: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    if rows is None or len(next(iter(rows.raw.values()))) < 2:
        return replace(_typical(query, rows, text), method="importance")
    importance = table_methods.permutation_importance(query.trained, rows.raw, rows.truth)
    most = max(importance, key=lambda name: importance[name])
    numbers = query.target.task == "regression"
    sentence = (
        _sentence("importance_of_number", column=most, error=query.told(importance[most]))
        if numbers
        else _sentence("importance_of_class", column=most, share=format_percent(importance[most]))
    )
    if importance[most] <= 0:
        sentence = _("Shuffling the values of a column does not make predictions worse.")
    sentence = join_sentences((sentence, *_replaceable(query, rows)))
    nearest = table_methods.nearest_counterexample(query, rows.raw)
    return Explanation(
        "importance", query.answer, query.about, sentence, importance=importance, nearest=nearest
    )


def _replaceable(query: ExplanationTarget, rows: ComparisonRows) -> list[str]:
    pairs = table_methods.replaceable_pairs(query.trained, rows.raw)[:_MOST_PAIRS]
    if not pairs:
        return []
    joint = table_methods.permutation_importance(
        query.trained, rows.raw, rows.truth, together=[pair[:2] for pair in pairs[:1]]
    )[pairs[0][0]]
    sentences = [
        _sentence(
            "replaceable", first=first, second=second, correlation=format_number(correlation, ".2f")
        )
        for first, second, correlation in pairs
    ]
    names = {"first": pairs[0][0], "second": pairs[0][1]}
    if query.target.task == REGRESSION:
        last = _sentence("shuffled_together_number", error=query.told(joint), **names)
    else:
        last = _sentence("shuffled_together_class", share=format_percent(joint), **names)
    return [*sentences, last] if joint > 0 else sentences


def _typical(
    query: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    changes = table_methods.against_typical(query)
    most = max(changes, key=lambda name: abs(changes[name]))
    cells = table_methods.typical_cells(query)
    typical = f"{most} ({cells[most][1]})" if cells[most][1] else most
    values = {"column": typical, "change": query.format_change(abs(changes[most]))}
    numbers = query.target.task == REGRESSION
    if numbers and changes[most] > 0:
        first = _("With a typical {column}, the prediction would be {change} lower.", **values)
    elif numbers:
        first = _("With a typical {column}, the prediction would be {change} higher.", **values)
    elif changes[most] > 0:
        first = _("With a typical {column}, the probability would be {change} lower.", **values)
    else:
        first = _("With a typical {column}, the probability would be {change} higher.", **values)
    signs = (
        _("+ raises the prediction, − lowers it.")
        if numbers
        else _("+ is evidence for this prediction, − against it.")
    )
    sentence = join_sentences((first, _("No other column changes this prediction more."), signs))
    if _settled(query, changes[most]):
        sentence = _sentence("no_single_column", prediction=query.about)
    if not changes[most] or (query.target.task == REGRESSION and _settled(query, changes[most])):
        changes = dict.fromkeys(changes, 0.0)
        sentence = _("No single column changes this prediction: all its values are typical.")
    many = rows is not None and len(next(iter(rows.raw.values()))) > 1
    nearest = (
        table_methods.nearest_counterexample(query, rows.raw) if rows is not None and many else None
    )
    return Explanation(
        "occlusion", query.answer, query.about, sentence, importance=changes, compared=cells,
        nearest=nearest,
    )  # fmt: skip


def _response(
    query: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    alone = {key: np.asarray(value)[None] for key, value in query.sample.items()}
    raw = alone if rows is None else rows.raw
    responses = tuple(
        table_methods.partial_dependence(query, raw, name)
        for name in table_methods.columns_of(query.trained)
    )
    widest = max(responses, key=lambda response: response.span)
    values = {
        "prediction": query.about,
        "low": query.told(float(widest.answers.min())),
        "high": query.told(float(widest.answers.max())),
        "column": widest.column,
    }
    if rows is None:
        sentence = _(
            "{column} changes the prediction ({prediction}) most: from {low} to {high}.", **values
        )
    else:
        sentence = _sentence("effect_of_column", **values)
    hidden = [
        response
        for response in responses
        if response.misleads and not _settled(query, response.row_span)
    ]
    if rows is not None and hidden:
        hint = ngettext(
            "The mean misleads for {columns}: its effect depends on the other columns. In single "
            "rows it changes the prediction by {change}.",
            "The mean misleads for {columns}: their effects depend on the other columns. In single "
            "rows each changes the prediction by up to {change}.",
            len(hidden),
            columns=format_list([response.column for response in hidden], 5),
            change=query.format_change(max(response.row_span for response in hidden)),
        )
        sentence = join_sentences((sentence, hint))
    spans = {response.column: response.span for response in responses}
    return Explanation(
        "response", query.answer, query.about, sentence, importance=spans, responses=responses
    )


def _picture(name: str) -> Any:
    """Return a method's function for pictures; a second sentence is for predicted numbers."""
    words, *of_numbers = resource_json("texts.json")["heatmaps"][name]
    find: Callable[[ExplanationTarget], Array] = getattr(picture_methods, name)

    def explain(
        query: ExplanationTarget, rows: ComparisonRows | None, text: str | None
    ) -> Explanation:
        heat = find(query)
        key, _unused = query.input_of(PICTURE)
        picture = np.asarray(query.sample[key])
        numbers = of_numbers and query.target.task == REGRESSION
        sentence = _(of_numbers[0] if numbers else words, about=query.about)
        if not np.abs(heat).max() > 0:
            sentence = _sentence("no_part_of_picture", prediction=query.about)
        return Explanation(name, query.answer, query.about, sentence, heatmap=heat, picture=picture)

    return explain


def _words(query: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    falls = sequence_methods.word_importance(query, text)
    most, fall = max(falls, key=lambda pair: abs(pair[1]))
    names = {"word": most, "prediction": query.about}
    sentence = (
        _("“{word}” is the strongest evidence for {prediction}.", **names)
        if fall >= 0
        else _("“{word}” is the strongest evidence against {prediction}.", **names)
    )
    ids = np.asarray(query.sample[query.input_of(TEXT)[0]])
    if has_no_known_words(ids):
        none = _("So no word is evidence for {prediction}.", prediction=query.about)
        sentence = join_sentences((_(KNOWS_NOTHING), none))
        falls = tuple((word, 0.0) for word, _unused in falls)
    elif _settled(query, fall) or _is_noise(query, [value for _unused, value in falls]):
        sentence = _sentence(
            "no_single_word", prediction=query.about, change=query.format_change(abs(fall))
        )
    return Explanation("occlusion", query.answer, query.about, sentence, tokens=falls)


def _is_noise(query: ExplanationTarget, falls: list[float]) -> bool:
    """Return whether the largest effect of a word is below the noise level of the others (Donoho
    and Johnstone's universal threshold, Biometrika 1994)."""
    sizes = np.abs(falls)
    if query.target.task != REGRESSION and sizes.max() < WORD_NOISE:
        return True
    spread = 1.4826 * float(np.median(sizes))
    return len(sizes) >= _FEWEST_WORDS and sizes.max() < spread * (2 * np.log(len(sizes))) ** 0.5


def _tokens(query: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    falls = sequence_methods.token_importance(query)
    key, entry = query.input_of(TOKENS)
    sure = float(query.scores(key, np.asarray(query.sample[key])[None])[0])
    place = max(range(len(falls)), key=lambda index: abs(falls[index][1]))
    token, fall = falls[place]
    where = sequence_methods.steps_back_name(len(falls) - 1 - place)
    names = {"token": token, "place": where, "prediction": query.about}
    first = (
        _("“{token}” ({place}) is the strongest evidence for {prediction}.", **names)
        if fall >= 0
        else _("“{token}” ({place}) is the strongest evidence against {prediction}.", **names)
    )
    second = _sentence(
        "with_other_tokens", other=format_probability(sure - fall), here=format_probability(sure)
    )
    sentence = join_sentences((first, second))
    if _settled(query, fall):
        sentence = (
            _sentence("no_single_character", prediction=query.about)
            if entry.level == "character"
            else _sentence("no_single_token", prediction=query.about)
        )
    return Explanation(
        "occlusion", query.answer, query.about, sentence, tokens=falls, level=entry.level
    )


def _steps(query: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    falls = sequence_methods.step_importance(query)
    most, fall = max(falls, key=lambda pair: abs(pair[1]))
    change = query.format_change(abs(fall))
    sentence = _sentence("strongest_influence", step=most, prediction=query.about, change=change)
    if _settled(query, fall):
        sentence = _sentence("no_single_step", prediction=query.about)
    return Explanation("occlusion", query.answer, query.about, sentence, steps=falls)


def _measured(explanation: Explanation, query: ExplanationTarget) -> Explanation:
    """Add the unit of the bars to the sentence."""
    values = [
        *explanation.importance.values(),
        *(value for _unused, value in (*explanation.tokens, *explanation.steps)),
    ]
    if not any(values):
        return explanation
    if query.target.task != REGRESSION:
        meaning = (
            _("The numbers are the size of the change, in percentage points.")
            if explanation.responses
            else _("The numbers are percentage points.")
        )
        return replace(
            explanation, sentence=join_sentences((explanation.sentence, meaning)), in_percent=True
        )
    unit = query.unit_beside or _("the unit of {column}", column=query.about)
    meaning = (
        _("The numbers are the size of the change, in {unit}.", unit=unit)
        if explanation.responses
        else _("The numbers are in {unit}.", unit=unit)
    )
    return replace(explanation, sentence=join_sentences((explanation.sentence, meaning)))


def _settled(query: ExplanationTarget, most: float) -> bool:
    """Return whether the largest effect is too small to report."""
    if query.target.task != REGRESSION:
        return abs(most) < SETTLED
    scale = query.target.scale
    wide = abs(float(scale[query.unit])) if query.unit < len(scale) else 1.0
    return abs(most) < UNSEEN * wide


def _method(name: str, sort: str, explain: Explain, *, overall: bool = False) -> Method:
    """Return the method with the texts of ``tables.json``."""
    texts = resource_json("tables.json")["explanations"][sort][name]
    return Method(name, sort, explain=explain, overall=overall, **texts)


METHODS: tuple[Method, ...] = (
    _method("importance", TABLE, _importance, overall=True),
    _method("occlusion", TABLE, _typical),
    _method("response", TABLE, _response, overall=True),
    *(_method(name, PICTURE, _picture(name)) for name in resource_json("texts.json")["heatmaps"]),
    _method("occlusion", TEXT, _words),
    _method("occlusion", TOKENS, _tokens),
    _method("occlusion", SERIES, _steps),
)


def sample_sort(trained: TrainedModel) -> str:
    """Return the modality of the first input that can be explained."""
    inputs = preprocessing_of(trained).inputs
    for entry in inputs.values():
        sort = modality_of(entry).explained_as(entry)
        if sort:
            return sort
    raise data_error("no_method_fits")


def methods_for(trained: TrainedModel) -> tuple[Method, ...]:
    """Return the methods that suit the network, the best first."""
    sort = sample_sort(trained)
    methods = [method for method in METHODS if method.sort == sort]
    if sort == PICTURE:
        sample = {
            key: np.zeros([size or 1 for size in entry.shape])
            for key, entry in preprocessing_of(trained).inputs.items()
        }
        if not picture_methods.last_convolution(ExplanationTarget(trained, sample, "", 0, "", "")):
            methods = [method for method in methods if method.name != "grad_cam"]
    return tuple(methods)


def explain(
    trained: TrainedModel,
    sample: Mapping[str, Array],
    method: str | None = None,
    *,
    rows: ComparisonRows | None = None,
    text: str | None = None,
    label: str | None = None,
) -> Explanation:
    """Explain the prediction for a sample.

    Args:
        sample: raw values by Input id, without a batch axis.
        method: name of a suitable method; None: the best. If Grad-CAM is black, another one is
            used.
        rows: of a table: rows to compare with.
        text: the text of the sample.
        label: the class to explain; None: the predicted one.

    Raises:
        DataError: there is no such method, or the sample does not fit.
    """
    ways = methods_for(trained)
    names = [candidate.name for candidate in ways]
    if method is not None and method not in names:
        known = sorted({candidate.name for candidate in METHODS})
        if method in known:
            problem = _("The method '{name}' does not fit this network.", name=method)
        else:
            problem = _("There is no method named '{name}'.", name=method)
            problem = join_sentences((problem, did_you_mean(method, names)))
        raise DataError(
            problem,
            _("Methods that fit: {names}.", names=format_list(names)),
            code="method_unknown",
        )
    query = explanation_target(trained, sample, label)
    place = names.index(method) if method is not None else 0
    explanation = _measured(ways[place].explain(query, rows, text), query)
    if (
        explanation.method != "grad_cam"
        or explanation.heatmap is None
        or np.abs(explanation.heatmap).max() > 0
    ):
        return explanation
    other = next(way for way in ways if way.name != "grad_cam")
    instead = other.explain(query, rows, text)
    instead_of = _("Shown instead: {method}.", method=_(other.title))
    return replace(instead, sentence=join_sentences((_(_BLACK), instead_of, instead.sentence)))


#: Selvaraju et al. average a map's gradient over its places; where the places count apart (a
#: Flatten behind the convolution) the averages may all speak against the answer, and ReLU is 0.
_BLACK = N_(
    "Grad-CAM shows nothing for this prediction: averaged over the picture, what the last "
    "convolution found is evidence against it. This often happens when a Flatten follows."
)
