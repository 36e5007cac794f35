"""A text as a row of tokens (characters, words or byte pairs), and back again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from netbuilder.core.data.byte_pairs import PIECES, learn_byte_pairs, split_word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LearnedMerges = tuple[tuple[tuple[str, str, int], ...], tuple[str, ...]]

PADDING = ""
UNKNOWN = "[UNK]"
CHARACTER = "character"
WORD = "word"
BYTE_PAIR = "byte_pair"
LEVELS = (CHARACTER, WORD, BYTE_PAIR)
#: Levels whose tokens hold the blanks of a text, so that they follow each other directly.
JOINED = (CHARACTER, BYTE_PAIR)

# Blanks as people can see them: they are names of classes too.
SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}
_HIDDEN = {visible: blank for blank, visible in SHOWN.items()}
_SHOW, _HIDE = str.maketrans(SHOWN), str.maketrans(_HIDDEN)
# Scripts that put no blanks between words: Hiragana, Katakana, Chinese characters.
_EACH = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
ONE_EACH = re.compile(f"[{_EACH}]")
WORDS = rf"\n|[{_EACH}]|(?:(?![{_EACH}])\w)+(?:['’](?:(?![{_EACH}])\w)+)*|[^\w\s]"
#: The same in a text without the scripts that write no spaces.
PLAIN_WORDS = r"\n|\w+(?:['’]\w+)*|[^\w\s]"
_WORDS = re.compile(WORDS)
_BLANK_PARTED = re.compile(r"\S+")
OTHER_BLANKS = r"[^\S\n\t ]"
_OTHER_BLANKS = re.compile(OTHER_BLANKS)
_NO_BLANK_BEFORE = frozenset(".,;:!?)]}%…»”’。、，！？：；）」』")
_NO_BLANK_BEHIND = frozenset("([{«“‘（「『。、，！？：；）」』")


def tokenize(
    text: str, level: str, lowercase: bool = True, merges: Sequence[str] = ()
) -> list[str]:
    """Return the tokens of a text: its characters, or its words, punctuation marks and line ends.

    Blanks become visible. Chinese and Japanese characters are words of their own. Byte pairs are
    joined by ``merges``, "left right" each, inside a word and its leading blank.
    """
    text = _OTHER_BLANKS.sub(" ", text.lower() if lowercase else text)
    if level == BYTE_PAIR:
        ranks = _ranks(tuple(merges))
        split = cache(lambda word: split_word(word, ranks))
        return [token for word in word_pieces(text) for token in split(word)]
    tokens = text if level == CHARACTER else _WORDS.findall(text)
    return [SHOWN.get(token, token) for token in tokens]


@lru_cache(maxsize=8)
def _ranks(merges: tuple[str, ...]) -> dict[tuple[str, str], int]:
    pairs = (merge.partition(" ") for merge in merges)
    return {(left, right): rank for rank, (left, _blank, right) in enumerate(pairs)}


def word_pieces(text: str) -> list[str]:
    """Return the words and punctuation marks, with leading blanks made visible."""
    return [word.translate(_SHOW) for word in re.findall(PIECES, text)]


def learn_merges(text: str, lowercase: bool, count: int, size: int) -> LearnedMerges:
    """Learn at most ``count`` merges on a text, for a vocabulary of at most ``size`` tokens.

    Returns:
        The merges with their counts, and the vocabulary: padding, unknown, the sorted characters,
        and the result of each merge.
    """
    words = word_pieces(_OTHER_BLANKS.sub(" ", text.lower() if lowercase else text))
    characters = vocabulary_of("".join(words), size)
    merges = tuple(learn_byte_pairs(words, min(count, size - len(characters))))
    joined = (left + right for left, right, _times in merges)
    return merges, tuple(dict.fromkeys((*characters, *joined)))


def mostly_without_blanks(texts: Iterable[str]) -> bool:
    """Return whether at least three letters in ten are Chinese or Japanese."""
    letters = each = 0
    for text in texts:
        letters += sum(map(str.isalpha, text))
        each += len(ONE_EACH.findall(text))
    return each > 0 and each >= 0.3 * letters


def token_spans(text: str, level: str) -> list[tuple[int, int]]:
    """Return (start, end) of each token; without a level, of the words between blanks."""
    if level in JOINED:
        return [(place, place + 1) for place in range(len(text))]
    pattern = _WORDS if level else _BLANK_PARTED
    return [match.span() for match in pattern.finditer(text)]


def visible_tokens(tokens: Iterable[str]) -> list[str]:
    """Return tokens with their blanks restored."""
    return [token.translate(_HIDE) for token in tokens]


def text_of(tokens: Iterable[str], level: str) -> str:
    """Join tokens to a text, with blanks between words where people put them."""
    pieces = visible_tokens(token for token in tokens if token not in {PADDING, UNKNOWN})
    if level in JOINED:
        return "".join(pieces)
    text, before = "", "\n"
    for piece in pieces:
        tight = (
            before == "\n"
            or piece == "\n"
            or piece in _NO_BLANK_BEFORE
            or before in _NO_BLANK_BEHIND
            or (re.match(f"[{_EACH}]", piece) and re.match(f"[{_EACH}]", before))
        )
        text += piece if tight else f" {piece}"
        before = piece
    return text


def vocabulary_of(tokens: Iterable[str], size: int) -> tuple[str, ...]:
    """Return padding, unknown, and the most frequent tokens, sorted."""
    counts = Counter(tokens)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return (
        PADDING,
        UNKNOWN,
        *sorted(ranked[: size - 2], key=lambda token: _HIDDEN.get(token, token)),
    )


def token_numbers(tokens: Iterable[str], vocabulary: Sequence[str]) -> NDArray[np.int32]:
    """Return the number of each token; 1 for one that is not in the vocabulary."""
    import numpy as np

    known = {token: index for index, token in enumerate(vocabulary) if index > 1}
    return np.array([known.get(token, 1) for token in tokens], np.int32)


def last_window(tokens: Sequence[str], vocabulary: Sequence[str], window: int) -> NDArray[np.int32]:
    """Return numbers of the last ``window`` tokens; a shorter text begins with padding."""
    import numpy as np

    numbers = token_numbers(tokens[-window:], vocabulary)
    return np.concatenate([np.zeros(window - len(numbers), np.int32), numbers])
