"""The caption of the sample whose activations the canvas shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.widgets.layouts import hbox, prepared

#: The legend's lines, before its words.
_LINES = "─ ━"


def caption_text(look: SampleActivations) -> str:
    """Return the sample's caption: "row 3 of 360 · it is “7”", "your drawing"."""
    if look.own:
        return look.own_words
    row = format_number(look.index + 1, ",")
    if look.rows:
        caption = _("row {number} of {count}", number=row, count=format_number(look.rows, ","))
    else:
        caption = _("row {number}", number=row)
    return caption + (f" · {look.truth_words}" if look.truth_words else "")


class SampleCaption(QFrame):
    """A strip along the lower edge of the canvas.

    ``row_requested(steps)``: move by this many rows; 0 replaces the user's own sample with a row.
    """

    row_requested = Signal(int)

    def __init__(
        self,
        parent: QWidget,
        walk_on: Callable[[], object],
        reserve_bottom: Callable[[str, int], object],
    ) -> None:
        super().__init__(parent)
        self._parent, self._walk_on, self._reserve_bottom = parent, walk_on, reserve_bottom
        self._caption = ""
        self.setObjectName("shownSample")
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.words = prepared(QLabel(self), textFormat=Qt.TextFormat.PlainText)
        row = self._row = hbox(self.words, parent=self, margins=(12, 4, 12, 4), spacing=4)
        self.steps = []
        for sign, step in (("‹", -1), ("›", 1)):
            button = prepared(QToolButton(self), text=sign, autoRaise=True)
            words = _("Show the previous row") if step < 0 else _("Show the next row")
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(partial(self.row_requested.emit, step))
            row.addWidget(button)
            self.steps.append(button)
        self._weighted = False
        self.legend = prepared(QLabel(self), objectName="weightLegend")
        self.legend.setTextFormat(Qt.TextFormat.PlainText)
        self.legend.setProperty("role", "note")
        self.legend.setToolTip(
            _("The thicker a connection, the larger the weights of the layer that it leads to.")
        )
        self.back = prepared(QPushButton(self), small=True)
        self.back.setToolTip(_("Show a row of the data again. Your own sample stays in Predict."))
        self.back.clicked.connect(partial(self.row_requested.emit, 0))
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.legend)
        parent.installEventFilter(self)
        self.hide()

    def follow(self, look: SampleActivations | None, weighted: bool = False) -> None:
        """Show a sample's caption, or hide if there is none; ``weighted`` adds the legend."""
        self._weighted = weighted
        self.setVisible(look is not None)
        if look is None:
            self._reserve_bottom(self.objectName(), 0)
            return
        self._caption = _("Shown: {sample}", sample=caption_text(look))
        self.words.setAccessibleName(self._caption)
        self.words.setToolTip(
            self._caption
            + "\n"
            + _("The pictures beside the layers show each layer's output for this sample.")
        )
        self.back.setVisible(bool(look.own) and look.rows > 0)
        self.back.setText(_("Back to row {number}", number=format_number(look.index + 1, ",")))
        for button in self.steps:
            button.setVisible(not look.own and look.rows > 1)
        self._place()

    def _place(self) -> None:
        """Place the strip; if it is too narrow, shorten the legend, then elide the caption."""
        if self.isHidden():
            return
        height, room = self.sizeHint().height(), self._parent.width()
        self.setGeometry(0, self._parent.height() - height, room, height)
        self._reserve_bottom(self.objectName(), height)
        self.legend.setVisible(self._weighted)
        margins, metrics = self._row.contentsMargins(), self.words.fontMetrics()
        buttons = [button for button in (*self.steps, self.back) if not button.isHidden()]
        room -= margins.left() + margins.right() + (len(buttons) + 3) * self._row.spacing()
        room -= sum(button.sizeHint().width() for button in buttons)
        needed = metrics.horizontalAdvance(self._caption) + 2
        if self._weighted:
            full = _("connection: size of its weights")
            self.legend.setAccessibleName(full)
            width = self.legend.fontMetrics().horizontalAdvance
            legends = [f"{_LINES} {words}" for words in (full, _("weights"))]
            legend = next((text for text in legends if needed + width(text) + 2 <= room), _LINES)
            self.legend.setText(legend)
            room -= width(legend) + 2
        elide = Qt.TextElideMode.ElideRight
        text = self._caption if needed <= room else metrics.elidedText(self._caption, elide, room)
        self.words.setText(text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if not forward:
            return super().focusNextPrevChild(False)
        self._walk_on()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
