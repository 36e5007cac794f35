"""The record of every run: what was trained, how it went, on which machine.

A run is a folder in the user's data folder: ``run.json`` (facts, project, history of the epochs)
and ``steps.npy`` (float32, a row a step); long histories are in ``epochs.npy``. ``index``
makes a list of many quick, and the oldest are deleted beyond ``run_limit``. The window puts a small
trained network beside them (``network_path``).
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core import folders
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.runs.differences import project_differences
from netbuilder.core.engine.trained import Changed
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import (
    delete as delete_files,
    delete_error,
    discard,
    replace_atomically,
    write_bytes,
)
from netbuilder.core.project.files import from_json, to_json
from netbuilder.core.project.graph_ends import same_rows
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel


_FILE = "run.json"
_INDEX = "index.sqlite"
_TABLES = """
create table if not exists run (id text primary key, written integer not null, text text not null);
create table if not exists setting (name text primary key, value integer not null);
"""
# Another window may be writing.
_PATIENCE_SECONDS = 5.0


def run_texts(folder: Path) -> dict[str, str]:
    """Return the texts of ``run.json`` in ``folder`` by run id, the newest id first."""
    there = dict(_written(folder))
    try:
        with _open(folder) as index:
            rows = index.execute("select id, written, text from run")
            known = {id_: (written, text) for id_, written, text in rows}
            texts = {
                id_: text for id_, (written, text) in known.items() if there.get(id_) == written
            }
            fresh = {id_: _index_read(folder, id_) for id_ in there if id_ not in texts}
            index.executemany(
                "insert or replace into run values (?, ?, ?)",
                [(id_, there[id_], text) for id_, text in fresh.items()],
            )
            index.executemany("delete from run where id = ?", [(i,) for i in known.keys() - there])
    # Without a valid, writable index the records are read instead.
    except sqlite3.Error:
        discard(folder / _INDEX)
        texts, fresh = {}, {id_: _index_read(folder, id_) for id_ in there}
    return dict(sorted((texts | fresh).items(), reverse=True))


@contextmanager
def _open(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / _INDEX, timeout=_PATIENCE_SECONDS)) as index, index:
        index.executescript(_TABLES)
        yield index


def _written(folder: Path) -> Iterator[tuple[str, int]]:
    for place in folder.iterdir():
        try:
            yield place.name, (place / _FILE).stat().st_mtime_ns
        except OSError:
            continue


def _index_read(folder: Path, run_id: str) -> str:
    try:
        return (folder / run_id / _FILE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


_NETWORK = "network.h5"
# Errors of reading a damaged record.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, UserError)
USUAL_LIMIT = 500
NETWORK_BYTES = 2_000_000_000
_PACKAGES = ("tensorflow", "keras", "numpy")


@dataclass(frozen=True)
class Run:
    """One run, without its long rows.

    Attributes:
        id: name of its folder.
        started: in the ISO form, with the time zone.
        reason: "done", "stopped", "early" or "failed".
        best_epoch: the epoch with the lowest (validation) loss.
        seconds: duration by the clock, pauses left out.
        slowed: it was trained slowly enough to follow.
        last: the last epoch's numbers by name.
        kept_epoch, kept: the earlier epoch whose weights it ended with, and its numbers; 0 and {}.
        test, standard_errors: numbers on the test rows by name, and their errors where known.
        test_samples, steps_per_epoch: 0 where unknown.
        machine: system, processor, number of processors.
        base: folder that the project's relative paths started from; "" where unknown.
        units: of each target of the first output, or "".
    """

    id: str
    name: str
    project: Project
    started: str
    reason: str = "done"
    epochs: int = 0
    best_epoch: int = 0
    seconds: float = 0.0
    last: Mapping[str, float] = field(default_factory=dict)
    kept_epoch: int = 0
    slowed: bool = False
    kept: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)
    test_samples: int = 0
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    step_names: tuple[str, ...] = ()
    base: str = ""
    steps_per_epoch: int = 0
    changes: tuple[Changed, ...] = ()
    units: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Return the unit of errors over all targets; "" where there are several, or none."""
        return self.units[0] if len(set(self.units)) == 1 else ""


@dataclass(frozen=True)
class RunRows:
    """The long rows of a run: float32 by name, an entry an epoch or a step."""

    epochs: Mapping[str, NDArray[np.float32]]
    steps: Mapping[str, NDArray[np.float32]]


def runs_folder() -> Path:
    """Return the folder of all runs."""
    path = folders.data() / "runs"
    path.mkdir(parents=True, exist_ok=True)
    return path


def record_run(
    trained: TrainedModel,
    history: History,
    *,
    reason: str = "done",
    run_id: str = "",
    started: float | None = None,
    base: Path | None = None,
    steps_per_epoch: int = 0,
    asked: Project | None = None,
) -> Run:
    """Record a run that has ended, or, with its ``run_id``, replace its record.

    ``started`` is ``time.time`` at the start (None: now less the duration), ``asked`` the project
    before loss and metrics were filled in. UserError: the folder cannot be written.
    """
    begun = time.time() - trained.seconds if started is None else started
    when = datetime.fromtimestamp(begun, UTC).astimezone()
    name, started_at = _name_of(trained.project), when.isoformat(timespec="microseconds")
    if run_id and (runs_folder() / run_id / _FILE).exists():
        known = _read(runs_folder() / run_id)
        name, started_at = known.name, known.started  # it went on, and began when it began
    run = Run(
        id=run_id or f"{when:%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}",
        name=name,
        project=trained.project,
        started=started_at,
        reason=reason,
        epochs=trained.epochs,
        best_epoch=trained.best_epoch,
        seconds=round(trained.seconds, 4),
        last=history.epochs.row(-1) if len(history.epochs) else {},
        kept_epoch=trained.kept_epoch,
        slowed=trained.slowed,
        kept=history.epochs.row(trained.kept_epoch - 1) if trained.kept_epoch else {},
        test=trained.test,
        machine=machine(),
        versions=versions(),
        names=history.epochs.names,
        step_names=history.steps.names,
        base="" if base is None else str(base.absolute()),
        steps_per_epoch=steps_per_epoch,
        changes=tuple(history.changes),
        units=next((output.column_units for output in trained.preprocessing.outputs.values()), ()),
    )
    place = runs_folder() / run.id
    place.mkdir(parents=True, exist_ok=True)
    for key, table in (("epochs", history.epochs), ("steps", history.steps)):
        with replace_atomically(place / f"{key}.npy") as temporary, temporary.open("wb") as file:
            np.save(file, table.values)
    _write(run, to_json(trained.project if asked is None else asked))
    prune_runs()
    return run


def _name_of(project: Project) -> str:
    """Return the name of the project or its data, numbered (iris · run 3) but for a first run."""
    data = project.data
    named = project.name != Project().name
    whole = project.name if named or not data.kind else data.name or Path(data.path).stem
    stem = f"{whole or data.kind} · run "
    names = [run.name for run in list_runs()]
    taken = [name.removeprefix(stem) for name in names if name.startswith(stem)]
    last = max((int(number) for number in taken if number.isdecimal()), default=int(whole in names))
    return whole if named and not last else f"{stem}{last + 1}"


def previous_run(run: Run, among: Sequence[Run]) -> Run | None:
    """Return the run of the same rows that began last before this one, or None."""
    earlier = [
        run_of
        for run_of in among
        if run_of.started < run.started and same_rows(run_of.project.data, run.project.data)
    ]
    return max(earlier, key=lambda earlier_run: earlier_run.started, default=None)


def _write(run: Run, requested: dict[str, Any]) -> None:
    value = {
        key: getattr(run, key) for key in Run.__dataclass_fields__ if key not in ("id", "project")
    }
    value["changes"] = [list(astuple(change)) for change in run.changes]
    value |= {"format": "netbuilder-run", "version": 1, "project": to_json(run.project)}
    value["asked"] = requested
    text = json.dumps(value, indent=1, default=dict)
    write_bytes(runs_folder() / run.id / _FILE, text.encode())


def _read(place: Path) -> Run:
    return _run(place.name, (place / _FILE).read_text("utf-8"))


def _run(run_id: str, text: str) -> Run:
    value = json.loads(text)
    known = {key: value[key] for key in Run.__dataclass_fields__ if key in value}
    known |= {"id": run_id, "project": from_json(value["project"])}
    known |= {key: tuple(known.get(key, ())) for key in ("names", "step_names", "units")}
    known["changes"] = tuple(Changed(*change) for change in known.get("changes", ()))
    run = Run(**known)
    return run if "kept_epoch" in value else _with_kept(run)


def _with_kept(run: Run) -> Run:
    """Fill in the kept epoch of an older record from its plan and curves."""
    from netbuilder.core.engine.monitor.keras_callbacks import kept_monitor

    monitor, sign = kept_monitor(run.project.training)
    if monitor not in run.names:
        return run
    try:
        epochs = np.load(runs_folder() / run.id / "epochs.npy", mmap_mode="r", allow_pickle=False)
        watched = sign * np.asarray(epochs[:, run.names.index(monitor)], float)
        if not np.isfinite(watched).any():
            return run
        best = int(np.nanargmin(np.where(np.isfinite(watched), watched, np.nan)))
        row = [float(value) for value in epochs[best]]
    except _UNREADABLE:
        return run
    if best + 1 >= run.epochs:  # the best was the last
        return run
    return replace(run, kept_epoch=best + 1, kept=dict(zip(run.names, row, strict=True)))


def list_runs() -> list[Run]:
    """Return all runs, the newest first, without unreadable ones."""
    runs: list[Run] = []
    for run_id, text in run_texts(runs_folder()).items():
        try:
            runs.append(_run(run_id, text))
        except _UNREADABLE:
            continue
    return sorted(runs, key=lambda run: (run.started, run.id), reverse=True)


def run_limit() -> int:
    """Return how many runs are kept; 0: all."""
    try:
        with _open(runs_folder()) as index:
            row = index.execute("select value from setting where name = 'limit'").fetchone()
    except sqlite3.Error:
        row = None
    return USUAL_LIMIT if row is None else int(row[0])


def set_run_limit(count: int) -> None:
    """Set how many runs are kept; older ones are deleted after the next run."""
    with _open(runs_folder()) as index:
        index.execute("insert or replace into setting values ('limit', ?)", (max(0, count),))


def run_count() -> int:
    """Return how many runs there are."""
    return len(_places())


def _places() -> list[Path]:
    return [folder for folder in runs_folder().iterdir() if (folder / _FILE).exists()]


def prune_runs() -> list[str]:
    """Delete the oldest runs and networks beyond their limits and return the ids of what went.

    The newest run keeps both. The name of a run's folder begins with its start time.
    """
    places = sorted(_places(), reverse=True)
    most = run_limit() or len(places)
    gone = places[most:]
    for place in gone:
        discard(place)
    total = 0
    for number, place in enumerate(places[:most]):
        file = place / _NETWORK
        total += file.stat().st_size if file.exists() else 0
        if number and total > NETWORK_BYTES:
            discard(file)
    return [place.name for place in gone]


def newest_run(project: Project, base: Path) -> Run | None:
    """Return the newest run of the same network, data and plan.

    Compared is the project before its loss was filled in, without places on the canvas. Data with a
    relative path is the same only from the same folder ``base``.
    """
    # Folder names begin with the time, so the first match is the newest.
    for run_id, text in run_texts(runs_folder()).items():
        try:
            value = json.loads(text)
            requested = from_json(value.get("asked") or value["project"])
            if _is_of(requested, str(value.get("base", "")), project, base):
                return _run(run_id, text)
        except _UNREADABLE:
            continue
    return None


def _is_of(requested: Project, asked_from: str, project: Project, base: Path) -> bool:
    moved = with_absolute_paths(requested, Path(asked_from) if asked_from else None)
    other = with_absolute_paths(project, base.absolute())
    return moved is not None and other is not None and not project_differences(moved, other)


def with_absolute_paths(project: Project, base: Path | None) -> Project | None:
    """Return the project with absolute data paths; None if ``base`` is needed and unknown."""
    paths = {}
    for name in ("path", "test_path"):
        written = getattr(project.data, name)
        if not written:
            continue
        if base is None and not Path(written).is_absolute():
            return None
        paths[name] = os.path.realpath((base or Path()) / written)
    return replace(project, data=replace(project.data, **paths))


def load_run(run_id: str) -> Run:
    """Load a run; UserError if it is missing or unreadable."""
    try:
        return _read(runs_folder() / run_id)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise user_error("run_not_read", name=run_id) from error


def load_rows(run: Run) -> RunRows:
    """Load a run's epochs and steps; UserError if they are unreadable."""
    try:
        epochs, steps = (
            np.load(runs_folder() / run.id / f"{key}.npy", allow_pickle=False)
            for key in ("epochs", "steps")
        )
    except (OSError, ValueError, EOFError) as error:
        raise user_error("run_curves_not_read", name=run.name) from error
    return RunRows(
        {name: epochs[:, i] for i, name in enumerate(run.names)},
        {name: steps[:, i] for i, name in enumerate(run.step_names)},
    )


def load_loss(run: Run, most: int = 80) -> Sequence[float]:
    """Return at most ``most`` values of the validation, else training loss; () if unreadable."""
    name = "val_loss" if "val_loss" in run.names else "loss"
    try:
        rows = np.load(runs_folder() / run.id / "epochs.npy", mmap_mode="r", allow_pickle=False)
        values = rows[:, run.names.index(name)]
    except (OSError, ValueError, EOFError):
        return ()
    places = np.linspace(0, len(values) - 1, min(len(values), most)).astype(int)
    return [float(value) for value in values[places]]


def network_path(run_id: str) -> Path:
    """Return the path of a run's trained network, which is kept if it is small."""
    return runs_folder() / run_id / _NETWORK


def rename_run(run_id: str, name: str) -> Run:
    """Rename a run."""
    return _rewrite(run_id, name=name)


def set_test_metrics(
    run_id: str,
    test: Mapping[str, float],
    samples: int = 0,
    standard_errors: Mapping[str, float] | None = None,
) -> Run:
    """Replace the recorded test metrics; UserError if the record cannot be read or written."""
    errors = dict(standard_errors or {})
    return _rewrite(run_id, test=dict(test), test_samples=samples, standard_errors=errors)


def _rewrite(run_id: str, **changes: Any) -> Run:
    run = replace(load_run(run_id), **changes)
    value = json.loads((runs_folder() / run_id / _FILE).read_text("utf-8"))
    _write(run, value.get("asked") or value["project"])
    return run


def delete_run(run_id: str) -> None:
    """Delete a run for good; UserError if a file of it cannot be deleted."""
    place = runs_folder() / run_id
    if place.parent == runs_folder() and place.is_dir():
        try:
            delete_files(place)
        except OSError as error:
            raise delete_error(error, place) from error


def machine() -> dict[str, Any]:
    """Return a short description of this computer."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": platform.processor() or platform.machine(),
        "processors": os.cpu_count() or 1,
        "name": platform.node(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute."""
    installed = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed
