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
from netbuilder.core.i18n import noop as N_

_FIXED: Final = common_params(trainable=False)


def _output_mode(default: str, *modes: str) -> Param:
    return choice(
        "output_mode", default, modes,
        N_(
            "int: one index per word; one_hot: one vector per word; multi_hot, count, tf_idf: "
            "one vector per sample."
        ),
    )  # fmt: skip


_VOCABULARY: Final = param(
    "vocabulary", Kind.STRINGS, None,
    N_("The vocabulary: the words in the order of their indices."),
    start=("cat", "dog"),
)  # fmt: skip
_MAX_TOKENS: Final = integer(
    "max_tokens", None, N_("Largest size of the vocabulary."), minimum=2, more=True
)
_PAD: Final = flag("pad_to_max_tokens", False, N_("Always output max_tokens columns."), more=True)
_IDF: Final = numbers(
    "idf_weights",
    None,
    N_("The weight of each word when output_mode is tf_idf."),
    minimum=0.0,
    more=True,
)
_OOV: Final = integer(
    "num_oov_indices", 1,
    N_("How many indices are reserved for values that are not in the vocabulary."), minimum=0,
    more=True,
)  # fmt: skip
_INVERT: Final = flag(
    "invert", False, N_("Convert indices back to the original values."), more=True
)
_ENCODING: Final = text_param("encoding", "utf-8", N_("Text encoding."), more=True)
_SALT: Final = integers(
    "salt", None, N_("One or two numbers that select another hash function."), minimum=1, more=True
)
_TEXT_DTYPE: Final = dtype_param(("int64", "int32", "string", "float32"))
_BAGS: Final = ("int", "one_hot", "multi_hot", "count")

ROWS: Final = (
    LayerSpec(
        "CategoryEncoding",
        Category.PREPROCESS,
        N_("Encodes class indices as vectors of 0 and 1 (one-hot)."),
        (
            integer("num_tokens", None, N_("Number of classes."), start=10),
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
        N_("Sorts numbers into bins, such as small, medium and large."),
        (
            numbers("bin_boundaries", None, N_("Where one bin ends and the next begins."),
                    start=(0.0, 1.0)),
            integer("num_bins", None, N_("Number of bins. Use this or bin_boundaries."), more=True),
            number("epsilon", 0.01, N_(
                "Precision with which the bin boundaries are calculated from data: smaller is "
                "more precise."
            ), minimum=0.0,
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
        N_("Maps each word or number to one of a fixed number of bins, without a vocabulary."),
        (
            integer("num_bins", REQUIRED, N_("Number of bins."), start=16),
            text_param("mask_value", None, N_("The word that marks missing values (padding)."),
                more=True),
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
        N_("Combines two categories and maps each pair to one of a fixed number of bins."),
        (
            integer("num_bins", REQUIRED, N_("Number of bins."), start=16),
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
        N_("Maps each word to its index in a vocabulary."),
        (
            _VOCABULARY,
            _output_mode("int", *_BAGS, "tf_idf"),
            _OOV,
            text_param("mask_token", None, N_("The word that marks missing values (padding)."),
                more=True),
            text_param("oov_token", "[UNK]",
                N_("The word that represents words outside the vocabulary."), more=True),
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
        N_("Maps each whole number to its index in a vocabulary."),
        (
            integers("vocabulary", None,
                N_("The vocabulary: the numbers in the order of their indices."), start=(1, 2)),
            _output_mode("int", *_BAGS, "tf_idf"),
            _OOV,
            integer("mask_token", None, N_("The number that marks missing values (padding)."),
                minimum=None,
                    more=True),
            integer("oov_token", -1,
                N_("The number that represents numbers outside the vocabulary."), minimum=None,
                    more=True),
            choice("oov_method", "floormod", ("floormod", "farmhash"),
                   N_("How numbers outside the vocabulary are assigned to the reserved indices."),
                   more=True),
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
        N_("Splits text into words and maps each word to its index in a vocabulary."),
        (
            _VOCABULARY,
            integer("output_sequence_length", None, N_("Cuts or pads each text to this length."),
                    start=20),
            choice(
                "standardize", "lower_and_strip_punctuation",
                ("lower_and_strip_punctuation", "lower", "strip_punctuation"),
                N_("How the text is cleaned first. Empty: not at all."), optional=True,
            ),
            choice("split", "whitespace", ("whitespace", "character"),
                   N_("Where the text is split. Empty: the text is not split."), optional=True),
            _output_mode("int", "int", "multi_hot", "count", "tf_idf"),
            integers("ngrams", None,
                N_("Also use groups of this many neighbouring words (n-grams)."), minimum=1,
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
