"""Checkpoints: all that a run needs to go on as if nothing had happened.

A folder holds three files. ``checkpoint.npz`` has weights, optimizer, random state, position
and the state of callbacks; it is written beside and put in place, so it is whole or the one
before. ``steps-N.bin`` and ``epochs-N.bin`` grow (float32 rows); the checkpoint says how many of
their rows count, and what a killed process wrote beyond is cut off. N counts how often the run
began anew, so that what the last whole checkpoint speaks of is never written over.
"""

from __future__ import annotations

import errno
import io
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import delete, replace_atomically, write_error

_VERSION = 1
_NAME = "checkpoint.npz"
_GROWING = ("steps", "epochs")

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class RunSnapshot:
    """A run at one moment.

    Attributes:
        arrays: of variables by name.
        facts: numbers and words that JSON can hold: position, seconds, seed, ...
        rows: all rows so far of "steps" and "epochs": float32 (n, columns).
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
        """How often rows had been taken away: those of another number are others."""
        return int(self.facts.get("cuts", 0))


def read_checkpoint(folder: Path) -> RunSnapshot | None:
    """The last checkpoint in ``folder``, or None where there is none.

    Raises:
        TrainingError: there is one and it cannot be read.
    """
    path = folder / _NAME
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        facts = json.loads(bytes(arrays.pop("facts")).decode())
        if facts.get("version") != _VERSION:
            raise ValueError(_("it was saved by another version"))
        number = int(facts["generation"])
        rows = {
            name: _read_rows(_growing(folder, name, number), facts["rows"][name])
            for name in _GROWING
        }
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise TrainingError(
            _("The checkpoint '{path}' cannot be read: {reason}.", path=path, reason=error),
            _("Train from the beginning."),
            code="checkpoint_not_read",
            path=str(path),
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
    """A snapshot in one piece, to be sent to another worker."""
    rows = {f"rows/{name}": values for name, values in snapshot.rows.items()}
    text = np.frombuffer(json.dumps(snapshot.facts).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, facts=text, **rows, **snapshot.arrays)  # type: ignore[arg-type]
    return file.getvalue()


def from_bytes(data: bytes) -> RunSnapshot:
    """The reverse of ``to_bytes``."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    facts = json.loads(bytes(arrays.pop("facts")).decode())
    rows = {name: arrays.pop(f"rows/{name}") for name in _GROWING}
    return RunSnapshot(arrays, facts, rows)


class CheckpointWriter:
    """Writes snapshots in a thread of its own; only the newest that waits is written.

    Attributes:
        problem: why the last attempt failed, None when it went well.
        saved: the last snapshot that is on disk.
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
        """Go on behind ``resumed``, or begin a new run."""
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
        """Have ``snapshot`` written; returns at once."""
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
        """Write what waits and end the thread."""
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
        """Append the rows that are not in the file yet."""
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
