"""What others may ask of a running session, from any thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Literal

Ending = Literal["", "now", "epoch"]


class RunControl:
    """Wishes that the session attends to between two chunks."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._paused = False
        self._ending: Ending = ""
        self._running = False

    def pause(self) -> None:
        """Stand still at the next chance."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def end(self, how: Ending) -> None:
        """End at the next chance, or at the end of the epoch."""
        with self._changed:
            if self._ending != "now":
                self._ending = how
            if how == "epoch":
                self._paused = False
            self._changed.notify_all()

    def post(self, command: Callable[[], None]) -> None:
        """Have ``command`` called on the session's thread."""
        with self._changed:
            self._commands.append(command)
            self._changed.notify_all()

    def begin(self) -> None:
        """A run begins. What was asked for since the last one ended holds for it."""
        with self._changed:
            self._running = True

    def finish(self) -> None:
        """The run is over, and with it what was asked of it."""
        with self._changed:
            self._running = False
            self._paused, self._ending = False, ""

    def forget(self) -> None:
        """Another run is about to be asked for: a pause or stop that came after the last one had
        ended was meant for that one. Does nothing during a run."""
        with self._changed:
            if not self._running:
                self._paused, self._ending = False, ""

    @property
    def paused(self) -> bool:
        """Whether a pause is wished for."""
        return self._paused

    @property
    def ending(self) -> Ending:
        """Whether an end is wished for."""
        return self._ending

    @property
    def pressing(self) -> bool:
        """Whether anything waits to be attended to."""
        return self._paused or self._ending == "now" or bool(self._commands)

    @property
    def waiting(self) -> bool:
        """Whether a command waits to be called."""
        return bool(self._commands)

    def next_command(self) -> Callable[[], None] | None:
        """Take one command, or None."""
        with self._changed:
            return self._commands.popleft() if self._commands else None

    def rest(self, seconds: float) -> None:
        """Wait so long, or until anything is asked for."""
        with self._changed:
            self._changed.wait_for(lambda: self.pressing or self._ending != "", seconds)

    def wait(self, seconds: float | None = None) -> None:
        """Wait while paused and nothing else is wished for."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._paused or self._ending == "now" or bool(self._commands), seconds
            )
