"""A card opened to show more: a layer's numbers large, and how a chosen one comes about."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from netbuilder.core.project.model import Node
from netbuilder.ui.canvas.layer_picture import LayerPicture
from netbuilder.ui.canvas.shown_layer import nearest_words, shown_layer
from netbuilder.ui.canvas.shown_sample import row_words
from netbuilder.ui.services.views.canvas_strips import Look
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import note_label

_WIDTH = 430
_LATER = (
    "This layer has so many weights that they are not followed while it trains: how the number"
    " comes about is shown after the run."
)
#: What is said where a layer has no numbers to look at, unless it is known why.
TRAIN_FIRST = "Train first, or wait for the first step: then its numbers can be looked at."


class CurvePlot(QWidget):
    """An activation's curve, with the point on it that a number is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(84)
        self._name, self._x, self._y = "", 0.0, 0.0
        self.setAccessibleName("Curve of the activation")

    def show_point(self, name: str, x: float, y: float) -> None:
        """Show the curve ``name`` and its point; "" hides it."""
        self._name, self._x, self._y = name, x, y
        self.setVisible(bool(name))
        self.setAccessibleDescription(f"{name} of {x:.3g} is {y:.3g}" if name else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        from netbuilder.core.results.number.values import curve

        reach = max(4.0, min(abs(self._x) * 1.3, 1e6))
        xs, ys = curve(self._name, -reach, reach)
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


class CloserLook(QFrame):
    """What one layer gives, large. It is a child of the canvas and follows a run.

    A click on a number, or the arrow keys, choose one; below it stands how it comes about.
    ``closed``: it is no longer seen. ``row_wanted(steps)``: another row of the data is to be
    looked at, so many further on.
    """

    closed = Signal()
    row_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._look: Look | None = None
        self.node_id = ""
        self._index: tuple[int, ...] | None = None
        self.setObjectName("closerLook")
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What the layer gives")
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        self.title = QLabel(self)
        self.title.setFont(theme.ui_font(bold=True))
        head.addWidget(self.title, 1)
        close = QToolButton(self)
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip("Close (Esc)")
        close.setAccessibleName("Close")
        close.clicked.connect(self.dismiss)
        head.addWidget(close)
        column.addLayout(head)
        rows = QHBoxLayout()
        self.row = note_label("", self)
        for sign, step, key in (("‹", -1, "Page up"), ("›", 1, "Page down")):
            button = QToolButton(self)
            button.setText(sign)
            button.setAutoRaise(True)
            words = "The row before" if step < 0 else "The next row"
            button.setToolTip(f"{words} ({key})")
            button.setAccessibleName(words)
            button.clicked.connect(partial(self.row_wanted.emit, step))
            rows.addWidget(button)
        rows.addWidget(self.row, 1)
        column.addLayout(rows)
        self.picture = LayerPicture(self)
        self.picture.chosen.connect(self.choose)
        column.addWidget(self.picture)
        self.words = note_label("", self, role="body")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.words)
        self.curve = CurvePlot(self)
        self.curve.hide()
        column.addWidget(self.curve)
        self._grip: QPoint | None = None
        theme.theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def _restyle(self) -> None:
        scheme = theme.colors()
        self.setStyleSheet(
            f"#closerLook {{ background: {scheme.raised}; border: 1px solid {scheme.hairline};"
            " border-radius: 10px; }"
        )

    @property
    def look(self) -> Look | None:
        """What the layers give just now."""
        return self._look

    def follow(self, look: Look | None) -> None:
        """Take over what the layers give just now."""
        self._look = look
        if not self.isHidden():
            self._refresh()

    def fade(self) -> None:
        """What is shown is of an earlier run, until this one has come to it."""
        self.picture.fade()
        self.row.setText("from the training before")
        self.words.setText("")
        self.curve.show_point("", 0.0, 0.0)

    def open_at(self, node_id: str, spot: QPoint) -> bool:
        """Show a layer, with the corner at a place of the canvas; give whether it has numbers."""
        if self._look is None or node_id not in self._look.values:
            return False
        if node_id != self.node_id:
            self._index = None
        self.node_id = node_id
        self._refresh()
        self.resize(_WIDTH, self._wanted_height())
        self.move(
            max(4, min(spot.x(), self._parent.width() - self.width() - 4)),
            max(4, min(spot.y(), self._parent.height() - self.height() - 4)),
        )
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        return True

    def dismiss(self) -> None:
        """Close it; the keyboard goes back to the canvas."""
        self.hide()
        self._parent.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def choose(self, index: tuple[int, ...]) -> None:
        """Say how the number at a place of the output comes about."""
        self._index = index
        self._explain()
        self.picture.mark(index)
        wanted = min(self._wanted_height(), self._parent.height() - 8)
        if wanted > self.height():
            self.resize(self.width(), wanted)
            self.move(self.x(), max(4, min(self.y(), self._parent.height() - self.height() - 4)))

    def _wanted_height(self) -> int:
        """With its words broken into lines of its width."""
        self._column.activate()
        return max(self._column.totalHeightForWidth(_WIDTH), self.sizeHint().height())

    def _node(self) -> tuple[Node, Node] | None:
        """The layer, and the one whose weights it applies."""
        graph = self._look.project.graph if self._look is not None else None
        node = graph.by_id.get(self.node_id) if graph is not None else None
        if graph is None or node is None:
            return None
        return node, graph.by_id.get(node.shared or "", node)

    def _refresh(self) -> None:
        found = self._node()
        if found is None or self._look is None or self.node_id not in self._look.values:
            self.dismiss()
            return
        node, owner = found
        self.title.setText(f"{node.layer} “{node.id}”")
        self.row.setText(row_words(self._look))
        self.picture.show_layer(shown_layer(self._look, node, owner))
        self._explain()

    def _explain(self) -> None:
        from netbuilder.core.results.number.explain import explain_node
        from netbuilder.core.results.number.words import in_words

        found, look, index = self._node(), self._look, self._index
        self.curve.show_point("", 0.0, 0.0)
        if found is None or look is None or index is None:
            self.words.setText("Click a number, or use the arrow keys, to see how it comes about.")
            return
        node, owner = found
        values = look.values[self.node_id]
        if len(index) != values.ndim or any(
            not 0 <= at < length for at, length in zip(index, values.shape, strict=True)
        ):
            return
        own = f"[{', '.join(map(str, index))}] = {float(values[index]):.4g}"
        graph = look.project.graph
        number = explain_node(graph, node.id, look.values, look.weights_of, index)
        if number is None:
            near = nearest_words(look, node, owner, index)
            if look.too_large(owner.id):
                near = _LATER
            self.words.setText(f"{own}\n{near}" if near else own)
            return
        said = f"{own}\n{in_words(number)}"
        if number.rule == "state" and number.parts:
            gates = [
                f"{name}: {part.activation}({part.before:.3g}) = {part.value:.3g}"
                for name, part in number.parts.items()
                if part.terms and part.activation
            ]
            said += "\n" + "\n".join(gates)
        self.words.setText(said)
        if number.activation and number.activation != "softmax":
            self.curve.show_point(number.activation, number.before, self._height(number))

    @staticmethod
    def _height(number: Any) -> float:
        """Where the point is on the curve: an LSTM's state is the curve's value times a gate."""
        if number.rule == "state" and number.parts:  # an LSTM's: of others no curve is shown
            gate = number.parts["output gate"].value
            return number.value / gate if gate else 0.0
        return float(number.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.row_wanted.emit(1 if key == Qt.Key.Key_PageDown else -1)
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in steps:
            there = self.picture.beside(self._index, *steps[key])
            if there is not None:
                self.choose(there)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self.move(self.pos() + event.position().toPoint() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
