"""Which sample the canvas shows, in words at its foot, with a way to another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _, rerendered
from netbuilder.core.wording import format_number
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.widgets.layouts import hbox

#: The legend's lines, before its words.
_LINES = "─ ━"


def caption_text(look: SampleActivations) -> str:
    """Which sample is looked at, and what it is: "row 3 of 360 · it is “7”", "your drawing"."""
    if look.own:
        return rerendered(look.own)
    row = format_number(look.index + 1, ",")
    if look.rows:
        said = _("row {number} of {count}", number=row, count=format_number(look.rows, ","))
    else:
        said = _("row {number}", number=row)
    return said + (f" · {look.truth_words}" if look.truth_words else "")


class SampleCaption(QFrame):
    """``row_requested(steps)``: another row of the data is to be looked at, so many further on;
    0: the row of before, instead of a person's own sample."""

    row_requested = Signal(int)

    def __init__(
        self,
        parent: QWidget,
        walk_on: Callable[[], object],
        keep_foot: Callable[[str, int], object],
    ) -> None:
        """Make it, hidden.

        Args:
            parent: the canvas.
            walk_on: gives the keyboard to what comes next: Tab on the canvas does something else.
            keep_foot: keeps pixels at the canvas's lower edge free of the network.
        """
        super().__init__(parent)
        self._parent, self._walk_on, self._keep_foot = parent, walk_on, keep_foot
        self._said = ""
        self.setObjectName("shownSample")
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.words = QLabel(self)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        row = self._row = hbox(self.words, parent=self, margins=(10, 3, 10, 3), spacing=4)
        self.steps = []
        for sign, step in (("‹", -1), ("›", 1)):
            button = QToolButton(self)
            button.setText(sign)
            button.setAutoRaise(True)
            words = _("Show the previous row") if step < 0 else _("Show the next row")
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(partial(self.row_requested.emit, step))
            row.addWidget(button)
            self.steps.append(button)
        self._weighted = False
        self.legend = QLabel(self)
        self.legend.setObjectName("weightLegend")
        self.legend.setTextFormat(Qt.TextFormat.PlainText)
        self.legend.setProperty("role", "note")
        self.legend.setToolTip(
            _("The thicker a connection, the larger the weights of the layer that it leads to.")
        )
        self.back = QPushButton(self)
        self.back.setProperty("small", True)
        self.back.setToolTip(_("Show a row of the data again. Your own sample stays in Predict."))
        self.back.clicked.connect(partial(self.row_requested.emit, 0))
        row.addWidget(self.back)
        row.addStretch(1)
        row.addWidget(self.legend)
        parent.installEventFilter(self)
        self.hide()

    def follow(self, look: SampleActivations | None, weighted: bool = False) -> None:
        """Say what is shown just now; nothing where nothing is.

        Args:
            look: what the layers give.
            weighted: whether connections are as thick as their weights are large.
        """
        self._weighted = weighted
        self.setVisible(look is not None)
        if look is None:
            self._keep_foot(self.objectName(), 0)
            return
        self._said = _("Shown: {sample}", sample=caption_text(look))
        self.words.setAccessibleName(self._said)
        self.words.setToolTip(
            self._said
            + "\n"
            + _("The pictures beside the layers show each layer's output for this sample.")
        )
        self.back.setVisible(bool(look.own) and look.rows > 0)
        self.back.setText(_("Back to row {number}", number=format_number(look.index + 1, ",")))
        for button in self.steps:
            button.setVisible(not look.own and look.rows > 1)
        self._place()

    def retranslate(self) -> None:
        """Say it in another language."""
        self._said = rerendered(self._said)
        self._place()

    def _place(self) -> None:
        """Along the lower edge. Where that is too narrow, the legend's words give way first, then
        those of the sample end in an ellipsis."""
        if self.isHidden():
            return
        height, room = self.sizeHint().height(), self._parent.width()
        self.setGeometry(0, self._parent.height() - height, room, height)
        self._keep_foot(self.objectName(), height)
        self.legend.setVisible(self._weighted)
        margins, metrics = self._row.contentsMargins(), self.words.fontMetrics()
        others = [one for one in (*self.steps, self.back) if not one.isHidden()]
        room -= margins.left() + margins.right() + (len(others) + 3) * self._row.spacing()
        room -= sum(one.sizeHint().width() for one in others)
        wanted = metrics.horizontalAdvance(self._said) + 2
        if self._weighted:
            whole = _("connection: size of its weights")
            self.legend.setAccessibleName(whole)
            written = self.legend.fontMetrics().horizontalAdvance
            forms = [f"{_LINES} {words}" for words in (whole, _("weights"))]
            form = next((one for one in forms if wanted + written(one) + 2 <= room), _LINES)
            self.legend.setText(form)
            room -= written(form) + 2
        elide = Qt.TextElideMode.ElideRight
        shown = self._said if wanted <= room else metrics.elidedText(self._said, elide, room)
        self.words.setText(shown)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()  # other words, or larger letters
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
