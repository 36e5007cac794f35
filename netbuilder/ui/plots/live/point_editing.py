"""Add, move and delete points of a surface by mouse or keyboard."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number
from netbuilder.ui.style import theme

NEAR = 9.0  # distance in pixels that selects a point
#: Pixels between two points of the brush, and half the width of its stroke.
_DAB, _BRUSH = 12.0, 14.0
_STEPS = 60  # of the arrow keys across the plot; with Shift, six at once
HELP = N_(
    "Click to add a point, drag to move one, right-click to delete one. Keys: arrows move (Shift:"
    " further), Enter adds, Space picks up and drops, Delete deletes."
)
BRUSH_HELP = N_("Press and move to paint points of the chosen class. Right-click deletes a point.")
Place = tuple[float, float]


class PointEditFilter(QObject):
    """Edits the points ``drawn_at`` of a plot while ``on``: ``put``, ``moved`` and ``taken`` ask.

    ``painted(places)``: the stroke of a ``brush``. ``told(words)`` gives the keyboard's position.
    """

    put = Signal(float, float)
    painted = Signal(list)
    moved = Signal(tuple, tuple)
    taken = Signal(tuple)
    told = Signal(str)

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot)
        self._plot = plot
        self.on = False
        self.brush = False
        self.color = QColor()  # of new points
        self._stroke: list[Place] = []
        self._dabbed = QPointF()  # where the stroke has its last point
        self._scatter = np.random.default_rng()
        self.at: Place | None = None  # the keyboard's position
        self._dragged: Place | None = None
        self._pressed = QPointF()  # where the drag started
        self._ghost = pg.ScatterPlotItem(pxMode=True)
        self._ghost.setZValue(20)
        self._cross = pg.ScatterPlotItem(pxMode=True)
        self._cross.setZValue(21)
        plot.addItem(self._ghost, ignoreBounds=True)
        plot.addItem(self._cross, ignoreBounds=True)
        plot.installEventFilter(self)
        plot.viewport().installEventFilter(self)

    def switch(self, on: bool, *, brush: bool = False) -> None:
        self.on, self.brush = on, brush
        self._plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)
        self._plot.viewport().setCursor(
            Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor
        )
        self._plot.setAccessibleDescription(_(BRUSH_HELP if brush else HELP) if on else "")
        self._drop()
        if not on:
            self.at = None
            self._cross.clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.on:
            return False
        if isinstance(event, QMouseEvent) and watched is self._plot.viewport():
            return self._mouse(event)
        if watched is self._plot and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._key(event)
        if watched is self._plot and event.type() == QEvent.Type.FocusOut:
            self._drop()
            self._cross.clear()
        return False

    # mouse --------------------------------------------------------------------------------

    def _mouse(self, event: QMouseEvent) -> bool:
        spot, kind = event.position(), event.type()
        if kind in {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick}:
            near = self.near(spot)
            if event.button() == Qt.MouseButton.RightButton and near is not None:
                self.taken.emit(near)
            elif event.button() == Qt.MouseButton.LeftButton and self.brush:
                self._dab(spot)
            elif event.button() == Qt.MouseButton.LeftButton and near is not None:
                self._dragged, self._pressed = near, spot
            elif event.button() == Qt.MouseButton.LeftButton and self._inside(spot):
                self.put.emit(*self.place(spot))
            self._plot.setFocus(Qt.FocusReason.MouseFocusReason)
            return True
        if kind == QEvent.Type.MouseMove and self._stroke:
            if (spot - self._dabbed).manhattanLength() >= _DAB:
                self._dab(spot)
            return True
        if kind == QEvent.Type.MouseMove and self._dragged is not None:
            if (spot - self._pressed).manhattanLength() < QApplication.startDragDistance():
                return True
            self._show_ghost(self.place(spot))
            return True
        if kind == QEvent.Type.MouseButtonRelease and self._stroke:
            stroke, self._stroke = self._stroke, []
            self._ghost.clear()
            self.painted.emit(stroke)
            return True
        if kind == QEvent.Type.MouseButtonRelease:
            origin, self._dragged = self._dragged, None
            self._ghost.clear()
            # Small movements are clicks.
            far = (spot - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            if origin is not None and far and self._inside(spot):
                self.moved.emit(origin, self.place(spot))
            return True
        return False

    def _dab(self, spot: QPointF) -> None:
        """Add a point of the stroke, near the pixel."""
        aside = self._scatter.uniform(-_BRUSH, _BRUSH, 2) if self._stroke else (0.0, 0.0)
        place = spot + QPointF(*map(float, aside))
        if self._inside(place):
            self._dabbed = spot
            self._stroke.append(self.place(place))
            xs, ys = zip(*self._stroke, strict=True)
            pen = pg.mkPen("white", width=1)
            self._ghost.setData(xs, ys, size=7, pen=pen, brush=self.color)

    def place(self, spot: QPointF) -> Place:
        """Return the values at a pixel of the viewport."""
        scene = self._plot.mapToScene(spot.toPoint())
        values = self._plot.getPlotItem().vb.mapSceneToView(scene)
        return float(values.x()), float(values.y())

    def spot(self, place: Place) -> QPointF:
        """Return the pixel of the viewport at a place."""
        scene = self._plot.getPlotItem().vb.mapViewToScene(QPointF(*place))
        return QPointF(self._plot.mapFromScene(scene))

    def _inside(self, spot: QPointF) -> bool:
        scene = self._plot.mapToScene(spot.toPoint())
        return bool(self._plot.getPlotItem().vb.sceneBoundingRect().contains(scene))

    def near(self, spot: QPointF, most: float = NEAR) -> Place | None:
        """Return the visible point at a pixel, or None."""
        drawn = self._plot.drawn_at
        if not len(drawn):
            return None
        place = np.array(self.place(spot))
        beside = np.array(self.place(spot + QPointF(1.0, 1.0)))
        pixel = np.where(beside == place, 1.0, np.abs(beside - place))
        distances = np.linalg.norm((drawn - place) / pixel, axis=1)
        best = int(distances.argmin())
        return (float(drawn[best, 0]), float(drawn[best, 1])) if distances[best] <= most else None

    # keyboard -----------------------------------------------------------------------------

    def _key(self, event: QKeyEvent) -> bool:
        (left, right), (bottom, top) = self._plot.getPlotItem().vb.viewRange()
        steps = {
            Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
        }  # fmt: skip
        key = Qt.Key(event.key())
        x, y = self.at or ((left + right) / 2, (bottom + top) / 2)
        near = self.near(self.spot((x, y)), 2 * NEAR)
        if key in steps:
            far = 6 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = steps[key]
            x = min(max(x + far * dx * (right - left) / _STEPS, left), right)
            y = min(max(y + far * dy * (top - bottom) / _STEPS, bottom), top)
            self._move_cursor(x, y)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._dragged is None:
            self._move_cursor(x, y)
            self.put.emit(x, y)
        elif key in {Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._pick_or_put_down(x, y, near)
        elif key in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            if near is None:
                self.told.emit(_("There is no point here."))
            else:
                self.taken.emit(near)
        elif key == Qt.Key.Key_Escape and self._dragged is not None:
            self._drop()
            self.told.emit(_("The point stays where it was."))
        else:
            return False
        return True

    def _pick_or_put_down(self, x: float, y: float, near: Place | None) -> None:
        if self._dragged is not None:
            origin = self._dragged
            self._drop()
            self.moved.emit(origin, (x, y))
        elif near is None:
            self.told.emit(_("There is no point here to pick up."))
        else:
            self._dragged = near
            self._move_cursor(*near)
            self.told.emit(_("Picked up: move to the new place and press Space."))

    def _move_cursor(self, x: float, y: float) -> None:
        self.at = (x, y)
        pen = pg.mkPen(QColor(theme.colors().text), width=2)
        self._cross.setData([x], [y], symbol="+", size=18, pen=pen, brush=None)
        if self._dragged is not None:
            self._show_ghost((x, y))
        point = self.near(self.spot((x, y)), 2 * NEAR)
        self.told.emit(
            f"{format_number(x, '.3g')}; {format_number(y, '.3g')}"
            + (": " + _("a point") if point and not self._dragged else "")
        )

    def _show_ghost(self, place: Place) -> None:
        pen = pg.mkPen(QColor(theme.colors().text), width=2)
        fill = QColor(theme.colors().accent)
        self._ghost.setData([place[0]], [place[1]], size=11, pen=pen, brush=fill)

    def _drop(self) -> None:
        self._dragged, self._stroke = None, []
        self._ghost.clear()
