"""The curve of an activation, with the point on it that a number is."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.style import theme


class ActivationCurvePlot(QWidget):
    """An activation's curve, with the point on it that a number is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(84)
        self._name, self._x, self._y = "", 0.0, 0.0
        self.setAccessibleName(_("Activation function"))

    def show_point(self, name: str, x: float, y: float) -> None:
        """Show the curve ``name`` and its point; "" hides it."""
        self._name, self._x, self._y = name, x, y
        self.setVisible(bool(name))
        self.setAccessibleDescription(
            _(
                "{name} of {x} is {y}",
                name=name,
                x=format_number(x, ".3g"),
                y=format_number(y, ".3g"),
            )
            if name
            else ""
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        from netbuilder.core.results.computation_trace.computed_value import activation_curve

        reach = max(4.0, min(abs(self._x) * 1.3, 1e6))
        xs, ys = activation_curve(self._name, -reach, reach)
        if not len(xs):
            return
        low, high = min(float(ys.min()), self._y, 0.0), max(float(ys.max()), self._y, 0.5)
        scheme = theme.colors()
        p = QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(4, 6, self.width() - 8, self.height() - 12)

        def spot(x: float, y: float) -> QPointF:
            return QPointF(
                area.left() + (x + reach) / (2 * reach) * area.width(),
                area.bottom() - (y - low) / (high - low) * area.height(),
            )

        p.setPen(QPen(QColor(scheme.hairline), 1))
        p.drawLine(spot(-reach, 0), spot(reach, 0))
        p.drawLine(spot(0, low), spot(0, high))
        p.setPen(QPen(QColor(scheme.training), 2))
        p.drawPolyline(QPolygonF([spot(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]))
        p.setPen(QPen(QColor(scheme.panel), 1.5))
        p.setBrush(QColor(scheme.validation))
        p.drawEllipse(spot(self._x, self._y), 5, 5)
        p.setPen(QColor(scheme.secondary))
        p.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, self._name)
        p.end()
