"""Draw the decision surface, the fitted curve, the forecast and the map of hidden activations."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_values
from netbuilder.ui.plots.colour_bar import class_color, class_sign, class_symbol
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.themed_plot import DateAxis, NumberAxis, style_axes
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import NO_PEN, shared_brush, shared_pen

if TYPE_CHECKING:
    from netbuilder.core.results.live.view_data import (
        CurvePicture,
        ForecastPicture,
        MapPicture,
        SamplePoints,
        SurfacePicture,
    )

#: Signs of training, validation and test rows: filled, pale, and filled with a dark edge. Classes
#: differ in shape.
PART_SIGNS = ("●", "○", "◉")
FAINT = 0.3
_LEAST_HEIGHT = 180  # leaves room for text in a window of 1024×700
_PALE = 0.4  # opacity of outdated predictions
_DAY = 86_400.0  # seconds
_LOW, _HIGH = "#D55E00", "#0072B2"
_MIN_CONTRAST = 3.5  # of an edge
_HOLLOW = QBrush(Qt.BrushStyle.NoBrush)
#: Pixels of a point, and of the ring around an incorrect one.
POINT_SIZE, RING_SIZE = 7, 15
_THIN = frozenset({"+", "x", "star"})  # signs whose arms the edge would cover
#: Up to this share of incorrect points they have rings; beyond it the correct ones fade.
MOST_RINGED = 0.15
#: Axes whose ranges differ by no more than this factor have the same scale.
_MOST_STRETCHED = 4.0
_MARGIN = 8  # of the epoch, in pixels


def _rgb(color: QColor) -> NDArray[Any]:
    return np.array([color.red(), color.green(), color.blue()], float)


def paint_surface(picture: SurfacePicture, *, discrete: bool) -> NDArray[np.uint8]:
    """Return the surface's pixels, uint8 (rows, columns, 3), row 0 lowest.

    For classes, their colours mixed by probability, or the likeliest one's. For numbers, orange to
    blue, in seven steps if ``discrete``.
    """
    back = _rgb(QColor(theme.colors().panel))
    if picture.shares is not None:
        shares = np.nan_to_num(picture.shares)
        if discrete:
            shares = np.eye(shares.shape[-1])[shares.argmax(axis=-1)]
        colors = np.stack([_rgb(class_color(n)) for n in range(shares.shape[-1])])
        mixed = shares @ colors
    else:
        assert picture.values is not None
        part = scale_to_unit(picture.values, picture.points.value)
        if discrete:
            part = np.round(part * 6) / 6
        strength = np.abs(2 * part - 1)[..., None]
        colors = np.where((part >= 0.5)[..., None], _rgb(QColor(_HIGH)), _rgb(QColor(_LOW)))
        mixed = colors * strength + back * (1 - strength)
    faded: NDArray[np.uint8] = (0.62 * mixed + 0.38 * back).round().astype(np.uint8)
    return faded


def number_colours() -> tuple[QColor, ...]:
    """Return the colours of a surface of numbers, from lowest to highest."""
    back = _rgb(QColor(theme.colors().panel))
    ends = (_rgb(QColor(_LOW)), back, _rgb(QColor(_HIGH)))
    return tuple(QColor(*(int(v) for v in 0.62 * color + 0.38 * back)) for color in ends)


def scale_to_unit(values: NDArray[Any], truth: NDArray[Any]) -> NDArray[Any]:
    """Scale numbers to 0 to 1 by the range of the true values."""
    low, high = (float(np.min(truth)), float(np.max(truth))) if len(truth) else (0.0, 1.0)
    return np.asarray(np.clip((np.nan_to_num(values) - low) / ((high - low) or 1.0), 0.0, 1.0))


class SurfacePlot(pg.PlotWidget):
    """A plot for views with axes; ``sample_chosen(row)``: a point of a map was clicked."""

    sample_chosen = Signal(int)
    #: Width to height of axes with the same scale, and the margins of a plot that is filled.
    _ratio: float | None = None
    _margins = (0.0, 0.0, 0.0, 0.0)

    def __init__(self, parent: QWidget | None = None, *, small: bool = False) -> None:
        super().__init__(parent, axisItems={side: NumberAxis(side) for side in ("left", "bottom")})
        self._small, self._share = small, 0.55 if small else 1.0
        self.menu = PictureMenu(self, "surface")
        self.discrete = False
        self.shown_parts = {0, 2}
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(False, False)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.image.setZValue(-10)
        self._lines: list[pg.PlotDataItem] = []
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)  # bilinear
        self.faded, self.points = (pg.ScatterPlotItem(pxMode=True) for _layer in range(2))
        self.faded.setOpacity(FAINT)
        self.addItem(self.image)
        self.addItem(self.faded)
        self.addItem(self.points)
        item.vb.sigResized.connect(self._keep_ratio)  # axes are measured as they are painted
        self.epoch = pg.TextItem(anchor=(0, 0))
        self.epoch.setParentItem(item.vb)
        self.epoch.setPos(_MARGIN, _MARGIN)
        self.epoch.setZValue(30)
        self.epoch.hide()
        self.wrong = pg.ScatterPlotItem(pxMode=True)  # rings around wrong predictions
        self.wrong.setZValue(1)
        self.wrong.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.addItem(self.wrong)
        self.ring = pg.ScatterPlotItem(pxMode=True)  # around the chosen sample
        self.ring.setZValue(5)
        self.ring.hide()
        self.addItem(self.ring)
        self._map: MapPicture | None = None
        self.points.sigClicked.connect(self._clicked)
        self.drawn_points: tuple[NDArray[Any], ...] | None = None
        self._ringed: NDArray[np.bool_] | None = None
        self._image_place: tuple[float, ...] = ()
        self.drawn_at: NDArray[Any] = np.zeros((0, 2))  # the visible points
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.setAccessibleName(_("Predictions of the network"))
        theme.theme().changed.connect(self.restyle)
        self.restyle()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the page scrolls

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        item = self.getPlotItem()  # None after close()
        if item and self._ratio is not None:
            # wide margins would keep the drawing from becoming smaller
            item.layout.setContentsMargins(*self._margins)
        super().resizeEvent(event)
        self._keep_ratio()

    def restyle(self) -> None:
        scheme = theme.colors()
        self.setBackground(QColor(scheme.panel))
        self.drawn_points = None
        ground = QColor(scheme.panel)
        ground.setAlphaF(0.85)
        self.epoch.fill, self.epoch.border = shared_brush(ground), NO_PEN
        self.epoch.setFont(theme.ui_font(theme.SMALL))
        self._set_ratio(self._ratio)

    def height_for(self, width: int) -> int | None:
        """Return the height at which axes with the same scale fill a width, or None."""
        if self._ratio is None:
            return None
        across, up = self._around()
        return round((width - across) / self._ratio + up)

    def _around(self) -> tuple[float, float]:
        """Return the pixels beside the drawing area: axes and least margins, across and up."""
        item = self.getPlotItem()
        item.layout.activate()
        left, bottom = (item.getAxis(side).size() for side in ("left", "bottom"))
        _left, top, right, low = self._margins
        return left.width() + _left + right, bottom.height() + top + low

    def _set_ratio(self, ratio: float | None) -> None:
        """Give both axes the same scale, in the middle of the plot; None: fill it."""
        layout, self._ratio = self.getPlotItem().layout, None
        style_axes(self.getPlotItem())
        self._margins = layout.getContentsMargins()
        self._ratio = ratio
        self._keep_ratio()

    def _keep_ratio(self) -> None:
        ratio = self._ratio
        if ratio is None or self.getPlotItem() is None:
            return
        layout = self.getPlotItem().layout
        across, up = self._around()
        width, height = max(self.width() - across, 1.0), max(self.height() - up, 1.0)
        left, top, right, low = self._margins
        beside, below = max(width - ratio * height, 0.0), max(height - width / ratio, 0.0)
        margins = (left + beside / 2, top, right + beside / 2, low + below)
        if np.abs(np.subtract(margins, layout.getContentsMargins())).max() > 0.5:
            layout.setContentsMargins(*margins)

    def _show_epoch(self, epoch: int | None) -> None:
        """Write on the picture which network it is from."""
        self.epoch.setVisible(epoch is not None and not self._small)
        if epoch is not None:
            color = QColor(theme.colors().text)
            self.epoch.setText(_("epoch {number}", number=epoch), color=color)

    @property
    def answered(self) -> bool:
        """Whether predictions are shown, current or outdated."""
        return self.image.image is not None or bool(self._lines)

    def clear_all(self, *, keep_answers: bool = False) -> None:
        """Remove everything; ``keep_answers``: only fade the predictions."""
        if keep_answers:
            for item in (self.image, *self._lines):
                item.setOpacity(_PALE)
        else:
            self.image.clear()
            for line in self._lines:
                self.removeItem(line)
            self._lines = []
        for points in (self.points, self.faded, self.wrong, self.ring):
            points.clear()
        self.epoch.hide()
        self._set_ratio(None)
        self._map = None
        self.drawn_points = None
        self.drawn_at = np.zeros((0, 2))
        self._show_axes(False)

    def _show_axes(self, on: bool) -> None:
        for name in ("left", "bottom"):
            if self.getPlotItem().getAxis(name).isVisible() != on:
                self.getPlotItem().showAxis(name, on)

    def _axes(self, across: str, up: str, *, dated: bool = False) -> None:
        if isinstance(self.getPlotItem().getAxis("bottom"), DateAxis) is not dated:
            axis = DateAxis() if dated else NumberAxis("bottom")
            self.setAxisItems({"bottom": axis})
            self.restyle()
            axis.setStyle(maxTickLevel=1 if dated else 0)
        self._show_axes(True)
        for side, words in (("bottom", across), ("left", up)) if not self._small else ():
            # Setting a label recomputes the axis.
            if self.getPlotItem().getAxis(side).labelText != words:
                self.getPlotItem().setLabel(side, words)

    def _show_image(self, pixels: NDArray[np.uint8], box: tuple[float, ...]) -> None:
        """Show the predictions; the image is moved only if the box has changed."""
        left, bottom, right, top = box
        self.image.setImage(pixels, autoLevels=False)
        place = (*box, *pixels.shape)
        if place != self._image_place:
            self._image_place = place
            self.image.setRect(QRectF(left, bottom, right - left, top - bottom))
        self.image.setOpacity(1.0)

    def show_surface(self, picture: SurfacePicture) -> None:
        left, bottom, right, top = picture.box
        ratio = (right - left) / (top - bottom)
        same = 1 / _MOST_STRETCHED <= ratio <= _MOST_STRETCHED
        if self._ratio != (ratio if same else None):
            self._set_ratio(ratio if same else None)
        self._show_epoch(picture.epoch)
        if picture.answered:
            self._show_image(paint_surface(picture, discrete=self.discrete), picture.box)
        self._axes(picture.across, picture.up)
        self._draw_points(picture.points, picture.points.at[:, 1], bool(picture.classes))
        box = self.getPlotItem().vb
        if any(box.autoRangeEnabled()) or box.targetRange() != [[left, right], [bottom, top]]:
            self.getPlotItem().setRange(xRange=(left, right), yRange=(bottom, top), padding=0)
        wrong = int((~picture.points.right).sum())
        count = len(picture.points.right)
        name = _("Predictions over {across} and {up}", across=picture.across, up=picture.up)
        errors = _("{wrong} of {count} points are incorrect", wrong=wrong, count=count)
        self.setAccessibleName(join_values((name, errors), clauses=True) if wrong else name)

    def _line(self, index: int, x: Any, y: Any, pen: Any) -> None:
        while len(self._lines) <= index:
            line = pg.PlotDataItem()
            self.addItem(line)
            self._lines.append(line)
        self._lines[index].setData(x, y)
        self._lines[index].setPen(pen)
        self._lines[index].setOpacity(1.0)

    def show_curve(self, picture: CurvePicture) -> None:
        self._show_epoch(picture.epoch)
        values = picture.points.value.astype(float)
        if picture.classes:
            for number in range(len(picture.classes) if picture.answered else 0):
                pen = pg.mkPen(class_color(number), width=2)
                self._line(number, picture.x, picture.y[:, number], pen)
            # Each class has its own line of points above 1.
            gap = min(0.06, 0.4 / len(picture.classes))
            self._draw_points(picture.points, 1 + gap * (values + 1), True)
            self._axes(picture.across, _("probability of {target}", target=picture.target))
            top = 1 + gap * (len(picture.classes) + 1)
            self.getPlotItem().setRange(yRange=(0, top), padding=0)
        else:
            if picture.answered:
                self._line(0, picture.x, picture.y, pg.mkPen(theme.colors().validation, width=2.5))
            self._draw_points(picture.points, values, False)
            self._axes(picture.across, picture.target)
            self._fit(np.concatenate([values, picture.y]))
        self.getPlotItem().setXRange(float(picture.x[0]), float(picture.x[-1]), padding=0)
        self.setAccessibleName(_("Predictions along {column}", column=picture.across))

    def _fit(self, values: NDArray[Any]) -> None:
        clean = values[np.isfinite(values)]
        if len(clean):
            low, high = float(clean.min()), float(clean.max())
            edge = 0.06 * (high - low) or 1.0
            self.getPlotItem().setYRange(low - edge, high + edge, padding=0)

    def show_forecast(self, picture: ForecastPicture) -> None:
        scheme = theme.colors()
        dated = picture.days is not None
        steps = np.arange(len(picture.truth)) if picture.days is None else _DAY * picture.days
        self._line(0, steps, picture.truth, pg.mkPen(scheme.secondary, width=1.5))
        self._line(1, steps, picture.forecast, pg.mkPen(scheme.validation, width=2))
        self._axes(_("date") if dated else _("test row"), picture.target, dated=dated)
        self._fit(np.concatenate([picture.truth, picture.forecast]))
        first, last = steps[[0, -1]] if len(steps) > 1 else (0, 1)
        self.getPlotItem().setXRange(first, last, padding=0.01)
        self.setAccessibleName(
            _("Forecast of {target} against the true values", target=picture.target)
        )

    def _clicked(self, item: Any, points: Any, event: Any = None) -> None:
        picture = self._map
        if picture is not None and len(points):
            self.sample_chosen.emit(int(picture.rows[points[0].index()]))

    def ring_sample(self, row: int) -> None:
        picture = self._map
        matches = [] if picture is None else list(np.flatnonzero(picture.rows == row))
        if picture is None or not matches:
            self.ring.clear()
            self.ring.hide()
            return
        at = picture.at[matches[0]]
        pen = pg.mkPen(theme.colors().accent, width=2.5)
        self.ring.setData([at[0]], [at[1]], size=17, brush=None, pen=pen)
        self.ring.show()

    def show_map(self, picture: MapPicture) -> None:
        """Draw samples at their hidden activations."""
        scheme = theme.colors()
        self._map = picture
        symbols = ["o"] * len(picture.at)
        if picture.classes:
            colors = [class_color(int(number)) for number in picture.value]
            symbols = [class_symbol(int(number)) for number in picture.value]
        else:
            part = scale_to_unit(picture.value.astype(float), picture.value.astype(float))
            colors = [number_color(float(value)) for value in part]
        wrong = picture.right if picture.right is not None else np.ones(len(picture.at), bool)
        rim = shared_pen(QColor(scheme.text), 1.6)
        pens = [NO_PEN if ok else rim for ok in wrong]
        sizes = np.where(wrong, 7, 10)
        self.points.setData(
            x=picture.at[:, 0], y=picture.at[:, 1], brush=[shared_brush(color) for color in colors],
            pen=pens, size=sizes,
            symbol=symbols, data=picture.rows,
        )  # fmt: skip
        if picture.way == "PCA":
            self._axes(_("first component"), _("second component"))
        else:
            self._axes(_("neighbours are close together; distances have no meaning"), "")
        at = np.asarray(picture.at, float)
        low, high = at.min(axis=0), at.max(axis=0)
        edge = 0.06 * (high - low) + 1e-6
        self.getPlotItem().setRange(
            xRange=(low[0] - edge[0], high[0] + edge[0]),
            yRange=(low[1] - edge[1], high[1] + edge[1]),
            padding=0,
        )
        self.setAccessibleName(_("Where the layer {layer} places each sample", layer=picture.node))

    def _draw_points(self, points: SamplePoints, y: NDArray[Any], classes: bool) -> None:
        """Draw the points of the visible parts; in a run only what marks incorrect ones changes."""
        visible = np.zeros(len(points.part), bool)
        for number in self.shown_parts:
            visible |= points.part == number
        scheme = theme.colors()
        # Points with imputed values are faint.
        filled = np.zeros(len(points.part), bool) if points.filled is None else points.filled
        drawn = (points.at[:, 0], y, points.value, points.part, filled, visible, np.array(classes))
        if self.drawn_points is None or not all(map(np.array_equal, drawn, self.drawn_points)):
            self.drawn_points, self._ringed = drawn, None
            symbols = ["o"] * int(visible.sum())
            if classes:
                numbers = [int(number) for number in points.value[visible]]
                colors = [class_color(number) for number in numbers]
                symbols = [class_symbol(number) for number in numbers]
            else:
                part = scale_to_unit(points.value.astype(float), points.value.astype(float))[
                    visible
                ]
                colors = [number_color(float(value)) for value in part]
            looks = [
                (int(part), color.rgb(), FAINT if faint else 1.0)
                for part, color, faint in zip(
                    points.part[visible], colors, filled[visible], strict=True
                )
            ]
            styles = {
                style: _styled(style[0], QColor(style[1]), style[2], self._share)
                for style in {*looks}
            }
            styled = [styles[style] for style in looks]
            self.drawn_at = np.stack([points.at[visible, 0], y[visible]], axis=1)
            for layer in (self.points, self.faded):
                layer.setData(
                    x=points.at[visible, 0],
                    y=y[visible],
                    brush=[brush for brush, _, _ in styled],
                    pen=[pen for _, pen, _ in styled],
                    size=[
                        size * (1.5 if symbol in _THIN else 1.0)
                        for (_, _, size), symbol in zip(styled, symbols, strict=True)
                    ],
                    symbol=symbols,
                )
        wrong = visible & ~points.right
        if self._ringed is None or not np.array_equal(wrong, self._ringed):
            self._ringed = wrong
            ringed = wrong.sum() <= MOST_RINGED * visible.sum()
            # Dotted, and away from the point: the edge of a test point is neither.
            pen = shared_pen(QColor(scheme.text), 1.5 * self._share, style=Qt.PenStyle.DotLine)
            at = wrong & ringed
            self.wrong.setData(
                x=points.at[at, 0], y=y[at], size=RING_SIZE * self._share, pen=pen, brush=_HOLLOW
            )
            self.wrong.setVisible(bool(at.any()))  # else it is asked at each painting
            self.faded.setVisible(not ringed)
            strong = wrong[visible] | ringed
            if not np.array_equal(self.points.data["visible"], strong):
                self.points.data["visible"] = strong
                self.points.update()


def _styled(
    part: int, color: QColor, strength: float, share: float = 1.0
) -> tuple[QBrush, QPen, float]:
    """Return brush, pen and size of a point, see ``PART_SIGNS``."""
    scheme = theme.colors()
    edge = _edge(color.name(), scheme.text, scheme.panel)
    size = POINT_SIZE * share
    if part == 1:
        pale = theme.mix(color, QColor(scheme.panel), 0.25)
        return shared_brush(pale, strength), shared_pen(edge, 1.6 * share, strength), size
    if part:
        return shared_brush(color, strength), shared_pen(edge, 1.6 * share, strength), size
    # Inside the thin white edge the fill itself contrasts with a surface of its class, and
    # keeps as much of the class's colour as that allows: darker, orange is brown.
    fill = theme.readable(color, _full_surface(color.name(), scheme.panel), least=3.1)
    return shared_brush(fill, strength), shared_pen(QColor("white"), share, strength), size


def _full_surface(color: str, ground: str) -> QColor:
    """Return the surface's colour where the network is sure of the class."""
    return theme.mix(QColor(color), QColor(ground), 0.62)


@cache
def _edge(color: str, letters: str, ground: str) -> QColor:
    """Return the text colour, or the ground's if it contrasts too little with the surface."""
    surface = _full_surface(color, ground)
    return QColor(letters if theme.contrast(QColor(letters), surface) >= _MIN_CONTRAST else ground)


def number_color(part: float) -> QColor:
    """From orange over grey to blue, in steps that the eye does not tell apart."""
    part = round(part * 64) / 64
    middle = _rgb(QColor("#B8BEC8"))
    end = _rgb(QColor(_HIGH if part >= 0.5 else _LOW))
    mixed = middle + (end - middle) * abs(2 * part - 1)
    return QColor(*(int(value) for value in mixed))


def class_legend(classes: tuple[str, ...]) -> str:
    """Rich text that names the colour and the sign of each class."""
    from html import escape

    parts = [
        f'<span style="color:{class_color(n).name()}">{class_sign(n)}</span>&nbsp;{escape(name)}'
        for n, name in enumerate(classes[:12])
    ]
    if len(classes) > len(parts):
        parts.append(
            _("and {count} more, in the same colours again", count=len(classes) - len(parts))
        )
    return "&nbsp;&nbsp; ".join(parts)
