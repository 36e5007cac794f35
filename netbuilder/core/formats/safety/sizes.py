"""Compare the sizes in a config with what the file holds, without Keras.

Only single sizes are checked; what they amount to is measured by ``importing.memory_check``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number, join_sentences

# Maximum of numbers per sample that a layer may output: 512 MiB in 32 bits.
MAX_SAMPLE = 2**27
# So few weights are harmless: a config without weights can still be drawn.
_SMALL = 2**20

# Arguments that imply at least as many weights.
_WEIGHTS = frozenset(resource_json("keras_names.json")["weight_arguments"])
# Arguments that determine the size of a tensor without weights.
_TENSORS = frozenset(resource_json("keras_names.json")["tensor_arguments"])


def check_sizes(config: Any, numbers: int, name: str) -> None:
    """Require that no size in layers or node parameters exceeds the count of numbers in the file.

    Raises:
        FormatError: building the network could exhaust memory.
    """
    for key, value, owner in _sizes(config):
        size = _product(value)
        too_many = key in _WEIGHTS and size > max(numbers, _SMALL)
        if too_many or size > MAX_SAMPLE:
            size_text = "×".join(f"{n:,}" for n in _numbers(value))
            words = {"layer": owner, "argument": key, "size": size_text}
            detail = _("'{layer}' has {argument} {size}.", **words)
            raise (too_large_error if too_many else too_much_output_error)(name, detail)


def too_large_error(name: str, detail: str = "") -> FormatError:
    """Return the error for a network with more weights than its file; ``detail`` is a sentence."""
    message = _("The network in '{file}' needs more weights than the file contains.", file=name)
    return FormatError(
        join_sentences((message, detail)),
        _("The file is damaged or manipulated: do not open it."),
        code="network_larger_than_file",
    )


def too_much_output_error(name: str, detail: str) -> FormatError:
    """Return the error for a layer with too many numbers per sample."""
    return format_error(
        "network_output_too_large", file=name, detail=detail, count=format_number(MAX_SAMPLE, ",")
    )


def _sizes(config: Any) -> Iterator[tuple[str, Any, str]]:
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
            waiting.extend((item, owner) for item in item)


def _product(value: Any) -> float:
    """Return a size's product, 784 for ``[None, 28, 28]``; the largest if there are several."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        return max(_product(item) for item in value)
    return math.prod(abs(n) for n in _numbers(value) if abs(n) > 1)


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield value
