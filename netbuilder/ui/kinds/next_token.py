"""A text-generating network: attention, next token, generated text."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QPlainTextEdit, QPushButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_probability
from netbuilder.ui.forms.boxes import CountBox, NoWheelComboBox, NoWheelDoubleSpinBox, NoWheelSlider
from netbuilder.ui.plots.attention_lines import AttentionLines
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.services import jobs
from netbuilder.ui.services.derived import Derived, Rank
from netbuilder.ui.services.project_store import begins_anew
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import heading, note_label
from netbuilder.ui.widgets.layouts import flow, hbox, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.token_attention import TokenAttention

log = logging.getLogger(__name__)
_LONGEST, _LENGTH = 5_000, 200
_BARS = 5
_MOST_CLASSES = 1_000
_TEXTS = resource_json("texts.json")["next_token"]


def _look(trained: TrainedModel, text: str) -> TokenAttention | None:
    from netbuilder.core.results.token_attention import token_attention

    return token_attention(trained, text)


class AttentionView(QWidget):
    """The attention of a chosen layer and head, as lines between tokens."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attention: TokenAttention | None = None
        self.layers, self.heads = NoWheelComboBox(self), NoWheelComboBox(self)
        self.layers.setAccessibleName(_("Attention layer"))
        self.heads.setAccessibleName(_("Attention head"))
        self.lines = AttentionLines(self)
        self.sentence = note_label("", self)
        vbox(
            flow(heading(_("Attention"), self), self.layers, self.heads, spacing=8),
            self.sentence,
            self.lines,
            note_label(_(_TEXTS["lines"]), self),
            parent=self,
            margins=(0, 4, 0, 0),
        )
        self.layers.currentIndexChanged.connect(self._layer_chosen)
        self.heads.currentIndexChanged.connect(self._draw)
        self.lines.chosen.connect(lambda _place: self.sentence.setText(self.lines.sentence()))

    def show_found(self, attention: TokenAttention) -> None:
        self._attention = attention
        self.setVisible(bool(attention.attention))
        names = list(attention.attention)
        if names != [self.layers.itemText(place) for place in range(self.layers.count())]:
            self.layers.clear()
            self.layers.addItems(names)
            self.layers.setCurrentIndex(len(names) - 1)
        self._layer_chosen()

    def _layer_chosen(self) -> None:
        shares = (
            self._attention.attention.get(self.layers.currentText()) if self._attention else None
        )
        if shares is None:
            return
        if self.heads.count() != len(shares) + 1:
            self.heads.clear()
            self.heads.addItem(_("All heads"))
            for number in range(len(shares)):
                self.heads.addItem(_("Head {number}", number=number + 1))
        self.heads.setVisible(len(shares) > 1)
        self._draw()

    def _draw(self) -> None:
        result, head = self._attention, self.heads.currentIndex() - 1
        if result is None or self.layers.currentText() not in result.attention:
            return
        shares = result.attention[self.layers.currentText()]
        if head >= len(shares):
            return
        chosen = shares if head < 0 else shares[head : head + 1]
        self.lines.show_attention(result.tokens, chosen, max(head, 0))
        self.sentence.setText(self.lines.sentence())


class NextTokenView(QWidget):
    """The next token, or a text, by temperature and top-k. ``appended(text)``: a token was
    added."""

    appended = Signal(str)
    _grown = Signal(object, str)

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._start, self._seed = "", 0
        self._stop: threading.Event | None = None
        self._attention: TokenAttention | None = None
        self._owed = 0  # tokens asked for before the network had looked at the text
        self._worker = Derived(
            self, _look, self._looked, lambda _error: self._forget(),
            of=lambda: workbench.models.prediction_model, rank=Rank.QUICK,
        )  # fmt: skip
        self._build()
        begins_anew(workbench.store, self.temperature, self.length, self.top_k)
        self.temperature.valueChanged.connect(self._show_shares)
        self.top_k.valueChanged.connect(self._show_shares)
        self.button.clicked.connect(self._pressed)
        self.next.clicked.connect(self._append)
        # Tokens come from the thread that draws them.
        self._grown.connect(self._grow, Qt.ConnectionType.QueuedConnection)

    def _make_boxes(self) -> None:
        self.temperature = NoWheelDoubleSpinBox(self)
        self.temperature.setRange(0.0, 5.0)
        self.temperature.setSingleStep(0.1)
        self.temperature.setDecimals(1)
        self.temperature.setValue(1.0)
        self.temperature.setToolTip(_(_TEXTS["temperature"]))
        self.temperature_slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.temperature_slider.setRange(0, 20)
        self.temperature_slider.setValue(10)
        self.temperature_slider.valueChanged.connect(
            lambda tenths: self.temperature.setValue(tenths / 10)
        )
        self.temperature.valueChanged.connect(self._follow_temperature)
        self.top_k = CountBox(1, _MOST_CLASSES, self)
        self.top_k.setValue(_MOST_CLASSES)
        self.top_k.setToolTip(_("Only this many of the most likely tokens can be drawn."))
        self.top_k_slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.top_k_slider.setRange(1, _MOST_CLASSES)
        self.top_k_slider.setValue(_MOST_CLASSES)
        self.top_k_slider.valueChanged.connect(self.top_k.setValue)
        self.top_k.valueChanged.connect(self.top_k_slider.setValue)
        self.length = CountBox(1, _LONGEST, self)
        self.length.setValue(_LENGTH)
        self.length.setToolTip(_("Number of tokens to generate."))

    def _build(self) -> None:
        self._make_boxes()
        self.next = prepared(QPushButton(_("Next token"), self), objectName="next-token")
        self.next.setToolTip(_("Draw one token and append it to the text."))
        self.next.setEnabled(False)
        self.button = QPushButton(self)
        for title in (_("Stop"), _("Generate")):  # nothing moves when its title changes
            self.button.setText(title)
            self.button.setMinimumWidth(
                max(self.button.minimumWidth(), self.button.sizeHint().width())
            )
        self.button.setToolTip(
            _("Let the network continue the text. Press again for another continuation.")
        )
        self.shares = BarList(self)
        self.shares.keep_rows(_BARS)
        self.shares.setToolTip(_(_TEXTS["shares"]))
        self.attention = AttentionView(self)
        self.attention.hide()
        self.output = QPlainTextEdit(self)
        self.output.setTabChangesFocus(True)
        self.output.setReadOnly(True)
        self.output.setMinimumHeight(140)
        self.output.setAccessibleName(_("Generated text"))
        self.output.setPlaceholderText(_("Press Generate to see the text that the network writes."))
        self.trouble = note_label("", self)
        sampling = flow(
            self.next,
            self._pair(_("Temperature"), self.temperature, self.temperature_slider),
            self._pair(_("Top-k"), self.top_k, self.top_k_slider),
            spacing=8,
        )
        writing = flow(self.button, self._pair(_("Length"), self.length), spacing=8)
        parts = (sampling, self.shares, self.attention, writing, self.output, self.trouble)
        vbox(*parts, parent=self, margins=0)

    def _pair(self, words: str, box: QAbstractSpinBox, slider: QWidget | None = None) -> QWidget:
        """Return a box with its name and slider that do not separate when the panel is narrow."""
        pair = QWidget(self)
        label = QLabel(words, pair)
        label.setBuddy(box)
        box.setAccessibleName(words)
        box.setMaximumWidth(self.fontMetrics().horizontalAdvance("0") * 10 + 30)
        beside = hbox(label, parent=pair, margins=0)
        if slider is not None:
            slider.setAccessibleName(words)
            slider.setMinimumWidth(70)
            beside.addWidget(slider)
        beside.addWidget(box)
        return pair

    def _follow_temperature(self, value: float) -> None:
        blocked = self.temperature_slider.blockSignals(True)  # its steps are coarser than the box's
        self.temperature_slider.setValue(round(10 * value))
        self.temperature_slider.blockSignals(blocked)

    @property
    def running(self) -> bool:
        return self._stop is not None

    @property
    def found(self) -> TokenAttention | None:
        """Return the attention of the current text, once computed."""
        return self._attention

    def show_start(self, words: str) -> None:
        self._start = words
        if not words.strip():
            self._forget()

    def look_at(self, trained: TrainedModel, words: str) -> None:
        self._worker.ask(trained, words)

    def clear_all(self) -> None:
        self.stop()
        self.output.clear()
        self.trouble.setText("")
        self._forget()

    def _forget(self) -> None:
        self._attention, self._owed = None, 0
        self.next.setEnabled(False)
        self.shares.hide()
        self.attention.hide()

    def _looked(self, result: TokenAttention | None) -> None:
        if result is None or self._worker.inputs[1] != self._start:
            return
        self._attention = result
        count = len(result.classes)
        every = self.top_k.value() == self.top_k.maximum()
        for widget in (self.top_k_slider, self.top_k):
            widget.setMaximum(count)
        if every:
            self.top_k.setValue(count)
        self.attention.show_found(result)
        self._show_shares()
        self.next.setEnabled(True)
        if self._owed:
            self._owed -= 1
            self._append()

    def _shares(self, result: TokenAttention) -> np.ndarray:
        from netbuilder.core.results.generate import sampling_shares

        return sampling_shares(result.probabilities, self.temperature.value(), self.top_k.value())

    def _show_shares(self) -> None:
        result = self._attention
        if result is None:
            return
        shares = self._shares(result)
        order = np.argsort(-shares, kind="stable")[:_BARS]
        rows = [
            (result.classes[token], float(shares[token]), format_probability(float(shares[token])))
            for token in order
            if shares[token] > 0
        ]
        self.shares.show_rows(rows, marked=rows[0][0], top=1.0)

    def _append(self) -> None:
        result, trained = self._attention, self._workbench.models.prediction_model
        if result is None or trained is None:
            return
        if self._worker.inputs[1] != self._start or not self._worker.idle:
            self._owed += 1  # a button that was disabled meanwhile would lose the focus and scroll
            return
        from netbuilder.core.results.generate import append_token, next_token_ends

        ends = next_token_ends(trained)
        if ends is None:
            return
        random = np.random.default_rng(self._seed)
        self._seed += 1
        shares = self._shares(result)
        token = result.classes[int(random.choice(len(shares), p=shares))]
        self.appended.emit(append_token(self._start, token, ends[1]))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def stop(self) -> None:
        if self._stop is not None:
            self._stop.set()
        self._stop = None
        self.button.setText(_("Generate"))

    def _pressed(self) -> None:
        trained = self._workbench.models.prediction_model
        if self.running or trained is None:
            self.stop()
            return
        self.trouble.setText("")
        self.output.clear()
        stop = self._stop = threading.Event()
        self.button.setText(_("Stop"))
        start, seed = self._start, self._seed
        how = {
            "length": self.length.value(),
            "temperature": self.temperature.value(),
            "seed": seed,
            "top_k": self.top_k.value(),
        }
        self._seed += 1  # pressed again, another text

        def work() -> None:
            self._draw(trained, stop, start, how)

        jobs.run_job(
            work,
            lambda _none: self._ended(stop),
            lambda error: self._failed(stop, error),
            name="generate",
            owner=self,
        )

    def _draw(
        self, trained: TrainedModel, stop: threading.Event, start: str, how: dict[str, Any]
    ) -> None:
        from netbuilder.core.results.generate import stream_text

        for text in stream_text(trained, start, **how):
            if stop.is_set():
                return
            self._grown.emit(stop, text)

    def _grow(self, stop: threading.Event, text: str) -> None:
        if stop is not self._stop:
            return
        visible = self.output.toPlainText()
        if text.startswith(visible):  # almost always: then a selection and the place stay
            cursor = self.output.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            cursor.insertText(text[len(visible) :])
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
