"""Text from a network that has learned the next token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.kinds.text.next_token import tokens_read
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.tokens import JOINED, last_window, text_of, token_numbers
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import user_error
from netbuilder.core.results.own_units import class_probabilities, repeated_predictor, single_ends
from netbuilder.core.wording import format_number

DEFAULT_LENGTH = 200
_MOST = 100_000


@dataclass(frozen=True)
class GeneratedText:
    """``start`` as the network reads it, and the generated ``tokens``."""

    start: str
    text: str
    tokens: tuple[str, ...]


def next_token_ends(
    trained: TrainedModel,
) -> tuple[str, InputPreprocessing, str, OutputPreprocessing] | None:
    """Return input and output of a network that predicts tokens, or None."""
    ends = single_ends(trained)
    return ends if ends is not None and ends[1].level else None


def sampling_shares(
    probabilities: NDArray[np.float64], temperature: float, top_k: int = 0
) -> NDArray[np.float64]:
    """Return the probability of drawing each class, (classes,): p ** (1 / temperature) of the
    ``top_k`` most probable (0: all), normalised; temperature 0 takes the most probable."""
    if temperature == 0:
        return np.asarray(np.eye(len(probabilities))[int(np.argmax(probabilities))])
    logs = np.log(np.maximum(probabilities, 1e-30)) / temperature
    powers = np.exp(logs - logs.max())
    if top_k:
        powers[np.argsort(-probabilities, kind="stable")[top_k:]] = 0.0
    return np.asarray(powers / powers.sum())


def sample_token(
    probabilities: NDArray[np.float64],
    temperature: float,
    random: np.random.Generator,
    top_k: int = 0,
) -> int:
    """Draw a class by its ``sampling_shares``."""
    if temperature == 0:
        return int(np.argmax(probabilities))
    shares = sampling_shares(probabilities, temperature, top_k)
    return int(random.choice(len(shares), p=shares))


def stream_tokens(
    trained: TrainedModel,
    start: str,
    *,
    length: int = DEFAULT_LENGTH,
    temperature: float = 1.0,
    seed: int = 0,
    top_k: int = 0,
) -> Iterator[str]:
    """Yield tokens as drawn; UserError if not trained for it, or a number is out of bounds."""
    ends = next_token_ends(trained)
    if ends is None:
        raise user_error("not_a_text_generator")
    if not 0 <= length <= _MOST:
        raise user_error("length_out_of_range", length=length, most=format_number(_MOST, ","))
    if not 0 <= temperature <= 100:
        raise user_error("temperature_out_of_range", temperature=temperature)
    if top_k < 0:
        raise user_error("top_k_out_of_range", value=top_k)
    _key, entry, _output, target = ends
    random = np.random.default_rng(seed)

    def tokens() -> Iterator[str]:
        window = last_window(tokens_read(start, entry), entry.vocabulary, int(entry.shape[0] or 1))
        for _unused in range(length):
            probabilities = next_probabilities(trained, ends, window)
            token = target.classes[sample_token(probabilities, temperature, random, top_k)]
            yield token
            window = np.concatenate([window[1:], token_numbers([token], entry.vocabulary)])

    return tokens()


def next_probabilities(
    trained: TrainedModel,
    ends: tuple[str, InputPreprocessing, str, OutputPreprocessing],
    window: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return the next token's probabilities, (classes,); UserError if there are none."""
    key, _entry, output, target = ends
    answer = repeated_predictor(trained)({key: window[None]})[output]
    probabilities = class_probabilities(answer, target)
    if probabilities is None:
        raise user_error("no_probabilities:2")
    return np.asarray(probabilities[0])


def append_token(text: str, token: str, entry: InputPreprocessing) -> str:
    """Return ``text`` with one more token, spaced as written."""
    if entry.level in JOINED:
        return text + text_of([token], entry.level)
    read = tokens_read(text, entry)
    before = text_of(read, entry.level)
    return text.rstrip(" ") + text_of([*read, token], entry.level)[len(before) :]


def stream_text(
    trained: TrainedModel,
    start: str,
    *,
    length: int = DEFAULT_LENGTH,
    temperature: float = 1.0,
    seed: int = 0,
    top_k: int = 0,
) -> Iterator[str]:
    """Yield the text so far: ``start``, then after each token; see ``stream_tokens``."""
    drawn = stream_tokens(
        trained, start, length=length, temperature=temperature, seed=seed, top_k=top_k
    )
    ends = next_token_ends(trained)
    assert ends is not None
    level, tokens = ends[1].level, tokens_read(start, ends[1])
    yield text_of(tokens, level)
    for token in drawn:
        tokens.append(token)
        yield text_of(tokens, level)


def generate_text(
    trained: TrainedModel,
    start: str,
    *,
    length: int = DEFAULT_LENGTH,
    temperature: float = 1.0,
    seed: int = 0,
    top_k: int = 0,
) -> GeneratedText:
    """Return ``start`` and ``length`` generated tokens; see ``stream_tokens``."""
    drawn = stream_tokens(
        trained, start, length=length, temperature=temperature, seed=seed, top_k=top_k
    )
    tokens = tuple(drawn)
    ends = next_token_ends(trained)
    assert ends is not None
    read = tokens_read(start, ends[1])
    return GeneratedText(
        text_of(read, ends[1].level), text_of([*read, *tokens], ends[1].level), tokens
    )
