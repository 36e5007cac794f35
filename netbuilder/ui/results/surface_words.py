"""What is said beneath a picture of the Surface tab."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import capitalize_first, format_count, format_list
from netbuilder.ui.services.views.live_view import LiveView

if TYPE_CHECKING:
    from netbuilder.ui.plots.run_curves import RunCurves

_NONE: Mapping[str, str] = MappingProxyType({})
NO_MODEL = (
    "Press Train: here moves what the network answers, everywhere in the data, while it learns."
)
ASKING = "Asking the network what it answers, everywhere in the data…"
COMING = "the first picture comes in a moment, and moves from then on."


NO_NUMBER = (
    "The network gives no number (NaN) here: train it again with a smaller learning rate, or look "
    "for values that are missing in the data."
)


def picture_note(
    picture: Any,
    live: LiveView,
    *,
    over_epochs: bool = False,
    resting: Mapping[str, str] = _NONE,
    losses: str = "",
    parts: Collection[int] = (0, 1, 2),
) -> str:
    """A sentence or two about a picture.

    Args:
        picture: of a view.
        live: that answers it.
        over_epochs: a histogram is drawn as a map.
        resting: what columns without an axis are held at, in words.
        losses: of the run that goes on, said first where answers are drawn.
        parts: whose points are drawn.
    """
    from netbuilder.core.results.live import view_data

    match picture:
        case view_data.SurfacePicture():
            return f"{losses}{_of_surface(picture, live, resting, parts)}"
        case view_data.CurvePicture():
            if not picture.answered:
                return _unanswered(live)
            if not np.isfinite(picture.y).all():
                return NO_NUMBER
            said = f"{_held(live, (picture.across,), resting)} {_filled(picture)}".strip()
            return f"{losses}{said}"
        case view_data.ForecastPicture():
            return (
                f"{losses}Grey is the truth, orange the forecast: each value from the true ones "
                "before it."
            )
        case view_data.WallPicture():
            right = int(picture.right.sum())
            return (
                f"{right} of {len(picture.right)} are answered rightly. "
                "Click one to see it on its way through the layers."
            )
        case view_data.MapPicture() if picture.labels:
            return (
                f"The {format_count(len(picture.labels), 'most frequent word')} as"
                f" “{picture.node}” "
                f"sees them ({picture.way}{_share(picture)})."
            )
        case view_data.MapPicture():
            ringed = "; misjudged ones are ringed" if picture.right is not None else ""
            return (
                f"Each point is a sample as “{picture.node}” sees it ({picture.way}"
                f"{_share(picture)}){ringed}. Click one to see it on its way through the layers."
            )
        case view_data.HistogramPicture():
            way = (
                "epochs from left to right, bright where many lie"
                if over_epochs
                else "from the start (back) to now (front)"
            )
            if len(picture.epochs) < 2:
                way = "a longer run shows how they change"
            return f"{_(live.shown.view.help) if live.shown is not None else ''}: {way}."
    return _(live.shown.view.help) + "." if live.shown is not None else ""


def loss_sentence(curves: RunCurves) -> str:
    """The newest losses of a run, in a sentence; "" before its first epoch."""
    loss, held = curves.training("loss", False).last, curves.validation("loss").last
    if loss is None:
        return ""
    return f"Loss {loss:.3g}. " if held is None else f"Loss {loss:.3g}, in validation {held:.3g}. "


def _unanswered(live: LiveView) -> str:
    if live.live:
        return f"{capitalize_first(live.run_words)}: {COMING}"
    return ASKING if live.asking else NO_MODEL


def _of_surface(
    picture: Any, live: LiveView, resting: Mapping[str, str], parts: Collection[int]
) -> str:
    if not picture.answered:
        return _unanswered(live)
    seen = picture.shares if picture.shares is not None else picture.values
    if not np.isfinite(seen).all():
        return NO_NUMBER
    drawn = picture.points.right[np.isin(picture.points.part, sorted(parts))]
    wrong, count = int((~drawn).sum()), len(drawn)
    words = (
        f"{wrong} of {format_count(count, 'point')} misjudged (ringed). " if picture.classes else ""
    )
    return f"{words}{_held(live, (picture.across, picture.up), resting)} {_filled(picture)}".strip()


def _share(picture: Any) -> str:
    """How much of all differences a map shows; "" where that cannot be said."""
    return f": {picture.explained:.0%} of all differences" if picture.way == "PCA" else ""


def _filled(picture: Any) -> str:
    """What faint points are; "" where there is none."""
    points = picture.points
    if points.filled is None:
        return ""
    count = int(points.filled.sum())
    verb = "is a row" if count == 1 else "are rows"
    return (
        f"The {format_count(count, 'faint point')} {verb} with an empty cell: where it would stand "
        "is filled in."
    )


def _held(live: LiveView, axes: tuple[str, ...], resting: Mapping[str, str]) -> str:
    """Where the columns that no axis shows are held; "" where there is none."""
    others = [f"{name} {words}" for name, words in resting.items() if name not in axes]
    if live.shown is None or not (others or len(live.shown.columns) > len(axes)):
        return ""
    if live.at_sample:
        return f"Other columns are as in row {live.sample + 1}."
    if not others:
        return "Other columns are at their mean."
    return f"Drawn for what is usual: {format_list(others, 4)}."
