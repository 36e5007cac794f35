"""Which sample the canvas shows, in words in its lower left corner, with a way to another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.widgets.layouts import hbox

_AWAY = 10
#: Pixels that it takes above the lower edge, for what else stands in that corner.
ROOM = 52


def caption_text(look: SampleActivations) -> str:
    """Which sample is looked at, and what it is: "row 3 of 360 · it is “7”", "your drawing"."""
    if look.own:
        return look.own
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

    def __init__(self, parent: QWidget, walk_on: Callable[[], object]) -> None:
        """``walk_on`` gives the keyboard to what comes next: Tab on the canvas does something
        else."""
        super().__init__(parent)
        self._parent, self._walk_on = parent, walk_on
        self._said = ""
        self.setObjectName("shownSample")
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.words = QLabel(self)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        row = hbox(self.words, parent=self, margins=(10, 3, 6, 3), spacing=4)
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
        self.legend.setText("─ ━ " + _("connection: size of its weights"))
        self.legend.setToolTip(
            _("The thicker a connection, the larger the weights of the layer that it leads to.")
        )
        self.back = QPushButton(self)
        self.back.setProperty("small", True)
        self.back.setToolTip(_("Show a row of the data again. Your own sample stays in Predict."))
        self.back.clicked.connect(partial(self.row_requested.emit, 0))
        row.addWidget(self.back)
        row.addSpacing(6)
        row.addWidget(self.legend)
        parent.installEventFilter(self)
        self.hide()

    @property
    def taken(self) -> int:
        """Pixels that it takes above the lower edge just now."""
        return 0 if self.isHidden() else self.height() + _AWAY

    def follow(self, look: SampleActivations | None, weighted: bool = False) -> None:
        """Say what is shown just now; nothing where nothing is.

        Args:
            look: what the layers give.
            weighted: whether connections are as thick as their weights are large.
        """
        self._weighted = weighted
        self.setVisible(look is not None)
        if look is None:
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

    def _place(self) -> None:
        """In the corner; where that is too narrow for the words, they end in an ellipsis."""
        self.words.setText(self._said)
        room = self._parent.size()
        self.legend.setVisible(self._weighted)
        self.adjustSize()
        if self.width() > room.width() - 2 * _AWAY:
            self.legend.hide()
            self.adjustSize()
        over = self.width() - (room.width() - 2 * _AWAY)
        if over > 0:
            metrics, wide = self.words.fontMetrics(), self.words.sizeHint().width() - over
            elide = Qt.TextElideMode.ElideRight
            self.words.setText(metrics.elidedText(self._said, elide, max(wide, 0)))
            self.adjustSize()
        self.move(_AWAY, room.height() - self.height() - _AWAY)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if not forward:
            return super().focusNextPrevChild(False)
        self._walk_on()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False
