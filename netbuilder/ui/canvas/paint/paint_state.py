"""What the painters of the canvas share: levels of detail, and what is drawn differently now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netbuilder.core.results.live.connection_weights import ConnectionWeight

NEAR = 0.55  # from this scale on everything is shown
NAMES = 0.3  # from this scale on names are shown


@dataclass
class PaintState:
    """What is drawn differently just now."""

    selected: frozenset[str] = frozenset()
    current: str = ""  # the card that the keyboard is at
    focused: bool = False
    hovered: str = ""
    hovered_fix: str = ""  # the card whose problem's button is under the pointer
    hovered_port: tuple[str, str, int] = ("", "", 0)  # id, "in" or "out", slot
    lit_cards: frozenset[str] = frozenset()
    lit_wire: tuple[str, str] | None = None
    selected_wire: tuple[str, str] | None = None
    hidden_wire: tuple[str, str] | None = None
    ports: Mapping[str, str] = field(default_factory=dict)  # while wiring: "yes", "odd", "no"
    # How strong wires are, by (source, target); shown while the network learns and afterwards.
    wire_weights: Mapping[tuple[str, str], ConnectionWeight] = field(default_factory=dict)
    port_kind: str = "in"  # which side of the cards ``ports`` speaks of
