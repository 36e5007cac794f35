"""The glossary: what each term means, for a beginner, with a drawing (``glossary.json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.folders import resource

Drawing = tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """A term.

    ``text`` is Markdown. ``drawing`` is a kind of drawing and what it shows (``ui.gallery``
    draws it). ``fields`` are parameters of layers and settings that the term explains;
    ``others`` are terms to read next, ``also`` other names of the term.
    """

    name: str
    text: str
    drawing: Drawing
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def _read_words() -> tuple[Word, ...]:
    rows = json.loads(resource("glossary.json").read_text(encoding="utf-8"))
    return tuple(
        Word(
            row["name"],
            row["text"],
            *(tuple(row.get(key, ())) for key in ("drawing", "fields", "others", "also")),
        )
        for row in rows
    )


_ROWS = _read_words()

GLOSSARY: Mapping[str, Word] = {row.name: row for row in _ROWS}

#: Which word explains a field, by the field's name; the first row that names it.
FIELDS: Mapping[str, str] = {name: row.name for row in reversed(_ROWS) for name in row.fields}

#: Fields that many layers have for different parts of them, by how their names end.
_ENDINGS = {
    "_initializer": "initializer",
    "_regularizer": "regularizer",
    "_constraint": "constraint",
    "_dtype": "data type",
}
#: What a layer is an example of, by a part of its name, and else by its place in the palette.
_LAYERS = {
    "Attention": "attention",
    "Normalization": "normalisation",
    "Pooling": "pooling",
    "Dropout": "dropout",
    "Noise": "dropout",
    "Embedding": "embedding",
    "Lookup": "token",
    "TextVectorization": "token",
    "Spectrogram": "series",
    "Random": "augmentation",
    "Rand": "augmentation",
    "AugMix": "augmentation",
}
_CATEGORIES = {
    Category.INPUT: "data",
    Category.CONVOLUTION: "convolution",
    Category.RECURRENT: "recurrent layer",
    Category.REGULARIZE: "regularizer",
    Category.SHAPE: "shape",
    Category.PREPROCESS: "scaling",
    Category.PRETRAINED: "transfer learning",
}


def entry_of_field(field: str, subject: str = "") -> str:
    """The word that explains a field: its own, else ``subject``, what the field belongs to.

    ``subject`` is "" where nothing of the glossary has to do with it; then the answer may be "".
    """
    found = FIELDS.get(field, "")
    for ending, word in _ENDINGS.items():
        found = found or (word if field.endswith(ending) else "")
    return found or subject


def entry_of_layer(layer: LayerSpec) -> str:
    """The word that a layer is an example of: "convolution" for Conv2D."""
    found = next((word for part, word in _LAYERS.items() if part in layer.name), "")
    return found or _CATEGORIES.get(layer.category, "layer")


def find_entries(text: str) -> list[Word]:
    """The words that a search means: those that begin with it, then those that hold it.

    A few letters in the middle of an explanation count too, last.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return list(GLOSSARY.values())

    def rank(row: Word) -> int:
        names = [name.casefold() for name in (row.name, *row.also, *row.fields)]
        if any(name.startswith(wanted) for name in names):
            return 0
        if any(wanted in name for name in names):
            return 1
        return 2 if wanted in row.text.casefold() else 3

    ranked = [(rank(row), row) for row in GLOSSARY.values()]
    return [row for place in (0, 1, 2) for found, row in ranked if found == place]
