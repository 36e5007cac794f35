"""Where a file is, or is to be written: the dialogs for it, which begin where the last file was.

An ending is never forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.widgets.question_dialogs import ask_question

#: Property of a window: the folder in which its files are looked for first; "" where none is its.
PLACE = "files-place"
# Where a file was chosen last, in any window.
_last: list[Path] = []


@dataclass(frozen=True)
class FileType:
    """A type to choose: its title ("Table") and endings, the usual one first; none of a folder."""

    title: str
    endings: tuple[str, ...]

    @property
    def filter(self) -> str:
        """As Qt's file dialog takes it: ``Table (*.csv)``."""
        return f"{_(self.title)} ({' '.join(f'*{end}' for end in self.endings) or '*'})"


def with_ending(path: Path, types: Sequence[FileType], chosen: FileType) -> Path:
    """The path with an ending of one of the types: what has none of them gets the chosen one's.

    A dot in a name makes no ending: ``sales.v2`` becomes ``sales.v2.h5``.
    """
    known = {ending for one in types for ending in one.endings}
    if path.suffix.lower() in known or not chosen.endings:
        return path
    return path.with_name(path.name + chosen.endings[0])


def place_of(widget: QWidget | None) -> Path:
    """The folder of the window that a widget, or a dialog over it, belongs to; where it has none
    that of the last file."""
    while widget is not None:
        if widget.property(PLACE):
            return Path(str(widget.property(PLACE)))
        widget = widget.parentWidget()
    return last_place() or Path.home()


def last_place() -> Path | None:
    """The folder of the file that was chosen last; None where none was, or it is gone."""
    return next((one for one in _last if one.is_dir()), None)


def remember_place(folder: Path) -> None:
    """Begin there the next time."""
    _last[:] = [folder]


def ask_open(
    parent: QWidget, title: str, types: str = "", start: Path | None = None
) -> Path | None:
    """Ask for a file to read; None when that was cancelled. ``start``: a file, or its folder."""
    begin = str(start or place_of(parent))
    name, _used = QFileDialog.getOpenFileName(parent, title, begin, types or _("All files (*)"))
    return _chosen(name, Path(name).parent)


def ask_files(parent: QWidget, title: str) -> list[Path]:
    """Ask for files to read; empty when that was cancelled."""
    names, _used = QFileDialog.getOpenFileNames(parent, title, str(place_of(parent)))
    for name in names[:1]:
        remember_place(Path(name).parent)
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, title: str, start: Path | None = None) -> Path | None:
    """Ask for a folder; None when that was cancelled."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start or place_of(parent)))
    return _chosen(name, Path(name))


def _chosen(name: str, folder: Path) -> Path | None:
    if not name:
        return None
    remember_place(folder)
    return Path(name)


def ask_save(parent: QWidget, title: str, suggested: str, types: Sequence[FileType]) -> Path | None:
    """Ask for the file to write; None when that was cancelled.

    ``suggested`` is a whole path, or a name in the window's own folder (``place_of``): never in
    the one that the program happens to have been started from.

    Qt asks before a file is replaced, but it does not know of an ending that is appended here:
    then this asks.
    """
    filters = {one.filter: one for one in types}
    start = str(place_of(parent) / suggested)
    name, used = QFileDialog.getSaveFileName(parent, title, start, ";;".join(filters))
    if not name:
        return None
    given = Path(name)
    path = with_ending(given, types, filters.get(used, types[0]))
    if path != given and path.exists():
        question = _("“{name}” already exists. Replace it?", name=path.name)
        answers = (_("Replace"), _("Cancel"))
        if ask_question(parent, _("Replace the file?"), question, answers) != answers[0]:
            return None
    remember_place(path.parent)
    return path
