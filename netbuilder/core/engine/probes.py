"""Requests of views for a network's outputs, weights and gradients.

While a session trains, ``Session.watch`` has a probe answered between chunks of steps by
``ProbeAnswered`` events; ``evaluate_probe`` answers the same probe on the trained network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from numpy.typing import NDArray

from netbuilder.core.engine.monitor.observer import NetworkObserver

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

Array = NDArray[Any]
Named = Mapping[str, Mapping[str, Array]]


@dataclass(frozen=True, eq=False)
class Probe:
    """What a view wants to see. A node that the network does not have is left out.

    Attributes:
        key: of the view; a probe replaces an earlier one with the same key.
        outputs: ids of nodes whose outputs are wanted; an Input's are the samples themselves.
        x: the samples, by Input id: model-ready arrays (n, ...), as ``Split.x`` holds them.
        y: the targets by output id, as ``Split.y`` holds them; needed for ``gradients``.
        weights: ids of nodes whose weights are wanted.
        gradients: ids of nodes whose trainable weights' loss gradients are wanted: over all
            samples, with ``training=False``, penalties included.
        every: least seconds between two answers; slightly below 1/20, so that late answers still
            make 20 frames a second.
        slowest: seconds between two answers that suffice under load, see ``Session.stretch_views``;
            0: ``every``.
        epochs: 0, or answer only after so many epochs since the last answer.
    """

    key: str
    outputs: tuple[str, ...] = ()
    x: Mapping[str, Array] = field(default_factory=dict)
    y: Mapping[str, Array] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    gradients: tuple[str, ...] = ()
    every: float = 0.045
    slowest: float = 0.0
    epochs: int = 0

    def pause(self, stretch: float) -> float:
        """Return the least seconds between two answers, stretched up to ``slowest``."""
        return min(self.every * stretch, max(self.slowest, self.every))


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """The answer to a probe, all at one moment of the training.

    ``outputs``: (n, ...) by node id, unscaled: raw scores where the loss takes those; ``weights``:
    by node id, by name ("kernel", "bias", ...): as ``layer_values.weights_of``; ``gradients``:
    likewise for the trainable weights, in their shapes; ``epoch``: epochs done.
    """

    outputs: Mapping[str, Array] = field(default_factory=dict)
    weights: Named = field(default_factory=dict)
    gradients: Named = field(default_factory=dict)
    epoch: int = 0


# By network, so that functions are traced once and freed with it.
_observers: WeakKeyDictionary[Any, NetworkObserver] = WeakKeyDictionary()


def evaluate_probe(trained: TrainedModel, probe: Probe) -> ProbeResult:
    """Answer ``probe`` on a trained network; DataError if the samples do not fit. Any thread."""
    observer = _observers.get(trained.training_model)
    if observer is None:
        observer = _observers.setdefault(
            trained.training_model, NetworkObserver(trained.training_model, trained.project)
        )
    return ProbeResult(*observer.whole(probe), trained.epochs)
