"""The slider of the learning rate, and the buttons below the curves."""

from __future__ import annotations

import math
import random

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.forms.boxes import CountBox, NoWheelSlider
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.flow_layout import FlowLayout

LOWEST, HIGHEST, STEPS = -6.0, 0.0, 120


class RateSlider(QWidget):
    """The learning rate on a logarithmic slider, from 0.000001 to 1."""

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(_("Learning rate"), self)
        label.setProperty("role", "field")
        self.slider = NoWheelSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(20)
        self.slider.setAccessibleName(_("Learning rate"))
        self.slider.setToolTip(_("Size of each training step; you can change it during training"))
        label.setBuddy(self.slider)
        self.value = QLabel(self)
        self._size()
        theme.theme().changed.connect(self._size)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value)
        self.slider.valueChanged.connect(self._moved)

    def _size(self) -> None:
        """Digits as large as the letters beside them."""
        self.value.setFont(theme.fixed_font(0.95))
        self.value.setMinimumWidth(self.value.fontMetrics().horizontalAdvance("0.000000"))

    def show_rate(self, rate: float | None) -> None:
        """Show a rate; None: a schedule that no slider can show."""
        self.slider.setEnabled(rate is not None)
        if rate is None:
            self.value.setText("schedule")
            return
        self.value.setText(rate_text(rate))
        blocked = self.slider.blockSignals(True)
        if rate > 0:
            part = (math.log10(rate) - LOWEST) / (HIGHEST - LOWEST)
            self.slider.setValue(round(STEPS * min(max(part, 0.0), 1.0)))
        self.slider.blockSignals(blocked)

    def _moved(self, place: int) -> None:
        rate = float(f"{10 ** (LOWEST + (HIGHEST - LOWEST) * place / STEPS):.2g}")
        self.value.setText(rate_text(rate))
        self.changed.emit(rate)


def rate_text(rate: float) -> str:
    """A learning rate in at most eight signs."""
    return f"{rate:.6f}".rstrip("0").rstrip(".") if rate >= 1e-6 else f"{rate:.1e}"


def another_seed() -> int:
    """A seed that nobody chose."""
    return random.randrange(1, 2**31)


class RunButtons(QWidget):
    """Train more, back to the best epoch, begin anew."""

    def __init__(self, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.count = CountBox(1, 100_000, self)
        self.count.setMaximumWidth(68)
        self.count.setValue(20)
        self.count.setAccessibleName(_("Number of additional epochs"))
        self.more = self._button(_("Train more"), _("Train for this many more epochs"))
        self.best = self._button(_("Go to best epoch"), _("Restore the weights of the best epoch"))
        self.reset = self._button(_("Reset"), _("Start again with initial weights"))
        row = FlowLayout(self)
        for widget in (self.count, self.more, self.best, self.reset):
            row.addWidget(widget)
        self.more.clicked.connect(lambda: runner.train_more(self.count.value()))
        self.best.clicked.connect(lambda _checked=False: runner.go_to_best())
        menu = QMenu(self.reset)
        # Not the method itself: an action brings whether it is checked, which is no seed.
        menu.addAction(_("With the same seed"), lambda: runner.reset_weights(None))
        menu.addAction(_("With another seed"), lambda: runner.reset_weights(another_seed()))
        self.reset.setMenu(menu)
        runner.progress_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Ask the runner what can be done."""
        runner = self._runner
        self.more.setEnabled(runner.may_train_more)
        self.reset.setEnabled(runner.may_go_on)
        best = runner.best_epoch
        self.best.setEnabled(runner.may_go_to_best)
        self.best.setText(
            _("Go to best epoch ({number})", number=best) if best else _("Go to best epoch")
        )

    def _button(self, title: str, tip: str) -> QPushButton:
        button = QPushButton(title, self)
        button.setProperty("small", True)
        button.setToolTip(tip)
        return button
