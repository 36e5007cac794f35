"""Evaluate the network on show and compared runs, off the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.derived import Derived
from netbuilder.ui.services.language import language
from netbuilder.ui.services.model_store import ModelState
from netbuilder.ui.services.runs.last_run_restorer import load_run_network
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Split
    from netbuilder.core.engine.runs.run_store import Run
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.compare import ComparedNetwork
    from netbuilder.core.results.evaluate import Evaluation
    from netbuilder.core.results.mistakes import MistakeSamples
    from netbuilder.core.results.statistics import Calibration


log = logging.getLogger(__name__)
_NO_NETWORK = N_("Its weights file was too large to save.")


def _evaluate_run(name: str, run: Run) -> ComparedNetwork:
    from netbuilder.core.results.compare import ComparedNetwork, evaluate_own_data

    try:
        trained = load_run_network(run)
        if trained is None:
            return ComparedNetwork(name, trouble=_(_NO_NETWORK))
        return ComparedNetwork(name, evaluate_own_data(trained, Path(run.base or ".")))
    except UserError as error:
        return ComparedNetwork(name, trouble=str(error))
    except Exception as error:
        log.error("a run could not be judged", exc_info=error)
        return ComparedNetwork(name, trouble=_("It could not be evaluated: {error}", error=error))


class ComparedRuns(QObject):
    """Evaluates the runs selected on the page Compare, each once.

    ``changed``: ``found`` changed; it is in the order of the runner's overlays.
    """

    changed = Signal()

    def __init__(self, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._results: dict[str, ComparedNetwork] = {}
        self._worker = Derived(
            self, lambda runs: {run.id: _evaluate_run(name, run) for name, run in runs}, self._found
        )
        runner.overlays.changed.connect(self.refresh)

    @property
    def idle(self) -> bool:
        return self._worker.idle

    @property
    def named(self) -> tuple[tuple[str, Run], ...]:
        return tuple(self._runner.overlays.runs.items())

    @property
    def found(self) -> tuple[ComparedNetwork, ...]:
        return tuple(
            replace(self._results[run.id], name=name)
            for name, run in self.named
            if run.id in self._results
        )

    def refresh(self) -> None:
        missing = tuple(pair for pair in self.named if pair[1].id not in self._results)
        if missing:
            self._worker.ask(missing)
        self.changed.emit()

    def _found(self, results: dict[str, ComparedNetwork]) -> None:
        self._results |= results
        self.changed.emit()


def _evaluate(trained: TrainedModel, base: Path, file: Path | None) -> Evaluation:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.results.evaluate import evaluate, evaluate_test_set

    if file is not None:
        return evaluate(trained, file)
    return evaluate_test_set(trained, load_dataset(trained.project, base))


class EvaluationService(QObject):
    """Evaluates each network on show that has no evaluation, or evaluates a file.

    ``changed``: ``evaluation`` or ``error`` changed. ``file``: the evaluated file; None: test set.
    """

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._file_evaluation: Evaluation | None = None
        self.error: UserError | None = None
        self.file: Path | None = None
        self._worker = Derived(
            self, _evaluate, self._found, self._failed, of=lambda: workbench.models.trained
        )
        workbench.models.changed.connect(self._model_changed)
        language().changed.connect(self._render_again)

    @property
    def evaluation(self) -> Evaluation | None:
        return self._file_evaluation or self._workbench.models.state.settled.evaluation

    @property
    def sentence(self) -> str:
        return self.evaluation.sentence if self.evaluation is not None else ""

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def evaluate(self, file: Path | None = None) -> None:
        trained = self._workbench.models.trained
        if trained is not None:
            self._worker.ask(trained, self._workbench.base, file)

    def _render_again(self) -> None:
        if self.evaluation is not None or self.error is not None:
            self.evaluate(self.file)

    def show_test_set(self) -> None:
        self._set_file_evaluation(None, None)
        if self.evaluation is None:
            self.evaluate()

    def _model_changed(self, old: ModelState, new: ModelState) -> None:
        if old.settled.model is not new.settled.model:
            self._set_file_evaluation(None, None)
            if new.settled.evaluation is None:
                self.evaluate()
        elif old.settled is not new.settled:
            self.changed.emit()

    def _set_file_evaluation(self, file: Path | None, evaluation: Evaluation | None) -> None:
        self.file, self._file_evaluation, self.error = file, evaluation, None
        self.changed.emit()

    def _found(self, evaluation: Evaluation) -> None:
        trained, _base, file = self._worker.inputs
        if file is not None:
            self._set_file_evaluation(file, evaluation)
        else:
            self.file = self._file_evaluation = self.error = None
            self._workbench.models.add_evaluation(trained, evaluation)

    def _failed(self, error: UserError) -> None:
        self.error = error
        self.changed.emit()


#: Largest training set that is evaluated for the page.
MOST = 20_000


@dataclass(frozen=True, eq=False)
class Behind:
    """Details of an evaluation.

    Attributes:
        parts: evaluations of training, validation and test set by name.
        split: the evaluated rows.
        worst: the worst mistakes.
        intervals: 95% intervals of the metrics.
        classes: precision, recall, F1, support and intervals by class, the rarest first.
        calibration: of the probabilities; None without any.
        far: columns with values outside the training range, see ``statistics.out_of_range``.
    """

    parts: Mapping[str, Evaluation]
    split: Split
    evaluation: Evaluation
    trained: TrainedModel
    worst: MistakeSamples | None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    classes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    calibration: Calibration | None = None
    far: Sequence[Mapping[str, Any]] = ()

    def samples(self, rows: Any) -> MistakeSamples:
        from netbuilder.core.results import mistakes
        from netbuilder.core.results.own_units import preprocessing_of

        return mistakes.mistake_samples(
            self.evaluation, self.split, preprocessing_of(self.trained), rows
        )


def _find_details(
    trained: TrainedModel, base: Path, file: Path | None, evaluation: Evaluation
) -> Behind:
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.data.prepare.inference_data import read_split
    from netbuilder.core.results import statistics
    from netbuilder.core.results.classification_curves import evaluate_parts
    from netbuilder.core.results.own_units import preprocessing_of

    parts: Mapping[str, Evaluation] = {}
    if file is not None:
        split = read_split(trained.project.data, preprocessing_of(trained), file)
    else:
        dataset = load_dataset(trained.project, base)
        split = dataset.test if dataset.test is not None else dataset.train
        if len(dataset.train) <= MOST:
            parts = evaluate_parts(trained, dataset)
    details = Behind(
        parts, split, evaluation, trained, None,
        statistics.intervals(evaluation), statistics.per_class(evaluation),
        statistics.calibration(evaluation),
        statistics.out_of_range(trained, split.raw_x, split.raw_y),
    )  # fmt: skip
    if len(evaluation.mistakes) and len(split) == evaluation.samples:
        worst = details.samples(evaluation.mistakes[:12])
        return replace(details, worst=worst)
    return details


class EvaluationParts(QObject):
    """Computes the details of the newest evaluation; ``changed``: ``behind`` changed."""

    changed = Signal()

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.behind: Behind | None = None
        self._worker = Derived(  # without details, the evaluation is still shown
            self,
            _find_details,
            self._found,
            lambda _error: self.changed.emit(),
            of=lambda: workbench.models.trained,
        )

    @property
    def idle(self) -> bool:
        return self._worker.idle

    def ask(self, evaluation: Evaluation, file: Path | None) -> None:
        trained = self._workbench.models.trained
        self.behind = None
        if trained is not None:
            self._worker.ask(trained, self._workbench.base, file, evaluation)

    def _found(self, behind: Behind) -> None:
        self.behind = behind
        self.changed.emit()
