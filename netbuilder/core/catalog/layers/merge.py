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
from netbuilder.core.i18n import noop as N_

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
    return rate(
        "dropout",
        0.0,
        N_("Share of the attention scores that is set to 0 during training."),
        more=True,
    )


_CAUSAL = flag(
    "use_causal_mask",
    False,
    N_("Each step attends only to itself and earlier steps, as text generation needs."),
    call=True,
)
_FLASH = flag(
    "flash_attention",
    None,
    N_("Use flash attention, which is faster, where the device supports it."),
    more=True,
)
_WINDOW = integer(
    "sliding_window",
    None,
    N_("Number of neighbouring steps that each step can attend to."),
    more=True,
)
_GATE = flag(
    "use_gate", False, N_("Learn a gate that controls how much of the result passes."), more=True
)

_MERGES: Final = (
    _merge("Add",
        N_("Adds its inputs element by element: the skip connection of a residual block."), "skip",
           "residual", "sum", "plus", teaching=True),
    LayerSpec(
        "Concatenate",
        Category.MERGE,
        N_("Joins its inputs along one axis."),
        (
            integer(
                "axis", -1, N_("Axis along which the inputs are joined: usually the last."),
                minimum=None,
            ),
            *common_params(trainable=False),
        ),
        min_inputs=2,
        max_inputs=None,
        teaching=True,
        keywords=(*_KEYS, "concat", "side by side", "skip"),
    ),
    _merge("Average", N_("Averages its inputs element by element."), "mean"),
    _merge("Maximum", N_("Returns the element-wise maximum of its inputs."), "max"),
    _merge("Minimum", N_("Returns the element-wise minimum of its inputs."), "min"),
    _merge("Multiply", N_("Multiplies its inputs element by element."), "times", "gate", "product"),
    _merge("Subtract", N_("Subtracts the second input from the first."), "minus", "difference"),
    LayerSpec(
        "Dot",
        Category.MERGE,
        N_("Computes the dot product of two inputs: a measure of their similarity."),
        (
            integers("axes", REQUIRED, N_("Axis of the dot product, or one axis for each input."),
                     start=-1),
            flag("normalize", False, N_("Scale both inputs to length 1 first (cosine similarity)."),
                more=False),
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
        N_(
            "Each step attends to all others and combines those that matter, with several heads "
            "at once."
        ),
        (
            integer("num_heads", REQUIRED, N_("Number of attention heads."), start=4),
            integer("key_dim", REQUIRED, N_("Size of each head."), start=16),
            integer("value_dim", None,
                N_("Size of each head's values. Empty: the same as key_dim."),
                    more=True),
            _dropout(),
            shape("output_shape", None, N_("Shape of the output. Empty: the same as the query."),
                more=True),
            integers("attention_axes", None, N_("Axes that attention is applied to. Empty: all."),
                     more=True),
            _CAUSAL,
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
        N_("Multi-head attention in which groups of heads share keys and values: less memory."),
        (
            integer("head_dim", REQUIRED, N_("Size of each head."), start=16),
            integer("num_query_heads", REQUIRED, N_("Number of attention heads."),
                    start=4),
            integer("num_key_value_heads", REQUIRED,
                    N_(
                        "Number of key and value heads; num_query_heads must be a multiple of "
                        "this number."
                    ), start=2),
            _dropout(),
            _CAUSAL,
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
        N_("Each step of the query combines the values that match it (Luong attention)."),
        (
            flag("use_scale", False, N_("Learn a factor that scales the attention scores.")),
            choice("score_mode", "dot", ("dot", "concat"),
                N_("How the match of query and key is calculated."),
                   more=True),
            _CAUSAL,
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
        N_("Each step of the query combines the values that match it (Bahdanau attention)."),
        (
            flag("use_scale", True, N_("Learn weights that scale the attention scores."),
                more=True),
            _CAUSAL,
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
