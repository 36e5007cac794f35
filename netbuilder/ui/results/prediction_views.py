"""Predictions on the page Predict: of a sample, of a file, of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFrame, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.wording import format_number, format_probability
from netbuilder.ui.kinds.predict_form import PredictionRequest
from netbuilder.ui.plots.bars import BarList
from netbuilder.ui.plots.colour_bar import class_color
from netbuilder.ui.plots.table_preview import TextTable, sorts_by_headers, text_table
from netbuilder.ui.services import jobs
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.views.live_activations import LiveActivationsService
from netbuilder.ui.services.views.sample_activations import SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import scaled
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.labels import ClampedLabel
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.widgets.role_boxes import CardList, RoleBox

if TYPE_CHECKING:
    from netbuilder.core.results.predict import Predictions
    from netbuilder.core.results.predict_file import FilePredictions


#: So many of the likeliest classes are shown if there are too many for all.
TOP = 5


class PredictionHeader(QFrame):
    """The prediction and its uncertainty; of constant height."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.answer = prepared(ClampedLabel("", self, lines=2), role="answer")
        self.sure = ClampedLabel("", self, lines=3)
        self.unlike = prepared(ClampedLabel("", self, lines=2), role="caution")
        vbox(self.answer, self.unlike, self.sure, parent=self, margins=(16, 8, 16, 4), spacing=4)
        self._columns = 1
        theme.theme().changed.connect(self._keep_answer)

    def begin(
        self, classes: int, explains: bool, columns: int = 1, *, knows_data: bool = False
    ) -> None:
        """Reserve space for a network of ``classes`` classes (0: of ``columns`` numbers), for an
        explanation and a novelty note."""
        self._columns = columns
        self.unlike.keep_lines(int(knows_data))
        self.unlike.setVisible(knows_data)
        self._keep_answer()
        lines = 0 if not explains else 2 if classes else 3
        self.sure.keep_lines(lines)
        self.sure.setVisible(lines > 0)
        self.clear()

    def _keep_answer(self) -> None:
        # A class's name and its probability in large letters take two lines of a narrow dock, and
        # several numbers with their names take them everywhere.
        self.answer.keep_lines(2 if scaled(10) > 13 or self._columns > 1 else 1)

    def clear(self) -> None:
        self.answer.setText("")
        self.unlike.setText("")
        self.sure.setText("")

    def show_answer(self, predictions: Predictions, words: str) -> None:
        self.answer.setText(words)
        self._show_novelty(predictions)

    def _show_novelty(self, predictions: Predictions) -> None:
        """Write whether the sample is like the training data, if the network knows."""
        role = "caution" if predictions.unlike_note else "note"
        like = _("Like the training data.") if predictions.unlike else ""
        self.unlike.setText(predictions.unlike_note or like)
        if self.unlike.property("role") != role:
            self.unlike.setProperty("role", role)
            self.unlike.style().polish(self.unlike)


class ClassBars(BarList):
    """The probability of each class: all in the data's order, or the likeliest of very many."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, thick=True)
        self._classes: tuple[str, ...] = ()
        self._all = True

    def begin(self, classes: Sequence[str], most: int) -> None:
        """Reserve room for ``classes``, of which at most ``most`` are shown, else ``TOP``."""
        self._classes, self._all = tuple(classes), len(classes) <= most
        self.keep_rows(len(classes) if self._all else min(TOP, len(classes)))
        self.clear()

    def clear(self) -> None:
        self._show([0.0] * len(self._classes), likely=None)

    def show_prediction(self, predictions: Predictions) -> None:
        shares = predictions.first.probabilities
        if shares is None or not np.isfinite(shares[0]).all():
            self.clear()
            return
        self._show([float(share) for share in shares[0]], likely=int(np.argmax(shares[0])))

    def _show(self, shares: Sequence[float], likely: int | None) -> None:
        numbers = list(range(len(shares)))
        if not self._all:
            numbers = sorted(numbers, key=lambda number: -shares[number])
            numbers = numbers[:TOP] if likely is not None else []
        rows = [
            (
                self._classes[number],
                shares[number],
                format_probability(shares[number]) if likely is not None else "",
            )
            for number in numbers
        ]
        marked = self._classes[likely] if likely is not None else None
        self.show_rows(rows, marked=marked, top=1.0, colors=[class_color(n) for n in numbers])


#: More rows are not sorted by a click on a column's name: the window would stand still.
_MOST_SORTED = 50_000


class FilePredictionsView(QWidget):
    """The predictions for a file.

    Signals:
        failed(error): they could not be written. scaled(path): the user says that the file's
            numbers were scaled.
    """

    failed = Signal(object)
    scaled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: FilePredictions | None = None
        self._path = ""
        self.cards = CardList(self)
        self.model = TextTable(self)
        self.table = text_table(self.model, _("Predictions for a file"), self)
        sorts_by_headers(self.table)
        self.table.setMinimumHeight(220)
        vbox(self.cards, self.table, parent=self, margins=0)
        self.hide()

    def forget(self) -> None:
        self.found = None
        self.cards.clear()
        self.hide()

    def show_answers(self, found: FilePredictions, path: str) -> None:
        self.found, self._path = found, path
        columns, rows = found.text_rows()
        answers = frozenset(n for n, name in enumerate(columns) if name in found.answers)
        self.model.show_rows(columns, rows, marked=answers)
        self.table.setSortingEnabled(len(rows) <= _MOST_SORTED)
        self.table.resizeColumnsToContents()
        self.table.show()
        self.show()
        self._tell("")

    def show_trouble(self, error: UserError) -> None:
        self.found = None
        self.cards.clear()
        self.cards.add(RoleBox("error", error.what, error.fix, self))
        self.table.hide()
        self.show()

    def _tell(self, words: str) -> None:
        result = self.found
        if result is None:
            return
        self.cards.clear()
        if result.looks_scaled:
            from netbuilder.core.results.predict_file import LOOKS_SCALED_SENTENCE

            self.cards.add(
                RoleBox(
                    "warning", _("Are these numbers scaled?"), _(LOOKS_SCALED_SENTENCE), self,
                    button=_("Use them as scaled"), do=lambda: self.scaled.emit(Path(self._path)),
                )
            )  # fmt: skip
        title = ngettext(
            "{count} prediction for {file}",
            "{count} predictions for {file}",
            len(result.predictions),
            count=format_number(len(result.predictions), ",.0f"),
            file=Path(self._path).name,
        )
        self.cards.add(
            RoleBox("info", title, words, self, button=_("Save predictions…"), do=self._ask_out)
        )
        for note in result.predictions.notes:
            self.cards.add(RoleBox("info", "", note, self))

    def _ask_out(self) -> None:
        path = Path(self._path)
        suggested = str(path.with_name(_("{name} predictions.csv", name=path.stem)))
        out = ask_save(self, _("Save predictions"), suggested, (FileType(N_("Table"), (".csv",)),))
        if out is not None:
            self.save(out)

    def save(self, out: Path) -> None:
        result = self.found
        if result is None:
            return
        jobs.run_job(
            lambda: result.write(out),
            lambda _none: self._tell(_("Saved {file}.", file=out)),
            self.failed.emit,
            name="answers",
            owner=self,
        )


class LivePrediction(QObject):
    """A run's prediction for the current sample, which the canvas computes anyway. ``answered``:
    ``found`` changed; None if the run has another sample."""

    answered = Signal()

    def __init__(self, workbench: Workbench, live: LiveActivationsService, panel: QWidget) -> None:
        super().__init__(panel)
        self._workbench, self._live, self._panel = workbench, live, panel
        self._request: PredictionRequest | None = None
        self.found: Predictions | None = None
        live.changed.connect(self._look)
        workbench.speed_changed.connect(self._look)
        workbench.training_changed.connect(self._look)

    @property
    def going(self) -> bool:
        """Whether the network is being trained."""
        bench = self._workbench
        of_run = bench.models.state.source in (Source.PAUSED, Source.LIVE)
        return of_run and bench.training and not bench.paused

    def ask(self, request: PredictionRequest | None) -> None:
        """Follow this request; None: none."""
        self._request = request
        self._look()

    def _look(self, *_changed: object) -> None:
        look = self._live.look
        before, self.found = self.found, None
        visible = look is not None and not self._panel.visibleRegion().isEmpty()
        if look is not None and visible and self.going and self._is_of(look):
            from netbuilder.core.results.predict import predictions_of

            trained = self._workbench.models.prediction_model
            assert trained is not None
            answers = {key: np.asarray(value)[None] for key, value in look.answers.items()}
            self.found = predictions_of(answers, trained.preprocessing.outputs)
        if self.found is not None or before is not None:
            self.answered.emit()

    def _is_of(self, look: SampleActivations) -> bool:
        """Return whether the run shows the requested sample; the last own sample stays."""
        request = self._request
        if request is None or look.own != request.own:
            return False
        if request.own or request.raw is None:
            return True
        return look.raw.keys() == request.raw.keys() and all(
            np.array_equal(value, request.raw[key], equal_nan=value.dtype.kind == "f")
            for key, value in look.raw.items()
        )
