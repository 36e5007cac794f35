"""Plots of word vectors: words on a plane, and two vectors as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.plots.colour_bar import class_color, class_symbol
from netbuilder.ui.plots.live.surface_plot import number_color, scale_to_unit
from netbuilder.ui.plots.themed_plot import NoWheelPlot
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import NO_PEN, shared_brush

if TYPE_CHECKING:
    from netbuilder.core.results.word_vectors import TokenTable, WordMap

#: Heights in pixels, and the number of words with a label (others have a tooltip).
MAP_HEIGHT, BARS_HEIGHT, MOST_LABELS = 320, 150, 150
#: Anchors of a label: above its point, below, right and left.
_SIDES = ((0.5, 1.1), (0.5, -0.1), (-0.1, 0.5), (1.1, 0.5))


class WordMapPlot(NoWheelPlot):
    """Words at their positions on the map; ``word_clicked(place)`` gives the word's index."""

    word_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("words", MAP_HEIGHT, parent)
        self._map: WordMap | None = None
        self._chosen: tuple[int, ...] = ()
        self._near: tuple[int, ...] = ()
        self._arrows: tuple[tuple[int, int], ...] = ()
        self._styled: TokenTable | None = None
        self._brushes: list[Any] = []
        self._symbols: list[str] = []
        self._tips: list[str] = []
        self._points = pg.ScatterPlotItem(pxMode=True, hoverable=True, hoverSize=12)
        self._points.opts["tip"] = lambda x, y, data: data
        self._points.sigClicked.connect(self._clicked)
        self.rings = pg.ScatterPlotItem(pxMode=True)
        self.rings.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.answer = pg.ScatterPlotItem(pxMode=True)
        self.answer.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.lines = pg.PlotDataItem(connect="pairs")
        for item in (self.lines, self._points, self.rings, self.answer):
            self.addItem(item)
        self._labels: list[pg.TextItem] = []
        self.getPlotItem().vb.sigResized.connect(lambda _box: self._draw_marks())
        for side in ("left", "bottom"):  # the axes have no meaning
            self.getPlotItem().hideAxis(side)

    def show_map(self, word_map: WordMap, tips: Sequence[str]) -> None:
        """Show a map; ``tips`` are the tooltips of the words."""
        self._map, self._tips = word_map, list(tips[: len(word_map.at)])
        self.drawn()

    def mark(
        self,
        chosen: Sequence[int],
        near: Sequence[int] = (),
        arrows: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Ring the chosen words, label those near them, and draw arrows between words.

        The end of an arrow that was not chosen is the answer, with its own ring.
        """
        marks = tuple(chosen), tuple(near), tuple(arrows)
        if marks != (self._chosen, self._near, self._arrows):
            self._chosen, self._near, self._arrows = marks
            self._draw_marks()

    def restyle(self) -> None:
        self._styled = None
        super().restyle()

    def drawn(self) -> None:
        word_map = self._map
        if word_map is None:
            return
        tokens, at = word_map.vectors.tokens, word_map.at
        if tokens is not self._styled:
            self._styled = tokens
            self._brushes, self._symbols = word_styles(tokens, len(at))
        self._points.setData(
            x=at[:, 0], y=at[:, 1], size=8, pen=NO_PEN, brush=self._brushes,
            symbol=self._symbols, data=self._tips,
        )  # fmt: skip
        low, high = at.min(axis=0), at.max(axis=0)
        edge = 0.06 * (high - low) + 1e-6
        self.getPlotItem().setRange(
            xRange=(low[0] - edge[0], high[0] + edge[0]),
            yRange=(low[1] - edge[1], high[1] + 2 * edge[1]),  # labels are above their points
            padding=0,
        )
        self._draw_marks()
        self.setAccessibleName(_("Map of the words ({way})", way=word_map.way))

    def _draw_marks(self) -> None:
        word_map = self._map
        if word_map is None:
            return
        at, accent = word_map.at, QColor(theme.colors().accent)
        ringed = [word for word in self._chosen if word < len(at)]
        self.rings.setData(
            x=at[ringed, 0], y=at[ringed, 1], size=15, pen=pg.mkPen(accent, width=2.5), brush=None
        )
        ends = [word for arrow in self._arrows if max(arrow) < len(at) for word in arrow]
        pen = pg.mkPen(accent, width=1.5, style=Qt.PenStyle.DashLine)
        self.lines.setData(at[ends, 0], at[ends, 1], pen=pen)
        # The answer: the end of an arrow that was not chosen.
        answer = sorted(set(ends) - set(ringed))
        ring = pg.mkPen(QColor(theme.colors().validation), width=3.5)
        self.answer.setData(x=at[answer, 0], y=at[answer, 1], size=22, brush=None, pen=ring)
        near = (word for word in self._near if word < len(at))
        self._draw_labels(at, [*ringed, *answer], [*ringed, *near])

    def _draw_labels(self, at: NDArray[Any], ringed: Sequence[int], first: Sequence[int]) -> None:
        """Label the marked, then the frequent words, without overlaps unless ringed."""
        assert self._map is not None
        scheme, names = theme.colors(), self._map.vectors.tokens.names
        order = list(dict.fromkeys([*first, *range(min(len(at), MOST_LABELS))]))
        while len(self._labels) < len(order):
            label = pg.TextItem(anchor=(0.5, 1.1))
            self.addItem(label, ignoreBounds=True)
            self._labels.append(label)
        box, taken = self.getPlotItem().vb, list[QRectF]()
        whole = box.sceneBoundingRect()
        for label, place in zip(self._labels, order, strict=False):
            label.setFont(theme.ui_font(theme.SMALL, bold=place in first))
            label.setText(names[place], QColor(scheme.text))
            label.setPos(*at[place])
            spot = box.mapViewToScene(QPointF(*at[place]))
            label.setAnchor(_SIDES[0])
            label.setVisible(place in ringed)
            for anchor in _SIDES:
                label.setAnchor(anchor)
                room = label.boundingRect().translated(spot)
                if whole.contains(room) and not any(room.intersects(box) for box in taken):
                    taken.append(room)
                    label.show()
                    break
        for label in self._labels[len(order) :]:
            label.hide()

    def _clicked(self, _item: Any, points: Any, _event: Any = None) -> None:
        if len(points):
            self.word_clicked.emit(int(points[0].index()))


def word_styles(tokens: TokenTable, count: int) -> tuple[list[Any], list[str]]:
    """Return a brush and a symbol per word: by class, by target, or by frequency."""
    if tokens.leaning is not None:
        neutral = shared_brush(QColor(theme.colors().secondary), 0.5)
        classes = [int(number) for number in tokens.leaning[:count]]
        return (
            [shared_brush(class_color(n)) if n >= 0 else neutral for n in classes],
            [class_symbol(n) if n >= 0 else "o" for n in classes],
        )
    if tokens.means is not None:
        values = tokens.means[:count]
        colors = [number_color(float(part)) for part in scale_to_unit(values, values)]
        return [shared_brush(color) for color in colors], ["o"] * count
    return [shared_brush(QColor(theme.colors().training))] * count, ["o"] * count


class VectorBars(NoWheelPlot):
    """Two vectors as bars side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("vectors", BARS_HEIGHT, parent)
        self._vectors: tuple[NDArray[Any], ...] = ()
        self.bars = [pg.BarGraphItem(x=[], height=[], width=0.4) for _side in range(2)]
        for bars in self.bars:
            self.addItem(bars)
        self.getPlotItem().setLabel("bottom", _("dimension"))

    def show_vectors(self, names: tuple[str, str], vectors: tuple[NDArray[Any], ...]) -> None:
        self._vectors = vectors
        self.setAccessibleName(
            _("Vectors of “{word}” and “{other}”", word=names[0], other=names[1])
        )
        self.drawn()

    def drawn(self) -> None:
        scheme = theme.colors()
        colors = (scheme.training, scheme.validation)
        for bars, values, color, side in zip(
            self.bars, self._vectors, colors, (-0.2, 0.2), strict=False
        ):
            brush = shared_brush(QColor(color))
            places = np.arange(1, len(values) + 1) + side
            bars.setOpts(x=places, height=values, brush=brush, pen=NO_PEN)
        if self._vectors:
            values = np.concatenate([np.nan_to_num(vector) for vector in self._vectors])
            low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
            self.getPlotItem().setRange(
                xRange=(0.4, len(self._vectors[0]) + 0.6), yRange=(low, high or 1.0), padding=0.04
            )
