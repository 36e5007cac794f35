"""The glossary: terms explained for beginners, with drawings (``glossary.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netbuilder.core.catalog.spec import Category, LayerSpec
from netbuilder.core.folders import resource_json


@dataclass(frozen=True)
class Word:
    """A term; ``text`` is Markdown, ``drawing`` the name of a file in ``glossary/``.

    ``fields`` are layer parameters and settings that the term explains, ``others`` related terms,
    ``also`` other names.
    """

    name: str
    text: str
    drawing: str
    fields: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def _read_words() -> tuple[Word, ...]:
    rows = resource_json("glossary.json")
    return tuple(
        Word(
            row["name"],
            row["text"],
            row["drawing"],
            *(tuple(row.get(key, ())) for key in ("fields", "others", "also")),
        )
        for row in rows
    )


_ROWS = _read_words()

GLOSSARY: Mapping[str, Word] = {row.name: row for row in _ROWS}

#: The term that explains a field: the first row that names it.
FIELDS: Mapping[str, str] = {name: row.name for row in reversed(_ROWS) for name in row.fields}

#: Terms for parameters that layers have several times, by suffix.
_ENDINGS = {
    "_initializer": "initializer",
    "_regularizer": "regularizer",
    "_constraint": "constraint",
    "_dtype": "data type",
}
#: The term for a layer, by a part of its name, else by its category.
_LAYERS: dict[str, str] = resource_json("tables.json")["layer_terms"]
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
    """Return the term that explains a field, else ``subject``, its section's term or ""."""
    entry = FIELDS.get(field, "")
    for ending, word in _ENDINGS.items():
        entry = entry or (word if field.endswith(ending) else "")
    return entry or subject


def entry_of_layer(layer: LayerSpec) -> str:
    """Return the term for a layer: "convolution" for Conv2D."""
    entry = next((word for part, word in _LAYERS.items() if part in layer.name), "")
    return entry or _CATEGORIES.get(layer.category, "layer")


def find_entries(text: str) -> list[Word]:
    """Search: terms that start with the text, then those containing it, then explanations."""
    query = text.strip().casefold()
    if not query:
        return list(GLOSSARY.values())

    def rank(row: Word) -> int:
        names = [name.casefold() for name in (row.name, *row.also, *row.fields)]
        if any(name.startswith(query) for name in names):
            return 0
        if any(query in name for name in names):
            return 1
        return 2 if query in row.text.casefold() else 3

    ranked = [(rank(row), row) for row in GLOSSARY.values()]
    return [row for wanted_rank in (0, 1, 2) for row_rank, row in ranked if row_rank == wanted_rank]
