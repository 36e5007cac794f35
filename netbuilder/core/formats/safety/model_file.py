"""A model file as plain JSON; nothing in it has been run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netbuilder.core.i18n import noop as N_

PREFIX = "netbuilder_"
ZIP_ENTRY = "netbuilder.json"
#: Fix for a file that is complete but corrupt.
CHANGED = N_(
    "Some bytes of the file were changed: copy it again from the original, or save the model again."
)


@dataclass(frozen=True)
class RefusedLayer:
    """A layer of the file that is not given to Keras, and why."""

    name: str
    class_name: str
    why: str


@dataclass(frozen=True)
class ModelFile:
    """A model file whose container and config have been checked.

    Attributes:
        kind: "h5", "keras" or "json" (without weights).
        keras_version: of the Keras that wrote it, or "".
        ours: NetBuilder's own entries by name without prefix, such as ``project``.
        refused: unknown layers, if ``inspect_file`` was to list them.
        numbers: count of numbers in the file's datasets, an upper bound for the weights.
        notes: sentences about what is not used, such as an unknown loss.
    """

    path: Path
    kind: str
    config: Mapping[str, Any]
    training: Mapping[str, Any] | None = None
    keras_version: str = ""
    ours: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[RefusedLayer, ...] = ()
    numbers: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether NetBuilder wrote it, with a project."""
        return "project" in self.ours

    @property
    def by_keras_2(self) -> bool:
        """Whether Keras 1 or 2 wrote it."""
        return self.keras_version[:2] in ("1.", "2.")


def snake_case(name: str) -> str:
    """Return "conv2d_transpose" for "Conv2DTranspose", as Keras names layers and groups."""
    name = re.sub(r"\W+", "_", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
