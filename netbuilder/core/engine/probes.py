"""How anything looks inside a network: a view says what it wants to see, and gets arrays.

While a session trains, ``Session.watch`` has a probe answered between chunks of steps, on a
snapshot of the weights, by ``ProbeAnswered`` events. After the run ``evaluate_probe`` answers the
same probe on the trained network, by the same code.
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
        key: of the view; a probe takes the place of an earlier one with its key.
        outputs: ids of nodes whose outputs are wanted; an Input's are the samples themselves.
        x: the samples, by Input id: model-ready arrays (n, ...), as ``Split.x`` holds them.
        y: the right answers by output id, as ``Split.y`` holds them; needed for ``gradients``.
        weights: ids of nodes whose weights are wanted.
        gradients: ids of nodes of whose trainable weights the loss's gradient is wanted: over
            all samples, with Dropout and its like at rest (``training=False``), penalties
            included.
        every: least seconds between two answers; a little less than a twentieth, since some come
            late and two that are heard together are drawn as one: 20 are to be seen a second.
        slowest: seconds between two answers that do where those who look are short of time, see
            ``Session.stretch_views``; 0: none beyond ``every``.
        epochs: 0, or answer only when so many epochs have been done since the last answer.
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
        """Least seconds between two answers, where they may come so many times more seldom."""
        return min(self.every * stretch, max(self.slowest, self.every))


@dataclass(frozen=True, eq=False)
class ProbeResult:
    """What a probe found, all at one moment of the training.

    Attributes:
        outputs: (n, ...) by node id, as its layer gives them: scaled, raw scores where the loss
            takes those.
        weights: by node id, by name ("kernel", "bias", ...): as ``results.inside.weights_of``.
        gradients: the same for the gradients of the trainable ones, shaped as these.
        epoch: epochs done.
    """

    outputs: Mapping[str, Array] = field(default_factory=dict)
    weights: Named = field(default_factory=dict)
    gradients: Named = field(default_factory=dict)
    epoch: int = 0


# By the network, so that its functions are traced once and go with it.
_observers: WeakKeyDictionary[Any, NetworkObserver] = WeakKeyDictionary()


def evaluate_probe(trained: TrainedModel, probe: Probe) -> ProbeResult:
    """Answer ``probe`` on a trained network. May be called from any thread.

    Raises:
        DataError: the samples do not fit the network.
    """
    observer = _observers.get(trained.training_model)
    if observer is None:
        observer = _observers.setdefault(
            trained.training_model, NetworkObserver(trained.training_model, trained.project)
        )
    return ProbeResult(*observer.whole(probe), trained.epochs)
