"""Where callbacks may write: below the project's own folder, and over nothing but their own files.

A project may come from someone else, and its callbacks name files.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _

_FIRST_COLUMN = "epoch"


@dataclass(frozen=True)
class LogKind:
    """What a callback writes.

    Attributes:
        endings: that a name may have; any where empty.
        ours: whether a file, or folder, that is there is one that such a callback wrote.
        usual: a name that is right.
    """

    endings: tuple[str, ...]
    ours: Callable[[Path], bool]
    usual: str


def _is_csv_log(path: Path) -> bool:
    """Keras's ``CSVLogger`` begins each file with the column "epoch", and measures a loss."""
    with path.open(encoding="utf-8", newline="") as file:
        line = file.readline(10_000)
    if not line:
        return True
    separators = {one for one in line if not one.isalnum() and one not in '_"\r\n '} or {","}
    rows = (next(csv.reader([line], delimiter=one)) for one in separators)
    return any(row and row[0] == _FIRST_COLUMN and "loss" in row for row in rows)


def _is_log_folder(path: Path) -> bool:
    """A folder that TensorBoard may write into: its files have names of their own there."""
    return path.is_dir()


def _is_network(path: Path) -> bool:
    """A ``.keras`` of the canvas alone, which nothing but ``ModelCheckpoint`` writes here."""
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as file:
        config = json.loads(file.read(1_000_000))
    return bool(config["config"]["name"] == "core")


LOGS: Mapping[str, LogKind] = {
    "CSVLogger": LogKind((".csv", ".tsv", ".txt", ".log"), _is_csv_log, "log.csv"),
    "TensorBoard": LogKind((), _is_log_folder, "logs"),
    "ModelCheckpoint": LogKind((".keras",), _is_network, "best.keras"),
}


def log_path(callback: str, name: str, base: Path | None) -> Path:
    """Where ``callback`` writes what it calls ``name``.

    Args:
        callback: a key of ``LOGS``.
        name: as the project has it, relative to ``base``.
        base: the project's folder.

    Raises:
        TrainingError: it lies elsewhere, has another ending, or something else is there.
    """
    kind = LOGS[callback]
    told = name_problem(callback, name)
    if told:
        raise TrainingError(
            told, _("Use a name such as '{name}'.", name=kind.usual), code="log_name_invalid"
        )
    folder = (base or Path()).resolve()
    path = (folder / name).resolve()
    # A link may lead out of the folder.
    if not path.is_relative_to(folder) or path == folder:
        raise TrainingError(
            _(
                "{callback} cannot write to '{name}', which is outside the project folder.",
                callback=callback,
                name=name,
            ),
            _("Use a name such as '{name}'.", name=kind.usual),
            code="log_outside_project",
        )
    if path.exists() and not _owned(path, kind):
        raise TrainingError(
            _(
                "{callback} would overwrite '{name}', which is not a log of this callback.",
                callback=callback,
                name=name,
            ),
            _("Use another name, such as '{name}'.", name=kind.usual),
            code="log_would_overwrite",
        )
    return path


def name_problem(callback: str, name: str) -> str:
    """Why a name cannot be right wherever the project lies, in words; "" where it may be."""
    kind, parts = LOGS[callback], name.replace("\\", "/").split("/")
    outside = name.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0]
    if outside or not name.strip("./ "):
        return _(
            "{callback} cannot write to '{name}', which is outside the project folder.",
            callback=callback,
            name=name,
        )
    if kind.endings and Path(name).suffix.lower() not in kind.endings:
        ends = ", ".join(kind.endings)
        return _(
            "{callback} cannot write to '{name}': the name must end in {endings}.",
            callback=callback,
            name=name,
            endings=ends,
        )
    return ""


def _owned(path: Path, kind: LogKind) -> bool:
    try:
        return kind.ours(path)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, zipfile.BadZipFile, csv.Error):
        return False
