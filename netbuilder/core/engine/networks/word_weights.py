"""English word vectors that come with the program: rows of an Embedding that know words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netbuilder.core.folders import resource

if TYPE_CHECKING:
    import numpy as np

#: The file in ``resources/weights``, and numbers of each of its vectors.
WORD_FILE, WORD_SIZE = "english_words.npz", 50
#: The module beside a script that has the two functions that follow.
WORD_MODULE = "word_vectors"


# Scripts have this function in a module beside them.
def read_word_vectors(path: str) -> tuple[list[str], np.ndarray]:
    """Return the words of a file, the most frequent first, and their vectors (n, 50)."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        words = bytes(file["words"]).decode().split("\n")
        return words, file["vectors"].astype(np.float32)


# Scripts have this function in a module beside them.
def with_word_vectors(path: str, words: Sequence[str], matrix: np.ndarray) -> np.ndarray:
    """Return the weights of an Embedding with the vectors of the words that a file knows.

    ``path``: the file of ``read_word_vectors``; ``words``: of the rows 2, 3, …; row 0 is padding,
    row 1 unknown words; ``matrix``: (rows, 50); what the file does not know keeps its numbers.
    """
    names, vectors = read_word_vectors(path)
    places = {name: place for place, name in enumerate(names)}
    matrix = matrix.copy()
    for row, word in enumerate(words[: len(matrix) - 2], 2):
        if word in places:
            matrix[row] = vectors[places[word]]
    return matrix


def included_words() -> tuple[list[str], np.ndarray]:
    """Return the words that come with the program, and their vectors (n, 50)."""
    return read_word_vectors(str(resource("weights", WORD_FILE)))


def count_known(words: Sequence[str]) -> int:
    """Return how many of the words have a vector that comes with the program."""
    known = set(included_words()[0])
    return sum(word in known for word in words)
