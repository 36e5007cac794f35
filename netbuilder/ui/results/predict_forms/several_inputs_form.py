"""Several things at once: each is seen, and what can be changed by hand is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from netbuilder.ui.results.predict_forms.input_editors import InputEditor, input_editor
from netbuilder.ui.results.predict_forms.predict_form import PredictForm, request_for_raw
from netbuilder.ui.results.predict_forms.row_form import PREDICT_DELAY_MS
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

_OWN = "your sample"


class SeveralInputsForm(PredictForm):
    """A part for each Input of a network whose Inputs take different things."""

    words = "This network takes several things at once: change one, and the answer follows."

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self.parts: dict[str, InputEditor] = {}
        self._own = False
        self._soon = QTimer(self, singleShot=True, interval=PREDICT_DELAY_MS)
        self._soon.timeout.connect(self._ask)

    @property
    def settled(self) -> bool:
        """Whether no question waits to be asked."""
        return not self._soon.isActive()

    @property
    def busy(self) -> bool:
        """Whether something was changed by hand."""
        return self._own

    def fits(self, trained: TrainedModel) -> bool:
        """Networks of several Inputs that are not all of one table, or all pictures."""
        from netbuilder.core.results.own_units import preprocessing_of
        from netbuilder.core.results.predict import input_sort

        inputs = preprocessing_of(trained).inputs
        return len(inputs) > 1 and input_sort(trained) not in ("rows", "images")

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Show the parts; what was changed by hand stays while the data does."""
        from netbuilder.core.results.own_units import preprocessing_of

        inputs = preprocessing_of(trained).inputs
        known = {key: part.entry for key, part in self.parts.items()}
        if fresh or known != dict(inputs):
            self._own = False
            for part in self.parts.values():
                part.hide()
                part.deleteLater()
            self.parts = {key: input_editor(key, entry, self) for key, entry in inputs.items()}
            for part in self.parts.values():
                part.changed.connect(self._changed)
                self.page.addWidget(part)
        if self._own:
            self._soon.start()

    def end(self) -> None:
        """Ask nothing any more."""
        self._soon.stop()

    def show_look(self, look: SampleActivations, about: str, wanted: bool) -> None:
        """Show a test sample, unless one was changed by hand."""
        if self.busy and not wanted:
            return
        self._own = False
        self._soon.stop()
        for key, part in self.parts.items():
            if key in look.raw:
                part.show_values(look.raw[key])
        self.asked.emit(request_for_raw(look.raw, about, by_hand=False))

    def _changed(self) -> None:
        self._own = True
        self._soon.start()

    def _ask(self) -> None:
        raw = {key: part.raw() for key, part in self.parts.items()}
        if all(value is not None for value in raw.values()):
            self.asked.emit(request_for_raw(raw, self.words, own=_OWN))
