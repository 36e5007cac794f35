"""How much of the window is shown: Basic for first lessons, Full for everything."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.project.model import Project
from netbuilder.core.site_settings import site_settings
from netbuilder.ui.services.settings import settings

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
        """Whether the level is Basic."""
        return self.name == BASIC

    def choose(self, name: str) -> None:
        """Show this much from now on, also in the next start."""
        self._lent = ""
        kept = settings()
        kept.setValue(_KEY, name)
        kept.sync()
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
