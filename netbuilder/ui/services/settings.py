"""What the window remembers between starts, in the user's own folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from netbuilder.core import folders
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.project.model import Project
from netbuilder.core.site_settings import site_settings
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.font_scale import FACTORS
from netbuilder.ui.style.motion import set_reduced_motion
from netbuilder.ui.widgets.file_dialogs import remember_place

RECENT_COUNT = 10
#: The lesson that was gone on with last; nothing once a file was opened or saved after it.
CONTINUE = "continue"


def settings() -> QSettings:
    """The settings file, where ``NETBUILDER_HOME`` or the system says that it lies."""
    return QSettings(str(folders.state() / "window.ini"), QSettings.Format.IniFormat)


def remember(values: Mapping[str, object]) -> None:
    """Keep values of settings for the next start."""
    kept = settings()
    for key, value in values.items():
        kept.setValue(key, value)
    kept.sync()


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
    settings().remove(CONTINUE)
    remember({"recent": [str(path) for path in paths]})


def chosen_language() -> str:
    """The language that the user chose in the settings; "" for the system's."""
    return str(settings().value("language", ""))


def keep_language(name: str) -> None:
    """Remember a language for the next start; "" for the system's."""
    remember({"language": name})


def set_motion(reduced: bool) -> None:
    """Let what only moves to please stand still, or move; remembered."""
    set_reduced_motion(reduced)
    remember({"reduced-motion": reduced})


def chosen_scheme() -> str:
    """Return the colours that the user chose: "light", "dark" or "system"."""
    kept = str(settings().value("scheme", "system"))
    return kept if kept in ("light", "dark") else "system"


def set_scheme(name: str) -> None:
    """Use light or dark colours, or the system's ("system"); remembered."""
    remember({"scheme": name})
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


#: Whether the palette lists every layer.
ALL_LAYERS = "all-layers"


def lists_all_layers() -> bool:
    """Whether the user wants the palette to list every layer."""
    return str(settings().value(ALL_LAYERS, "")).lower() == "true"


BASIC, FULL = "basic", "full"
#: The level of a first start, unless the machine's settings name another one.
FIRST = BASIC
#: What the palette lists in Basic, beside the layers that the project uses.
BASIC_LAYERS = frozenset(
    {"Input", "Dense", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Embedding", "LSTM"}
)
_KEY = "level"


class Level(QObject):
    """The level in force. ``changed``: it is another one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lent = ""

    @property
    def name(self) -> str:
        """``BASIC`` or ``FULL``: what a lesson asks for, else what the user chose."""
        if self._lent:
            return self._lent
        kept = str(settings().value(_KEY, ""))
        return kept if kept in (BASIC, FULL) else site_settings().level or FIRST

    @property
    def basic(self) -> bool:
        return self.name == BASIC

    def choose(self, name: str) -> None:
        """Show this much from now on, also in the next start."""
        self._lent = ""
        remember({_KEY: name})
        self.changed.emit()

    def lend(self, name: str) -> None:
        """Show as much as a lesson asks for; "" shows again what the user chose."""
        if name != self._lent:
            self._lent = name
            self.changed.emit()


_level: Level | None = None


def level() -> Level:
    """Return the level of the application."""
    global _level  # noqa: PLW0603 - one for the application, made when it exists
    if _level is None:
        _level = Level()
    return _level


def listed_layers(project: Project) -> frozenset[str]:
    """Return the names of the layers that the palette lists in Basic: what is used is listed."""
    used = {node.layer for node in project.graph.nodes}
    return BASIC_LAYERS | (used & LAYERS.keys())


def choose_font_scale(factor: float) -> None:
    """Put a size of letters in force, and remember it; 1.0 is the system's."""
    settings().setValue("scale", factor)
    font_scale.set_font_scale(factor)


class FontScale(QObject):
    """Steps through the sizes. The size belongs to the application, not to one window."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if font_scale.is_system_size_known():
            font_scale.apply_font_scale()
            return
        try:
            kept = float(str(settings().value("scale", 1.0)))
        except ValueError:
            kept = 1.0
        font_scale.set_font_scale(kept)

    @property
    def factor(self) -> float:
        """The size in force; 1.0 is the system's."""
        return font_scale.font_scale()

    def step(self, step: int) -> None:
        """One size up (1), one down (-1), or the system's (0)."""
        factor = 1.0
        if step:
            bigger = [f for f in FACTORS if f > self.factor + 1e-6]
            smaller = [f for f in FACTORS if f < self.factor - 1e-6]
            choices = bigger[:1] if step > 0 else smaller[-1:]
            factor = choices[0] if choices else self.factor
        choose_font_scale(factor)

    def apply(self) -> None:
        font_scale.apply_font_scale()
