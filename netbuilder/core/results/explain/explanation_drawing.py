"""Colours, bars and numbers of an explanation, for the window and for files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.tokens import JOINED
from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.explain.explanation import Explanation
from netbuilder.core.results.explain.sequence_methods import steps_back_name

#: For and against, as above and below 0 everywhere else (Okabe and Ito, safe for all eyes).
FOR, AGAINST = (0, 114, 178), (213, 94, 0)
#: Brightness of the picture under the colours.
GREY = (150, 150, 150)


def heat_map_legend(
    explanation: Explanation,
) -> tuple[tuple[tuple[int, int, int], ...], tuple[str, str]]:
    """Return the colours of a heat map from one end to the other, and the ends' meanings."""
    if explanation.heatmap is not None and float(explanation.heatmap.min()) >= 0:
        return (GREY, FOR), (_("no influence"), _("evidence for"))
    return (AGAINST, GREY, FOR), (_("evidence against"), _("evidence for"))


def overlay_heat_map(picture: NDArray[Any], heat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the picture in grey under its heat map, uint8 (height, width, 3): evidence for is
    blue, evidence against orange."""
    grey = np.asarray(picture, np.float64)
    grey = grey.reshape(*grey.shape[:2], -1)[..., :3].mean(axis=-1)
    low, high = float(grey.min()), float(grey.max())
    grey = (grey - low) / (high - low) if high > low else np.zeros_like(grey)
    base = np.repeat((60 + 180 * grey)[..., None], 3, axis=-1)
    most = float(np.abs(heat).max()) or 1.0
    strength = (np.abs(heat) / most)[..., None] * 0.85
    colour = np.where((heat >= 0)[..., None], np.array(FOR), np.array(AGAINST))
    return np.asarray(base * (1 - strength) + colour * strength).round().astype(np.uint8)


def explanation_bars(explanation: Explanation) -> list[tuple[str, float]]:
    """Return names and values of bars, strongest columns first; parts of a probability as
    percentage points."""
    most = 100.0 if explanation.in_percent else 1.0
    return [(name, most * value) for name, value in _pairs(explanation)]


def _pairs(explanation: Explanation) -> list[tuple[str, float]]:
    if explanation.importance:
        pairs = sorted(explanation.importance.items(), key=lambda pair: -abs(pair[1]))
        return [(explanation.label(name), value) for name, value in pairs]
    if explanation.level:  # letters repeat: their place tells them apart
        count = len(explanation.tokens)
        return [
            (f"“{token}”, {steps_back_name(count - 1 - place)}", value)
            for place, (token, value) in enumerate(explanation.tokens)
        ]
    return [*explanation.tokens, *explanation.steps]


def token_patches(explanation: Explanation) -> list[tuple[str, float]]:
    """Return the tokens in reading order with their evidence, -1 to 1."""
    most = max((abs(value) for _unused, value in explanation.tokens), default=0.0) or 1.0
    between = "" if explanation.level in JOINED else " "
    return [(f"{token}{between}", value / most) for token, value in explanation.tokens]


def strongest_values(
    pairs: Sequence[tuple[str, float]], most: int
) -> tuple[tuple[tuple[str, float], ...], int]:
    """Return the ``most`` strongest pairs in their order, and the number of others."""
    order = np.argsort([-abs(value) for _unused, value in pairs], kind="stable")[:most]
    strongest = tuple(pairs[int(place)] for place in np.sort(order))
    return strongest, len(pairs) - len(strongest)
