"""The live plot of a run: training and validation, loss and metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetricsF, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from netbuilder.core.catalog.training.training_index import metric_words
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.plots.picture_menu import PictureMenu
from netbuilder.ui.plots.run_curves import RunCurves, Series, visible
from netbuilder.ui.plots.themed_plot import NumberAxis, PagePlot, axis_font, style_axes, with_axes
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale, scaled
from netbuilder.ui.style.theme import shared_brush, shared_pen

FEW_POINTS = 500
_FEW_EPOCHS = 5
#: Minimum height in pixels.
LOWEST = 130
#: Opacity of the steps behind the means of epochs.
STEP_ALPHA = 0.25
#: The upper end of the axis over the first loss, and where single steps are cut off over that.
HEADROOM, _MOST_SPIKE = 1.05, 4.0
_LARGE_LETTERS = 1.5  # from which on lines are wide, too
_BESIDE_END = 9  # pixels between a line's end and its name
#: Symbol at the end of a curve, and its character in the legend: colour is not the only sign.
TRAINING_SIGN, VALIDATION_SIGN = ("o", "●"), ("d", "◆")
OVERLAY_SIGNS = (("t1", "▲"), ("t", "▼"), ("s", "■"), ("+", "✚"), ("star", "★"), ("x", "✖"))
OVERLAY_COLORS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6F4FA8", "#8A93A3")


#: Points, colour, line width, style, window of the average, the symbol at the end, and the epoch to
#: put it at instead, whose weights the network has.
_Line = tuple[Series, str | QColor, float, Qt.PenStyle, int, str, int]


class _Axis(NumberAxis):
    """An axis with plain numbers in log mode."""

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [format_number(10**value, ".3g") for value in values]


class TrainingCurvePlot(PagePlot):
    """Draws the curves of a run, and those of other runs to compare.

    Only what is in view is drawn, at most two points per pixel. The view follows the run until it
    is zoomed or moved; a double click follows again. ``hovered(text)`` gives the values under the
    cursor, ``placed(x)`` its position in epochs, or None. The arrow keys move it, too.
    """

    hovered = Signal(str)
    followed = Signal(bool)
    placed = Signal(object)

    def __init__(self, parent: QWidget | None = None, scheme: theme.Colors | None = None) -> None:
        self._scheme = scheme  # None: the window's
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
        self._end_line = pg.InfiniteLine(angle=90, movable=False)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self.addItem(self._end_line, ignoreBounds=True)
        self.addItem(self._cursor, ignoreBounds=True)
        self.ends = pg.ScatterPlotItem(size=9, pxMode=True)
        self.ends.setZValue(5)
        self.addItem(self.ends, ignoreBounds=True)
        self.labels = tuple(pg.TextItem(anchor=(0, 0.5)) for _line in range(2))
        for label in self.labels:
            label.hide()
            label.textItem.document().setDocumentMargin(0)
            self.addItem(label, ignoreBounds=True)
        box.sigResized.connect(self.redraw_soon)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.redraw)
        self.scene().sigMouseMoved.connect(self._mouse_at)
        self.setAccessibleName(_("Training curves"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.restyle()
        theme.theme().changed.connect(self.restyle)

    def sizeHint(self) -> QSize:
        """Return the minimum height, to leave room for what is below."""
        return QSize(240, self.minimumHeight())

    def restyle(self) -> None:
        scheme = self._scheme or theme.colors()
        self.setMinimumHeight(max(with_axes(LOWEST), scaled(LOWEST)))  # ticks keep apart
        self.setBackground(QColor(scheme.panel))
        self._show_titles()
        style_axes(self.getPlotItem(), scheme)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setTickPen(QColor(scheme.grid))
            axis.setZValue(-1000)  # the grid is behind the curves
            # The room of numbers grows where it must, and never moves the plot otherwise.
            axis.setStyle(hideOverlappingLabels=False, autoReduceTextSpace=False)
        dotted = Qt.PenStyle.DotLine
        self._end_line.setPen(pg.mkPen(scheme.secondary, width=1.5, style=dotted))
        self._cursor.setPen(pg.mkPen(scheme.accent, width=1))
        self.redraw_soon()

    def _show_titles(self) -> None:
        color = (self._scheme or theme.colors()).secondary
        for side, title in (("bottom", _("epoch")), ("left", metric_words(self.quantity))):
            axis = self.getPlotItem().getAxis(side)
            if (axis.labelText, axis.labelStyle.get("color")) != (title, color):
                axis.setLabel(title, color=color)  # always causes a new layout

    def set_run(self, run: RunCurves, planned_epochs: int = 0) -> None:
        self.run, self.planned_epochs = run, planned_epochs
        if self.quantity not in run.quantities and run.quantities:
            self.quantity = run.quantities[0]
        self._show_titles()
        self.following = True
        self.redraw_soon()

    def set_overlays(self, overlays: Mapping[str, RunCurves]) -> None:
        self.overlays = dict(overlays)
        self.redraw_soon()

    def named(self, name: str, curves: RunCurves) -> str:
        """Return a curve's name, with its loss if the runs have different ones."""
        losses = {run.loss for run in (self.run, *self.overlays.values()) if run.loss}
        if not self.quantity.endswith("loss") or len(losses) < 2 or not curves.loss:
            return name
        return f"{name} ({curves.loss})"

    def show_quantity(self, quantity: str) -> None:
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
        self.following = True
        self.followed.emit(True)
        self.redraw()

    def redraw_soon(self) -> None:
        self._timer.start()

    def redraw(self) -> None:
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
            lines.append((curves.training(self.quantity, False), color, 1.0, solid, 1, "", 0))
            kept_epoch, validation = curves.kept_epoch, curves.validation(self.quantity)
            lines.append((validation, color, 1.5, dashed, 1, sign, kept_epoch))
        training = self.run.training(self.quantity, self.per_step)
        means = self.run.training(self.quantity, False)
        if self.per_step and len(means) > 1:  # with one epoch, show the steps alone
            faint = QColor(scheme.training)
            faint.setAlphaF(STEP_ALPHA)
            lines.append((training, faint, 1.0, solid, 1, "", 0))
            training = means
        window = max(training.count // 60, 2) if self.smooth else 1
        kept_epoch = self.run.kept_epoch
        width = 2.0 if initial_font_scale() < _LARGE_LETTERS else 4.0
        lines.append(
            (training, scheme.training, width, solid, window, TRAINING_SIGN[0], kept_epoch)
        )
        validation = self.run.validation(self.quantity)
        window = max(validation.count // 30, 2) if self.smooth else 1
        lines.append(
            (validation, scheme.validation, width, dashed, window, VALIDATION_SIGN[0], kept_epoch)
        )
        self._draw(lines, left, right, pixels)
        self._draw_labels(self.drawn[len(lines) - 2 : len(lines)], scheme)
        self._draw_marks(scheme.secondary)
        end = max(_end(training), _end(validation))
        self._end_line.setVisible(0 < end < self.planned_epochs)
        self._end_line.setPos(end)
        self._timer.stop()  # following the run has restarted it

    def _draw(self, lines: list[_Line], left: float, right: float, pixels: int) -> None:
        while len(self.drawn) < len(lines):
            item = pg.PlotCurveItem(skipFiniteCheck=False)
            self.drawn.append(item)
            self.addItem(item, ignoreBounds=True)
        for item in self.drawn[len(lines) :]:
            item.setData([], [])
        ends: list[dict[str, object]] = []
        edge = shared_pen(QColor(theme.colors().panel), 1)
        for item, (series, color, width, style, window, sign, kept_epoch) in zip(
            self.drawn, lines, strict=False
        ):
            x, y = visible(series, left, right, pixels, window)
            if self.log and len(y):
                with np.errstate(divide="ignore", invalid="ignore"):
                    y = np.log10(y)
            if len(y):
                y = np.where(np.isfinite(y), y, np.nan)
            # Draw a single point as a short line.
            if len(x) == 1:
                x, y = np.array([x[0] - 0.02, x[0] + 0.02]), np.repeat(y, 2)
            # A wide antialiased pen is slow with many points.
            few = len(x) < FEW_POINTS
            item.setPen(pg.mkPen(color, width=width if few else 1.0, style=style))
            # Segments are ten times faster than a path, but would break dashes.
            pieces = few and style == Qt.PenStyle.SolidLine
            item.setSegmentedLineMode("on" if pieces else "auto")
            item.setData(x, y, connect="finite", antialias=few)
            at = int(np.argmin(np.abs(x - kept_epoch))) if kept_epoch and len(x) else -1
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

    def _draw_labels(self, items: list[pg.PlotCurveItem], scheme: theme.Colors) -> None:
        """Write the names of the run's two lines at their ends, apart from each other."""
        box, ground = self.getPlotItem().getViewBox(), QColor(scheme.panel)
        (_left, right), (low, high) = box.viewRange()
        line = QFontMetricsF(axis_font()).height() * (high - low) / max(box.height(), 1.0)
        ends = []
        for label, item, name, color in zip(
            self.labels, items, self._names, (scheme.training, scheme.validation),
            strict=True,
        ):  # fmt: skip
            x, y = item.getData()
            visible = x is not None and len(x) > 0 and bool(np.isfinite(y[-1]) and x[-1] <= right)
            label.setVisible(visible)
            if visible:
                label.setFont(axis_font())
                label.setText(name, color=theme.readable(QColor(color), ground))
                ends.append([label, x[-1], min(max(y[-1], low + line / 2), high - line / 2)])
        if len(ends) == 2 and abs(ends[0][2] - ends[1][2]) < line:
            upper, lower = sorted(ends, key=lambda end: -end[2])
            middle = (upper[2] + lower[2]) / 2
            middle = min(max(middle, low + line), high - line)
            upper[2], lower[2] = middle + line / 2, middle - line / 2
        beside = _BESIDE_END * box.viewPixelSize()[0]
        for label, x, y in ends:
            label.setPos(x + beside, y)

    @property
    def ends_high(self) -> bool:
        """Return whether the line of the run ends in the upper half of the plot."""
        _range, (low, high) = self.getPlotItem().getViewBox().viewRange()
        last = self.run.training(self.quantity, False).last or 0.0
        return not self.log and last > (low + high) / 2

    @property
    def _names(self) -> tuple[str, str]:
        return _("training"), _("validation")

    def _draw_marks(self, color: str) -> None:
        while len(self.marks) < len(self.run.marks):
            place, label = self.run.marks[len(self.marks)]
            line = pg.InfiniteLine(
                place,
                angle=90,
                pen=pg.mkPen(color, width=1, style=Qt.PenStyle.DashLine),
                label=label,
                labelOpts={"position": 0.92, "color": color, "anchors": [(0, 0), (1, 0)]},
            )
            line.label.textItem.setFont(theme.ui_font(theme.SMALL))
            self.marks.append(line)
            self.addItem(line, ignoreBounds=True)
        for line, (place, label) in zip(self.marks, self.run.marks, strict=False):
            if line.label.format != label:
                line.label.setFormat(label)
            line.setPos(place)
        while len(self.marks) > len(self.run.marks):
            self.removeItem(self.marks.pop())

    def _fit(self) -> None:
        training = self.run.training(self.quantity, self.per_step)
        series_list = [training, self.run.validation(self.quantity)]
        for curves in self.overlays.values():
            series_list += [curves.training(self.quantity, False), curves.validation(self.quantity)]
        series_list = [series for series in series_list if len(series) and series.high > -math.inf]
        right = self._right(max((float(s.x[-1]) for s in series_list), default=0.0))
        low = min((s.low for s in series_list), default=0.0)
        high = max((s.high for s in series_list), default=1.0)
        box = self.getPlotItem().getViewBox()
        if self.log:  # by half decades, so that the axis seldom moves
            low = math.log10(max(low, high * 1e-9, 1e-12)) if high > 0 else -1.0
            high = math.log10(high) if high > 0 else 0.0
            low, high = math.floor(2 * low) / 2, math.ceil(2 * high) / 2
        elif low >= 0:
            low, high = 0.0, self._highest(series_list, high)
        span = high - low or abs(high) or 1.0
        words = QFontMetricsF(axis_font())
        room = _BESIDE_END + max(map(words.horizontalAdvance, self._names)) + 6
        part = min(room / max(box.width(), 1.0), 0.4)  # for the names of the lines
        box.setRange(
            xRange=(0.0, max(right, 1.0) / (1 - part)),
            yRange=(low - 0.02 * span, high if low == 0 else high + 0.04 * span),
            padding=0,
            disableAutoRange=True,
        )

    def _highest(self, series_list: list[Series], high: float) -> float:
        """Return the upper end of an axis from 0: it follows from the first step, and grows only
        for means that are higher, or for steps that are much higher."""
        if high <= 1 and not self.quantity.endswith("loss"):
            return 1.0 * HEADROOM
        first = max((float(s.y[0]) for s in series_list if np.isfinite(s.y[0])), default=0.0)
        means = [curves.epochs.get(name) for curves in (self.run, *self.overlays.values())
                 for name in (self.quantity, f"val_{self.quantity}")]  # fmt: skip
        highest = max((s.high for s in means if s is not None and len(s)), default=0.0)
        top = max(first, highest if math.isfinite(highest) else 0.0)
        return HEADROOM * (high if high > _MOST_SPIKE * top else top)

    def _right(self, done: float) -> float:
        """Return the end of the axis: the planned epochs, or less if they are far away."""
        planned = float(self.planned_epochs)
        if planned <= max(60.0, 3 * done):
            return max(planned, done)
        step = 10.0 ** math.floor(math.log10(max(done, 20.0)))
        return min(planned, step * math.ceil(max(1.3 * done, 20.0) / step))

    def mouseDoubleClickEvent(self, event: object) -> None:
        self.follow()

    def leaveEvent(self, event: QEvent) -> None:
        self._hide_cursor()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._hide_cursor()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        (left, right), _range = self.getPlotItem().getViewBox().viewRange()
        if event.key() == Qt.Key.Key_Escape and self._cursor.isVisible():
            self._hide_cursor()
        elif steps is not None:
            end = _end(self.run.training(self.quantity, False))
            at = self._cursor.value() if self._cursor.isVisible() else end
            self.place_cursor(min(max(at + steps * max(1.0, (right - left) / 100), left), end))
        else:
            super().keyPressEvent(event)

    @property
    def cursor_epoch(self) -> float | None:
        return float(self._cursor.value()) if self._cursor.isVisible() else None

    def _hide_cursor(self) -> None:
        self._cursor.hide()
        self.hovered.emit("")
        self.placed.emit(None)

    def place_cursor(self, x: float | None) -> None:
        """Show the values at an epoch; None: those of the run's end."""
        if x is None:
            self._hide_cursor()
            return
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
            self._hide_cursor()
            return
        self.place_cursor(box.mapSceneToView(place).x())

    def text_at(self, x: float) -> str:
        parts = [_("epoch {number}", number=format_number(x, ".1f"))]
        training = self.run.training(self.quantity, self.per_step).at(x)
        validation = self.run.validation(self.quantity).at(x)
        if training is not None:
            parts.append(_("training {value}", value=short_number(training)))
        if validation is not None:
            parts.append(_("validation {value}", value=short_number(validation)))
        for name, curves in self.overlays.items():
            value = curves.validation(self.quantity).at(x)
            value = curves.training(self.quantity, False).at(x) if value is None else value
            if value is not None:
                parts.append(f"{self.named(name, curves)} {short_number(value)}")
        return " · ".join(parts)


def _end(series: Series) -> float:
    return float(series.x[-1]) if len(series) else 0.0


def run_picture(run: RunCurves, size: QSize, sharp: float = 2.0) -> QImage:
    """Draw the loss of a run for printing, with steps if there are few epochs."""
    plot = TrainingCurvePlot(scheme=theme.LIGHT)
    plot.resize(size)
    plot.set_run(run, 0)
    plot.set_options(per_step=len(run.epochs.get(plot.quantity, ())) < _FEW_EPOCHS)
    plot.grab()  # a plot has its final size only after the first painting
    plot.getPlotItem().layout.activate()
    plot.redraw()
    image = QImage(size * sharp, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(sharp)
    image.fill(Qt.GlobalColor.white)
    with QPainter(image) as painter:
        plot.render(painter, QRectF(0, 0, size.width(), size.height()))
    plot.deleteLater()
    return image


def overlay_color(number: int) -> str:
    """Return the colour of the ``number``-th compared run."""
    return OVERLAY_COLORS[number % len(OVERLAY_COLORS)]


def overlay_sign(number: int) -> tuple[str, str]:
    """Return the symbol of a compared run, and its character for the legend."""
    return OVERLAY_SIGNS[number % len(OVERLAY_SIGNS)]


def short_number(value: float | None) -> str:
    """Format a value of a run, which may be missing or not finite."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return _("not a number") if math.isnan(value) else _("infinite")
    return format_number(value)
