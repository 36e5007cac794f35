"""A tour of the window in six steps, which points at the real things."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

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
    Stop("palette", "Layers", "What a network is made of. Drag one onto the canvas, or press Tab "
         "there and type its name."),
    Stop("canvas", "The network", "Data goes in at the top, the answer comes out at the bottom. "
         "The number on each wire is the shape of what flows through it."),
    Stop("inspector", "The selected layer", "Click a layer, and change here what it does."),
    Stop("data", "Data", "What the network learns from: a set that comes along, or a file of your "
         "own."),
    Stop("train", "Train", "Press it, and watch in the tab Training how the error falls."),
    Stop("evaluate", "Results", "How good it is, and in the tabs beside it: ask it, look inside, "
         "take the code. Save .h5 takes it away."),
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
            f"{number + 1} of {len(STOPS)} · {stop.title}",
            stop.words,
            (
                *((("Skip", self.end),) if not last else ()),
                *((("Back", partial(self._go, number - 1)),) if number else ()),
                ("Done" if last else "Next", partial(self._go, number + 1)),
            ),
            on_escape=self.end,
            find=partial(self._places.rect, stop.place),
        )
