"""Sizes that a config asks for, wherever they stand in it, against what the file holds.

This is the rough look at the door, without Keras: each single size, those of wrapped layers and
of models inside the model among them. What sizes make together (a layer's weights, the numbers
that it gives for a sample) is measured by ``importing.memory_check`` before memory is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.errors import FormatError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, join_sentences

# Numbers that a layer may give for one sample: 512 MiB in 32 bits.
MAX_SAMPLE = 2**27
# So few weights harm nobody: where none stand beside the config, it can still be drawn.
_SMALL = 2**20

# Arguments that a layer has weights for, at least so many as they say.
_WEIGHTS = frozenset(
    {
        "units",
        "filters",
        "output_dim",
        "input_dim",
        "num_heads",
        "key_dim",
        "value_dim",
        "kernel_size",
        "depth_multiplier",
        "num_query_heads",
        "num_key_value_heads",
        "head_dim",
    }
)
# Arguments that make a tensor so large, without weights.
_TENSORS = frozenset(
    {
        "batch_shape",
        "batch_input_shape",
        "build_input_shape",
        "shape",
        "input_shape",
        "target_shape",
        "output_shape",
        "n",
        "num_tokens",
        "num_bins",
        "max_tokens",
        "height",
        "width",
        "size",
        "padding",
        "output_sequence_length",
        "pool_size",
        "output_size",
        "sequence_length",
        "fft_length",
        "frame_length",
        "num_mel_bins",
        "groups",
    }
)


def check_sizes(config: Any, numbers: int, name: str) -> None:
    """No size in a config may be larger than all weights in the file together.

    Args:
        config: of layers, or parameters of nodes; anything that is made of dicts and lists.
        numbers: how many numbers the file holds.
        name: the file's name, for messages.

    Raises:
        FormatError: one is; building it could fill the memory.
    """
    for key, value, owner in _sizes(config):
        size = _product(value)
        if key in _WEIGHTS and size > max(numbers, _SMALL):
            raise too_large_error(
                name,
                _(
                    "'{layer}' has {argument} {size}.",
                    layer=owner,
                    argument=key,
                    size=_words(value),
                ),
            )
        if size > MAX_SAMPLE:
            raise too_much_output_error(
                name,
                _(
                    "'{layer}' has {argument} {size}.",
                    layer=owner,
                    argument=key,
                    size=_words(value),
                ),
            )


def too_large_error(name: str, detail: str = "") -> FormatError:
    """Return the error for a network with more weights than its file; ``detail`` is a sentence."""
    said = _("The network in '{file}' needs more weights than the file contains.", file=name)
    return FormatError(
        join_sentences((said, detail)),
        _("The file is damaged or manipulated: do not open it."),
        code="network_larger_than_file",
    )


def too_much_output_error(name: str, detail: str) -> FormatError:
    """The error for a network that gives more numbers a sample than memory holds."""
    return FormatError(
        _(
            "The network in '{file}' would fill the memory. {detail} NetBuilder opens networks "
            "with up to {count} numbers per sample.",
            file=name,
            detail=detail,
            count=format_number(MAX_SAMPLE, ","),
        ),
        _("The file is damaged or manipulated: do not open it."),
        code="network_output_too_large",
    )


def _sizes(config: Any) -> Iterator[tuple[str, Any, str]]:
    """Argument, value and the layer that has it."""
    waiting: list[tuple[Any, str]] = [(config, "")]
    while waiting:
        item, owner = waiting.pop()
        if isinstance(item, Mapping):
            own = item.get("name", item.get("id", item.get("class_name")))
            owner = own[:60] if isinstance(own, str) else owner
            for key, value in item.items():
                if key in _WEIGHTS or key in _TENSORS:
                    yield key, value, owner
                waiting.append((value, owner))
        elif isinstance(item, list):
            waiting.extend((one, owner) for one in item)


def _product(value: Any) -> float:
    """Of the whole numbers from 1 on in a size; ``[None, 28, 28]`` is 784. Several sizes, as the
    shapes of what a merge takes or a padding's sides, count as the largest of them."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list) and any(isinstance(one, list | Mapping) for one in value):
        return max(_product(one) for one in value)
    return math.prod(abs(one) for one in _numbers(value) if abs(one) > 1)


def _words(value: Any) -> str:
    return "×".join(f"{one:,}" for one in _numbers(value))


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield value
