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
from netbuilder.core.results.explain import picture_methods, sequence_methods, table_methods
from netbuilder.core.results.explain.explanation import Explanation
from netbuilder.core.results.explain.explanation_target import ExplanationTarget, explanation_target
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.results.unusual_values import KNOWS_NOTHING, has_no_known_words
from netbuilder.core.wording import did_you_mean, format_list, format_probability

Array = NDArray[Any]
#: A part of a probability: half a thousandth.
SETTLED = 0.0005
#: Of a number the part of its own spread that only rounding makes.
UNSEEN = 1e-5
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
    worse = (
        f"the answers are off by {asked.told(found[most])} more"
        if numbers
        else f"{found[most]:.1%} fewer answers are right"
    )
    sentence = f"Where the values of {most} are shuffled, {worse}: it counts most."
    if found[most] <= 0:
        sentence = "The answers are no worse where the values of any column are shuffled."
    nearest = table_methods.nearest_counterexample(asked, rows.raw)
    return Explanation(
        "importance", asked.answer, asked.about, sentence, importance=found, nearest=nearest
    )


def _typical(
    asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None
) -> Explanation:
    found = table_methods.against_typical(asked)
    most = max(found, key=lambda name: abs(found[name]))
    if asked.target.task == REGRESSION:
        way = "lower" if found[most] > 0 else "higher"
        change = f"the answer would be {asked.told(abs(found[most]))} {way}"
    else:
        way = "less sure" if found[most] > 0 else "surer"
        change = f"it would be {asked.format_change(abs(found[most]))} {way}"
    cells = table_methods.typical_cells(asked)
    typical = f"{most} ({cells[most][1]})" if cells[most][1] else most
    sentence = f"With a typical {typical} {change}: of all columns it changes this answer most."
    sentence += (
        " (+ makes the answer larger, − smaller.)"
        if asked.target.task == REGRESSION
        else " (+ speaks for this answer, − against it.)"
    )
    if _settled(asked, found[most]):
        sentence = f"No single column changes {asked.about}: {_WITHOUT_EACH}."
    if not found[most] or (asked.target.task == REGRESSION and _settled(asked, found[most])):
        found = dict.fromkeys(found, 0.0)
        sentence = "No column alone changes this answer: its values are the typical ones."
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
    whose = "The answer" if rows is None else "Over all rows, the mean answer"
    sentence = (
        f"{whose} ({asked.about}) goes from {asked.told(float(widest.answers.min()))} to"
        f" {asked.told(float(widest.answers.max()))} along {widest.column}: further than along any"
        " other column."
    )
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
        key, _ = asked.input_of(PICTURE)
        picture = np.asarray(asked.sample[key])
        numbers = bool(of_numbers) and asked.target.task == REGRESSION
        sentence = (of_numbers if numbers else words).format(about=asked.about)
        if not np.abs(heat).max() > 0:
            sentence = f"No part of the picture changes the answer {asked.about}."
        return Explanation(name, asked.answer, asked.about, sentence, heatmap=heat, picture=picture)

    return explain


def _words(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.word_importance(asked, text)
    most, fall = max(found, key=lambda pair: abs(pair[1]))
    way = "for" if fall >= 0 else "against"
    sentence = f"“{most}” speaks most {way} {asked.about}."
    ids = np.asarray(asked.sample[asked.input_of(TEXT)[0]])
    if has_no_known_words(ids):
        sentence = f"{KNOWS_NOTHING} So no word speaks for {asked.about}."
        found = tuple((word, 0.0) for word, _ in found)
    elif _settled(asked, fall):
        sentence = f"No single word changes {asked.about}: {_WITHOUT_EACH}."
    return Explanation("occlusion", asked.answer, asked.about, sentence, tokens=found)


def _tokens(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.token_importance(asked)
    key, entry = asked.input_of(TOKENS)
    sure = float(asked.scores(key, np.asarray(asked.sample[key])[None])[0])
    place = max(range(len(found)), key=lambda one: abs(found[one][1]))
    token, fall = found[place]
    where = sequence_methods.steps_back_name(len(found) - 1 - place)
    way = "for" if fall >= 0 else "against"
    sentence = (
        f"“{token}” ({where}) speaks most {way} {asked.about}: with others in its place the network"
        f" would be {format_probability(sure - fall)} sure of it, and not"
        f" {format_probability(sure)}."
    )
    if _settled(asked, fall):
        sentence = f"No single {entry.level} changes {asked.about}: {_WITHOUT_EACH}."
    return Explanation(
        "occlusion", asked.answer, asked.about, sentence, tokens=found, level=entry.level
    )


def _steps(asked: ExplanationTarget, rows: ComparisonRows | None, text: str | None) -> Explanation:
    found = sequence_methods.step_importance(asked)
    most, fall = max(found, key=lambda pair: abs(pair[1]))
    change = asked.format_change(abs(fall))
    sentence = f"The {most} changes {asked.about} most: by {change} where it is hidden."
    if _settled(asked, fall):
        sentence = f"No single step changes {asked.about}: {_WITHOUT_EACH}."
    return Explanation("occlusion", asked.answer, asked.about, sentence, steps=found)


def _measured(found: Explanation, asked: ExplanationTarget) -> Explanation:
    """With what the numbers beside its bars are."""
    values = [*found.importance.values(), *(one for _, one in (*found.tokens, *found.steps))]
    if not any(values):
        return found
    are = "say how far it goes, in" if found.responses else "are"
    if asked.target.task != REGRESSION:
        said = f"{found.sentence} The numbers {are} percentage points."
        return replace(found, sentence=said, in_percent=True)
    are = "say how far it goes, in" if found.responses else "are in"
    said = f"The numbers {are} {asked.unit_beside or f'the unit of {asked.about}'}."
    return replace(found, sentence=f"{found.sentence} {said}")


_WITHOUT_EACH = "it is as likely without each"


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
        "In all rows",
        "Shuffles one column after another among all rows",
        _importance,
        overall=True,
    ),
    Method(
        "occlusion",
        TABLE,
        "In this row",
        "Sets one column after another to its typical value and asks again",
        _typical,
    ),
    Method(
        "response",
        TABLE,
        "Along each column",
        "Sets each column to one value after another: how far the mean answer goes",
        _response,
        overall=True,
    ),
    Method(
        "grad_cam",
        PICTURE,
        "Where it looks",
        "What the last convolution found, weighted by its gradient (Grad-CAM)",
        _picture("grad_cam", picture_methods.grad_cam, "Places in blue speak for {about}."),
    ),
    Method(
        "integrated_gradients",
        PICTURE,
        "Pixel by pixel",
        "What each pixel adds on the way from black to the picture",
        _picture(
            "integrated_gradients",
            picture_methods.integrated_gradients,
            "Pixels in blue speak for {about}, in orange against it.",
        ),
    ),
    Method(
        "occlusion",
        PICTURE,
        "Covered up",
        "Covers one part after another and asks again",
        _picture(
            "occlusion",
            picture_methods.occlusion,
            "Where a part in blue is covered, the network is less sure of {about}.",
            "Where a part in blue is covered, {about} comes out lower; in orange, higher.",
        ),
    ),
    Method("occlusion", TEXT, "Word by word", "Leaves out one word after another", _words),
    Method(
        "occlusion",
        TOKENS,
        "One by one",
        "Puts others in the place of one character or word after another",
        _tokens,
    ),
    Method("occlusion", SERIES, "Step by step", "Hides one step after another", _steps),
)


def sample_sort(trained: TrainedModel) -> str:
    """What sort of sample the network takes: the first input that can be explained."""
    found = preprocessing_of(trained).inputs
    for entry in found.values():
        sort = modality_of(entry).explained_as(entry)
        if sort:
            return sort
    raise DataError(
        "The answers of this network cannot be explained: its samples are no table, picture,"
        " text or series.",
        "See the tab Inside for what its layers make of a sample.",
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
            what = f"'{method}' does not suit this network."
        else:
            what = f"There is no way to explain named '{method}'. {did_you_mean(method, names)}"
        raise DataError(what.strip(), f"It can be explained by {format_list(names)}.")
    asked = explanation_target(trained, sample, label)
    place = names.index(method) if method is not None else 0
    found = _measured(ways[place].explain(asked, rows, text), asked)
    if found.method != "grad_cam" or found.heatmap is None or np.abs(found.heatmap).max() > 0:
        return found
    other = next(way for way in ways if way.name != "grad_cam")
    instead = other.explain(asked, rows, text)
    return replace(instead, sentence=f"{_BLACK} Instead, {other.title.lower()}: {instead.sentence}")


#: Selvaraju et al. average a map's gradient over its places; where the places count apart (a
#: Flatten behind the convolution) the averages may all speak against the answer, and ReLU is 0.
_BLACK = (
    "“Where it looks” (Grad-CAM) shows nothing for this answer: averaged over the picture, what the"
    " last convolution found speaks against it, as often where a Flatten follows."
)
