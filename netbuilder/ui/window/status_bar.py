"""The status bar: Keras's state, totals, problems, zoom."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import (
    capitalize_first,
    format_bytes,
    format_number,
    format_operations,
    labelled,
)
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.accessible_roles import announce
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import prepared
from netbuilder.ui.widgets.reading_bar import ReadingBar

_BETWEEN = 12  # pixels between two labels
_KERAS_WORDS = {
    "off": N_("Keras not loaded"),
    "loading": N_("loading Keras…"),
    "ready": N_("Keras ready"),
    "failed": N_("Keras failed to load"),
}


class StatusBar(QStatusBar):
    """Follows the workbench; asks to go to a problem, or to the data."""

    problem_requested = Signal(object)
    data_requested = Signal()

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._next_problem = 0
        self._of_run = self._has_totals = False
        self.setSizeGripEnabled(False)
        self.keras = QLabel(self)
        self.parameters = QLabel(self)
        self.memory = QLabel(self)
        self.operations = QLabel(self)
        self.news = ClampedLabel("", self, lines=1)
        for label in (self.keras, self.parameters, self.memory, self.operations, self.news):
            label.setProperty("role", "chip")
            label.setContentsMargins(8, 0, 8, 0)
            self.addWidget(label, 1 if label is self.news else 0)
        # Also visible on other pages than Data.
        self.reading = prepared(ReadingBar(self), maximumWidth=320)
        self.reading.stopped.connect(workbench.reading.stop)
        workbench.reading.progressed.connect(self.reading.show_progress)
        workbench.reading.ended.connect(self.reading.hide)
        self.addPermanentWidget(self.reading)
        self.problems = prepared(QToolButton(self), role="quiet")
        self.problems.setToolTip(_("Go to the next problem (F8)"))
        self.problems.clicked.connect(lambda _checked=False: self.next_problem())
        self.addPermanentWidget(self.problems)
        self.zoom = prepared(QLabel("100 %", self), role="chip")
        self.zoom.setContentsMargins(8, 0, 8, 0)
        self.addPermanentWidget(self.zoom)
        self._fade = QTimer(self, singleShot=True)
        self._fade.timeout.connect(lambda: self._show_news(""))
        workbench.keras_changed.connect(self._show_keras)
        workbench.shapes_changed.connect(self._show_totals)
        workbench.problems_changed.connect(self._show_problems)
        workbench.facts_changed.connect(self._show_totals)
        workbench.facts_changed.connect(self._show_problems)
        theme.theme().changed.connect(self._show_keras)
        theme.theme().changed.connect(self._show_problems)
        self._show_keras()
        self._show_totals()
        self._show_problems()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Hide totals, the last first, and then "Keras ready", if room is short."""
        always = (self.problems, self.zoom)
        room = self.width() - sum(widget.sizeHint().width() + _BETWEEN for widget in always)
        if words := self.news.text():
            room -= self.news.fontMetrics().horizontalAdvance(words) + 2 * _BETWEEN
        ready = self._workbench.keras_state == "ready"
        for label in (self.keras, self.parameters, self.memory, self.operations):
            room -= label.sizeHint().width() + _BETWEEN
            applies = self._has_totals if label is not self.keras else True
            label.setVisible(applies and (room > 0 or (label is self.keras and not ready)))

    def _show_news(self, words: str, *shorter: str) -> None:
        self.news.setText(words, *shorter)
        self._fit()

    def tell(
        self,
        words: str,
        seconds: float = 6.0,
        *,
        of_run: bool = False,
        shorter: Iterable[str] = (),
        aloud: str = "",
    ) -> None:
        """Show a message for a while; ``aloud`` is read out in its place."""
        self._of_run = of_run
        self._show_news(words, *shorter)
        announce(self, aloud or words)
        self._fade.start(round(1000 * seconds))

    def forget_run(self) -> None:
        if self._of_run:
            self.tell("")

    def show_zoom(self, factor: float) -> None:
        self.zoom.setText(format_number(factor, ".0%"))

    def next_problem(self) -> None:
        problems = [p for p in self._workbench.all_problems if p.follows is None]
        if not problems:
            trouble = self._workbench.data_error
            if trouble is None:
                self.tell(_("No problems."))
                return
            self.tell(str(trouble), 12)
            self.data_requested.emit()
            return
        problem = problems[self._next_problem % len(problems)]
        self._next_problem += 1
        self.problem_requested.emit(problem)

    def _show_keras(self, _state: str = "") -> None:
        state = self._workbench.keras_state
        scheme = theme.colors()
        color = {"ready": "#15803D", "failed": scheme.error}.get(state, scheme.secondary)
        self.keras.setText(
            f'<span style="color:{color}">●</span>&nbsp; {_(_KERAS_WORDS.get(state, state))}'
        )
        error = self._workbench.keras_error
        words = _("Shapes and training need Keras; the canvas works without it.")
        if state == "ready":
            words = _("Keras and TensorFlow are loaded.")
        self.keras.setToolTip(str(error) if error is not None else words)

    def _show_totals(self) -> None:
        shapes = self._workbench.shapes
        self._has_totals = False
        if shapes is None:
            self._fit()
            return
        # While the shapes are unknown, all totals are zero.
        self._has_totals = (
            self._workbench.data_error is None
            and not any(shape.error for shape in shapes.by_node.values())
            and shapes.total_parameters > 0
        )
        self.parameters.setText(
            ngettext(
                "{count} parameter",
                "{count} parameters",
                shapes.total_parameters,
                count=format_number(shapes.total_parameters),
            )
        )
        self.memory.setText(format_bytes(shapes.weight_bytes))
        self.memory.setToolTip(
            _(
                "Size of the weights. The activations of one sample take {size} more.",
                size=format_bytes(shapes.activation_bytes),
            )
        )
        self.operations.setText(
            _("{count} multiply-adds per sample", count=format_operations(shapes.multiply_adds))
        )
        self._fit()

    def _show_problems(self) -> None:
        problems = [p for p in self._workbench.all_problems if p.follows is None]
        steps = [p.title for p in problems if p.beginning]
        beginnings = len(steps)
        errors = sum(p.tone == "error" for p in problems)
        hints = len(problems) - errors - beginnings
        unreadable = self._workbench.data_error is not None
        trouble = self._workbench.data_trouble
        parts = [capitalize_first(trouble)] if trouble else []
        if errors:
            parts.append(ngettext("{count} problem", "{count} problems", errors))
        if beginnings:
            to_do = ngettext("{count} step to go", "{count} steps to go", beginnings)
            # Name the next step if there are no errors.
            alone = not errors and not unreadable
            parts.append(labelled(to_do, steps[0][:1].lower() + steps[0][1:]) if alone else to_do)
        if hints:
            parts.append(ngettext("{count} suggestion", "{count} suggestions", hints))
        self.problems.setText(" · ".join(parts) or _("No problems"))
        scheme = theme.colors()
        color = scheme.error if errors or unreadable else scheme.accent if beginnings else ""
        self.problems.setStyleSheet(f"color: {color};" if color else "")
        self._fit()
