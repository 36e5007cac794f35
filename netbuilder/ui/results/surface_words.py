"""What is said beneath a picture of the Surface tab."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import capitalize_first, format_list, format_percent
from netbuilder.ui.plots.training_curves import short_number
from netbuilder.ui.services.views.live_view import LiveView

if TYPE_CHECKING:
    from netbuilder.ui.plots.run_curves import RunCurves

_NONE: Mapping[str, str] = MappingProxyType({})
NO_MODEL = N_("Press Train to watch the decision boundary change.")
ASKING = N_("Computing the predictions…")
COMING = N_("the first view appears in a moment and is then updated continuously.")


NO_NUMBER = N_(
    "The network returns NaN (not a number) here. Train it again with a "
    "smaller learning rate, or look for missing values in the data."
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
                return _(NO_NUMBER)
            said = f"{_held(live, (picture.across,), resting)} {_filled(picture)}".strip()
            return f"{losses}{said}"
        case view_data.ForecastPicture():
            return losses + _(
                "Grey is the true series, orange the forecast: each value is predicted "
                "from the true values before it."
            )
        case view_data.WallPicture():
            right = int(picture.right.sum())
            return _(
                "{correct} of {total} correct. Click a picture to see each layer's output for it.",
                correct=right,
                total=len(picture.right),
            )
        case view_data.MapPicture() if picture.labels:
            return _(
                "The {count} most frequent words as “{layer}” embeds them ({method}).",
                count=len(picture.labels),
                layer=picture.node,
                method=f"{picture.way}{_share(picture)}",
            )
        case view_data.MapPicture():
            ringed = "; " + _("incorrect ones are ringed") if picture.right is not None else ""
            return _(
                "Each point is a sample as “{layer}” represents it ({method}). Click a "
                "point to see each layer's output for its sample.",
                layer=picture.node,
                method=f"{picture.way}{_share(picture)}{ringed}",
            )
        case view_data.HistogramPicture():
            way = (
                _("epochs from left to right, bright where many values are")
                if over_epochs
                else _("from the start (back) to now (front)")
            )
            if len(picture.epochs) < 2:
                way = _("a longer run shows how they change")
            return f"{_(live.shown.view.help) if live.shown is not None else ''}: {way}."
    return _(live.shown.view.help) + "." if live.shown is not None else ""


def loss_sentence(curves: RunCurves) -> str:
    """The newest losses of a run, in a sentence; "" before its first epoch."""
    loss, held = curves.training("loss", False).last, curves.validation("loss").last
    if loss is None:
        return ""
    return (
        _("Loss {loss}.", loss=short_number(loss)) + " "
        if held is None
        else _(
            "Loss {loss}, validation {validation}.",
            loss=short_number(loss),
            validation=short_number(held),
        )
        + " "
    )


def _unanswered(live: LiveView) -> str:
    if live.live:
        return f"{capitalize_first(live.run_words)}: {_(COMING)}"
    return _(ASKING if live.asking else NO_MODEL)


def _of_surface(
    picture: Any, live: LiveView, resting: Mapping[str, str], parts: Collection[int]
) -> str:
    if not picture.answered:
        return _unanswered(live)
    seen = picture.shares if picture.shares is not None else picture.values
    if not np.isfinite(seen).all():
        return _(NO_NUMBER)
    drawn = picture.points.right[np.isin(picture.points.part, sorted(parts))]
    wrong, count = int((~drawn).sum()), len(drawn)
    words = (
        ngettext(
            "{wrong} of {count} point is incorrect (ringed).",
            "{wrong} of {count} points are incorrect (ringed).",
            count,
            wrong=wrong,
        )
        + " "
        if picture.classes
        else ""
    )
    return f"{words}{_held(live, (picture.across, picture.up), resting)} {_filled(picture)}".strip()


def _share(picture: Any) -> str:
    """How much of all differences a map shows; "" where that cannot be said."""
    return (
        ": " + _("{share} of the variance", share=format_percent(picture.explained))
        if picture.way == "PCA"
        else ""
    )


def _filled(picture: Any) -> str:
    """What faint points are; "" where there is none."""
    points = picture.points
    if points.filled is None:
        return ""
    count = int(points.filled.sum())
    return ngettext(
        "The {count} faint point is a row with an empty cell, placed where the cell is filled in.",
        "The {count} faint points are rows with an empty cell, placed where the cell is filled in.",
        count,
    )


def _held(live: LiveView, axes: tuple[str, ...], resting: Mapping[str, str]) -> str:
    """Where the columns that no axis shows are held; "" where there is none."""
    others = [f"{name} {words}" for name, words in resting.items() if name not in axes]
    if live.shown is None or not (others or len(live.shown.columns) > len(axes)):
        return ""
    if live.at_sample:
        return _("Other columns are as in row {number}.", number=live.sample + 1)
    if not others:
        return _("Other columns are at their mean.")
    return _("Drawn for typical values: {columns}.", columns=format_list(others, 4))
