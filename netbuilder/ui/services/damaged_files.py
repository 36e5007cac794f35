"""Looks behind the window at all files of a large data set, before a run stumbles over one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Data
from netbuilder.ui.services.derived import UNEXPECTED, Derived, Rank, wanted


class DamagedFiles(QObject):
    """``found(data, error)`` where files of a recipe are damaged that the first look passed over.

    Args:
        busy: whether a run goes on, which reads all files by itself: the look ends then.
        parent: owner.
    """

    found = Signal(object, object)

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._known: tuple[Data, UserError] | None = None
        self._worker = Derived(self, self._look, failed=self._failed, rank=Rank.BACKGROUND)

    def look(self, data: Data, base: Path) -> UserError | None:
        """Begin to look at the files of a recipe; what is known to be damaged already."""
        if self._known is not None and self._known[0] == data:
            return self._known[1]
        self._worker.ask(data, base)
        return None

    def forget(self) -> None:
        """Files changed: what was damaged may be whole."""
        self._known = None

    def _look(self, data: Data, base: Path) -> None:
        from netbuilder.core.data.load import verify_files
        from netbuilder.core.data.progress import progress_listener

        with progress_listener(lambda _done, _of: wanted() and not self._busy()):
            verify_files(data, base)

    def _failed(self, error: UserError) -> None:
        from netbuilder.core.data.progress import ReadingCancelledError

        # Whatever else goes wrong here, the run will say.
        if not isinstance(error, ReadingCancelledError) and error.code != UNEXPECTED:
            self._known = (self._worker.inputs[0], error)
            self.found.emit(*self._known)
