"""A piece of a script: some lines under a title, and which node each of them is about."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class ScriptCell:
    """One section of a script, one cell of a notebook.

    ``title`` and ``text`` are its heading and a sentence; ``lines`` the code; ``nodes`` gives
    the first and last line (counted from 0 within the cell) of each node id.
    """

    title: str
    text: str = ""
    lines: list[str] = field(default_factory=list)
    nodes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, *texts: str, node: str | None = None) -> None:
        """Add lines; a text may hold several."""
        first = len(self.lines)
        for text in texts:
            self.lines.extend(text.split("\n"))
        if node is not None:
            self.nodes[node] = (first, len(self.lines) - 1)
