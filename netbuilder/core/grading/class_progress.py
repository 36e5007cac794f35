"""Follow a class at work through a shared folder: no server, no network port.

A class is the folder ``class-<id>`` in the shared folder::

    class.json             {"title": "8b", "started": 1790000000.0}, written by the teacher
    <pupil>.json           a ``Progress``, written by that pupil's window
    <pupil>.asked          the teacher wants to show this network
    <pupil>.netbuilder     the project, written in answer to that

``<id>`` and ``<pupil>`` are 16 hexadecimal digits. Times are compared as the file server sets
them, since the clocks of two computers may differ. At the end of the lesson the folder is deleted.
"""

from __future__ import annotations

import json
import math
import os
import re
import secrets
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.files.regular_file import read_json, read_regular
from netbuilder.core.project import files
from netbuilder.core.project.atomic import discard, replace_atomically
from netbuilder.core.project.model import Project

#: Seconds between two looks at the folder, and between two writings of what has not changed.
LOOK_SECONDS, HEARTBEAT_SECONDS = 2.0, 15.0
#: Seconds without a writing after which a pupil's window is silent, a class abandoned.
SILENT_SECONDS, ABANDONED_SECONDS = 45.0, 4 * 3600.0
#: Seconds on one step after which a pupil is stuck.
STUCK_SECONDS = 300.0
_CLASS = re.compile(r"class-[0-9a-f]{16}")
_OWN = re.compile(r"(class\.json|[0-9a-f]{16}\.(json|asked|netbuilder))")
_LARGEST = 20_000  # bytes of a record
_LONGEST = 80  # characters of a name
_MOST = 200  # records that are read


@dataclass(frozen=True)
class Progress:
    """What a pupil's window shares; nothing else leaves it."""

    name: str = ""
    lesson: str = ""
    done: tuple[int, ...] = ()
    steps: int = 0
    step: int = 0  # the current one, from 1
    seconds: float = 0.0  # on that step
    metric: str = ""
    best: float | None = None  # on data that was not trained on


@dataclass(frozen=True)
class Pupil:
    """A pupil's window as the teacher sees it; ``age`` is seconds since its last writing."""

    id: str
    progress: Progress
    age: float

    @property
    def finished(self) -> bool:
        """Whether all steps of the lesson are done."""
        return 0 < self.progress.steps <= len(self.progress.done)

    @property
    def silent(self) -> bool:
        """Whether the window has written nothing for long: closed, or without the network."""
        return self.age > SILENT_SECONDS

    @property
    def stuck(self) -> bool:
        """Whether the pupil has been on one step for long."""
        return not self.finished and not self.silent and self.progress.seconds > STUCK_SECONDS


def start_class(shared: Path, title: str) -> Path:
    """Create a class in the shared folder and return its folder.

    Raises ``UserError`` or ``OSError`` where nothing can be written.
    """
    folder = shared / f"class-{secrets.token_hex(8)}"
    folder.mkdir()
    _write(folder / "class.json", {"title": title[:_LONGEST], "started": time.time()})
    return folder


def find_class(shared: Path) -> tuple[Path, str] | None:
    """Return folder and title of the newest class of a shared folder; None if none is open.

    One that its teacher's window left behind counts for four hours.
    """
    folders = [
        path for path in _entries(shared) if _CLASS.fullmatch(path.name) and not path.is_symlink()
    ]
    markers = [(_changed(path / "class.json"), path) for path in folders]
    server_time = _server_time(shared) if folders else 0.0
    for changed, folder in sorted(markers, reverse=True):
        record = (
            _record(folder / "class.json") if server_time - changed < ABANDONED_SECONDS else None
        )
        title = _text(record.get("title")) if record is not None else ""
        if title:
            return folder, title
    return None


def touch_class(folder: Path) -> None:
    """Note that the teacher's window is still there; nothing happens where it cannot be written."""
    try:
        os.utime(folder / "class.json")
    except OSError:
        return


def new_pupil() -> str:
    """Return a random ID for a pupil's window."""
    return secrets.token_hex(8)


def write_progress(folder: Path, pupil: str, progress: Progress) -> bool:
    """Write a pupil's record; False where the class has ended. Raises ``UserError``."""
    if not (folder / "class.json").is_file():
        return False
    _write(folder / f"{pupil}.json", asdict(progress))
    return True


def leave_class(folder: Path, pupil: str) -> None:
    """Delete what a pupil's window wrote."""
    for ending in ("json", "asked", "netbuilder"):
        discard(folder / f"{pupil}.{ending}")


def is_asked(folder: Path, pupil: str) -> bool:
    """Return whether the teacher waits for this pupil's network."""
    return (folder / f"{pupil}.asked").is_file()


def ask_for_project(folder: Path, pupil: str) -> None:
    """Ask a pupil's window for its network. Raises ``OSError``."""
    (folder / f"{pupil}.netbuilder").unlink(missing_ok=True)
    (folder / f"{pupil}.asked").touch()


def answer(folder: Path, pupil: str, project: Project) -> None:
    """Write the network that was asked for. Raises ``UserError``."""
    files.write(project, folder / f"{pupil}.netbuilder")
    discard(folder / f"{pupil}.asked")


def received_project(folder: Path, pupil: str) -> Project | None:
    """Return the network that was asked for, or None while it is not there; it is checked.

    Raises ``UserError`` for a file that is no project.
    """
    path = folder / f"{pupil}.netbuilder"
    return files.read(path) if path.is_file() and not is_asked(folder, pupil) else None


def read_class(folder: Path) -> tuple[Pupil, ...]:
    """Return all pupils in order of name; records that cannot be read are left out.

    A name that two windows have is numbered: "Ada (2)".
    """
    server_time = _server_time(folder)
    pupils = [
        Pupil(path.stem, _progress(record), max(0.0, server_time - _changed(path)))
        for path in _entries(folder)[:_MOST]
        if path.suffix == ".json"
        and path.name != "class.json"
        and _OWN.fullmatch(path.name)
        and (record := _record(path)) is not None
    ]
    pupils.sort(key=lambda pupil: (pupil.progress.name.casefold(), pupil.id))
    counts: dict[str, int] = {}
    numbered = []
    for pupil in pupils:
        name = pupil.progress.name
        counts[name] = counts.get(name, 0) + 1
        numbered_name = f"{name} ({counts[name]})" if counts[name] > 1 else name
        numbered.append(replace(pupil, progress=replace(pupil.progress, name=numbered_name)))
    return tuple(numbered)


def sorted_by_need(pupils: Iterable[Pupil]) -> list[Pupil]:
    """Return pupils with those who are stuck longest first, those who are done last."""
    return sorted(
        pupils, key=lambda pupil: (not pupil.stuck, pupil.finished, -pupil.progress.seconds)
    )


def end_class(folder: Path) -> None:
    """Delete a class: its marker first, so that no window writes again; other files stay."""
    discard(folder / "class.json")
    for path in _entries(folder):
        if _OWN.fullmatch(path.name):
            discard(path)
    try:
        folder.rmdir()
    except OSError:  # a record is being written, or somebody else's file lies there
        return


def histogram(values: Sequence[float], bins: int = 10) -> list[int]:
    """Return how many values lie in each of ``bins`` equal parts between least and greatest."""
    counts = [0] * bins
    if not values:
        return counts
    low, high = min(values), max(values)
    for value in values:
        part = (value - low) / (high - low) if high > low else 0.5
        counts[min(bins - 1, int(part * bins))] += 1
    return counts


def _entries(folder: Path) -> list[Path]:
    """Return the content of a folder by name; empty where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _server_time(folder: Path) -> float:
    """Return the time by the clock that stamps the folder's files."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".time-") as probe:
            return os.fstat(probe.fileno()).st_mtime
    except OSError:
        return time.time()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _record(path: Path) -> dict[str, object] | None:
    """Return the object of a JSON file; None for anything else, half a file too."""
    try:
        content = read_json(read_regular(path, _LARGEST, UserError), path.name)
    except (OSError, UserError):
        return None
    return content if isinstance(content, dict) else None


def _write(path: Path, record: dict[str, object]) -> None:
    text = json.dumps(record, ensure_ascii=False)
    with replace_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _progress(record: dict[str, object]) -> Progress:
    """Return a record's progress; what does not fit is left out."""
    steps = int(_number(record.get("steps"), 200))
    done = record.get("done")
    best = record.get("best")
    return Progress(
        name=_text(record.get("name")),
        lesson=_text(record.get("lesson")),
        done=tuple(
            step
            for step in range(1, steps + 1)
            if isinstance(done, list) and step in done
        ),
        steps=steps,
        step=int(_number(record.get("step"), 200)),
        seconds=_number(record.get("seconds"), 1e6),
        metric=_text(record.get("metric")),
        best=float(best) if isinstance(best, int | float) and math.isfinite(best) else None,
    )  # fmt: skip


def _text(value: object) -> str:
    """Return one printable line of at most 80 characters."""
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST].strip()


def _number(value: object, most: float) -> float:
    fits = isinstance(value, int | float) and math.isfinite(value)
    return min(max(float(value), 0.0), most) if fits and isinstance(value, int | float) else 0.0
