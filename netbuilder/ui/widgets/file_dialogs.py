"""File dialogs, which start in the window's or the last folder and add missing endings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.network_data import trust_host_of
from netbuilder.ui.widgets.question_dialogs import ask_question

#: Property of a window: its initial folder, or "".
PLACE = "files-place"
# The folder of the last file in any window.
_last: list[Path] = []


@dataclass(frozen=True)
class FileType:
    """A file type: its title ("Table") and endings, the default first; () for folders."""

    title: str
    endings: tuple[str, ...]

    @property
    def filter(self) -> str:
        """The filter of Qt's file dialogs: ``Table (*.csv)``."""
        return f"{_(self.title)} ({' '.join(f'*{end}' for end in self.endings) or '*'})"


def with_ending(path: Path, types: Sequence[FileType], chosen: FileType) -> Path:
    """Return the path, with the chosen type's ending if it has none of the types' endings.

    Other endings stay: ``sales.v2`` becomes ``sales.v2.h5``.
    """
    known = {ending for type_ in types for ending in type_.endings}
    if path.suffix.lower() in known or not chosen.endings:
        return path
    return path.with_name(path.name + chosen.endings[0])


def place_of(widget: QWidget | None) -> Path:
    """Return the initial folder of a widget's window, or the last file's folder."""
    while widget is not None:
        if widget.property(PLACE):
            return Path(str(widget.property(PLACE)))
        widget = widget.parentWidget()
    return last_place() or Path.home()


def last_place() -> Path | None:
    """Return the folder of the last file, or None if it does not exist."""
    return next((folder for folder in _last if folder.is_dir()), None)


def remember_place(folder: Path) -> None:
    """Set the last folder."""
    _last[:] = [folder]


def ask_open(
    parent: QWidget, title: str, types: str = "", start: Path | None = None
) -> Path | None:
    """Ask for a file to read; ``start`` is a file or its folder. Return None if cancelled."""
    begin = str(start or place_of(parent))
    name, _used = QFileDialog.getOpenFileName(parent, title, begin, types or _("All files (*)"))
    return _chosen(name, Path(name).parent)


def ask_files(parent: QWidget, title: str) -> list[Path]:
    """Ask for files to read; return [] if cancelled."""
    names, _used = QFileDialog.getOpenFileNames(parent, title, str(place_of(parent)))
    for name in names[:1]:
        remember_place(Path(name).parent)
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, title: str, start: Path | None = None) -> Path | None:
    """Ask for a folder; return None if cancelled."""
    name = QFileDialog.getExistingDirectory(parent, title, str(start or place_of(parent)))
    return _chosen(name, Path(name))


def _chosen(name: str, folder: Path) -> Path | None:
    if not name:
        return None
    remember_place(folder)
    trust_host_of(name)
    return Path(name)


def ask_save(parent: QWidget, title: str, suggested: str, types: Sequence[FileType]) -> Path | None:
    """Ask for a file to write; return None if cancelled.

    ``suggested`` is a path, or a name in the window's folder (``place_of``). Qt asks before it
    replaces a file; with an ending added here, this does.
    """
    filters = {type_.filter: type_ for type_ in types}
    start = str(place_of(parent) / suggested)
    name, used = QFileDialog.getSaveFileName(parent, title, start, ";;".join(filters))
    if not name:
        return None
    chosen = Path(name)
    path = with_ending(chosen, types, filters.get(used, types[0]))
    if path != chosen and path.exists():
        question = _("“{name}” already exists. Replace it?", name=path.name)
        answers = (_("Replace"), _("Cancel"))
        if ask_question(parent, _("Replace the file?"), question, answers) != answers[0]:
            return None
    remember_place(path.parent)
    return path
