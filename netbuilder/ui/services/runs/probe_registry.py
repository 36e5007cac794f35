"""What the window asks of every run, and the newest answer to each. No Qt here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netbuilder.core.engine.events import ProbeAnswered
    from netbuilder.core.engine.probes import Probe


class ProbeRegistry:
    """Probes by key. Of several answers before a frame is drawn only the newest counts."""

    def __init__(self) -> None:
        self._asked: dict[str, Probe] = {}
        self._found: dict[str, ProbeAnswered] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, probe: Probe) -> None:
        """Have it answered, in place of an earlier one of its key."""
        self._asked[probe.key] = probe

    def drop(self, key: str) -> None:
        """Have it answered no more."""
        self._asked.pop(key, None)
        self._found.pop(key, None)

    def all(self) -> tuple[Probe, ...]:
        """All that is asked, for a session that has just been made."""
        return tuple(self._asked.values())

    def answer(self, found: ProbeAnswered) -> None:
        """Keep an answer until the frame is drawn."""
        if found.key in self._asked:
            self._found[found.key] = found

    def newest(self) -> tuple[ProbeAnswered, ...]:
        """The answers since the last frame."""
        found, self._found = self._found, {}
        return tuple(found.values())
