"""Networks that are built and traced before they train, and kept while they do not change.

Building and tracing take a few tenths of a second, longer than a run of a small network. So the
window does both when idle (``prebuild``), and a finished run leaves its compiled network to the
next run of the same network on the same data. One network is kept at a time.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.dataset import Dataset, Split
from netbuilder.core.data.defaults import resolve_defaults
from netbuilder.core.engine.distribute import WorkerSync, shared_program_maker
from netbuilder.core.engine.loop.compilation import Mode
from netbuilder.core.engine.loop.streaming import stream_program_maker
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.keras_callbacks import best_choice, measures_apart, monitor_of
from netbuilder.core.engine.monitor.observer import NetworkObserver, Probe
from netbuilder.core.engine.networks import network_copies
from netbuilder.core.engine.networks.backbone_weights import Tell, weights_path
from netbuilder.core.engine.networks.graph_to_keras import (
    build_training_model,
    frozen_bodies,
    model_inputs,
)
from netbuilder.core.engine.networks.network_copies import has_bodies_of
from netbuilder.core.engine.networks.tracing import release
from netbuilder.core.engine.run_control import Interruptible
from netbuilder.core.errors import BuildError, UserError
from netbuilder.core.project.keras_names import keras_name
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

# Data sets up to this size are compared by their numbers.
_COMPARED_BYTES = 64e6
# Frozen bodies of up to so many weights serve the next network too.
_MOST_KEPT = 10_000_000
# Samples whose features are computed before anybody asks for a training.
_MOST_FORESEEN = 1000


@dataclass(frozen=True)
class TrainingOrder:
    """What is to be trained, and how; see ``Session`` for ``base`` and ``compilation``.

    ``project`` has loss and metrics filled in. ``learned``: pretrained backbones get their
    pretrained weights; else other weights replace all of these. ``single``: the caller's callbacks
    need the end of each epoch.
    """

    project: Project
    dataset: Dataset
    base: Path | None = None
    compilation: Mode = "auto"
    strategy: Any = None
    agreement: WorkerSync | None = None
    learned: bool = True
    single: bool = False

    @property
    def keeps(self) -> bool:
        """Return whether its trainer may serve another run."""
        return self.learned and self.strategy is None and self.dataset.stream is None

    def key(self) -> tuple[Any, ...]:
        """Return all that is built or compiled into a trainer, but for the data."""
        graph, training = self.project.graph, self.project.training
        nodes = tuple((n.id, n.layer, repr(n.params), n.shared) for n in graph.nodes)
        optimizer = training.optimizer
        rate = optimizer.params.get("learning_rate")
        if rate is None or isinstance(rate, int | float):
            params = {key: v for key, v in optimizer.params.items() if key != "learning_rate"}
            optimizer = replace(optimizer, params=params)
        plan = replace(training, epochs=1, seed=0, callbacks=(), optimizer=optimizer)
        watched = (_single(self), measures_apart(training), monitor_of(training))
        return (nodes, graph.edges, repr(plan), watched, self._files(), self.compilation)

    @property
    def kind(self) -> tuple[Any, ...]:
        """Return the properties of the data that the network is built for."""
        facts = self.dataset.facts
        return (
            facts.input_shapes,
            facts.input_dtypes,
            facts.bins,
            (facts.task, facts.tasks, facts.one_hot),
            facts.output_units,
            facts.output_classes,
        )

    def bodies(self) -> dict[str, tuple[Any, ...]]:
        """Return what decides the weights of each frozen pretrained body, by its layer's name."""
        policy = self.project.training.precision
        return {
            keras_name(node.id): (node.id, node.layer, repr(node.params), policy, self._files())
            for node in self.project.graph.nodes
            if LAYERS[node.layer].is_backbone
            and not (node.shared or node.params.get("trainable"))
            and node.params.get("weights", "") not in (None, "none")
        }

    def _files(self) -> tuple[Any, ...]:
        names = [str(node.params.get("weights_file") or "") for node in self.project.graph.nodes]
        paths = [weights_path(name, self.base) for name in names if name]
        return tuple((str(p), p.stat().st_mtime_ns if p.exists() else 0) for p in paths)


class Lease:
    """A session's hold on a trainer, which another session may take over unless ``busy``."""

    def __init__(self, trainer: Trainer, observer: NetworkObserver) -> None:
        self.trainer = trainer
        self.observer = observer
        self._lost = False
        self.busy = True

    def begin(self) -> bool:
        """Begin a run; False where another session has the trainer by now."""
        with _lock:
            self.busy = not self._lost
            return self.busy

    def end(self) -> None:
        """End the run and release the trainer."""
        with _lock:
            self.busy = False

    def take(self) -> bool:
        """Take the trainer from an idle session. Holds the lock."""
        self._lost = not self.busy
        return self._lost


@dataclass
class _Kept:
    key: tuple[Any, ...]
    order: TrainingOrder
    trainer: Trainer
    observer: NetworkObserver
    lease: Lease | None
    fresh: bool

    def serves(self, order: TrainingOrder) -> bool:
        return self.key == order.key() and (
            _same_data(self.order.dataset, order.dataset)
            or accepts(self.trainer, self.order, order)
        )

    def hold(self) -> Lease:
        self.lease, self.fresh = Lease(self.trainer, self.observer), False
        return self.lease


class _Build:
    """A trainer in the making; ``claimed``: a session waits, ``messages``: of a download."""

    def __init__(self, order: TrainingOrder) -> None:
        self.order, self.key = order, order.key()
        self.claimed = False
        self.messages: deque[str] = deque()
        self.work = Interruptible(lambda: _make(order, self.messages.append), "netbuilder-build")

    def serves(self, order: TrainingOrder) -> bool:
        same = self.key == order.key() and _same_data(self.order.dataset, order.dataset)
        return same and not self.claimed


#: Held briefly, never during a build.
_lock = threading.RLock()
# At most one each: the kept network, and the prebuild under way.
shelf: list[_Kept] = []
builds: list[_Build] = []
# The frozen pretrained bodies of the last network that has any, by ``TrainingOrder.bodies``.
_bodies: dict[tuple[Any, ...], keras.Model] = {}


def prebuild(
    project: Project,
    dataset: Dataset,
    *,
    base: Path | None = None,
    compilation: Mode = "auto",
    needed: Callable[[], bool] = lambda: True,
) -> None:
    """Build and trace what a session with these arguments will need, unless it is there already.

    May be called from any thread, repeatedly. A session or call that needs something else ends it.
    Raise UserError if the project cannot be built, or StoppedBeforeStartError if it was ended, or
    ``needed``, which is polled, is false.
    """
    order = TrainingOrder(resolve_defaults(project, dataset.facts), dataset, base, compilation)
    if not order.keeps:
        return
    with _lock:
        # The kept network is reset only when needed: until then its run can continue.
        if _found(order) is not None:
            return
        _end_builds()
        build = _Build(order)
        builds.append(build)
    try:
        trainer = build.work.wait(lambda: build.claimed or not needed())
        with _lock:
            if build not in builds:  # a session has it
                return
            builds.clear()
            _keep(order, build.key, trainer)
        trainer.warm()
        if trainer.samples <= _MOST_FORESEEN:
            trainer.compute_features(stopped=lambda: not needed())
    except BaseException:
        with _lock:
            if build in builds:
                _end_builds()
        raise


def prewarm(
    project: Project, dataset: Dataset, probes: Iterable[Probe], *, base: Path | None = None
) -> None:
    """Trace what probes will need in a run, if this network is the kept one; any thread."""
    order = TrainingOrder(resolve_defaults(project, dataset.facts), dataset, base)
    with _lock:
        prepared = _found(order)
    if prepared is None:
        return
    for probe in probes:
        try:
            prepared.observer.prepare(probe)
        # Keras raises anything; the run itself will report the probe's problem.
        except Exception as error:  # noqa: BLE001
            log.info("not traced beforehand: %s", error)


def lease_trainer(
    order: TrainingOrder,
    tell: Tell | None = None,
    stopped: Callable[[], bool] = lambda: False,
    source: keras.Model | None = None,
) -> Lease:
    """Return a trainer at the start of its run: the kept one, or a new one.

    ``tell`` gets the progress of a download of weights, in words; ``stopped`` is polled. The
    weights of ``source`` will replace those of the trainer.

    Raises:
        UserError: the project cannot be built.
        StoppedBeforeStartError: ``stopped`` during the build.
    """
    try:
        lease = _lease(order, tell, stopped)
        if source is None or has_bodies_of(lease.trainer.training_model, source):
            return lease
        lease.end()
    except BuildError:
        # The pretrained weights are unavailable, but the earlier run's replace them.
        if source is None:
            raise
    return _lease(replace(order, learned=False), tell, stopped)


def _lease(order: TrainingOrder, tell: Tell | None, stopped: Callable[[], bool]) -> Lease:
    if not order.keeps:
        trainer = _built(order, tell, stopped)
        return Lease(trainer, NetworkObserver(trainer.training_model, order.project))
    key = order.key()  # as its files are now: they may be others when it is wanted again
    with _lock:
        prepared = _found(order)
        if prepared is not None and (prepared.lease is None or prepared.lease.take()):
            before, network = replace(prepared), prepared.hold()
            prepared.order = order
        else:
            before = None
            build = next((candidate for candidate in builds if candidate.serves(order)), None)
            if build is not None:
                build.claimed = True
            _end_builds(build)
    if before is None:
        trainer = _built(order, tell, stopped, build)
        with _lock:
            return _keep(order, key, trainer).hold()
    try:
        _renew(before, order, stopped)
    except BaseException:
        with _lock:
            shelf.clear()
        raise
    return network


def _built(
    order: TrainingOrder,
    tell: Tell | None,
    stopped: Callable[[], bool],
    build: _Build | None = None,
) -> Trainer:
    """Return a new trainer, or that of ``build``; ends as soon as ``stopped`` is true."""
    if order.strategy is not None:  # all workers build together
        return _make(order, tell)
    build = build or _Build(order)

    def ended() -> bool:
        while build.messages and tell is not None:  # on the thread that waits
            tell(build.messages.popleft())
        return stopped()

    return build.work.wait_or_end(ended)


def _end_builds(except_for: _Build | None = None) -> None:
    """End all other builds, and drop unused networks to free memory. Holds the lock."""
    for build in builds:
        if build is not except_for:
            build.work.interrupt()
    builds.clear()
    # Not during a run, whose loop would have to be prepared again.
    if shelf and not any(prepared.lease is not None and prepared.lease.busy for prepared in shelf):
        shelf.clear()
        release()


def accepts(trainer: Trainer, previous: TrainingOrder, order: TrainingOrder) -> bool:
    """Return whether a trainer for ``previous`` can go on with ``order``; on any thread."""
    try:
        alike = order.keeps and previous.kind == order.kind and previous.key() == order.key()
        return alike and trainer.takes(order.dataset)
    except UserError:  # of these data the network cannot be made
        return False


def switch_data(trainer: Trainer, order: TrainingOrder) -> None:
    """Let the kept trainer go on with the data of ``order``, for which it is kept from now on."""
    with _lock:
        for prepared in shelf:
            if prepared.trainer is trainer:
                prepared.order, prepared.fresh = order, False


def initial_network(trainer: Trainer, order: TrainingOrder, seed: int) -> Sequence[Any]:
    """Return the initial network of ``order`` for a seed."""
    values = trainer.start_of(seed)
    if values is None:
        values = network_copies.variable_values(
            build_training_model(
                order.project,
                order.dataset.facts,
                seed=seed,
                base=order.base,
                bodies=frozen_bodies(trainer.training_model),
            )
        )
    return values


def _found(order: TrainingOrder) -> _Kept | None:
    return next((prepared for prepared in shelf if prepared.serves(order)), None)


def _keep(order: TrainingOrder, key: tuple[Any, ...], trainer: Trainer) -> _Kept:
    """Replace the kept trainer. Holds the lock."""
    shelf[:] = [
        _Kept(
            key, order, trainer, NetworkObserver(trainer.training_model, order.project), None, True
        )
    ]
    return shelf[0]


def _renew(before: _Kept, order: TrainingOrder, stopped: Callable[[], bool]) -> None:
    trainer, previous = before.trainer, before.order
    same = before.fresh and previous.project.training == order.project.training
    if not _same_data(previous.dataset, order.dataset):
        trainer.take(order.dataset, between_runs=True)
        same = False
    if not same:
        seed = order.project.training.seed
        work = Interruptible(lambda: initial_network(trainer, order, seed), "netbuilder-build")
        trainer.renew(order.project, work.wait_or_end(stopped))


def _single(order: TrainingOrder) -> bool:
    """Return whether callbacks need the end of each epoch."""
    training = order.project.training
    return order.single or any(choice != best_choice(training) for choice in training.callbacks)


def _make(order: TrainingOrder, tell: Tell | None) -> Trainer:
    project, dataset = order.project, order.dataset
    inputs, outputs = model_inputs(project.graph), project.graph.outputs
    make = None
    if dataset.stream is not None:
        make = stream_program_maker(dataset, project.training, inputs, outputs)
    elif order.strategy is not None:
        make = shared_program_maker(
            order.strategy,
            lambda: build_training_model(project, dataset.facts, base=order.base),
            order.agreement,
        )
    monitor, sign = monitor_of(project.training)
    keys = order.bodies() if order.keeps else {}
    with _lock:
        bodies = {name: _bodies[key] for name, key in keys.items() if key in _bodies}
    training_model = build_training_model(
        project, dataset.facts, base=order.base, tell=tell, learned=order.learned, bodies=bodies
    )
    bodies = frozen_bodies(training_model)
    if keys and sum(body.count_params() for body in bodies.values()) <= _MOST_KEPT:
        with _lock:
            _bodies.clear()
            _bodies.update({keys[name]: body for name, body in bodies.items()})
    return Trainer(
        project,
        dataset,
        training_model,
        inputs=inputs,
        outputs=outputs,
        single_epochs=_single(order),
        measures_apart=measures_apart(project.training),
        monitor=monitor,
        sign=sign,
        compilation=order.compilation,
        make=make,
        replicas=1 if order.strategy is None else int(order.strategy.num_replicas_in_sync),
    )


def _same_data(first: Dataset, other: Dataset) -> bool:
    if first is other:
        return True
    if first.facts != other.facts or first.preprocessing != other.preprocessing:
        return False
    return all(
        _same_split(getattr(first, part), getattr(other, part))
        for part in ("train", "validation", "test")
    )


def _same_split(first: Split | None, other: Split | None) -> bool:
    if first is None or other is None:
        return first is other
    weights = [{} if s.sample_weight is None else {"": s.sample_weight} for s in (first, other)]
    pairs = ((first.x, other.x), (first.y, other.y), weights)
    return all(_same_arrays(a, b) for a, b in pairs)


def _same_arrays(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if first.keys() != other.keys():
        return False
    return all(
        a is b
        or (
            a.shape == b.shape
            and a.dtype == b.dtype
            and a.nbytes <= _COMPARED_BYTES
            and np.array_equal(a, b)
        )
        for a, b in ((first[key], other[key]) for key in first)
    )
