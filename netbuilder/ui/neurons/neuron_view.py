"""The drawing of a network's units and links."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.results.computation_trace.computed_value import format_signed
from netbuilder.core.results.live.connection_weights import ConnectionWeight
from netbuilder.core.results.live.neurons import MOST_UNITS, filter_pictures, link_values
from netbuilder.core.wording import format_number
from netbuilder.ui.neurons.neuron_feed import NeuronFeed
from netbuilder.ui.neurons.neuron_layout import (
    GAP,
    INNER,
    MOST_LINKS,
    OUTPUT,
    RADIUS,
    TILE,
    Link,
    NeuronLayout,
)
from netbuilder.ui.plots.activation_strips import colors_of, signed_images
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.images import to_image
from netbuilder.ui.plots.live.surface_plot import number_color
from netbuilder.ui.style import theme

_THIN, _THICK, _LEVELS = 0.5, 7.0, 64
_DRAG = 0.01  # change of a weight per pixel
_LEAST_DRAG = 5  # pixels, which pause a run
_LABEL = 18.0
_SEND_MS = 120
_STRONGEST = 0.7  # colour of the surface, for samples of the same colour to stand out
_Unit = tuple[int, int]


class NeuronView(QScrollArea):
    """Shows the drawing, scrolled if it is larger than the window."""

    def __init__(self, feed: NeuronFeed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = NeuronDrawing(feed, self)
        self.setWidget(self.drawing)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusProxy(self.drawing)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.drawing.arrange(event.size())


class NeuronDrawing(QWidget):
    """Tiles and links. A unit or a link is chosen by a click or with the arrow keys.

    Signals:
        chosen(unit, source): the unit (column, unit), or None; the source of the chosen link or -1.
        hinted(words): what is under the pointer; "" for nothing.
        weight_set(owner, name, index, value): a link was dragged.
        pause_requested: a link is dragged that cannot be set now.
    """

    chosen = Signal(object, int)
    hinted = Signal(str)
    weight_set = Signal(str, str, tuple, float)
    pause_requested = Signal()

    def __init__(self, feed: NeuronFeed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.feed = feed
        self.unit: _Unit | None = None
        self.source = -1
        self.may_set = False
        #: Of a stage of a step: a number below each unit, by column.
        self.labels: list[Any] | None = None
        #: Of a stage: values of the links in place of the weights, by owner.
        self.link_values: dict[str, Any] | None = None
        #: Of a stage: words above and below the output's surface.
        self.output_words = ("", "")
        #: Of a stage: its samples on the plane (n, 2), from 0 to 1, and the link of its weight.
        self.samples: Any = ()
        self.marked: Link | None = None
        #: Of a stage: the columns that it has reached, as far as this part; back: from the end.
        self.reached, self.back = 1.0, False
        self._hover: _Unit | None = None
        self._hover_link: Link | None = None
        self._drag: tuple[QPointF, float] | None = None
        self._pending: tuple[str, str, tuple[int, ...], float] | None = None
        self._send = QTimer(self, singleShot=True, interval=_SEND_MS)
        self._send.timeout.connect(self._send_weight)
        self._links: list[Link] = []
        self._images: dict[int, list[QImage]] = {}  # by column
        self._filters: dict[int, list[QImage]] = {}
        self._large: QImage | None = None
        self._points: QPixmap | None = None
        self._size = QSize(800, 600)
        self.layout_of_units: NeuronLayout | None = None
        self.setObjectName("neurons")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Units of the network"))
        feed.columns_changed.connect(self._rearrange)
        feed.changed.connect(self._refresh)
        theme.theme().changed.connect(self._rearrange)

    def show_stage(
        self,
        labels: list[Any] | None,
        links: dict[str, Any] | None,
        words: tuple[str, str] = ("", ""),
        samples: Any = (),
    ) -> None:
        """Show numbers below the units, values in place of the weights (None: neither), words above
        and below the output's surface, and rings around samples (n, 2)."""
        rearranged = (labels is None) is not (self.labels is None)
        self.labels, self.link_values, self.output_words = labels, links, words
        self.samples = samples
        if rearranged:
            self._rearrange()
        else:
            self._refresh()

    def mark(self, link: Link | None) -> None:
        """Mark the link of a stage's weight in place of the chosen link."""
        if link != self.marked:
            self.marked = link
            self.update()

    def reach(self, part: float, back: bool) -> None:
        """Show how far a stage has come, from 0 to 1; ``back``: from the output to the input."""
        self.reached, self.back = part, back
        self.update()

    def _has_reached(self, column: int) -> bool:
        last = len(self.feed.columns) - 1
        return (last - column if self.back else column) <= self.reached * last + 1e-6

    # geometry -----------------------------------------------------------------------------

    def arrange(self, size: QSize) -> None:
        self._size = size
        self._rearrange()

    def _rearrange(self) -> None:
        columns = self.feed.columns
        self._points = None
        if self.unit is not None and not self.exists(self.unit):
            self.choose(None)
        if not columns:
            self.layout_of_units = None
            return
        units = [column.units for column in columns]
        wide = [self._has_filters(n) for n in range(len(columns))]
        size = self._size.width(), self._size.height()
        layout = NeuronLayout(units, wide, plane := self.feed.plane is not None, *size)
        if self.labels is not None:
            self.layout_of_units = layout
            layout = NeuronLayout(units, wide, plane, *size, _LABEL / self._scale)
        self.layout_of_units = layout
        self.setMinimumSize(
            int(min(layout.width * layout.scale, 4000)) - 1, int(layout.height * layout.scale) - 1
        )
        self._refresh()

    def _has_filters(self, column: int) -> bool:
        return column > 0 and bool(
            self.feed.columns[column].owner and self.feed.columns[column].map
        )

    def exists(self, unit: _Unit) -> bool:
        columns = self.feed.columns
        return unit[0] < len(columns) and unit[1] < columns[unit[0]].units

    def _spot(self, where: QPointF) -> QPointF:
        layout = self.layout_of_units
        assert layout is not None
        left, top = self._origin()
        return QPointF((where.x() - left) / layout.scale, (where.y() - top) / layout.scale)

    def _origin(self) -> tuple[float, float]:
        layout = self.layout_of_units
        assert layout is not None
        return (
            max((self.width() - layout.width * layout.scale) / 2, 0.0),
            max((self.height() - layout.height * layout.scale) / 2, 0.0),
        )

    # what is shown ------------------------------------------------------------------------

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        self._images, self._filters, self._large = {}, {}, None
        self._links = self._visible_links()
        self.update()

    def _visible_links(self) -> list[Link]:
        """Return the links, the smallest weights first, at most ``MOST_LINKS`` per layer."""
        links: list[Link] = []
        for number, column in enumerate(self.feed.columns[1:], 1):
            sources = self.feed.columns[number - 1].units
            values = self._values(number)
            if not column.owner:
                links += [Link(number, unit, unit) for unit in range(column.units)]
                continue
            if values is None:
                values = np.zeros((sources, column.units))
            order = np.argsort(np.abs(values), axis=None)[-MOST_LINKS:]
            links += [Link(number, int(at) // column.units, int(at) % column.units) for at in order]
        return links

    def _values(self, column: int) -> Any:
        """Return what the links into a column show, (sources, units); None if unknown."""
        owner = self.feed.columns[column].owner
        weights = self.feed.weights.get(owner, {}).get("kernel")
        values = weights if self.link_values is None else self.link_values.get(owner)
        if values is None:
            return None
        sources, units = self.feed.columns[column - 1].units, self.feed.columns[column].units
        return link_values(values, sources, units)

    def _image(self, unit: _Unit) -> QImage | None:
        """Return the picture of a unit's outputs: its map, or its values over the plane."""
        column, plane, outputs = self.feed.columns[unit[0]], self.feed.plane, self.feed.outputs
        if not outputs or (plane is None and not column.map):
            return None
        if unit[0] not in self._images:
            size, draw = column.map, colors_of("" if unit[0] else "Input")
            if plane is not None and not size:
                size, draw = (plane.side, plane.side), signed_images
            self._images[unit[0]] = draw(np.asarray(outputs[unit[0]]).reshape(-1, *size))
        return self._images[unit[0]][unit[1]]

    def _filter(self, unit: _Unit) -> QImage | None:
        kernel = self.feed.weights.get(self.feed.columns[unit[0]].owner, {}).get("kernel")
        if kernel is None:
            return None
        if unit[0] not in self._filters:
            self._filters[unit[0]] = signed_images(filter_pictures(kernel))
        return self._filters[unit[0]][unit[1]]

    def _large_image(self) -> QImage | None:
        if self._large is None:
            surface = self.feed.surface()
            if surface is None:
                return None
            image = to_image(_surface_colors(surface).astype(np.uint8))
            self._large = image.convertToFormat(QImage.Format.Format_RGB32)  # painted faster
        return self._large

    # painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as p:
            scheme = theme.colors()
            p.fillRect(event.rect(), QColor(scheme.canvas))
            layout = self.layout_of_units
            if layout is None:
                return
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            p.translate(*self._origin())
            p.scale(layout.scale, layout.scale)
            self._paint_links(p, layout)
            for column, boxes in enumerate(layout.tiles):
                for unit, box in enumerate(boxes):
                    if box is not layout.large:
                        self._paint_tile(p, (column, unit), box)
            if not layout.large.isNull():
                self._paint_large(p, layout)
            self._paint_captions(p, layout)
            if self._hover is not None and self.feed.columns[self._hover[0]].map:
                self._paint_enlarged(p, layout, self._hover)

    def _paint_links(self, p: QPainter, layout: NeuronLayout) -> None:
        scheme = theme.colors()
        values = {n: self._values(n) for n in range(1, len(self.feed.columns))}
        known = [np.abs(v).max() for v in values.values() if v is not None and np.isfinite(v).all()]
        largest = max((*known, 1.0 if self.link_values is None else 1e-12))
        thickest = _THICK if len(self._links) <= MOST_LINKS else 0.4 * _THICK
        p.setBrush(Qt.BrushStyle.NoBrush)
        halo = theme.mix(QColor(scheme.accent), QColor(scheme.canvas), 0.35)
        for marked in {self._hover_link, self.marked or self.link}:
            if marked is not None and marked.column < len(self.feed.columns):
                p.setPen(QPen(halo, 1.4 * _THICK))
                p.drawPath(layout.path(marked))
        pens: dict[tuple[int, bool, bool], QPainterPath] = {}  # a path each: that is faster
        for link in self._links:
            kernel = values[link.column]
            weight = math.nan if kernel is None else float(kernel[link.source, link.unit])
            level = -1
            if not math.isnan(weight) and self._has_reached(link.column - int(self.back)):
                level = round(_LEVELS * min(abs(weight) / largest, 1.0))
            pen = level, weight < 0 <= level, self._fades(link)
            pens.setdefault(pen, QPainterPath()).addPath(layout.path(link))
        for (level, negative, fades), path in sorted(pens.items(), key=lambda item: item[0]):
            p.setPen(_pen(scheme, level / _LEVELS, negative, fades, thickest))
            p.drawPath(path)

    def _fades(self, link: Link) -> bool:
        """Return whether it is a link of other units than the one under the pointer."""
        unit = self._hover or (self.unit if self.source < 0 else None)
        return unit not in (None, (link.column, link.unit), (link.column - 1, link.source))

    def _paint_tile(self, p: QPainter, unit: _Unit, box: QRectF) -> None:
        scheme, image = theme.colors(), self._image(unit)
        outputs = self.feed.outputs
        p.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, not self.feed.columns[unit[0]].map
        )
        if self._has_filters(unit[0]):
            weights = self._filter(unit)
            if weights is not None:
                p.drawImage(QRectF(box.left(), box.top(), TILE, TILE), weights)
            if image is not None:
                p.drawImage(QRectF(box.left() + TILE + INNER, box.top(), TILE, TILE), image)
        elif image is not None:
            _draw_rounded(p, image, box, QColor(scheme.canvas))
        else:
            color, value = QColor(scheme.panel), None
            if outputs and not self.feed.columns[unit[0]].map:
                column = np.asarray(outputs[unit[0]])[:, 0]
                value = float(column[unit[1]])
                part = abs(value) / (float(np.abs(column).max()) or 1.0)
                sign = theme.ABOVE_ZERO if value >= 0 else theme.BELOW_ZERO
                color = theme.mix(QColor(sign), color, 0.0 if math.isnan(part) else 0.85 * part)
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(color)
            p.drawRoundedRect(box, RADIUS, RADIUS)
            if value is not None:
                p.setFont(_font(min(round(11 / self._scale), 14)))
                p.setPen(theme.ink_on(color))
                text = format_number(value, ".2f")
                p.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        self._paint_frame(p, unit, box)
        label = self._label(unit)
        if label and self.layout_of_units is not None:
            room = self.layout_of_units.label
            p.setFont(_font(round(0.65 * room), fixed=True))
            p.setPen(theme.step_color())
            boxes = self.layout_of_units.tiles[unit[0]]
            single = boxes[0].left() == boxes[-1].left()
            half = TILE if single else (box.width() + GAP) / 2
            below = QRectF(box.center().x() - half, box.bottom() + 1, 2 * half, room - 3)
            if (wide := p.fontMetrics().horizontalAdvance(label)) > below.width():
                p.setFont(_font(round(0.65 * room * below.width() / wide), fixed=True))
            p.drawText(below, Qt.AlignmentFlag.AlignHCenter, label)

    def _paint_enlarged(self, p: QPainter, layout: NeuronLayout, unit: _Unit) -> None:
        """Paint the filter and the map of the unit under the pointer beside it, four times."""
        box, scheme = layout.tiles[unit[0]][unit[1]], theme.colors()
        place = QRectF(0, 0, 4 * box.width(), 4 * box.height())
        right = box.right() + 10 + place.width() < layout.width
        place.moveTo(box.right() + 10 if right else box.left() - 10 - place.width(), box.top())
        place.moveBottom(min(place.bottom(), layout.height - 10))
        p.setPen(QPen(QColor(scheme.border), 1))
        p.setBrush(QColor(scheme.panel))
        p.drawRoundedRect(place.adjusted(-6, -6, 6, 6), 8, 8)
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        image, side = self._image(unit), place.height()
        if image is not None:
            p.drawImage(QRectF(place.right() - side, place.top(), side, side), image)
        weights = self._filter(unit) if self._has_filters(unit[0]) else None
        if weights is not None:
            p.drawImage(QRectF(place.left(), place.top(), side, side), weights)

    def _label(self, unit: _Unit) -> str:
        if self.labels is None or unit[0] >= len(self.labels) or self.labels[unit[0]] is None:
            return ""
        if not self._has_reached(unit[0]):
            return ""
        values = self.labels[unit[0]]
        return format_signed(float(values[unit[1]])) if unit[1] < len(values) else ""

    def _paint_frame(self, p: QPainter, unit: _Unit, box: QRectF) -> None:
        scheme = theme.colors()
        chosen = unit == self.unit and self.source < 0
        marked = chosen or unit == self._hover
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.setPen(QPen(QColor(scheme.accent if marked else scheme.border), 2 if marked else 1))
        p.drawRoundedRect(box, RADIUS, RADIUS)
        if chosen and self.hasFocus():
            p.drawRoundedRect(box.adjusted(-3, -3, 3, 3), RADIUS + 2, RADIUS + 2)

    def _paint_large(self, p: QPainter, layout: NeuronLayout) -> None:
        """Paint the predictions, or the map of the unit under the pointer, with the samples."""
        scheme, box = theme.colors(), layout.large
        p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        last = (len(layout.tiles) - 1, 0)
        hover = self._hover if self._hover is not None and self._hover != last else None
        image = self._large_image() if hover is None else self._image(hover)
        if image is None:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(QColor(scheme.panel))
            p.drawRoundedRect(box, RADIUS, RADIUS)
        else:
            _draw_rounded(p, image, box, QColor(scheme.canvas))
        if self._points is None:
            self._points = self._draw_points(box, self.devicePixelRatioF() * layout.scale)
        p.drawPixmap(box, self._points, QRectF(self._points.rect()))
        if not layout.single:
            for tile in layout.tiles[-1]:
                p.setPen(QPen(QColor(scheme.border), 0.7))
                p.drawLine(
                    QPointF(tile.right(), tile.center().y()), QPointF(box.left(), box.center().y())
                )
        self._paint_frame(p, last if layout.single else (-1, 0), box)
        if self._has_reached(last[0]):
            p.setFont(_font(round(12 / self._scale), fixed=True))
            p.setPen(QPen(QColor(theme.LIGHT.text), 2))  # the surface is bright in both schemes
            p.setBrush(Qt.BrushStyle.NoBrush)
            for x, y in self.samples:
                p.drawEllipse(box.topLeft() + QPointF(x * OUTPUT, y * OUTPUT), 6.5, 6.5)
            p.setPen(theme.step_color())
            room = max(layout.label, _LABEL)
            for words, top in zip(self.output_words, (box.top() - room, box.bottom()), strict=True):
                wide = max(box.width(), p.fontMetrics().horizontalAdvance(words) + 1.0)
                place = QRectF(min(box.left(), layout.width - wide - 4), top, wide, room)
                p.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def _draw_points(self, box: QRectF, density: float) -> QPixmap:
        picture = QPixmap((box.size() * density).toSize())
        picture.fill(Qt.GlobalColor.transparent)
        plane = self.feed.plane
        if plane is None:
            return picture
        with QPainter(picture) as p:
            p.setRenderHint(QPainter.RenderHint.Antialiasing)
            p.scale(density, density)
            p.setPen(QPen(QColor("white"), 1))
            for (x, y), value in zip(plane.at, plane.value, strict=True):
                color = class_color(int(value)) if plane.classes else number_color(float(value))
                p.setBrush(color.darker(115))
                p.drawEllipse(QPointF(x * box.width(), y * box.height()), 3.4, 3.4)
        return picture

    def _paint_captions(self, p: QPainter, layout: NeuronLayout) -> None:
        size = min(max(13, round(12 / layout.scale)), 24)
        p.setFont(_font(size))
        p.setPen(QColor(theme.colors().text))
        if layout.large.isNull():
            last = len(layout.tiles) - 1
            for unit, name in self.feed.names(last).items():
                box = layout.tiles[last][unit]
                wide = round((self.width() - self._origin()[0]) / layout.scale - box.right()) - 10
                place = QRectF(box.right() + 6, box.top(), wide, box.height())
                words = p.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, wide)
                p.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)
        middles = [(boxes[0].left() + boxes[-1].right()) / 2 for boxes in layout.tiles]
        ends = [-middles[0], *middles, 2 * layout.width - middles[-1]]
        for number, middle in enumerate(middles):
            width = min(middle - ends[number], ends[number + 2] - middle) - 8
            place = QRectF(middle - width / 2, layout.caption_y, width, 2 * size)
            text = p.fontMetrics().elidedText(
                self.caption(number), Qt.TextElideMode.ElideRight, round(place.width())
            )
            p.drawText(place, Qt.AlignmentFlag.AlignHCenter, text)

    def caption(self, number: int) -> str:
        """Return the words below a column."""
        column, names = self.feed.columns[number], self.feed.names(number)
        if number == 0:
            short = 0 < len(names) <= 3
            return ", ".join(names.values()) if short else f"Input {column.units}"
        parts = (f"{self.feed.layer(number)} {column.units}", column.activation)
        return " · ".join(part for part in parts if part)

    @property
    def _scale(self) -> float:
        """Return the scale, if it is smaller than 1: small print is not drawn smaller."""
        scale = 1.0 if self.layout_of_units is None else self.layout_of_units.scale
        return min(max(scale, 0.6), 1.0)

    # choosing and setting ------------------------------------------------------------------

    @property
    def link(self) -> Link | None:
        if self.unit is None or self.source < 0:
            return None
        return Link(self.unit[0], self.source, self.unit[1])

    def choose(self, unit: _Unit | None, source: int = -1) -> None:
        self.unit, self.source = unit, source
        self.update()
        self.chosen.emit(unit, source)

    def unit_name(self, unit: _Unit) -> str:
        name = self.feed.names(unit[0]).get(unit[1])
        node = self.feed.columns[unit[0]].node
        return name or _("unit {number} of {layer}", number=unit[1] + 1, layer=node)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self.layout_of_units is None:
            return
        self._find(event.position())
        if self._hover is not None:
            self.choose(self._hover if self._hover[0] else None)
        elif self._hover_link is not None:
            link = self._hover_link
            self.choose((link.column, link.unit), link.source)
            kernel = self._kernel(link)
            if kernel is not None:
                self._drag = event.position(), float(kernel[link.source, link.unit])
        else:
            self.choose(None)

    def _kernel(self, link: Link) -> Any:
        """Return the weights into a column (sources, units); None if a link is not one of them."""
        kernel = self._kernels(link)
        single = kernel is not None and len(kernel) == self.feed.columns[link.column - 1].units
        return kernel if single and kernel.ndim == 2 else None

    def _kernels(self, link: Link) -> Any:
        return self.feed.weights.get(self.feed.columns[link.column].owner, {}).get("kernel")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.layout_of_units is None:
            return
        link = self.link
        if self._drag is not None and link is not None:
            start, weight = self._drag
            kernel = self._kernel(link)
            if not self.may_set and kernel is not None:
                if (start - event.position()).manhattanLength() > _LEAST_DRAG:
                    self._drag = event.position(), float(kernel[link.source, link.unit])
                    self.pause_requested.emit()
                return
            value = round(weight + _DRAG * (start.y() - event.position().y()), 2)
            owner = self.feed.columns[link.column].owner
            self._pending = owner, "kernel", (link.source, link.unit), value
            self.feed.set_weight(*self._pending)
            self.hinted.emit(self._link_words(link))
            if not self._send.isActive():
                self._send.start()
            return
        before = self._hover, self._hover_link
        self._find(event.position())
        if (self._hover, self._hover_link) != before:
            self.update()
            self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self._send_weight()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = self._hover_link = None
        self.update()
        self.hinted.emit("")

    def _send_weight(self) -> None:
        self._send.stop()
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self.weight_set.emit(*pending)

    def _find(self, where: QPointF) -> None:
        assert self.layout_of_units is not None
        spot = self._spot(where)
        self._hover = self.layout_of_units.unit_at(spot)
        self._hover_link = None
        if self._hover is None:
            self._hover_link = self.layout_of_units.link_at(spot, self._links)
        over = self._hover_link is not None and self._kernel(self._hover_link) is not None
        self.setCursor(Qt.CursorShape.SizeVerCursor if over else Qt.CursorShape.ArrowCursor)

    def _tell(self) -> None:
        if self._hover_link is not None:
            self.hinted.emit(self._link_words(self._hover_link))
        elif self._hover is not None:
            words = self.unit_name(self._hover), self._label(self._hover)
            self.hinted.emit(": ".join(filter(None, words)))
        else:
            self.hinted.emit("")

    def _link_words(self, link: Link) -> str:
        source = self.unit_name((link.column - 1, link.source))
        target = self.unit_name((link.column, link.unit))
        kernel, kernels = self._kernel(link), self._kernels(link)
        if kernel is not None:
            weight = format_number(float(kernel[link.source, link.unit]), "+.3f")
        elif kernels is not None:
            columns = self.feed.columns
            sources, units = columns[link.column - 1].units, columns[link.column].units
            block = kernels.reshape(-1, sources, units)[:, link.source, link.unit]
            size, mean = float(np.abs(block).mean()), float(block.mean())
            weight = str(ConnectionWeight(size, mean, len(block), 0.0))
        else:
            return _("From {source} to {target}", source=source, target=target)
        return _("{weight}: from {source} to {target}", weight=weight, source=source, target=target)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        columns = self.feed.columns
        step = steps.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape and self.unit is not None:
            self.choose(None)
        elif step is not None and len(columns) > 1:
            column, unit = self.unit or (1, -step[1])
            column = min(max(column + step[0], 1), len(columns) - 1)
            unit = min(max(unit + step[1], 0), columns[column].units - 1)
            self.choose((column, unit))
            self.hinted.emit(self.unit_name((column, unit)))
        else:
            super().keyPressEvent(event)


@lru_cache(maxsize=8 * _LEVELS)
def _pen(scheme: theme.Colors, part: float, negative: bool, fades: bool, thickest: float) -> QPen:
    """Return the pen of a weight, as a part of the largest; a negative part: it is unknown."""
    if part < 0:
        return QPen(QColor(scheme.border), 0.7)
    color = QColor(theme.BELOW_ZERO if negative else theme.ABOVE_ZERO)
    if scheme.dark:
        color = color.lighter(125)
    opacity = (0.18 if fades else 1.0) * (0.45 + 0.5 * part)
    color = theme.mix(color, QColor(scheme.canvas), opacity)  # translucent pens are slower
    pen = QPen(color, _THIN + (thickest - _THIN) * part)
    if negative:
        pen.setDashPattern([max(2.2, 5.0 / pen.widthF()), max(1.2, 3.0 / pen.widthF())])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _font(pixels: int, *, fixed: bool = False) -> Any:
    font = theme.fixed_font() if fixed else theme.ui_font()
    font.setPixelSize(pixels)
    return font


def _surface_colors(surface: Any) -> Any:
    """Return colours (side, side, 3) of probabilities, or of numbers from 0 to 1."""
    shares = np.nan_to_num(surface)
    if shares.shape[2] < 3:  # white in the middle
        ends = (QColor(theme.BELOW_ZERO), QColor(theme.ABOVE_ZERO))
        low, high = map(_rgb, ends if shares.shape[2] == 1 else map(class_color, range(2)))
        part = _STRONGEST * np.abs(2 * shares[..., -1:] - 1)
        return np.where(shares[..., -1:] >= 0.5, high, low) * part + 255 * (1 - part)
    colors = np.stack([_rgb(class_color(n)) for n in range(shares.shape[2])])
    return 255 - (255 - shares @ colors) * _STRONGEST


def _rgb(color: QColor) -> Any:
    return np.array([color.red(), color.green(), color.blue()], float)


def _draw_rounded(p: QPainter, image: QImage, box: QRectF, ground: QColor) -> None:
    """Draw an image with rounded corners, by painting over the corners: clipping is slow."""
    p.drawImage(box, image)
    p.setPen(Qt.PenStyle.NoPen)
    p.setBrush(ground)
    p.drawPath(_corners(box.left(), box.top(), box.width(), box.height()))


@lru_cache(maxsize=4 * MOST_UNITS)
def _corners(left: float, top: float, width: float, height: float) -> QPainterPath:
    box, corners = QRectF(left, top, width, height), QPainterPath()
    corners.addRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))
    corners.addRoundedRect(box, RADIUS, RADIUS)
    return corners
