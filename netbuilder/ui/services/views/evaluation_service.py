"""The judgement on the model trained last: found once, shown in several places."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation

log = logging.getLogger(__name__)
Question = tuple["TrainedModel", Path, Path | None]


def _evaluate(question: Question) -> Evaluation:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.evaluate import evaluate, evaluate_test_set

    trained, base, file = question
    if file is not None:
        return evaluate(trained, file)
    return evaluate_test_set(trained, load_dataset(trained.project, base))


class EvaluationService(QObject):
    """Judges each model as it comes. ``changed``: ``evaluation`` or ``error`` is another.

    ``file`` is the file that was judged on; None: the rows that were kept aside.
    """

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.evaluation: Evaluation | None = None
        self.error: UserError | None = None
        self.file: Path | None = None
        self._worker = jobs.LatestJob(_evaluate, "evaluate", self)
        self._worker.answered.connect(self._found)
        self._worker.failed.connect(self._failed)
        workbench.trained_changed.connect(self._trained_changed)

    @property
    def sentence(self) -> str:
        """The result in words and in the data's own units; "" while there is none."""
        return self.evaluation.sentence if self.evaluation is not None else ""

    @property
    def idle(self) -> bool:
        """Whether nothing is being judged."""
        return self._worker.idle

    def judge(self, file: Path | None = None) -> None:
        """Judge on a file, or on the rows kept aside."""
        trained = self._workbench.trained
        if trained is not None:
            self._worker.ask((trained, self._workbench.base, file))

    def close(self) -> None:
        """End the thread."""
        self._worker.stop()

    def _trained_changed(self) -> None:
        self.evaluation, self.error, self.file = self._workbench.evaluation, None, None
        self.changed.emit()
        if self.evaluation is None:
            self.judge()

    def _found(self, question: Question, found: Evaluation) -> None:
        if question[0] is self._workbench.trained:
            self.evaluation, self.error, self.file = found, None, question[2]
            self.changed.emit()

    def _failed(self, question: Question, error: Exception) -> None:
        if question[0] is not self._workbench.trained:
            return
        if not isinstance(error, UserError):
            log.error("evaluation failed", exc_info=error)
            error = UserError(f"The network could not be judged: {error}", "Choose other data.")
        self.error = error
        self.changed.emit()
