"""Settings stored in the user's own folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

from netbuilder.core import folders
from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.project.model import Project
from netbuilder.ui.style import font_scale, theme
from netbuilder.ui.style.font_scale import FACTORS
from netbuilder.ui.style.motion import set_reduced_motion
from netbuilder.ui.widgets.file_dialogs import remember_place

RECENT_COUNT = 10
#: Settings key of the last lesson; removed when a file is opened or saved.
CONTINUE = "continue"


def settings() -> QSettings:
    """Return the settings file in ``NETBUILDER_HOME`` or the system's folder."""
    return QSettings(str(folders.state() / "window.ini"), QSettings.Format.IniFormat)


def remember(values: Mapping[str, object]) -> None:
    """Save settings."""
    store = settings()
    for key, value in values.items():
        store.setValue(key, value)
    store.sync()


def recent_files() -> list[Path]:
    """Return the recent files that still exist, the latest first."""
    value = settings().value("recent", [])
    names = value if isinstance(value, list) else [value]
    return [Path(str(name)) for name in names if name and Path(str(name)).exists()]


def remember_file(path: Path) -> None:
    """Put a file at the head of the recent files."""
    remember_place(path.parent)
    others = [p for p in recent_files() if p != path]
    _store([path, *others][:RECENT_COUNT])


def forget_files() -> None:
    """Clear the list of recent files."""
    _store([])


def _store(paths: Sequence[Path]) -> None:
    settings().remove(CONTINUE)
    remember({"recent": [str(path) for path in paths]})


def chosen_language() -> str:
    """Return the language that the user chose; "" for the system's."""
    return str(settings().value("language", ""))


def keep_language(name: str) -> None:
    """Save the language; "" for the system's."""
    remember({"language": name})


def set_motion(reduced: bool) -> None:
    """Set and save whether animations are reduced."""
    set_reduced_motion(reduced)
    remember({"reduced-motion": reduced})


def chosen_scheme() -> str:
    """Return the colour scheme that the user chose: "light", "dark" or "system"."""
    scheme = str(settings().value("scheme", "system"))
    return scheme if scheme in ("light", "dark") else "system"


def set_scheme(name: str) -> None:
    """Set and save the colour scheme: "light", "dark" or "system"."""
    remember({"scheme": name})
    recall_scheme()


def recall_scheme() -> None:
    """Apply the saved colour scheme."""
    chosen = chosen_scheme()
    theme.theme().force(None if chosen == "system" else chosen == "dark")


def recall_motion() -> None:
    """Apply the saved choice about animations."""
    value = settings().value("reduced-motion")
    if value is not None:
        set_reduced_motion(str(value).lower() == "true")


#: Whether the palette lists every layer.
ALL_LAYERS = "all-layers"


def lists_all_layers() -> bool:
    """Return whether the palette lists every layer."""
    return str(settings().value(ALL_LAYERS, "")).lower() == "true"


BASIC, FULL = "basic", "full"
#: The default level, unless the site settings name another one.
FIRST = BASIC
#: Layers that the palette lists in Basic, besides those that the project uses.
BASIC_LAYERS = frozenset(
    {"Input", "Dense", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Embedding", "LSTM"}
)
_KEY = "level"


class Level(QObject):
    """The level of detail: Basic or Full."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        #: Pages, layers and settings that Basic shows too, because the open lesson needs them.
        self.lent: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The user's level, else the default."""
        saved = str(settings().value(_KEY, ""))
        return saved if saved in (BASIC, FULL) else site_settings().level or FIRST

    @property
    def basic(self) -> bool:
        return self.name == BASIC

    def choose(self, name: str) -> None:
        remember({_KEY: name})
        self.changed.emit()

    def lend(self, names: frozenset[str]) -> None:
        """Show what a lesson needs in Basic too."""
        if names != self.lent:
            self.lent = names
            self.changed.emit()


_level: Level | None = None


def level() -> Level:
    """Return the level of the application."""
    global _level  # noqa: PLW0603 - one for the application, made when it exists
    if _level is None:
        _level = Level()
    return _level


def listed_layers(project: Project) -> frozenset[str]:
    """Return the layers that the palette lists in Basic."""
    used = {node.layer for node in project.graph.nodes} | level().lent
    return BASIC_LAYERS | (used & LAYERS.keys())


def choose_font_scale(factor: float) -> None:
    """Set and save the font scale; 1.0 is the system's."""
    settings().setValue("scale", factor)
    font_scale.set_font_scale(factor)


class FontScale(QObject):
    """Steps through the font sizes of the application."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        if font_scale.is_system_size_known():
            font_scale.apply_font_scale()
            return
        try:
            scale = float(str(settings().value("scale", 1.0)))
        except ValueError:
            scale = 1.0
        font_scale.set_font_scale(scale)

    @property
    def factor(self) -> float:
        return font_scale.font_scale()

    def step(self, step: int) -> None:
        """Go one size up (1) or down (-1), or back to the system's (0)."""
        factor = 1.0
        if step:
            bigger = [f for f in FACTORS if f > self.factor + 1e-6]
            smaller = [f for f in FACTORS if f < self.factor - 1e-6]
            choices = bigger[:1] if step > 0 else smaller[-1:]
            factor = choices[0] if choices else self.factor
        choose_font_scale(factor)

    def apply(self) -> None:
        font_scale.apply_font_scale()
