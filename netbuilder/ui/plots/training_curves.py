"""The live plot of a run: training and validation, loss and metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.run_curves import RunCurves, Series, visible
from netbuilder.ui.plots.themed_plot import NumberAxis, PagePlot, style_axes, with_axes
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import shared_brush, shared_pen

FEW_POINTS = 500
_FEW_EPOCHS = 5
#: Pixels: what stands below the curves takes the room above this, never the axis.
LOWEST = 130
#: Of the steps behind the means of epochs.
STEP_ALPHA = 0.25
#: What stands at the end of a curve, and its letter in the legend: colour is not the only sign.
TRAINING_SIGN, VALIDATION_SIGN = ("o", "●"), ("d", "◆")
OVERLAY_SIGNS = (("t1", "▲"), ("t", "▼"), ("s", "■"), ("+", "✚"), ("star", "★"), ("x", "✖"))
OVERLAY_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6F4FA8", "#8A93A3")


#: Its points, colour, width, style, the width of its average, the symbol at its end, and the epoch
#: at which that stands instead: the network has the weights of that one.
_Line = tuple[Series, str | QColor, float, Qt.PenStyle, int, str, int]


class _Axis(NumberAxis):
    """An axis with plain numbers, in log mode too."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [format_number(10**value, ".3g") for value in values]


class TrainingCurvePlot(PagePlot):
    """Draws the curves of a run, and others below them to compare.

    Only what is in view is drawn, at most two points a pixel, so that the time does not grow
    with the run. The view follows the run until it is zoomed or moved by hand; a double click
    lets it follow again. ``hovered(text)`` gives the values under the cursor, ``placed(x)`` where
    it is, in epochs; None: nowhere. The arrow keys move it, too.
    """

    hovered = Signal(str)
    followed = Signal(bool)
    placed = Signal(object)

    def __init__(self, parent: QWidget | None = None, scheme: theme.Colors | None = None) -> None:
        self._scheme = scheme  # whatever the window's is: paper is white
        axes = {"left": _Axis("left"), "bottom": NumberAxis("bottom")}
        super().__init__(parent, axisItems=axes)
        self.menu = PictureMenu(self, "curves")
        self.run = RunCurves()
        self.overlays: dict[str, RunCurves] = {}
        self.quantity = "loss"
        self.per_step = True
        self.log = False
        self.smooth = False
        self.planned_epochs = 0
        self.following = True
        self.drawn: list[pg.PlotCurveItem] = []
        self.marks: list[pg.InfiniteLine] = []
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.showGrid(x=False, y=True, alpha=1.0)
        box = item.getViewBox()
        box.setDefaultPadding(0)
        box.disableAutoRange()
        box.sigRangeChangedManually.connect(self._moved_by_hand)
        box.sigXRangeChanged.connect(self.redraw_soon)
        self._now = pg.InfiniteLine(angle=90, movable=False)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self.addItem(self._now, ignoreBounds=True)
        self.addItem(self._cursor, ignoreBounds=True)
        self.ends = pg.ScatterPlotItem(size=9, pxMode=True)
        self.ends.setZValue(5)
        self.addItem(self.ends, ignoreBounds=True)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.redraw)
        self.scene().sigMouseMoved.connect(self._mouse_at)
        self.setAccessibleName(_("Training curves"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.restyle()
        theme.theme().changed.connect(self.restyle)

    def sizeHint(self) -> QSize:
        """As low as it can be read: what is below it comes first, and it takes the rest."""
        return QSize(240, self.minimumHeight())

    def restyle(self) -> None:
        """Take the theme's colours, and the room that its letters need."""
        scheme = self._scheme or theme.colors()
        self.setMinimumHeight(with_axes(LOWEST))
        self.setBackground(QColor(scheme.panel))
        self._show_titles()
        style_axes(self.getPlotItem(), scheme)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setTickPen(QColor(scheme.grid))
            axis.setZValue(-1000)  # the grid stands behind the curves
            axis.setStyle(hideOverlappingLabels=False)
        dotted = Qt.PenStyle.DotLine
        self._now.setPen(pg.mkPen(scheme.secondary, width=1.5, style=dotted))
        self._cursor.setPen(pg.mkPen(scheme.accent, width=1))
        self.redraw_soon()

    def _show_titles(self) -> None:
        color = (self._scheme or theme.colors()).secondary
        for side, words in (("bottom", _("epoch")), ("left", metric_words(self.quantity))):
            axis = self.getPlotItem().getAxis(side)
            if (axis.labelText, axis.labelStyle.get("color")) != (words, color):
                axis.setLabel(words, color=color)  # lays the plot out anew, also for the same words

    def set_run(self, run: RunCurves, planned_epochs: int = 0) -> None:
        self.run, self.planned_epochs = run, planned_epochs
        if self.quantity not in run.quantities and run.quantities:
            self.quantity = run.quantities[0]
        self._show_titles()
        self.following = True
        self.redraw_soon()

    def set_overlays(self, overlays: Mapping[str, RunCurves]) -> None:
        """Show these runs, too."""
        self.overlays = dict(overlays)
        self.redraw_soon()

    def named(self, name: str, curves: RunCurves) -> str:
        """A curve's name, with its loss where the runs that are drawn have several."""
        losses = {one.loss for one in (self.run, *self.overlays.values()) if one.loss}
        if not self.quantity.endswith("loss") or len(losses) < 2 or not curves.loss:
            return name
        return f"{name} ({curves.loss})"

    def show_quantity(self, quantity: str) -> None:
        """Choose what is drawn: the loss or a metric."""
        self.quantity = quantity
        self._show_titles()
        self.follow()

    def set_options(
        self, *, log: bool | None = None, smooth: bool | None = None, per_step: bool | None = None
    ) -> None:
        self.log = self.log if log is None else log
        self.smooth = self.smooth if smooth is None else smooth
        self.per_step = self.per_step if per_step is None else per_step
        self.getPlotItem().getAxis("left").setLogMode(self.log)
        self.redraw()

    def follow(self) -> None:
        """Let the view follow the run again."""
        self.following = True
        self.followed.emit(True)
        self.redraw()

    def redraw_soon(self) -> None:
        """Redraw once in the next turn of the event loop."""
        self._timer.start()

    def redraw(self) -> None:
        """Draw what is in view now."""
        if self.following:
            self._fit()
        scheme = self._scheme or theme.colors()
        (left, right), _range = self.getPlotItem().getViewBox().viewRange()
        pixels = max(int(self.getPlotItem().getViewBox().width()), 50)
        lines: list[_Line] = []
        solid, dashed = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        for number, curves in enumerate(self.overlays.values()):
            color = overlay_color(number)
            sign = overlay_sign(number)[0]
            lines.append((curves.training(self.quantity, False), color, 1.0, dashed, 1, "", 0))
            kept = curves.kept_epoch
            lines.append((curves.validation(self.quantity), color, 1.5, solid, 1, sign, kept))
        training = self.run.training(self.quantity, self.per_step)
        means = self.run.training(self.quantity, False)
        if self.per_step and len(means) > 1:  # of one epoch its steps are all that there is to see
            faint = QColor(scheme.training)
            faint.setAlphaF(STEP_ALPHA)
            lines.append((training, faint, 1.0, solid, 1, "", 0))
            training = means
        window = max(training.count // 60, 2) if self.smooth else 1
        kept = self.run.kept_epoch
        lines.append((training, scheme.training, 2.0, solid, window, TRAINING_SIGN[0], kept))
        checked = self.run.validation(self.quantity)
        window = max(checked.count // 30, 2) if self.smooth else 1
        lines.append((checked, scheme.validation, 2.0, solid, window, VALIDATION_SIGN[0], kept))
        self._draw(lines, left, right, pixels)
        self._draw_marks(scheme.secondary)
        end = max(_end(training), _end(checked))
        self._now.setVisible(0 < end < self.planned_epochs)
        self._now.setPos(end)
        self._timer.stop()  # to follow the run moves the view, which asks for this again

    def _draw(
        self,
        lines: list[_Line],
        left: float,
        right: float,
        pixels: int,
    ) -> None:
        while len(self.drawn) < len(lines):
            item = pg.PlotCurveItem(skipFiniteCheck=False)
            self.drawn.append(item)
            self.addItem(item, ignoreBounds=True)
        for item in self.drawn[len(lines) :]:
            item.setData([], [])
        ends: list[dict[str, object]] = []
        edge = shared_pen(QColor(theme.colors().panel), 1)
        for item, (series, color, width, style, window, sign, kept) in zip(
            self.drawn, lines, strict=False
        ):
            x, y = visible(series, left, right, pixels, window)
            if self.log and len(y):
                with np.errstate(divide="ignore", invalid="ignore"):
                    y = np.log10(y)
            if len(y):
                y = np.where(np.isfinite(y), y, np.nan)
            # One point is no line: it is drawn as a short stroke, so that epoch 1 is seen.
            if len(x) == 1:
                x, y = np.array([x[0] - 0.02, x[0] + 0.02]), np.repeat(y, 2)
            # A wide smooth pen takes long over many points, and is not seen there.
            few = len(x) < FEW_POINTS
            item.setPen(pg.mkPen(color, width=width if few else 1.0, style=style))
            # As one path a wide smooth line takes ten times as long as piece by piece, where it
            # looks the same; dashes would begin anew with each piece.
            pieces = few and style == Qt.PenStyle.SolidLine
            item.setSegmentedLineMode("on" if pieces else "auto")
            item.setData(x, y, connect="finite", antialias=few)
            at = int(np.argmin(np.abs(x - kept))) if kept and len(x) else -1
            if sign and len(y) and np.isfinite(y[at]):
                ends.append(
                    {
                        "pos": (x[at], y[at]),
                        "symbol": sign,
                        "brush": shared_brush(QColor(color)),
                        "pen": edge,
                    }
                )
        self.ends.setData(ends)

    def _draw_marks(self, color: str) -> None:
        while len(self.marks) < len(self.run.marks):
            place, words = self.run.marks[len(self.marks)]
            line = pg.InfiniteLine(
                place,
                angle=90,
                pen=pg.mkPen(color, width=1, style=Qt.PenStyle.DashLine),
                label=words,
                labelOpts={"position": 0.92, "color": color, "anchors": [(0, 0), (1, 0)]},
            )
            # Its words stand on the wider side of it: they are cut at no edge.
            line.label.textItem.setFont(theme.ui_font(0.8))
            self.marks.append(line)
            self.addItem(line, ignoreBounds=True)
        for line, (place, words) in zip(self.marks, self.run.marks, strict=False):
            if line.label.format != words:
                line.label.setFormat(words)
            line.setPos(place)
        while len(self.marks) > len(self.run.marks):
            self.removeItem(self.marks.pop())

    def _fit(self) -> None:
        training = self.run.training(self.quantity, self.per_step)
        shown = [training, self.run.validation(self.quantity)]
        for curves in self.overlays.values():
            shown += [curves.training(self.quantity, False), curves.validation(self.quantity)]
        shown = [series for series in shown if len(series) and series.high > -math.inf]
        right = self._right(max((float(s.x[-1]) for s in shown), default=0.0))
        low = min((s.low for s in shown), default=0.0)
        high = max((s.high for s in shown), default=1.0)
        box = self.getPlotItem().getViewBox()
        if self.log:
            low = math.log10(max(low, high * 1e-9, 1e-12)) if high > 0 else -1.0
            high = math.log10(high) if high > 0 else 0.0
        elif 0 <= low < 0.6 * high:
            low = 0.0
        span = high - low or abs(high) or 1.0
        box.setRange(
            xRange=(0.0, 1.012 * max(right, 1.0)),  # room for the sign at the end
            yRange=(low - (0.02 if low == 0 else 0.04) * span, high + 0.05 * span),
            padding=0,
            disableAutoRange=True,
        )

    def _right(self, done: float) -> float:
        """The end of the axis: of the plan, or, where that is far away, a little beyond now."""
        planned = float(self.planned_epochs)
        if planned <= max(60.0, 3 * done):
            return max(planned, done)
        step = 10.0 ** math.floor(math.log10(max(done, 20.0)))
        return min(planned, step * math.ceil(max(1.3 * done, 20.0) / step))

    def mouseDoubleClickEvent(self, event: object) -> None:
        self.follow()

    def leaveEvent(self, event: QEvent) -> None:
        self._take_cursor()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._take_cursor()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        (left, right), _range = self.getPlotItem().getViewBox().viewRange()
        if event.key() == Qt.Key.Key_Escape and self._cursor.isVisible():
            self._take_cursor()
        elif steps is not None:
            end = _end(self.run.training(self.quantity, False))
            at = self._cursor.value() if self._cursor.isVisible() else end
            self._place_cursor(min(max(at + steps * max(1.0, (right - left) / 100), left), end))
        else:
            super().keyPressEvent(event)

    def _take_cursor(self) -> None:
        self._cursor.hide()
        self.hovered.emit("")
        self.placed.emit(None)

    def _place_cursor(self, x: float) -> None:
        self._cursor.setPos(x)
        self._cursor.show()
        self.hovered.emit(self.text_at(x))
        self.placed.emit(x)

    def _moved_by_hand(self, *_axes: object) -> None:
        if self.following:
            self.following = False
            self.followed.emit(False)
        self.redraw_soon()

    def _mouse_at(self, place: QPointF) -> None:
        box = self.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(place):
            self._take_cursor()
            return
        self._place_cursor(box.mapSceneToView(place).x())

    def text_at(self, x: float) -> str:
        """The values at ``x``, in words."""
        parts = [_("epoch {number}", number=format_number(x, ".1f"))]
        training = self.run.training(self.quantity, self.per_step).at(x)
        checked = self.run.validation(self.quantity).at(x)
        if training is not None:
            parts.append(_("training {value}", value=short_number(training)))
        if checked is not None:
            parts.append(_("validation {value}", value=short_number(checked)))
        for name, curves in self.overlays.items():
            value = curves.validation(self.quantity).at(x)
            value = curves.training(self.quantity, False).at(x) if value is None else value
            if value is not None:
                parts.append(f"{self.named(name, curves)} {short_number(value)}")
        return " · ".join(parts)


def _end(series: Series) -> float:
    return float(series.x[-1]) if len(series) else 0.0


def run_picture(run: RunCurves, size: QSize, sharp: float = 2.0) -> QImage:
    """The loss of a run as a picture of a size, in the colours of paper; with ``sharp`` dots a
    pixel, for it is printed. Of few epochs each step is drawn."""
    plot = TrainingCurvePlot(scheme=theme.LIGHT)
    plot.resize(size)
    plot.set_run(run, 0)
    plot.set_options(per_step=len(run.epochs.get(plot.quantity, ())) < _FEW_EPOCHS)
    plot.grab()  # A plot that was never shown has another size until it is painted once.
    plot.getPlotItem().layout.activate()  # the axes take the room of their numbers now
    plot.redraw()
    image = QImage(size * sharp, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(sharp)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    plot.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    plot.deleteLater()
    return image


def overlay_color(number: int) -> str:
    """The colour of the run that is compared as the ``number``-th, in the plot and the legend."""
    return OVERLAY_COLORS[number % len(OVERLAY_COLORS)]


def overlay_sign(number: int) -> tuple[str, str]:
    """Its symbol in the plot, and the letter for it in the legend."""
    return OVERLAY_SIGNS[number % len(OVERLAY_SIGNS)]


def short_number(value: float | None) -> str:
    """A number of a run, also one that is none."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return _("not a number") if math.isnan(value) else _("infinite")
    return format_number(value)
