"""Shapes, sizes and layers in words that stand in messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netbuilder.core.project.model import Node
from netbuilder.core.wording import counted

Shape = tuple[int | None, ...]

_KINDS = {
    1: "a single number",
    2: "a list of numbers",
    3: "sequences (steps, features)",
    4: "pictures (height, width, channels)",
    5: "volumes (depth, height, width, channels)",
}


def label(node: Node) -> str:
    """A node as messages name it: ``Dense 'dense_1'``."""
    return f"{node.layer} '{node.id}'"


def dims(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis: ``(6, 6, 32)``, with ``?`` for an axis of any length."""
    return "(" + ", ".join("?" if n is None else str(n) for n in shape[1:]) + ")"


def gives(shape: Sequence[int | None]) -> str:
    """What a node gives, batch axis included in ``shape``: ``pictures of (6, 6, 32)``."""
    rank = len(shape)
    if rank == 1:
        return "a single number"
    if rank == 2:
        return "a list of numbers" if shape[1] is None else count(shape[1], "number", "a list of ")
    kind = {3: "sequences", 4: "pictures", 5: "volumes"}.get(rank, "arrays")
    return f"{kind} of {dims(shape)}"


def expects(ranks: Iterable[int]) -> str:
    """What a layer takes, from the ranks (batch axis included) that it accepts."""
    kinds = [_KINDS.get(rank, f"arrays with {rank - 1} axes") for rank in sorted(set(ranks))]
    return listed(kinds, "or")


def count(number: int, noun: str, before: str = "") -> str:
    """``1 class``, ``10 classes``, ``12,000 rows``."""
    return f"{before}{counted(number, noun)}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def size(number: float) -> str:
    """Bytes for people: ``12 KB``, ``1.4 GB``, in powers of 1,000."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if number < 1000:
            return (
                f"{number:.0f} {unit}"
                if number >= 10 or unit == "bytes"
                else f"{number:.1f} {unit}"
            )
        number /= 1000
    return f"{number:,.0f} TB" if number >= 10 else f"{number:.1f} TB"
