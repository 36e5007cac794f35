"""Where to write a file: the one dialog for it, in which an ending is never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from netbuilder.ui.widgets.questions import ask

#: Property of a window: the folder in which its files are looked for first.
PLACE = "files-place"


@dataclass(frozen=True)
class FileType:
    """A type to choose: its title ("Table") and endings, the usual one first; none of a folder."""

    title: str
    endings: tuple[str, ...]

    @property
    def filter(self) -> str:
        """As Qt's file dialog takes it: ``Table (*.csv)``."""
        return f"{self.title} ({' '.join(f'*{end}' for end in self.endings) or '*'})"


def with_ending(path: Path, types: Sequence[FileType], chosen: FileType) -> Path:
    """The path with an ending of one of the types: what has none of them gets the chosen one's.

    A dot in a name makes no ending: ``sales.v2`` becomes ``sales.v2.h5``.
    """
    known = {ending for one in types for ending in one.endings}
    if path.suffix.lower() in known or not chosen.endings:
        return path
    return path.with_name(path.name + chosen.endings[0])


def place_of(widget: QWidget | None) -> Path:
    """The folder of the window that a widget, or a dialog over it, belongs to; else the home."""
    while widget is not None:
        if widget.property(PLACE):
            return Path(str(widget.property(PLACE)))
        widget = widget.parentWidget()
    return Path.home()


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
        question = f"“{path.name}” is there already. Replace it?"
        if ask(parent, "Replace the file?", question, ("Replace", "Cancel")) != "Replace":
            return None
    return path
