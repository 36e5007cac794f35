"""Texts as Keras layers: ``TextVectorization`` with the program's own words.

That layer lowercases A to Z and splits at ASCII blanks only, so its vocabulary holds other
capitals in both spellings ("Ärger" and "ärger" have one number).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from netbuilder.core.i18n import noop as N_

if TYPE_CHECKING:
    from keras import KerasTensor

# What a model of texts takes, in words.
TAKES_TEXTS = N_(
    "texts as strings, of shape (texts, 1); unknown words get the token for unknown words"
)

_SMALL = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


def numbered(
    text: KerasTensor,
    words: Sequence[str],
    name: str,
    *,
    split: str,
    standardize: str | None,
    length: int | None,
) -> Any:
    """Return the word numbers of a text, (texts, length): 0 is padding, 1 an unknown word.

    Args:
        text: of strings, (texts, 1).
        words: those with the numbers 2, 3, …
        name: of the layer.
        split, standardize: as ``TextVectorization`` takes them.
        length: longer texts are cut off, shorter ones padded; None: that of the longest text.
    """
    import keras
    import numpy as np

    other = spellings(words) if standardize else {}
    layer = keras.layers.TextVectorization(
        vocabulary=[*words, *other],
        standardize=standardize,
        split=split,
        output_sequence_length=length,
        name=name,
    )
    numbers = layer(text)
    if not other:
        return numbers
    place = {word: number for number, word in enumerate(words, 2)}
    known = [0, 1, *place.values(), *(place[word] for word in other.values())]
    return keras.ops.take(np.array(known, np.int32), numbers, axis=0)


def spellings(words: Sequence[str]) -> dict[str, str]:
    """Return spellings that the layer would not unify: {written: word}."""
    known = set(words)
    spelling_of: dict[str, str] = {}
    for word in words:
        if word.isascii():
            continue
        for written in (word.upper(), word.capitalize(), word.title()):
            spelling = written.translate(_SMALL)
            if written.lower() == word and spelling not in known:
                spelling_of[spelling] = word
    return spelling_of


def made_up_texts(words: Sequence[str], count: int, most: int, blank: str = " ") -> list[str]:
    """Return texts of known words and one unknown, some with capitals, one too long."""
    import numpy as np

    random = np.random.default_rng(crc32(" ".join(words).encode()))
    known = np.array([*words, "§"], object)
    sizes = [*random.integers(1, most + 1, count - 1), most + 2]
    texts = [blank.join(random.choice(known, size)) for size in sizes]
    return [*texts[:1], *(text.upper() for text in texts[1:2]), *texts[2:]]
