"""Byte-pair encoding: learn subwords on a text by joining frequent neighbours.

Sennrich and others, "Neural machine translation of rare words with subword units", 2016. The
functions are self-contained: exported scripts contain their text.
"""

from __future__ import annotations

#: A word with the blank before it, a punctuation mark, or a blank of another kind.
PIECES = r"\n|\t| ?\w+| ?[^\w\s]| "


# Scripts carry this function.
def join_pair(parts: list[str], left: str, right: str) -> list[str]:
    """Join each ``left`` that comes directly before a ``right``, from left to right."""
    joined: list[str] = []
    for part in parts:
        if joined and joined[-1] == left and part == right:
            joined[-1] = left + right
        else:
            joined.append(part)
    return joined


# Scripts carry this function.
def learn_byte_pairs(words: list[str], count: int) -> list[tuple[str, str, int]]:
    """Return up to ``count`` merges (left, right, how often the pair occurs), in their order.

    Each merge joins the most frequent pair of neighbours inside words; of equally frequent pairs
    the one that was seen first. A pair must occur twice.
    """
    from collections import Counter
    from itertools import pairwise

    times = Counter(words)
    split = {word: list(word) for word in times}
    pairs: Counter[tuple[str, str]] = Counter()
    holders: dict[tuple[str, str], dict[str, None]] = {}
    for word, parts in split.items():
        for pair in pairwise(parts):
            pairs[pair] += times[word]
            holders.setdefault(pair, {})[word] = None
    merges: list[tuple[str, str, int]] = []
    while len(merges) < count and pairs:
        best = max(pairs, key=lambda pair: pairs[pair])
        if pairs[best] < 2:
            break
        merges.append((*best, pairs[best]))
        for word in list(holders[best]):
            parts = split[word]
            for pair in pairwise(parts):
                pairs[pair] -= times[word]
            parts = split[word] = join_pair(parts, *best)
            for pair in pairwise(parts):
                pairs[pair] += times[word]
                holders.setdefault(pair, {})[word] = None
        pairs = +pairs  # only those that still occur
    return merges


# Scripts carry this function.
def split_word(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """Return the tokens of a word: its letters, joined by the merges in their order."""
    from itertools import pairwise

    parts = list(word)
    while len(parts) > 1:
        best = min(pairwise(parts), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        parts = join_pair(parts, *best)
    return parts
