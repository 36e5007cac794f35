"""Rows: layers with several inputs, and attention."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    SEED,
    USE_BIAS,
    choice,
    common_params,
    flag,
    integer,
    integers,
    rate,
    shape,
    weight_rows,
)
from netbuilder.core.catalog.spec import Category, LayerSpec, Param

_KEYS: Final = ("merge", "join", "combine", "branch")
_ATTENTION_KEYS: Final = ("attention", "transformer", "query", "key", "value")
_PORTS: Final = ("query", "value", "key")


def _merge(name: str, text: str, *keywords: str, teaching: bool = False) -> LayerSpec:
    two = name == "Subtract"
    return LayerSpec(
        name,
        Category.MERGE,
        text,
        common_params(trainable=False),
        min_inputs=2,
        max_inputs=2 if two else None,
        any_order=not two,
        teaching=teaching,
        keywords=_KEYS + keywords,
    )


def _dropout() -> Param:
    return rate("dropout", 0.0, "Share of the attention that is dropped in training.", more=True)


_FLASH = flag("flash_attention", None, "Uses a faster way where the device has it.", more=True)
_WINDOW = integer("sliding_window", None, "Each step sees only this many neighbours.", more=True)
_GATE = flag("use_gate", False, "Learns a gate that lets results through or not.", more=True)

_MERGES: Final = (
    _merge("Add", "Adds its inputs, number by number: the skip of a residual block.", "skip",
           "residual", "sum", "plus", teaching=True),
    LayerSpec(
        "Concatenate",
        Category.MERGE,
        "Puts its inputs side by side.",
        (
            integer(
                "axis", -1, "Axis along which they are joined: the last one usually.",
                minimum=None,
            ),
            *common_params(trainable=False),
        ),
        min_inputs=2,
        max_inputs=None,
        teaching=True,
        keywords=(*_KEYS, "concat", "side by side", "skip"),
    ),
    _merge("Average", "Takes the average of its inputs, number by number.", "mean"),
    _merge("Maximum", "Keeps the larger number at each place.", "max"),
    _merge("Minimum", "Keeps the smaller number at each place.", "min"),
    _merge("Multiply", "Multiplies its inputs, number by number.", "times", "gate", "product"),
    _merge("Subtract", "Takes the second input from the first.", "minus", "difference"),
    LayerSpec(
        "Dot",
        Category.MERGE,
        "Multiplies two inputs along an axis and adds up: how alike they are.",
        (
            integers("axes", REQUIRED, "Axis (or one for each input) to multiply along.",
                     start=-1),
            flag("normalize", False, "Scales both to length 1 first: the cosine.", more=False),
            *common_params(trainable=False),
        ),
        telling=("axes",),
        min_inputs=2,
        max_inputs=2,
        keywords=(*_KEYS, "cosine", "similarity", "product"),
    ),
)  # fmt: skip

_ATTENTION: Final = (
    LayerSpec(
        "MultiHeadAttention",
        Category.MERGE,
        "Each step looks at all others and takes from those that matter; several heads at once.",
        (
            integer("num_heads", REQUIRED, "How many things it looks for at once.", start=4),
            integer("key_dim", REQUIRED, "Size of each head.", start=16),
            integer("value_dim", None, "Size of each head's values. Empty: as key_dim.",
                    more=True),
            _dropout(),
            shape("output_shape", None, "Size of the result. Empty: as the query.", more=True),
            integers("attention_axes", None, "Axes that are looked along. Empty: all.",
                     more=True),
            _WINDOW,
            _GATE,
            _FLASH,
            USE_BIAS,
            SEED,
            *weight_rows(),
            *common_params(),
        ),
        telling=("num_heads", "key_dim"),
        max_inputs=3,
        ranks=(3, 4, 5),
        keywords=(*_ATTENTION_KEYS, "self-attention", "heads"),
        ports=_PORTS,
        separate_inputs=True,
    ),
    LayerSpec(
        "GroupQueryAttention",
        Category.MERGE,
        "Multi-head attention in which groups of heads share keys and values: less memory.",
        (
            integer("head_dim", REQUIRED, "Size of each head.", start=16),
            integer("num_query_heads", REQUIRED, "How many things it looks for at once.",
                    start=4),
            integer("num_key_value_heads", REQUIRED,
                    "How many groups share keys; divides num_query_heads.", start=2),
            _dropout(),
            _WINDOW,
            _GATE,
            _FLASH,
            USE_BIAS,
            SEED,
            *weight_rows(),
            *common_params(),
        ),
        telling=("num_query_heads", "num_key_value_heads", "head_dim"),
        max_inputs=3,
        ranks=(3,),
        keywords=(*_ATTENTION_KEYS, "self-attention", "heads", "grouped"),
        ports=_PORTS,
        separate_inputs=True,
    ),
    LayerSpec(
        "Attention",
        Category.MERGE,
        "Each step of the query takes from the values that match it (Luong's attention).",
        (
            flag("use_scale", False, "Learns one number that sharpens the choice."),
            choice("score_mode", "dot", ("dot", "concat"), "How a match is measured.",
                   more=True),
            _dropout(),
            SEED,
            *common_params(),
        ),
        telling=("score_mode",),
        max_inputs=3,
        ranks=(3,),
        keywords=(*_ATTENTION_KEYS, "luong", "seq2seq"),
        ports=_PORTS,
    ),
    LayerSpec(
        "AdditiveAttention",
        Category.MERGE,
        "Each step of the query takes from the values that match it (Bahdanau's attention).",
        (
            flag("use_scale", True, "Learns numbers that weigh the match.", more=True),
            _dropout(),
            *common_params(),
        ),
        max_inputs=3,
        ranks=(3,),
        keywords=(*_ATTENTION_KEYS, "bahdanau", "seq2seq"),
        ports=_PORTS,
    ),
)  # fmt: skip

ROWS: Final = (*_MERGES, *_ATTENTION)
