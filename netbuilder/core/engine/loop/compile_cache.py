"""Which compilation won, remembered per model shape.

The same seed must give the same curve to the last bit, and two ways of compiling differ in the
last bits. So what is remembered is not only which one is faster, but at which step a run went
over to it: later runs of the same model shape go over at the same step, and runs that ended
before it could be decided keep the choice open only for steps that none of them has reached.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core import folders
from netbuilder.core.engine.loop.program import LoopPlan
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import write_bytes

if TYPE_CHECKING:
    import keras

# Raised with each change of what a program computes, or how fast.
_VERSION = 2


@dataclass(frozen=True)
class Decision:
    """What is known about a model shape.

    Attributes:
        kind: the compilation that runs go over to; "graph": none; "" not decided yet.
        step: step of the run, counted from 0, that it does first.
        epochs, steps: sizes that it is compiled for.
        until: steps that some run has done without going over, while not decided.
    """

    kind: str = ""
    step: int = 0
    epochs: int = 0
    steps: int = 0
    until: int = 0


class CachedDecision:
    """The decision for one model shape, on disk in the user's cache folder.

    Args:
        key: of the model shape, see ``compilation_key``.
        folder: where decisions are kept; None for the user's cache folder.
    """

    def __init__(self, key: str, folder: Path | None = None) -> None:
        place = folder if folder is not None else folders.cache() / "compiled"
        self.path = place / f"{key}.json"

    def read(self) -> Decision:
        """The decision; an empty one where nothing is known or the file cannot be read."""
        try:
            value = json.loads(self.path.read_text("utf-8"))
            known = {key: value[key] for key in asdict(Decision()) if key in value}
            return Decision(**known)
        except (OSError, ValueError, TypeError):
            return Decision()

    def write(self, decision: Decision) -> None:
        """Remember ``decision``. A folder that cannot be written is no reason to fail."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, json.dumps(asdict(decision)).encode())
        except (OSError, UserError):
            return

    def reached(self, step: int) -> None:
        """A run has done ``step`` steps without going over."""
        decision = self.read()
        if not decision.kind and step > decision.until:
            self.write(replace(decision, until=step))


def compilation_key(model: keras.Model, plan: LoopPlan, samples: Mapping[str, Any]) -> str:
    """A name for all that decides which compilation is fastest and what it computes.

    Args:
        model: compiled.
        plan: how it is run.
        samples: numbers and types of the samples, anything JSON can hold.
    """
    import keras
    import tensorflow as tf

    optimizer = _without(model.optimizer.get_config(), {"name", "learning_rate"})
    parts = [
        _VERSION,
        model.get_config(),
        type(model.optimizer).__name__,
        optimizer,
        [metric.name for metric in model.metrics],
        repr(model.get_compile_config().get("loss")),
        asdict(plan),
        samples,
        [w.shape for w in model.trainable_weights],
        [tf.__version__, keras.__version__, platform.machine(), platform.node(), os.cpu_count()],
        tf.config.threading.get_intra_op_parallelism_threads(),
    ]
    text = json.dumps(parts, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _without(value: Any, keys: set[str]) -> Any:
    """A configuration without some keys: Keras numbers names by how many it has made before."""
    if isinstance(value, dict):
        return {k: _without(entry, keys) for k, entry in value.items() if k not in keys}
    if isinstance(value, list):
        return [_without(entry, keys) for entry in value]
    return value
