"""Rows: numbers for categories, words and text."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    choice,
    common_params,
    dtype_param,
    flag,
    integer,
    integers,
    number,
    numbers,
    param,
    text_param,
)
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param

_FIXED: Final = common_params(trainable=False)


def _output_mode(default: str, *modes: str) -> Param:
    return choice(
        "output_mode", default, modes,
        "int: a number; one_hot: a 1 at its place; multi_hot, count, tf_idf: a bag of them.",
    )  # fmt: skip


_VOCABULARY: Final = param(
    "vocabulary", Kind.STRINGS, None, "The words, in order of their numbers.",
    start=("cat", "dog"),
)  # fmt: skip
_MAX_TOKENS: Final = integer(
    "max_tokens", None, "Largest size of the vocabulary.", minimum=2, more=True
)
_PAD: Final = flag("pad_to_max_tokens", False, "Always gives max_tokens columns.", more=True)
_IDF: Final = numbers(
    "idf_weights", None, "A weight for each word, with tf_idf.", minimum=0.0, more=True
)
_OOV: Final = integer(
    "num_oov_indices", 1, "Numbers that are kept for what is not in the list.", minimum=0,
    more=True,
)  # fmt: skip
_INVERT: Final = flag("invert", False, "The way back: from numbers.", more=True)
_ENCODING: Final = text_param("encoding", "utf-8", "How letters are stored.", more=True)
_SALT: Final = integers(
    "salt", None, "A number (or two) that mixes the places anew.", minimum=1, more=True
)
_TEXT_DTYPE: Final = dtype_param(("int64", "int32", "string", "float32"))
_BAGS: Final = ("int", "one_hot", "multi_hot", "count")

ROWS: Final = (
    LayerSpec(
        "CategoryEncoding",
        Category.PREPROCESS,
        "Turns class numbers into rows of 0 and 1.",
        (
            integer("num_tokens", None, "How many classes there are.", start=10),
            _output_mode("multi_hot", "one_hot", "multi_hot", "count"),
            *_FIXED,
        ),
        telling=("num_tokens", "output_mode"),
        keywords=("one-hot", "classes", "category"),
        scales=True,
    ),
    LayerSpec(
        "Discretization",
        Category.PREPROCESS,
        "Sorts numbers into bins: small, middle, large.",
        (
            numbers("bin_boundaries", None, "Where one bin ends and the next begins.",
                    start=(0.0, 1.0)),
            integer("num_bins", None, "Number of bins, instead of boundaries.", more=True),
            number("epsilon", 0.01, "How exactly bins are found in data.", minimum=0.0,
                   more=True),
            _output_mode("int", *_BAGS),
            dtype_param(("int64", "int32", "float32")),
        ),
        telling=("bin_boundaries", "output_mode"),
        keywords=("bins", "buckets", "histogram"),
        scales=True,
    ),
    LayerSpec(
        "Hashing",
        Category.PREPROCESS,
        "Gives each word or number one of a few places, without a list of them.",
        (
            integer("num_bins", REQUIRED, "How many places there are.", start=16),
            text_param("mask_value", None, "The word that means 'nothing here'.", more=True),
            _SALT,
            _output_mode("int", *_BAGS),
            dtype_param(("int64", "int32", "float32")),
        ),
        telling=("num_bins", "output_mode"),
        keywords=("hash", "buckets", "words"),
        scales=True,
    ),
    LayerSpec(
        "HashedCrossing",
        Category.PREPROCESS,
        "Joins two categories into one, and gives each pair one of a few places.",
        (
            integer("num_bins", REQUIRED, "How many places there are.", start=16),
            _output_mode("int", "int", "one_hot"),
            dtype_param(("int64", "int32", "float32")),
        ),
        telling=("num_bins", "output_mode"),
        min_inputs=2,
        max_inputs=2,
        keywords=("hash", "cross", "pair", "category"),
    ),
    LayerSpec(
        "StringLookup",
        Category.PREPROCESS,
        "Gives each word its number in a list.",
        (
            _VOCABULARY,
            _output_mode("int", *_BAGS, "tf_idf"),
            _OOV,
            text_param("mask_token", None, "The word that means 'nothing here'.", more=True),
            text_param("oov_token", "[UNK]", "The word for what is not in the list.", more=True),
            _MAX_TOKENS,
            _IDF,
            _INVERT,
            _PAD,
            _ENCODING,
            _SALT,
            _TEXT_DTYPE,
        ),
        telling=("output_mode",),
        keywords=("words", "text", "vocabulary", "category"),
    ),
    LayerSpec(
        "IntegerLookup",
        Category.PREPROCESS,
        "Gives each whole number its place in a list.",
        (
            integers("vocabulary", None, "The numbers, in order of their places.", start=(1, 2)),
            _output_mode("int", *_BAGS, "tf_idf"),
            _OOV,
            integer("mask_token", None, "The number that means 'nothing here'.", minimum=None,
                    more=True),
            integer("oov_token", -1, "The number for what is not in the list.", minimum=None,
                    more=True),
            choice("oov_method", "floormod", ("floormod", "farmhash"),
                   "How numbers that are not in the list are spread.", more=True),
            _MAX_TOKENS,
            _IDF,
            _INVERT,
            _PAD,
            _SALT,
            dtype_param(("int64", "int32", "float32")),
        ),
        telling=("output_mode",),
        keywords=("vocabulary", "category", "codes"),
        scales=True,
    ),
    LayerSpec(
        "TextVectorization",
        Category.PREPROCESS,
        "Cuts text into words and gives each its number in a list.",
        (
            _VOCABULARY,
            integer("output_sequence_length", None, "Cuts or fills each text to this length.",
                    start=20),
            choice(
                "standardize", "lower_and_strip_punctuation",
                ("lower_and_strip_punctuation", "lower", "strip_punctuation"),
                "What is tidied first. Empty: nothing.", optional=True,
            ),
            choice("split", "whitespace", ("whitespace", "character"),
                   "Where it is cut. Empty: nowhere.", optional=True),
            _output_mode("int", "int", "multi_hot", "count", "tf_idf"),
            integers("ngrams", None, "Also takes groups of so many words.", minimum=1,
                     more=True),
            _MAX_TOKENS,
            _IDF,
            _PAD,
            _ENCODING,
            _TEXT_DTYPE,
        ),
        telling=("output_mode", "output_sequence_length"),
        keywords=("words", "tokens", "text", "vocabulary", "tokenizer"),
    ),
)  # fmt: skip
