"""What the workers of a run must do together, although only one of them was asked.

Each worker runs the same chunks of steps, and in each chunk all of them exchange numbers. Their
wishes go along: those that stood before a chunk are known to all behind it, so that all stop at
the same step, and none waits for another that has gone.
"""

from __future__ import annotations

import numpy as np

from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.engine.run_control import Ending
from netbuilder.core.i18n import ngettext
from netbuilder.core.wording import format_list

_NOW, _EPOCH, _SAVE = range(3)


class WorkerSync:
    """The wishes of one worker, and what all agreed on behind the last chunk.

    Args:
        workers: how many there are.
        index: which of them this one is.

    Attributes:
        wishes: float32 (workers, 3), above 0 where this one wishes to stop now, to stop at the
            end of the epoch, to save in the middle of an epoch.
        ending: how all end; "" while nobody was asked to.
        save: all bring the network that is saved up to the last step.
        stopped: the workers that were asked to end.
    """

    def __init__(self, workers: int, index: int) -> None:
        self.index = index
        self.wishes: Floats = np.zeros((workers, 3), np.float32)
        self.begin()

    def begin(self) -> None:
        """A run begins: nothing is agreed on."""
        self.wishes[:] = 0
        self.ending: Ending = ""
        self.save = False
        self.stopped: tuple[int, ...] = ()

    def ask(self, ending: Ending, save: bool) -> None:
        """Set this worker's wishes, before a chunk."""
        self.wishes[self.index] = (ending == "now", ending == "epoch", save)

    def take(self, wishes: Floats) -> None:
        """Take over what all wish, behind a chunk: as ``wishes``, of all workers."""
        found = wishes > 0
        self.save = bool(found[:, _SAVE].any())
        ends = found[:, _NOW] if found[:, _NOW].any() else found[:, _EPOCH]
        if ends.any():
            self.ending = "now" if found[:, _NOW].any() else "epoch"
            self.stopped = tuple(int(number) for number in np.flatnonzero(ends))

    @property
    def words(self) -> str:
        """Who was stopped, in words; "" where nobody was."""
        if not self.stopped:
            return ""
        return ngettext(
            "Worker {names} was stopped, and all workers stopped with it.",
            "Workers {names} were stopped, and all workers stopped with them.",
            len(self.stopped),
            names=format_list(self.stopped),
        )
