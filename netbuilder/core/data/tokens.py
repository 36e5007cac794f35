"""A text as a row of tokens, characters or words, and back again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PADDING = ""
UNKNOWN = "[UNK]"
CHARACTER = "character"
WORD = "word"
LEVELS = (CHARACTER, WORD)

# Blanks as people can see them: they are names of classes too.
SHOWN = {" ": "␣", "\n": "↵", "\t": "⇥"}
_HIDDEN = {shown: blank for blank, shown in SHOWN.items()}
# Scripts that put no blanks between words: Hiragana, Katakana, Chinese characters.
_EACH = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ONE_EACH = re.compile(f"[{_EACH}]")
WORDS = rf"\n|[{_EACH}]|(?:(?![{_EACH}])\w)+(?:['’](?:(?![{_EACH}])\w)+)*|[^\w\s]"
_WORDS = re.compile(WORDS)
_PIECES = re.compile(r"\S+")
OTHER_BLANKS = r"[^\S\n\t ]"
_OTHER_BLANKS = re.compile(OTHER_BLANKS)
_NO_BLANK_BEFORE = frozenset(".,;:!?)]}%…»”’。、，！？：；）」』")
_NO_BLANK_BEHIND = frozenset("([{«“‘（「『。、，！？：；）」』")


def tokenize(text: str, level: str, lowercase: bool = True) -> list[str]:
    """The tokens of a text: its characters, or its words, punctuation marks and line ends.

    Blanks are written visibly. Chinese and Japanese characters are words of their own.
    """
    text = _OTHER_BLANKS.sub(" ", text.lower() if lowercase else text)
    found = text if level == CHARACTER else _WORDS.findall(text)
    return [SHOWN.get(token, token) for token in found]


def mostly_without_blanks(texts: Iterable[str]) -> bool:
    """Whether texts are mostly Chinese or Japanese: three letters in ten at least."""
    letters = each = 0
    for text in texts:
        letters += sum(map(str.isalpha, text))
        each += len(_ONE_EACH.findall(text))
    return each > 0 and each >= 0.3 * letters


def token_spans(text: str, level: str) -> list[tuple[int, int]]:
    """Where tokens stand in a text, (start, end) of each; without a level: what blanks part."""
    if level == CHARACTER:
        return [(place, place + 1) for place in range(len(text))]
    pattern = _WORDS if level else _PIECES
    return [found.span() for found in pattern.finditer(text)]


def visible_tokens(tokens: Iterable[str]) -> list[str]:
    """Tokens as they stand in a text: blanks are blanks."""
    return [_HIDDEN.get(token, token) for token in tokens]


def text_of(tokens: Iterable[str], level: str) -> str:
    """The text that tokens stand for; between words blanks where people put them."""
    pieces = visible_tokens(token for token in tokens if token not in {PADDING, UNKNOWN})
    if level == CHARACTER:
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
    """Padding, unknown, and the most frequent tokens in the order of the alphabet."""
    counts = Counter(tokens)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return (PADDING, UNKNOWN, *sorted(ranked[: size - 2], key=lambda one: _HIDDEN.get(one, one)))


def token_numbers(tokens: Iterable[str], vocabulary: Sequence[str]) -> NDArray[np.int32]:
    """The number of each token; 1 for one that is not in the vocabulary."""
    import numpy as np

    known = {token: index for index, token in enumerate(vocabulary) if index > 1}
    return np.array([known.get(token, 1) for token in tokens], np.int32)


def last_window(tokens: Sequence[str], vocabulary: Sequence[str], window: int) -> NDArray[np.int32]:
    """Numbers of the last ``window`` tokens; a shorter text begins with padding."""
    import numpy as np

    numbers = token_numbers(tokens[-window:], vocabulary)
    return np.concatenate([np.zeros(window - len(numbers), np.int32), numbers])
