"""Train on the collected samples, and predict what the camera sees from then on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_duration, format_list, format_percent, join_sentences
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.services import jobs
from netbuilder.ui.services.data_recipes import recipe_for
from netbuilder.ui.services.derived import Derived, Rank, for_people, wanted
from netbuilder.ui.services.devices import TakenSample
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.runner import Runner
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import ClampedLabel, note_label
from netbuilder.ui.widgets.layouts import STRETCH, prepared, vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions

_WIDTH = 300
_PARTS = 1000
_TRIAL_SECONDS = 3.0  # of candidates: who collects wants to see it work
_CALM_MS = 700  # after the last sample


def _fitting_network(project: Project, base: Path, folder: Path, home: Path | None) -> Project:
    """Return ``project`` if it reads ``folder`` and has no error, else the suggested network."""
    from netbuilder.core.check.diagnostics import diagnose
    from netbuilder.core.data.load import load_facts
    from netbuilder.core.results.suggestion.selection import select_network

    own = _reads(project, base, folder)
    built = own and any(node.layer != "Input" for node in project.graph.nodes)
    problems = diagnose(project, load_facts(project, base)) if built else ()
    if built and not any(problem.blocks for problem in problems):
        return project
    known = project if own else replace(project, data=recipe_for(folder, home))
    return select_network(known, base, seconds=_TRIAL_SECONDS).project


def _reads(project: Project, base: Path, folder: Path) -> bool:
    path = project.data.path
    return bool(path) and (base / path).absolute() == folder.absolute()


def _prepare(project: Project, base: Path, folder: Path, home: Path | None) -> None:
    """Build the network and compute what its frozen layers make of the samples so far."""
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.prepared_networks import prebuild

    project = _fitting_network(project, base, folder, home)
    if wanted():
        prebuild(project, load_dataset(project, base), base=base, needed=wanted)


class TrainingColumn(QFrame):
    """The right column of the window, which trains the project on the canvas.

    ``begin(project)`` puts another project on the canvas; False: the user keeps the present one.
    """

    train_asked = Signal()
    failed = Signal(object)
    trained_changed = Signal()

    def __init__(
        self,
        workbench: Workbench,
        runner: Runner,
        begin: Callable[[Project], bool],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._workbench, self._runner, self._begin = workbench, runner, begin
        self._folder = Path()
        self._colors: Mapping[str, QColor] = {}
        self._enough = self._preparing = self._predicting = False
        self._samples: Sequence[Path] = ()
        self._began: float | None = None
        self.predictions: Predictions | None = None
        self._place = tempfile.TemporaryDirectory(prefix="netbuilder-live-")
        self._clock = QTimer(self, interval=100)
        self._clock.timeout.connect(self._show_progress)
        # While samples arrive: Train then has little left to do.
        self._preparation = Derived(
            self, _prepare, lambda _none: None, lambda _error: None, rank=Rank.BACKGROUND
        )
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._prepare)
        self.setFixedWidth(_WIDTH)
        self.train = prepared(QPushButton(_("Train"), self), role="primary")
        self.train.clicked.connect(self._pressed)
        self.progress = QProgressBar(self)
        self.progress.setRange(0, _PARTS)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(_("Training progress"))
        self.words = ClampedLabel("", self, lines=3)
        self.words.keep_lines(3)
        title = prepared(QLabel(_("Live prediction"), self), role="title")
        self.bars = BarList(self)
        self.about = note_label("", self)
        self.unlike = prepared(ClampedLabel("", self, lines=3), role="caution")
        self.unlike.keep_lines(3)
        vbox(
            self.train, self.progress, self.words, title, self.bars, self.unlike, self.about,
            STRETCH, parent=self, margins=0, spacing=8,
        )  # fmt: skip
        workbench.models.changed.connect(self._model_changed)
        workbench.keras_changed.connect(self._refresh)
        runner.state_changed.connect(self._refresh)
        runner.ended.connect(self._ended)
        self._refresh()

    @property
    def model(self) -> TrainedModel | None:
        trained = self._workbench.models.trained
        base = self._workbench.base
        reads = trained is not None and _reads(trained.project, base, self._folder)
        return trained if reads else None

    def show_classes(
        self, folder: Path, colors: Mapping[str, QColor], samples: Sequence[Path], *, enough: bool
    ) -> None:
        self._folder, self._colors, self._enough = folder, colors, enough
        self._show_bars()
        self._refresh()
        if samples != self._samples:
            self._samples = samples
            self._calm.start()

    def _prepare(self) -> None:
        if self._enough and not self._runner.state.active and not self._preparing:
            self._preparation.ask(*self._inputs())

    def _inputs(self) -> tuple[Project, Path, Path, Path | None]:
        store, base = self._workbench.store, self._workbench.base
        # The data of a project of their own is given by its absolute path.
        joins = store.path is not None and not self._apart
        return store.project, base, self._folder, base if joins else None

    @property
    def _apart(self) -> bool:
        """Whether the samples need a project of their own."""
        store, base = self._workbench.store, self._workbench.base
        other = bool(store.project.data.kind) or store.path is None
        return other and not _reads(store.project, base, self._folder)

    def start(self) -> None:
        """Train the network on the canvas if it fits the samples, else the suggested one."""
        store, inputs = self._workbench.store, self._inputs()
        self._began, self._preparing = time.monotonic(), True
        self._clock.start()
        self._refresh()

        def train(fitting: Project) -> None:
            self._preparing = False
            parts = {name: getattr(fitting, name) for name in ("graph", "data", "training")}
            if self._apart and not self._begin(Project(format_list(self._colors), **parts)):
                self._stop_clock()
                return
            if not self._apart and fitting is not inputs[0]:
                store.apply(_("Train on collected samples"), lambda p: replace(p, **parts))
            self._runner.start(spread=False)
            self._refresh()

        work = partial(_fitting_network, *inputs)
        jobs.run_job(work, train, self._not_started, name="collected", owner=self)

    def predict(self, sample: TakenSample, ending: str) -> None:
        """Predict a live sample; skipped while another prediction is computed."""
        model = self.model
        if model is None or self._predicting or self._runner.state.active or self._preparing:
            return
        self._predicting = True
        # Read the file like those of the training set.
        path = Path(self._place.name, f"live{ending}")

        def work() -> Predictions:
            from netbuilder.core.results.predict import predict_files

            path.write_bytes(sample.content())
            return predict_files(model, [path])

        jobs.run_job(work, self._predicted, self._not_predicted, name="live", owner=self)

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        self._calm.stop()
        self._preparation.cancel()
        super().hideEvent(event)

    def _pressed(self) -> None:
        if self._runner.state.active:
            self._runner.stop()
        else:
            self.train_asked.emit()

    def _not_started(self, error: Exception) -> None:
        self._preparing = False
        self.failed.emit(for_people(error))
        self._stop_clock()

    def _stop_clock(self) -> None:
        self._clock.stop()
        self._began = None
        self.words.setText("")
        self._refresh()

    def _ended(self) -> None:
        self._clock.stop()
        began, self._began = self._began, None
        error, model = self._workbench.run_error, self.model
        if error is not None:
            self.failed.emit(error)
        elif model is not None:
            seconds = model.seconds if began is None else time.monotonic() - began
            words = _("Trained in {time}.", time=format_duration(seconds))
            correct = model.history.get("val_accuracy", [])
            if correct:
                epoch = min(model.kept_epoch or model.epochs, len(correct))
                share = format_percent(correct[epoch - 1])
                measured = _("{share} of the validation set correct.", share=share)
                words = join_sentences((words, measured))
            self.words.setText(words)
        self._refresh()

    def _model_changed(self, *_states: object) -> None:
        if self._workbench.models.state.source is not Source.LIVE:
            self.predictions = None if self.model is None else self.predictions
            self._refresh()
            self.trained_changed.emit()

    def _predicted(self, found: Predictions) -> None:
        self._predicting = False
        if self.model is not None:
            self.predictions = found
            self._show_bars()

    def _not_predicted(self, error: Exception) -> None:
        self._predicting = False
        if not isinstance(error, UserError):
            raise error
        self.about.setText(error.what)

    def _show_bars(self) -> None:
        found, shares = self.predictions, dict.fromkeys(self._colors, 0.0)
        if found is not None and self.model is not None and found.first.probabilities is not None:
            shares |= dict(
                zip(found.first.classes, map(float, found.first.probabilities[0]), strict=False)
            )
        best = None if found is None else max(shares, key=lambda name: shares[name], default=None)
        rows = [
            (name, share, format_percent(share) if found is not None else "")
            for name, share in shares.items()
        ]
        colors = [self._colors.get(name, QColor("gray")) for name in shares]
        self.bars.show_rows(rows, marked=best, top=1.0, colors=colors)
        self.unlike.setText("" if found is None else found.unlike_note)

    def _show_progress(self) -> None:
        if self._began is None:
            return
        progress = self._runner.record.progress if not self._preparing else None
        self.progress.setValue(round(_PARTS * ((progress.part if progress else None) or 0.0)))
        seconds = format_duration(time.monotonic() - self._began)
        words = progress.words if progress is not None else _("Reading the samples…")
        self.words.setText(f"{seconds} · {words}")

    def _refresh(self, *_state: object) -> None:
        active = self._runner.state.active
        ready = self._enough and self._runner.may_start and not self._preparing
        self.train.setEnabled(active or ready)
        trained = self.model is not None
        self.train.setText(_("Stop") if active else _("Train again") if trained else _("Train"))
        if not active and not self._preparing:
            self.progress.setValue(_PARTS if trained else 0)
        self.about.setText(
            _("The prediction is updated continuously.")
            if trained
            else _("After training, the bars show what the network sees.")
        )
