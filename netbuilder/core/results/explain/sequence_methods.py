"""Occlusion of words, tokens and steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.word_encoding import raw_of_texts, words_of
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.results.explain.explanation_target import ExplanationTarget

Array = NDArray[Any]
OTHERS, _MOST_ROWS = 16, 2_000


def word_importance(
    question: ExplanationTarget, text: str | None = None
) -> tuple[tuple[str, float], ...]:
    """Return how far the prediction falls without each word: (word, fall), in order.

    Li, Monroe and Jurafsky, 2016. ``text``: of the sample; None: words are looked up in the
    vocabulary.
    """
    key, entry = question.input_of("text")
    ids = np.asarray(question.sample[key]).reshape(-1)
    if text is None:
        words = [entry.vocabulary[int(i)] for i in ids if 0 < int(i) < len(entry.vocabulary)]
    else:
        words = words_of(text, entry.split)[: len(ids)]
    if not words:
        raise data_error("text_without_words")
    if text is None:
        rows = [np.delete(ids, place) for place in np.flatnonzero(ids)]
        variants = np.zeros((len(rows), len(ids)), ids.dtype)
        for row, values in zip(variants, rows, strict=True):
            row[: len(values)] = values
    else:
        blank = "" if entry.split else " "
        left = [blank.join(words[:i] + words[i + 1 :]) for i in range(len(words))]
        variants = raw_of_texts(left, entry)
    before = float(question.scores(key, question.sample[key][None])[0])
    fall = before - question.scores(key, variants)
    return tuple((word, float(value)) for word, value in zip(words, fall, strict=True))


def token_importance(question: ExplanationTarget) -> tuple[tuple[str, float], ...]:
    """Return how far the prediction falls if a token is replaced: (token, fall), in order.

    Removing one would shift all before it, so each is exchanged for up to 16 others of the
    vocabulary and the falls are averaged (Kim et al., EMNLP 2020).
    """
    key, entry = question.input_of("tokens")
    ids = np.asarray(question.sample[key]).reshape(-1)
    places = np.flatnonzero(ids)
    if not len(places):
        raise data_error("text_unknown")
    known = np.arange(2, len(entry.vocabulary))
    many = min(max(_MOST_ROWS // len(places), 4), OTHERS, len(known))
    others = known[np.unique(np.linspace(0, len(known) - 1, many).round().astype(np.int64))]
    variants = np.repeat(ids[None], len(places) * len(others), axis=0)
    rows = np.arange(len(variants)).reshape(len(places), len(others))
    for row, place in zip(rows, places, strict=True):
        variants[row, place] = others
    before = float(question.scores(key, ids[None])[0])
    falls = (before - question.scores(key, variants)).reshape(rows.shape)
    changed = others[None, :] != ids[places][:, None]  # a token for itself is no exchange
    mean = (falls * changed).sum(axis=1) / np.maximum(changed.sum(axis=1), 1)
    return tuple(
        (entry.vocabulary[int(ids[place])], float(value))
        for place, value in zip(places, mean, strict=True)
    )


def step_importance(question: ExplanationTarget) -> tuple[tuple[str, float], ...]:
    """Return how far the prediction falls if a step is hidden: (name, fall), oldest first.

    A hidden step is interpolated between its neighbours. Names count back: "3 steps before the
    last".
    """
    key, _unused = question.input_of("series")
    raw = np.asarray(question.sample[key], np.float64)
    count = len(raw)
    if count < 2:
        raise data_error("series_too_short")
    variants = np.repeat(raw[None], count, axis=0)
    for place in range(count):
        before, after = raw[max(place - 1, 0)], raw[min(place + 1, count - 1)]
        if place == 0:
            before = after
        elif place == count - 1:
            after = before
        variants[place, place] = (before + after) / 2
    first = float(question.scores(key, raw[None])[0])
    fall = first - question.scores(key, variants)
    return tuple((_step(count - 1 - i), float(fall[i])) for i in range(count))


def _step(back: int) -> str:
    if back == 0:
        return _("last step")
    return ngettext("{count} step before the last", "{count} steps before the last", back)


def steps_back_name(back: int) -> str:
    """Return a token's distance from the end of a text: "the last", "3 before the last"."""
    return _("the last") if back == 0 else _("{count} before the last", count=back)
