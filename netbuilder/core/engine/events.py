"""Events of a training session: frozen values, passed to the session's listener in order.

They arrive on the thread that runs the session, whoever caused them. Arrays belong to the receiver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.monitor.observer import Probe
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project


@dataclass(frozen=True)
class RunFix:
    """What one click does.

    ``edit`` changes the project (nothing where it no longer applies). ``action`` names a method of
    the running session with the same effect ("train_more", "go_back_to_best"), called with
    ``amount`` where it takes an argument; "" where there is none.
    """

    label: str
    edit: Callable[[Project], Project] = field(compare=False)
    action: str = ""
    amount: int = 0


@dataclass(frozen=True)
class Diagnosis:
    """A finding about the curve at ``epoch``, counted from 1.

    ``code`` is "nan", "nan-data", "raised", "exploded", "stuck", "overfitting", "improving",
    "jumping", "easier", "ignored", "frozen" or "untested"; ``severity`` "warning", or "info" where
    nothing is wrong.
    """

    code: str
    epoch: int
    title: str
    message: str
    fix: RunFix | None = None
    severity: str = "warning"
    node: str | None = None


Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Preparing(Event):
    """Something that takes a moment is under way: ``stage`` is "build", "resume" or "restore"."""

    text: str
    stage: str = "build"
    short: str = ""


@dataclass(frozen=True)
class Restored(Event):
    """A run goes on from a checkpoint, with its numbers so far; ``Started`` follows.

    ``steps`` and ``history``: float32 by name, from the run's first step and epoch on.
    """

    steps: Mapping[str, Floats]
    history: Mapping[str, Floats]
    steps_per_epoch: int
    best_epoch: int
    changes: tuple[Changed, ...]


@dataclass(frozen=True)
class Started(Event):
    """The first step is about to run (or, after a resume, the next one).

    ``epochs``: epochs that the run will have when it ends, as planned now; ``samples``: training
    samples in an epoch, whose last batch may be smaller; ``epoch``: epochs already done (0 for a
    new run); ``metrics``: names of the numbers of each step, "loss" first; ``validated``: whether
    "val_..." numbers come with each epoch.
    """

    epochs: int
    steps_per_epoch: int
    batch_size: int
    samples: int
    epoch: int = 0
    metrics: tuple[str, ...] = ("loss",)
    validated: bool = False
    learning_rate: float = 0.0
    parameters: int = 0


@dataclass(frozen=True)
class StepsDone(Event):
    """A chunk of steps is done.

    Attributes:
        first: the chunk's first step, counted from 0 over the whole run.
        values: float32 (steps,) by name. "loss" is that batch's own loss; metrics are, as in
            Keras's progress bar, over the epoch so far.
        epoch: epoch of the last step of the chunk, counted from 0.
        step: batches of that epoch that are done.
        seconds: duration of the training so far, pauses left out.
    """

    first: int
    values: Mapping[str, Floats]
    epoch: int
    step: int
    steps_per_second: float
    seconds: float

    @property
    def count(self) -> int:
        """Steps in the chunk."""
        return len(next(iter(self.values.values()))) if self.values else 0


@dataclass(frozen=True)
class DataReplaced(Event):
    """The run goes on with the data of ``project``, after ``Changed`` and ``Started``."""

    project: Project


@dataclass(frozen=True)
class EpochEnd(Event):
    """One epoch is done, or several: small networks do hundreds in one chunk.

    Attributes:
        epoch, first: epochs done so far, and the first one of this event, counted from 1.
        logs: the last epoch's numbers, as Keras's ``logs``.
        history: float32 (epochs,) by name, for the epochs ``first`` .. ``epoch``.
        epochs: epochs that the run will have when it ends, as planned now.
        best_epoch: the epoch with the lowest (validation) loss, counted from 1.
        learning_rate: the rate of the last step.
        seconds: duration of the training so far, pauses left out.
    """

    epoch: int
    first: int
    logs: Mapping[str, float]
    history: Mapping[str, Floats]
    epochs: int
    best_epoch: int
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Paused(Event):
    """The run is paused; ``reason`` is "" where the user paused it."""

    epoch: int
    step: int
    reason: str = ""


@dataclass(frozen=True)
class Resumed(Event):
    """The run goes on."""

    epoch: int
    step: int


@dataclass(frozen=True)
class DiagnosisAdded(Event):
    """The monitor has found something in the curve."""

    notice: Diagnosis


@dataclass(frozen=True)
class DiagnosisWithdrawn(Event):
    """The diagnosis ``code`` no longer holds: the best epoch came later, say."""

    code: str


@dataclass(frozen=True, eq=False)
class ProbeAnswered(Event):
    """The answer to a probe (``ProbeResult``); ``problem``: why it was dropped instead."""

    probe: Probe
    epoch: int
    step: int
    outputs: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    gradients: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    problem: UserError | None = None

    @property
    def key(self) -> str:
        """The probe's key."""
        return self.probe.key


@dataclass(frozen=True)
class CheckpointSaved(Event):
    """A checkpoint of ``epoch`` done epochs is on disk."""

    epoch: int
    path: str


@dataclass(frozen=True)
class PausedModel(Event):
    """A copy of a paused run's network, not evaluated on the test rows."""

    trained: TrainedModel


@dataclass(frozen=True)
class Finished(Event):
    """The run is over and left a trained model.

    ``reason`` is "done" (all epochs), "stopped" (by hand) or "early" (by a callback); ``note`` says
    which of several workers was stopped.
    """

    trained: TrainedModel
    reason: str = "done"
    note: str = ""


@dataclass(frozen=True)
class Failed(Event):
    """The run failed without a model; ``details`` may hold Keras's own message."""

    error: UserError
    details: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
