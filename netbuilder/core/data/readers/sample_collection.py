"""Recorded samples of a class: pictures and sounds as files, in a folder for each class.

Each sample is written at once, so that a crash loses none; deletion can be undone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers.class_folders import part_of
from netbuilder.core.errors import DataError
from netbuilder.core.files.file_names import DEVICES, FORBIDDEN, composed
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import delete, delete_error, replace, write_bytes, write_error
from netbuilder.core.wording import shorten

_LONGEST = 60
_NUMBERED = re.compile(r"(\d+)\.\w+")


@dataclass(frozen=True)
class RemovedSample:
    """A deleted sample, with all that is needed to restore it."""

    path: Path
    content: bytes


class SampleCollection:
    """The folder of a collection; ``ending`` (".png", ".wav") is that of its samples."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder, self.ending = folder, ending
        self._last: dict[str, int] = {}

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that have a folder, sorted; raise DataError if it cannot be listed."""
        try:
            names = [child.name for child in self.folder.iterdir() if child.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except OSError as error:
            raise _unreadable(self.folder, error) from error
        return tuple(sorted(name for name in names if not name.startswith(".")))

    def samples(self, name: str) -> tuple[Path, ...]:
        """Return the files of a class, oldest first."""
        folder = self.folder / name
        if not folder.is_dir():
            return ()
        files = [file for file in folder.iterdir() if file.suffix.lower() == self.ending]
        return tuple(sorted(files))

    def next_path(self, name: str) -> Path:
        """Return a new path for the next sample of a class."""
        last = self._last.get(name)
        if last is None:
            numbers = (_NUMBERED.fullmatch(file.name) for file in self.samples(name))
            last = max((int(match[1]) for match in numbers if match), default=0)
        self._last[name] = last + 1
        return self.folder / name / f"{last + 1:04d}{self.ending}"

    def rename(self, old: str, new: str) -> None:
        """Rename a class with its samples; raise UserError if the folder cannot be renamed."""
        if old == new or not (self.folder / old).is_dir():
            return
        try:
            replace(self.folder / old, self.folder / new)
        except OSError as error:
            raise write_error(error, self.folder / new) from error
        self._last.pop(old, None)

    def remove(self, path: Path) -> RemovedSample:
        """Delete a sample and return what restores it; raise UserError if that fails."""
        try:
            content = path.read_bytes()
            delete(path)
        except OSError as error:
            raise delete_error(error, path) from error
        return RemovedSample(path, content)

    def put_back(self, removed: RemovedSample) -> None:
        """Restore a deleted sample; raise UserError if the file cannot be written."""
        write_sample(removed.path, removed.content)


def write_sample(path: Path, content: bytes) -> None:
    """Write a sample atomically, creating its class folder; raise UserError if that fails."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(error, path) from error
    write_bytes(path, content)


def check_class_name(name: str, others: Sequence[str]) -> str:
    """Return a class name valid as a folder everywhere; DataError if empty, taken or invalid."""
    name = composed(" ".join(name.split()).rstrip("."))
    if not name:
        raise data_error("class_no_name")
    bad = sorted(set(FORBIDDEN.findall(name)))
    if bad:
        raise data_error("class_name_invalid", signs=" ".join(bad))
    if DEVICES.fullmatch(name) or name.startswith("."):
        raise data_error("class_name_invalid:2", name=shorten(name))
    if len(name) > _LONGEST:
        raise DataError(
            _("The name of this class has {count} letters.", count=len(name)),
            _("Use at most {count}.", count=_LONGEST),
            code="class_name_too_long",
        )
    if part_of(name) is not None:
        raise data_error("class_name_reserved", name=name)
    twin = next((other for other in others if composed(other).casefold() == name.casefold()), None)
    if twin is not None:
        raise data_error("class_exists", name=twin)
    return name


def _unreadable(folder: Path, error: OSError) -> DataError:
    return data_error("folder_unreadable", folder, folder=folder, reason=error.strerror or error)
