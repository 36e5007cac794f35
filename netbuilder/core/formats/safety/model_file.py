"""What a model file says, as plain JSON: nothing in it has been run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netbuilder.core.i18n import noop as N_

PREFIX = "netbuilder_"
ZIP_ENTRY = "netbuilder.json"
#: What is done about a file that is there to its end, and wrong in the middle.
CHANGED = N_(
    "Some bytes of the file were changed: copy it again from the original, or save the model again."
)


@dataclass(frozen=True)
class RefusedLayer:
    """A layer that is in the file and is not given to Keras: its name, its class and why."""

    name: str
    class_name: str
    why: str


@dataclass(frozen=True)
class ModelFile:
    """A model file whose container and config have been checked.

    ``kind`` is "h5", "keras" or "json" (a network without weights). ``config`` is Keras's model
    config (``{"class_name": ..., "config": {...}}``), ``training`` its training config or None,
    ``keras_version`` the Keras that wrote it ("" if it does not say). ``ours`` is what
    NetBuilder wrote beside it, by name without the prefix: ``project``, ``preprocessing``,
    ``names``, ``history``, ``facts``, ``test``; empty in a file from elsewhere. ``refused``
    holds the layers that are not Keras's own, only where ``inspect`` was told to go on.
    ``numbers`` counts all numbers in the datasets of the file: a network cannot have more.
    ``notes`` tell what of the file is not used, such as an unknown loss.
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
        """Whether NetBuilder wrote it, project and all."""
        return "project" in self.ours

    @property
    def by_keras_2(self) -> bool:
        """Whether Keras 2, or 1, wrote it."""
        return self.keras_version[:2] in ("1.", "2.")


def snake_case(name: str) -> str:
    """ "Conv2DTranspose" → "conv2d_transpose", as Keras names layers and groups in files."""
    name = re.sub(r"\W+", "_", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
