"""What the window remembers between starts, in the user's own folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings

from netbuilder.core import folders
from netbuilder.ui.style import theme
from netbuilder.ui.style.motion import set_reduced_motion
from netbuilder.ui.widgets.file_dialogs import remember_place

RECENT_COUNT = 10
#: The lesson that was gone on with last; nothing once a file was opened or saved after it.
CONTINUE = "continue"


def settings() -> QSettings:
    """The settings file, where ``NETBUILDER_HOME`` or the system says that it lies."""
    return QSettings(str(folders.state() / "window.ini"), QSettings.Format.IniFormat)


def recent_files() -> list[Path]:
    """Files that were open lately and still exist, the last one first."""
    value = settings().value("recent", [])
    names = value if isinstance(value, list) else [value]
    return [Path(str(name)) for name in names if name and Path(str(name)).exists()]


def remember_file(path: Path) -> None:
    """Put a file at the head of the recent ones."""
    remember_place(path.parent)
    others = [p for p in recent_files() if p != path]
    _store([path, *others][:RECENT_COUNT])


def forget_files() -> None:
    """Empty the list of recent files."""
    _store([])


def _store(paths: Sequence[Path]) -> None:
    kept = settings()
    kept.setValue("recent", [str(path) for path in paths])
    kept.remove(CONTINUE)
    kept.sync()


def chosen_language() -> str:
    """The language that the user chose in the settings; "" for the system's."""
    return str(settings().value("language", ""))


def keep_language(name: str) -> None:
    """Remember a language for the next start; "" for the system's."""
    kept = settings()
    kept.setValue("language", name)
    kept.sync()


def set_motion(reduced: bool) -> None:
    """Let what only moves to please stand still, or move; remembered."""
    set_reduced_motion(reduced)
    kept = settings()
    kept.setValue("reduced-motion", reduced)
    kept.sync()


def chosen_scheme() -> str:
    """Return the colours that the user chose: "light", "dark" or "system"."""
    kept = str(settings().value("scheme", "system"))
    return kept if kept in ("light", "dark") else "system"


def set_scheme(name: str) -> None:
    """Use light or dark colours, or the system's ("system"); remembered."""
    kept = settings()
    kept.setValue("scheme", name)
    kept.sync()
    recall_scheme()


def recall_scheme() -> None:
    """Put the colours that the user chose in force."""
    chosen = chosen_scheme()
    theme.theme().force(None if chosen == "system" else chosen == "dark")


def recall_motion() -> None:
    """Take over the user's choice, where there is one."""
    value = settings().value("reduced-motion")
    if value is not None:
        set_reduced_motion(str(value).lower() == "true")
