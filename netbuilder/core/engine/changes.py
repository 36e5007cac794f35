"""What a person changes in a run: the one event that is kept, with the run and its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netbuilder.core.i18n import gettext as _, noop as N_

SCHEDULE_OFF, BEST_FROM_HERE = "schedule_off", "best_from_here"
#: What follows from a change, in words.
NOTES: Mapping[str, str] = {
    SCHEDULE_OFF: N_("the schedule is off from here on"),
    BEST_FROM_HERE: N_("the best epoch is chosen from here on"),
}


@dataclass(frozen=True)
class Event:
    """Anything that a session says while it trains; see ``events``."""


@dataclass(frozen=True)
class Changed(Event):
    """Something about the run was changed by hand; marked on the curve at ``step``.

    ``what`` is "learning_rate" (``value``: the new rate), "epochs" (``value``: the new number),
    "reset" (``value``: the seed; epochs and steps begin at 0 again), "best" (``value``: the
    epoch, counted from 1, whose weights are back), "data" (it goes on with other data) or
    "weights" (``value``: so many are set by hand where it stands; of several such changes of one
    place the last holds, and 0 takes them back). ``note`` is the code of what else follows from
    it (``NOTES``); older runs hold its English sentence.
    """

    what: str
    value: float
    epoch: int
    step: int
    note: str = ""

    @property
    def note_words(self) -> str:
        """What else follows from the change, in the chosen language; "" for nothing."""
        return _(NOTES.get(self.note, self.note)) if self.note else ""


def manual_weight_change(changes: Sequence[Changed], epoch: int, step: int) -> Changed | None:
    """What says how many weights are set by hand where a network stands; None where none are.

    Args:
        changes: of its run, the last at the end.
        epoch, step: how far it has come.
    """
    for change in reversed(changes):
        if (change.epoch, change.step) != (epoch, step):
            break
        if change.what == "weights":
            return change
        if change.what != "learning_rate":  # all weights are others since
            break
    return None
