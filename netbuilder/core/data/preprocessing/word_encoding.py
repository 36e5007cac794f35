"""Words of texts and their numbers, as ``keras.layers.TextVectorization`` makes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.recipe_options import integer_option, require_choice
from netbuilder.core.data.tokens import CHARACTER, PADDING, UNKNOWN, mostly_without_blanks
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_WORDS = 10_000
LONGEST = 256
SPLITS = ("auto", "blanks", "characters")

# The characters that TextVectorization takes out ("lower_and_strip_punctuation").
PUNCTUATION = r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']"
_PUNCTUATION = re.compile(PUNCTUATION)


def words_of(text: str, split: str = "") -> list[str]:
    """Return the lower-case words of a text; with the split "character" its characters."""
    bare = _PUNCTUATION.sub("", text.lower())
    return list(bare) if split == CHARACTER else bare.split()


def fit_split(texts: Iterable[str], options: Mapping[str, Any]) -> str:
    """Return how texts are cut: as option "split" says, else by their script."""
    split = str(options.get("split") or "auto")
    require_choice(split, SPLITS, N_("There is no split '{name}'."), "word_split_unknown")
    if split == "auto":
        return CHARACTER if mostly_without_blanks(texts) else ""
    return CHARACTER if split == "characters" else ""


def fit_vocabulary(
    texts: Iterable[str], options: Mapping[str, Any], split: str = ""
) -> tuple[str, ...]:
    """Return padding, unknown, and the most frequent words; at most "max_words" (10,000)."""
    size = integer_option(options, "max_words", DEFAULT_WORDS, least=3)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text, split))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return (PADDING, UNKNOWN, *ranked[: size - 2])


def fit_length(texts: Sequence[str], options: Mapping[str, Any], split: str = "") -> int:
    """Return words in a sample: option "sequence_length", else the longest text, at most 256."""
    if options.get("sequence_length") is not None:
        return integer_option(options, "sequence_length", LONGEST)
    return max(1, min(LONGEST, max((len(words_of(text, split)) for text in texts), default=1)))


def encode_texts(
    texts: Iterable[str], vocabulary: Sequence[str], length: int, split: str = ""
) -> NDArray[np.int32]:
    """Return word numbers, (n, length): longer texts are cut off, shorter ones end in zeros."""
    import numpy as np

    numbers = {word: index for index, word in enumerate(vocabulary) if index > 1}
    rows = [[numbers.get(word, 1) for word in words_of(text, split)[:length]] for text in texts]
    out = np.zeros((len(rows), length), np.int32)
    for row, ids in zip(out, rows, strict=True):
        row[: len(ids)] = ids
    return out


def raw_of_texts(texts: Sequence[str], entry: InputPreprocessing) -> NDArray[np.int32]:
    """Return word numbers of texts, (n, words)."""
    return encode_texts(texts, entry.vocabulary, int(entry.shape[0] or 1), entry.split)


def lost_words(texts: Iterable[str], entry: InputPreprocessing) -> Iterator[str]:
    """Yield notes about words that the network does not get."""
    length, known = int(entry.shape[0] or 1), frozenset(entry.vocabulary)
    words = [words_of(text, entry.split) for text in texts]
    cut = sum(len(tokens) > length for tokens in words)
    if cut:
        yield (
            ngettext(
                "{count} of {total} texts has more than {length} words and is cut off there.",
                "{count} of {total} texts have more than {length} words and are cut off there.",
                cut,
                total=format_number(len(words), ","),
                length=length,
            )
        )
    total = sum(map(len, words))
    unknown = sum(word not in known for tokens in words for word in tokens)
    if unknown:
        yield _(
            "{share} of the words are rare and count as unknown.",
            share=format_number(unknown / total, ".1%"),
        )
