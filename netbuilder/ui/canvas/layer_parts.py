"""Which part of a layer is shown, where all its maps, steps or units are too many for a picture."""

from __future__ import annotations

from collections.abc import Callable

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number

Index = tuple[int, ...]


class PictureParts:
    """Parts of a picture, one of which is shown at a time.

    Attributes:
        number: which is shown, from 0; it stays where the same layer is shown anew.
        count: how many there are.
        words: what the shown one holds: "maps 0 to 23 of 64"; "" where there is one part.
    """

    def __init__(self) -> None:
        self.number, self.count, self.words = 0, 1, ""
        self._place: Callable[[Index], int] = lambda index: 0
        self._most = 1

    def begin(self) -> None:
        """Lay a picture out anew: nothing is parted until ``of`` is asked."""
        self.count, self.words = 1, ""
        self._place, self._most = lambda index: 0, 1

    def of(
        self,
        total: int,
        most: int,
        words: Callable[[range], str],
        place: Callable[[Index], int] = lambda index: index[-1],
    ) -> range:
        """Which of ``total`` things the shown part holds, at most ``most``.

        Args:
            total: how many there are.
            most: how many have room.
            words: what a part is called, by what it holds.
            place: which of the things a place in the layer's output belongs to.
        """
        self.count = max(-(-total // most), 1)
        self.number = min(max(self.number, 0), self.count - 1)
        self._place, self._most = place, most
        held = range(self.number * most, min((self.number + 1) * most, total))
        self.words = words(held) if self.count > 1 else ""
        return held

    def holding(self, index: Index) -> int:
        """The part that holds a place of the layer's output."""
        return self._place(index) // self._most


_PARTS = {
    "maps": (N_("map {first} of {count}"), N_("maps {first} to {last} of {count}")),
    "units": (N_("unit {first} of {count}"), N_("units {first} to {last} of {count}")),
    "heads": (N_("head {first} of {count}"), N_("heads {first} to {last} of {count}")),
}


def part_caption(what: str, total: int) -> Callable[[range], str]:
    """Return the caption of a part of numbered things: "maps 0 to 23 of 64".

    Args:
        what: "maps", "units" or "heads".
        total: how many there are.
    """

    def words(held: range) -> str:
        one, several = _PARTS[what]
        return _(
            one if len(held) == 1 else several,
            first=format_number(held[0], ","),
            last=format_number(held[-1], ","),
            count=format_number(total, ","),
        )

    return words
