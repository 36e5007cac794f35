"""When a run writes checkpoints, and what it does when it cannot."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from netbuilder.core.engine.checkpoint.format import CheckpointWriter, RunSnapshot
from netbuilder.core.errors import UserError

INTERVAL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
# Copying the variables happens on the training's thread: a twentieth of the time at most.
_SHARE = 20.0
# An epoch that takes longer than this is saved in its middle.
_LONG_EPOCH_SECONDS = 60.0


class CheckpointSaver:
    """Takes snapshots at most once a second and has them written in another thread.

    Args:
        folder: where; None saves nothing.
        take: takes a snapshot.
        told: called, on the session's thread, with a snapshot that is on disk now.
    """

    def __init__(
        self,
        folder: Path | None,
        take: Callable[[], RunSnapshot],
        told: Callable[[RunSnapshot], None],
    ) -> None:
        self.writer = None if folder is None else CheckpointWriter(folder)
        self._take = take
        self._told = told
        self._last_told: RunSnapshot | None = None
        self._next = time.monotonic() + INTERVAL_SECONDS
        self._long = time.monotonic() + _LONG_EPOCH_SECONDS
        self._tries: float | None = None
        self._ignored = False
        self._position = -1

    def begin(self, resumed: RunSnapshot | None, position: int = 0) -> None:
        """A run begins, or goes on behind ``resumed`` at ``position``."""
        self._position = position
        if self.writer is not None:
            self.writer.begin(resumed)

    @property
    def overdue(self) -> bool:
        """Whether the epoch takes so long that the run is to be saved in its middle."""
        return self.writer is not None and time.monotonic() >= self._long

    def look(self, whole: bool, position: int) -> UserError | None:
        """Between two chunks: take a snapshot if it is time.

        Args:
            whole: an epoch has just ended, or the run is to be saved in its middle.
            position: steps done. Of a run that has not moved since the last snapshot, since it
                waits for its compilation, none is taken.

        Returns:
            Why nothing can be saved, while that is so.
        """
        writer = self.writer
        if writer is None:
            return None
        if writer.saved is not None and writer.saved is not self._last_told:
            self._last_told = writer.saved
            self._told(writer.saved)
        now = time.monotonic()
        if writer.problem is not None and not self._ignored:
            self._tries = self._tries or now
            return writer.problem
        if whole and now >= self._next and position != self._position:
            self._position = position
            self._put()
        return None

    def _put(self) -> None:
        begin = time.monotonic()
        snapshot = self._take()
        now = time.monotonic()
        self._next = now + max(INTERVAL_SECONDS, _SHARE * (now - begin))
        self._long = now + max(_LONG_EPOCH_SECONDS, _SHARE * (now - begin))
        if self.writer is not None:
            self.writer.put(snapshot)

    def again(self, position: int) -> None:
        """The run is another than was saved of it, though it has not moved: save it now."""
        if self.writer is not None and (self.writer.problem is None or self._ignored):
            self._position = position
            self._put()

    def retry(self) -> bool:
        """Try again to save, at most twice a second; whether it worked."""
        writer = self.writer
        if writer is None:
            return True
        now = time.monotonic()
        if self._tries is not None and now < self._tries:
            return False
        self._tries = now + _RETRY_SECONDS
        self._put()
        writer.flush()
        if writer.problem is None:
            self._tries = None
            return True
        return False

    def ignore(self) -> None:
        """Go on without saving for the rest of the run: the user wants it so."""
        self._ignored = True

    def finish(self) -> None:
        """Save the run as it is and wait for it. A full disk is no reason to lose the model."""
        if self.writer is not None:
            self._put()
            self.writer.close()
            if self.writer.saved is not None and self.writer.saved is not self._last_told:
                self._last_told = self.writer.saved
                self._told(self.writer.saved)

    def close(self) -> None:
        """End the writing thread, also where the run failed."""
        if self.writer is not None:
            self.writer.close()
