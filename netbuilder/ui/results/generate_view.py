"""A text that a network goes on with, token by token."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.errors import UserError
from netbuilder.ui.forms.boxes import CountBox, NoWheelDoubleSpinBox
from netbuilder.ui.services import jobs
from netbuilder.ui.services.reset_on_new_data import reset_on_new_data
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.flow_layout import FlowLayout
from netbuilder.ui.widgets.labels import note_label

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

log = logging.getLogger(__name__)
_LONGEST, _LENGTH = 5_000, 200


class GenerateView(QWidget):
    """Temperature, length and a button; ``show_start`` says what the text begins with."""

    _grown = Signal(object, str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._start, self._seed = "", 0
        self._stop: threading.Event | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.temperature = NoWheelDoubleSpinBox(self)
        self.temperature.setRange(0.0, 5.0)
        self.temperature.setSingleStep(0.1)
        self.temperature.setDecimals(1)
        self.temperature.setValue(1.0)
        self.temperature.setToolTip(
            "0 takes always the likeliest; 1 draws by the network's own probabilities;"
            " above it the unlikely ones gain"
        )
        self.length = CountBox(1, 1, self)
        self.length.setRange(1, _LONGEST)
        self.length.setValue(_LENGTH)
        self.length.setToolTip("How many characters or words to go on for")
        self.button = QPushButton("Generate", self)
        self.button.setToolTip("Let the network go on; pressed again, it goes on otherwise")
        row = FlowLayout(spacing=8)
        for words, box in (("Temperature", self.temperature), ("Length", self.length)):
            box.setAccessibleName(words)
            pair = QWidget(self)  # a narrow panel never parts a box from its name
            beside = QHBoxLayout(pair)
            beside.setContentsMargins(0, 0, 0, 0)
            label = QLabel(words, pair)
            label.setBuddy(box)
            beside.addWidget(label)
            beside.addWidget(box)
            row.addWidget(pair)
        row.addWidget(self.button)
        layout.addLayout(row)
        self.output = QPlainTextEdit(self)
        self.output.setTabChangesFocus(True)
        self.output.setReadOnly(True)
        self.output.setMinimumHeight(140)
        self.output.setAccessibleName("The text that the network made")
        self.output.setPlaceholderText("Press Generate: here the network goes on.")
        layout.addWidget(self.output)
        self.trouble = note_label("", self)
        layout.addWidget(self.trouble)
        reset_on_new_data(workbench.store, self.temperature, self.length)
        self.button.clicked.connect(self._pressed)
        # Tokens come from the thread that draws them.
        self._grown.connect(self._grow, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        """Whether the network is going on with a text."""
        return self._stop is not None

    def show_start(self, words: str) -> None:
        """Say what the text begins with."""
        self._start = words

    def clear_all(self) -> None:
        """Stop, and forget what was made: another network is asked from now on."""
        self.stop()
        self.output.clear()
        self.trouble.setText("")

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def stop(self) -> None:
        """Keep what has been made so far."""
        if self._stop is not None:
            self._stop.set()
        self._stop = None
        self.button.setText("Generate")

    def _pressed(self) -> None:
        trained = self._workbench.asked
        if self.running or trained is None:
            self.stop()
            return
        self.trouble.setText("")
        self.output.clear()
        stop = self._stop = threading.Event()
        self.button.setText("Stop")
        start, seed = self._start, self._seed
        length, temperature = self.length.value(), self.temperature.value()
        self._seed += 1  # pressed again, another text

        def work() -> None:
            self._draw(trained, stop, start, length, temperature, seed)

        jobs.run_job(
            work,
            lambda _none: self._ended(stop),
            lambda error: self._failed(stop, error),
            name="generate",
            owner=self,
        )

    def _draw(
        self,
        trained: TrainedModel,
        stop: threading.Event,
        start: str,
        length: int,
        temperature: float,
        seed: int,
    ) -> None:
        """Draw tokens, in a thread of its own, until there are enough or nobody waits."""
        from netbuilder.core.results.generate import stream_text

        for text in stream_text(trained, start, length=length, temperature=temperature, seed=seed):
            if stop.is_set():
                return
            self._grown.emit(stop, text)

    def _grow(self, stop: threading.Event, text: str) -> None:
        if stop is not self._stop:
            return
        shown = self.output.toPlainText()
        if text.startswith(shown):  # almost always: then a selection and the place stay
            cursor = self.output.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.insertText(text[len(shown) :])
        else:
            self.output.setPlainText(text)
        bar = self.output.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _ended(self, stop: threading.Event) -> None:
        if stop is self._stop:
            self.stop()

    def _failed(self, stop: threading.Event, error: Exception) -> None:
        if stop is not self._stop:
            return
        if not isinstance(error, UserError):
            log.error("generating failed", exc_info=error)
        self.stop()
        self.trouble.setText(str(error))
