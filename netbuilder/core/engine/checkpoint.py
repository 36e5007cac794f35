"""When a run writes checkpoints, and what it does when it cannot."""

from __future__ import annotations

import errno
import io
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.engine.networks.graph_to_keras import frozen_bodies
from netbuilder.core.engine.networks.keras_objects import manual_rate, seed_generators
from netbuilder.core.engine.networks.network_copies import changing_weights
from netbuilder.core.engine.trained import Changed
from netbuilder.core.error_texts import about_file, training_error
from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import delete, replace_atomically, write_error
from netbuilder.core.project.files import to_json

if TYPE_CHECKING:
    from netbuilder.core.engine.loop.trainer import Trainer
    from netbuilder.core.engine.monitor.keras_callbacks import Callbacks


_VERSION = 1
_NAME = "checkpoint.npz"
_GROWING = ("steps", "epochs")

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class RunSnapshot:
    """A run at one moment: values of variables, facts for JSON (position, seconds, seed, ...).

    ``rows``: all rows so far of "steps" and "epochs": float32 (n, columns).
    """

    arrays: Arrays
    facts: dict[str, Any]
    rows: Mapping[str, NDArray[np.float32]]

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return int(self.facts["epoch"])

    @property
    def cuts(self) -> int:
        """Return how often rows were removed, see ``History.cuts``."""
        return int(self.facts.get("cuts", 0))


def read_checkpoint(folder: Path) -> RunSnapshot | None:
    """Return the last checkpoint in ``folder`` or None; TrainingError if it is unreadable."""
    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(bytes(arrays.pop("facts")).decode())
        if facts.get("version") != _VERSION:
            raise ValueError(_("it was saved by another version"))
        number = int(facts["generation"])
        rows = {
            name: _read_rows(_growing(folder, name, number), facts["rows"][name])
            for name in _GROWING
        }
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise about_file(
            TrainingError, "checkpoint_not_read", path, path=path, reason=error
        ) from error
    return RunSnapshot(arrays, facts, rows)


def _growing(folder: Path, name: str, generation: int) -> Path:
    return folder / f"{name}-{generation}.bin"


def _read_rows(path: Path, shape: list[int]) -> NDArray[np.float32]:
    count, width = shape
    values = np.fromfile(path, np.float32, count * width)
    if len(values) != count * width:
        raise ValueError(_("rows are missing in {name}", name=path.name))
    return values.reshape(count, width)


def to_bytes(snapshot: RunSnapshot) -> bytes:
    """Serialize a snapshot for another worker."""
    rows = {f"rows/{name}": values for name, values in snapshot.rows.items()}
    text = np.frombuffer(json.dumps(snapshot.facts).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, facts=text, **rows, **snapshot.arrays)  # type: ignore[arg-type]
    return file.getvalue()


def from_bytes(data: bytes) -> RunSnapshot:
    """Deserialize a snapshot."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    facts = json.loads(bytes(arrays.pop("facts")).decode())
    rows = {name: arrays.pop(f"rows/{name}") for name in _GROWING}
    return RunSnapshot(arrays, facts, rows)


def share_snapshot(
    share: Callable[[bytes | None], bytes | None], snapshot: RunSnapshot | None
) -> RunSnapshot | None:
    """Return the first worker's checkpoint on every worker; ``share`` sends its bytes."""
    data = share(None if snapshot is None else to_bytes(snapshot))
    return from_bytes(data) if data else None


class CheckpointWriter:
    """Write snapshots in a thread of its own, of those that wait only the newest.

    ``problem``: why the last attempt failed; ``saved``: the last snapshot on disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problem: UserError | None = None
        self.saved: RunSnapshot | None = None
        self._waiting: RunSnapshot | None = None
        self._busy = False
        self._closed = False
        self._generation = 0
        self._written = dict.fromkeys(_GROWING, 0)
        self._cuts = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def begin(self, resumed: RunSnapshot | None) -> None:
        """Continue after ``resumed``, or begin a new run."""
        if resumed is not None:
            self._generation = int(resumed.facts["generation"])
            self._written = {name: len(resumed.rows[name]) for name in _GROWING}
            self._cuts = resumed.cuts
        else:
            delete(self.folder / _NAME)
            numbers = [int(p.stem.split("-")[1]) for p in self.folder.glob("steps-*.bin")]
            self._generation = max(numbers, default=-1) + 1
            self._written = dict.fromkeys(_GROWING, 0)

    def put(self, snapshot: RunSnapshot) -> None:
        """Queue ``snapshot`` for writing; return at once."""
        with self._changed:
            self._waiting = snapshot
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="netbuilder-checkpoint", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def flush(self, seconds: float = 60.0) -> None:
        """Wait until all is written, or an attempt failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is None and not self._busy, seconds)

    def close(self) -> None:
        """Write the queued snapshot and end the thread."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._closed = False

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closed)
                if self._waiting is None:
                    return
                snapshot, self._waiting, self._busy = self._waiting, None, True
            problem: UserError | None = None
            try:
                self._write(snapshot)
            except OSError as error:
                problem = write_error(error, self.folder)
            except UserError as error:
                problem = error
            with self._changed:
                self.problem = problem
                if problem is None:
                    self.saved = snapshot
                self._busy = False
                self._changed.notify_all()

    def _write(self, snapshot: RunSnapshot) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if snapshot.cuts != self._cuts:
            self._cuts = snapshot.cuts
            self._generation += 1
            self._written = dict.fromkeys(_GROWING, 0)
        for name in _GROWING:
            self._grow(name, snapshot.rows[name])
        facts = {
            **snapshot.facts,
            "version": _VERSION,
            "generation": self._generation,
            "rows": {name: list(snapshot.rows[name].shape) for name in _GROWING},
        }
        text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        with replace_atomically(self.folder / _NAME) as temporary, temporary.open("wb") as file:
            np.savez(file, facts=text, **snapshot.arrays)  # type: ignore[arg-type]
        for name in _GROWING:
            for path in self.folder.glob(f"{name}-*.bin"):
                if path != _growing(self.folder, name, self._generation):
                    delete(path)

    def _grow(self, name: str, rows: NDArray[np.float32]) -> None:
        done = self._written[name]
        path = _growing(self.folder, name, self._generation)
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(done * rows.shape[1] * 4)
            data = np.ascontiguousarray(rows[done:]).tobytes()
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            file.truncate()
            file.flush()
            os.fsync(file.fileno())
        self._written[name] = len(rows)


def _variables(trainer: Trainer) -> dict[str, list[Any]]:
    training_model = trainer.training_model
    counters, weights = trainer.counters, changing_weights(training_model)
    places = {id(weight): number for number, weight in enumerate(training_model.weights)}
    return {
        "weight": weights,
        "optimizer": list(training_model.optimizer.variables),
        "rate": manual_rate(training_model.optimizer),
        "random": seed_generators(training_model),
        "metric": [v for metric in trainer.step_model.metrics for v in metric.variables],
        "best": [counters.best[places[id(weight)]] for weight in weights],
        "counter": [counters.total, counters.weight_sum, counters.best_value],
    }


def take_snapshot(
    trainer: Trainer, callbacks: Callbacks, epochs: int, seconds: float
) -> RunSnapshot:
    """Return the state of the run between two chunks."""
    arrays: Arrays = {
        f"{kind}/{number}": variable.numpy().copy()
        for kind, variables in _variables(trainer).items()
        for number, variable in enumerate(variables)
    }
    arrays["pending"] = trainer.pending.copy()
    arrays |= {f"callback/{name}": value for name, value in callbacks.state().items()}
    history = trainer.history
    rates = np.asarray(history.rates, np.float32).reshape(-1, 1)
    facts = {
        "epoch": trainer.epoch,
        "step": trainer.step,
        "epochs": epochs,
        "seconds": seconds,
        "seed": trainer.orders.seed,
        "best_epoch": history.best_epoch,
        "best_value": repr(history.best_value),
        "names": list(history.epochs.names),
        "cuts": history.cuts,
        "changes": [list(astuple(change)) for change in history.changes],
        "stopping": callbacks.stopping,
        "bodies": sorted(frozen_bodies(trainer.training_model)),
        "project": to_json(trainer.project),
    }
    rows = {
        "steps": history.steps.values.copy(),
        "epochs": np.concatenate([history.epochs.values, rates], axis=1),
    }
    return RunSnapshot(arrays, facts, rows)


def restore_snapshot(trainer: Trainer, callbacks: Callbacks, snapshot: RunSnapshot) -> None:
    """Restore a run from ``snapshot``; TrainingError if it is of another network or other data."""
    arrays = snapshot.arrays
    history = trainer.history
    if snapshot.facts["names"] != list(history.epochs.names):
        raise _differs()
    pairs: list[tuple[Any, Any]] = []
    for kind, variables in _variables(trainer).items():
        if f"{kind}/{len(variables)}" in arrays:
            raise _differs()
        for number, variable in enumerate(variables):
            value = arrays.get(f"{kind}/{number}")
            if value is None or tuple(value.shape) != tuple(variable.shape):
                raise _differs()
            pairs.append((variable, value))
    for variable, value in pairs:
        variable.assign(value)
    trainer.pending = arrays["pending"]
    start = "callback/"
    callbacks.restore({k[len(start) :]: v for k, v in arrays.items() if k.startswith(start)})
    trainer.training_model.stop_training = bool(snapshot.facts["stopping"])
    history.clear()
    history.steps.append(snapshot.rows["steps"])
    history.epochs.append(snapshot.rows["epochs"][:, :-1])
    history.rates = [float(rate) for rate in snapshot.rows["epochs"][:, -1]]
    history.changes = [Changed(*change) for change in snapshot.facts.get("changes", ())]
    history.cuts = snapshot.cuts
    history.best_epoch = int(snapshot.facts["best_epoch"])
    history.best_value = float(snapshot.facts["best_value"])
    trainer.reseed(int(snapshot.facts["seed"]))
    trainer.epoch = int(snapshot.facts["epoch"])
    trainer.step = int(snapshot.facts["step"])
    if trainer.step:
        trainer.program.go_on(history.steps.values[-trainer.step :, 0])


def _differs() -> TrainingError:
    return training_error("checkpoint_of_other_project")


INTERVAL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
# Copying the variables on the training thread takes at most a twentieth of the time.
_SHARE = 20.0
# A longer epoch is also saved before its end.
_LONG_EPOCH_SECONDS = 60.0


class CheckpointSaver:
    """Take snapshots at most once a second and have them written in another thread.

    Without ``folder`` nothing is saved; ``listener`` gets, on the session's thread, those on disk.
    """

    def __init__(
        self,
        folder: Path | None,
        take: Callable[[], RunSnapshot],
        listener: Callable[[RunSnapshot], None],
    ) -> None:
        self.writer = None if folder is None else CheckpointWriter(folder)
        self._take = take
        self._listener = listener
        self._last_told: RunSnapshot | None = None
        self._next = time.monotonic() + INTERVAL_SECONDS
        self._long = time.monotonic() + _LONG_EPOCH_SECONDS
        self._tries: float | None = None
        self._ignored = False
        self._position = -1

    def begin(self, resumed: RunSnapshot | None, position: int = 0) -> None:
        """Begin a run, or continue one after ``resumed`` at ``position``."""
        self._position = position
        if self.writer is not None:
            self.writer.begin(resumed)

    @property
    def overdue(self) -> bool:
        """Return whether a long epoch is to be saved before its end."""
        return self.writer is not None and time.monotonic() >= self._long

    def look(self, whole: bool, position: int) -> UserError | None:
        """Take a snapshot if it is time, between two chunks, and return why none can be saved.

        ``whole``: an epoch has just ended, or the run is to be saved within one. A run that is
        still at the ``position`` (steps) of the last snapshot takes none.
        """
        writer = self.writer
        if writer is None:
            return None
        if writer.saved is not None and writer.saved is not self._last_told:
            self._last_told = writer.saved
            self._listener(writer.saved)
        time_now = time.monotonic()
        if writer.problem is not None and not self._ignored:
            self._tries = self._tries or time_now
            return writer.problem
        if whole and time_now >= self._next and position != self._position:
            self._position = position
            self._put()
        return None

    def _put(self) -> None:
        begin = time.monotonic()
        snapshot = self._take()
        time_now = time.monotonic()
        self._next = time_now + max(INTERVAL_SECONDS, _SHARE * (time_now - begin))
        self._long = time_now + max(_LONG_EPOCH_SECONDS, _SHARE * (time_now - begin))
        if self.writer is not None:
            self.writer.put(snapshot)

    def again(self, position: int) -> None:
        """Save now a run that was changed without a step."""
        if self.writer is not None and (self.writer.problem is None or self._ignored):
            self._position = position
            self._put()

    def retry(self) -> bool:
        """Try again to save, at most twice a second; return whether it worked."""
        writer = self.writer
        if writer is None:
            return True
        time_now = time.monotonic()
        if self._tries is not None and time_now < self._tries:
            return False
        self._tries = time_now + _RETRY_SECONDS
        self._put()
        writer.flush()
        if writer.problem is None:
            self._tries = None
            return True
        return False

    def ignore(self) -> None:
        """Train without checkpoints for the rest of the run, as the user chose."""
        self._ignored = True

    def finish(self) -> None:
        """Save the run and wait for it; a full disk does not lose the model."""
        if self.writer is not None:
            self._put()
            self.writer.close()
            if self.writer.saved is not None and self.writer.saved is not self._last_told:
                self._last_told = self.writer.saved
                self._listener(self.writer.saved)

    def close(self) -> None:
        """End the writing thread, also where the run failed."""
        if self.writer is not None:
            self.writer.close()
