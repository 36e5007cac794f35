"""The answer of a network that goes on learning, as it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from netbuilder.ui.results.predict_forms.predict_form import PredictionRequest
from netbuilder.ui.services.views.live_activations import LiveActivations, LiveActivationsService
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.results.predict import Predictions


class LivePrediction(QObject):
    """What a run says about the sample that is asked about: the canvas asks it for that anyway.

    ``answered``: ``found`` is newer, or another; None where the run does not look at it.
    """

    answered = Signal()

    def __init__(self, workbench: Workbench, live: LiveActivationsService, panel: QWidget) -> None:
        super().__init__(panel)
        self._workbench, self._live, self._panel = workbench, live, panel
        self._asked: PredictionRequest | None = None
        self.found: Predictions | None = None
        live.changed.connect(self._look)
        workbench.speed_changed.connect(self._look)
        workbench.training_changed.connect(self._look)

    @property
    def going(self) -> bool:
        """Whether a run goes on of the network that is asked, so that its answers move."""
        bench = self._workbench
        of_run = bench.standing or bench.passing is not None
        return of_run and bench.training and not bench.paused

    def ask(self, asked: PredictionRequest | None) -> None:
        """Follow this question from now on; None: none."""
        self._asked = asked
        self._look()

    def _look(self, *_changed: object) -> None:
        look = self._live.look
        before, self.found = self.found, None
        seen = look is not None and not self._panel.visibleRegion().isEmpty()
        if look is not None and seen and self.going and self._is_of(look):
            from netbuilder.core.results.predict import predictions_of

            trained = self._workbench.asked
            assert trained is not None
            answers = {key: np.asarray(value)[None] for key, value in look.answers.items()}
            self.found = predictions_of(answers, trained.preprocessing.outputs)
        if self.found is not None or before is not None:
            self.answered.emit()

    def _is_of(self, look: LiveActivations) -> bool:
        """Whether the run looks at what is asked about. Of one's own samples it follows within
        moments, and the last one stays."""
        asked = self._asked
        if asked is None or look.own != asked.own:
            return False
        if asked.own or asked.raw is None:
            return True
        return look.raw.keys() == asked.raw.keys() and all(
            np.array_equal(value, asked.raw[key], equal_nan=value.dtype.kind == "f")
            for key, value in look.raw.items()
        )
