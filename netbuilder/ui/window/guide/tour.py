"""A tour of the window in six steps, which points at the real things."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.settings import settings
from netbuilder.ui.widgets.callout import Callout
from netbuilder.ui.window.guide.place_finder import PlaceFinder

KEY = "tour-seen"


@dataclass(frozen=True)
class Stop:
    """One step: a row of ``places``, and what is said there."""

    place: str
    title: str
    words: str


STOPS = (
    Stop("palette", N_("Layers"), N_(
            "A network is made of layers. Drag one onto the canvas, or press Tab on the canvas "
            "and type its name.")),
    Stop("canvas", N_("The network"), N_(
            "Data enters at the top, the prediction leaves at the bottom. The numbers on each "
            "connection are the shape of the data that flows through it.")),
    Stop("inspector", N_("The selected layer"), N_(
            "Click a layer, then "
            "change its parameters here.")),
    Stop("data", N_("Data"), N_(
            "Choose what the network learns from: a "
            "built-in data set or a file of your own.")),
    Stop("train", N_("Train"), N_("Press Train and watch the loss fall on the Curves page.")),
    Stop("evaluate", N_("Results"), N_(
            "See how good the network is. The other pages show what its layers "
            "have learned, make predictions and show the code; Save .h5 saves the "
            "trained model.")),
)  # fmt: skip


class Tour(QObject):
    """The tour of one window."""

    def __init__(self, window: QWidget, places: PlaceFinder) -> None:
        super().__init__(window)
        self._window, self._places = window, places
        self.at = -1
        self.callout: Callout | None = None

    def to_front(self) -> None:
        """Let the bubble lie over a page that comes forward."""
        if self.callout is not None:
            self.callout.to_front()

    @property
    def seen(self) -> bool:
        """Whether the user has seen it, or skipped it."""
        return str(settings().value(KEY, "false")).lower() == "true"

    def start(self) -> None:
        """Begin with the first step."""
        self._go(0)

    def end(self) -> None:
        """Stop, and never begin by itself again."""
        self._take_away()
        self.at = -1
        kept = settings()
        kept.setValue(KEY, True)
        kept.sync()

    def _take_away(self) -> None:
        if self.callout is not None:
            self.callout.end()
            self.callout = None

    def _go(self, number: int) -> None:
        self._take_away()
        if not 0 <= number < len(STOPS):
            self.end()
            return
        self.at = number
        stop = STOPS[number]
        ring = self._places.rect(stop.place)
        if ring is None:
            self._go(number + 1)
            return
        last = number == len(STOPS) - 1
        self.callout = Callout(
            self._window,
            ring,
            _(
                "{number} of {count} · {title}",
                number=number + 1,
                count=len(STOPS),
                title=_(stop.title),
            ),
            _(stop.words),
            (
                *(((_("Skip"), self.end),) if not last else ()),
                *(((_("Back"), partial(self._go, number - 1)),) if number else ()),
                (_("Done") if last else _("Next"), partial(self._go, number + 1)),
            ),
            on_escape=self.end,
            find=partial(self._places.rect, stop.place),
        )
