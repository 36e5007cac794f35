"""What lies behind a judgement: the samples, and the judgements on all parts of the data."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation
    from netbuilder.core.results.mistakes import MistakeSamples

log = logging.getLogger(__name__)
#: Rows of the training that are judged at most, so that a large set does not hold up the page.
MOST = 20_000


@dataclass(frozen=True, eq=False)
class EvaluationParts:
    """``parts``: judgements by name; ``split``: the rows that were judged; ``worst``: samples."""

    parts: Mapping[str, Evaluation]
    split: Split
    evaluation: Evaluation
    trained: TrainedModel
    worst: MistakeSamples | None

    def samples(self, rows: Any) -> MistakeSamples:
        """These rows, to be shown."""
        from netbuilder.core.results import mistakes
        from netbuilder.core.results.own_units import preprocessing_of

        return mistakes.mistake_samples(
            self.evaluation, self.split, preprocessing_of(self.trained), rows
        )


Question = tuple["TrainedModel", Path, "Path | None", "Evaluation"]


def _find(question: Question) -> EvaluationParts:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.prepare.inference_data import read_split
    from netbuilder.core.results.classification_curves import evaluate_parts
    from netbuilder.core.results.own_units import preprocessing_of

    trained, base, file, evaluation = question
    parts: Mapping[str, Evaluation] = {}
    if file is not None:
        split = read_split(trained.project.data, preprocessing_of(trained), file)
    else:
        dataset = load_dataset(trained.project, base)
        split = dataset.test if dataset.test is not None else dataset.train
        if len(dataset.train) <= MOST:
            parts = evaluate_parts(trained, dataset)
    found = EvaluationParts(parts, split, evaluation, trained, None)
    if len(evaluation.mistakes) and len(split) == evaluation.samples:
        worst = found.samples(evaluation.mistakes[:12])
        return EvaluationParts(parts, split, evaluation, trained, worst)
    return found


class EvaluationDetails(QObject):
    """Finds what lies behind the newest judgement. ``changed``: ``behind`` is another."""

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.behind: EvaluationParts | None = None
        self._worker = jobs.LatestJob.for_widget(self, _find, "parts", self._found, self._failed)

    @property
    def idle(self) -> bool:
        """Whether nothing is being found."""
        return self._worker.idle

    def ask(self, evaluation: Evaluation, file: Path | None) -> None:
        """Find what lies behind a judgement."""
        trained = self._workbench.trained
        self.behind = None
        if trained is not None:
            self._worker.ask((trained, self._workbench.base, file, evaluation))

    def _found(self, question: Question, behind: EvaluationParts) -> None:
        if question[0] is self._workbench.trained:
            self.behind = behind
            self.changed.emit()

    def _failed(self, question: Question, error: Exception) -> None:
        # The judgement itself stands; only what lies behind it cannot be shown.
        log.info("what lies behind the judgement cannot be shown: %s", error)
        self.behind = None
        self.changed.emit()
