"""A convolution's products: window times filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import as_sentence, format_number, join_sentences, join_values
from netbuilder.ui.style import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGN, _LINE, _HEAD = 18, 20, 18
#: The largest window, in rows and columns, whose numbers fit.
_MOST = 5
_HEADS = (N_("input"), N_("filter"), N_("products"))


class WindowProducts(QWidget):
    """Three grids of numbers: window × filter = products, of the map with the largest sum."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grids: tuple[NDArray[Any], ...] = ()
        self.words = ""
        self.wide = 404  # pixels
        self.hide()

    def set_width(self, wide: int) -> None:
        self.wide = wide
        self.updateGeometry()

    def show_window(self, window: NDArray[Any] | None) -> None:
        """Show a window of shape (rows, columns, maps, 2), see ``ComputedValue.window``; None hides
        it."""
        self.grids, self.words = (), ""
        if window is not None and max(window.shape[:2]) <= _MOST:
            sums = (window[..., 0] * window[..., 1]).sum(axis=(0, 1))
            best = int(abs(sums).argmax())
            inputs, weights = window[:, :, best, 0], window[:, :, best, 1]
            self.grids = (inputs, weights, inputs * weights)
            total = _number(sums[best])
            self.words = _("The products add up to {sum}.", sum=total)
            if len(sums) > 1:
                rest = float(sums.sum() - sums[best])
                self.words = ngettext(
                    "Input map {map} contributes most: its products add up to {sum}."
                    " The other map adds {rest}.",
                    "Input map {map} contributes most: its products add up to {sum}."
                    " The {count} other maps add {rest}.",
                    len(sums) - 1,
                    map=best,
                    sum=total,
                    rest=_number(rest),
                )
        self.setAccessibleName(self._sentence())
        self.setVisible(bool(self.grids))
        self.updateGeometry()
        self.update()

    def _sentence(self) -> str:
        if not self.grids:
            return ""
        inputs, weights, _products = self.grids
        rows = [
            join_values(
                _(
                    "{value} times {weight}",
                    value=format_number(x, ".2g"),
                    weight=format_number(w, ".2g"),
                )
                for x, w in zip(input_row, weight_row, strict=True)
            )
            for input_row, weight_row in zip(inputs, weights, strict=True)
        ]
        return join_sentences((as_sentence(join_values(rows, clauses=True)), self.words))

    def sizeHint(self) -> QSize:
        rows = len(self.grids[0]) if self.grids else 0
        return QSize(self.wide, _HEAD + rows * _LINE + max(_LINE, self._words_height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _words_height(self) -> int:
        wrap = int(Qt.TextFlag.TextWordWrap)
        room = QRect(0, 0, self.wide, 10 * _LINE)
        return QFontMetrics(_small()).boundingRect(room, wrap, self.words).height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.grids:
            return
        from netbuilder.ui.plots.activation_strips import signed_colors

        with QPainter(self) as painter:
            scheme, small, digits = theme.colors(), _small(), theme.fixed_font()
            rows, columns = self.grids[0].shape
            digits.setPixelSize(11 if columns <= 3 else 9)
            wide = (self.wide - 2 * _SIGN) / 3
            cell = wide / columns
            for number, (grid, head) in enumerate(zip(self.grids, map(_, _HEADS), strict=True)):
                left = number * (wide + _SIGN)
                painter.setFont(small)
                painter.setPen(QColor(scheme.secondary))
                painter.drawText(QRectF(left, 0, wide, _HEAD), Qt.AlignmentFlag.AlignCenter, head)
                if number:
                    place = QRectF(left - _SIGN, _HEAD, _SIGN, rows * _LINE)
                    painter.setPen(QColor(scheme.text))
                    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, " ×="[number])
                # Paler, for the contrast of the dark digits.
                colours = 127 + signed_colors(grid).astype(int) // 2
                painter.setFont(digits)
                for row in range(rows):
                    for column in range(columns):
                        box = QRectF(left + column * cell, _HEAD + row * _LINE, cell, _LINE)
                        shade = QColor(*(int(part) for part in colours[row, column]))
                        painter.fillRect(box.adjusted(0.5, 0.5, -0.5, -0.5), shade)
                        painter.setPen(QColor("#1B2430"))
                        text = format_number(grid[row, column], ".2f" if columns <= 3 else ".1f")
                        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            painter.setFont(small)
            painter.setPen(QColor(scheme.text))
            below = QRectF(0, _HEAD + rows * _LINE, self.wide, max(_LINE, self._words_height()))
            wrapped = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(below, wrapped, self.words)


def _number(value: float) -> str:
    from netbuilder.core.results.computation_trace.computed_value import plain_notation

    return plain_notation(f"{value:.3g}")


def _small() -> QFont:
    font = theme.ui_font()
    font.setPixelSize(11)
    return font
