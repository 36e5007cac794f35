"""The base of all prediction forms, and the form for test samples only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from PySide6.QtCore import QMimeData, Signal, SignalInstance
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.ui.services.views.sample_activations import Sample, SampleActivations
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.layouts import vbox

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions


@dataclass(frozen=True, eq=False)
class PredictionRequest:
    """A request for a prediction.

    Attributes:
        answer: predicts, off the GUI thread.
        sample: the raw sample to explain, or None.
        about: a description, or None to keep the last one.
        by_hand: the user requested it.
        own: a name of the user's own sample ("your drawing"), shown on the canvas and in Inside
            too; "": a row of the data.
        raw: the sample by Input id, if known already.
    """

    answer: Callable[[TrainedModel], Predictions]
    sample: Callable[[TrainedModel], Sample] | None = None
    about: str | None = None
    by_hand: bool = True
    own: str = ""
    raw: Mapping[str, Any] | None = None


class Explanation(Protocol):
    """The explanation's widget: a column; ``picture`` may be elsewhere."""

    column: QVBoxLayout
    picture: QLabel
    picture_ready: SignalInstance


class PredictForm(QWidget):
    """A form for one sample. The panel shows the first whose ``fits`` returns True.

    Signals:
        asked(request): a prediction is requested. nothing(words): there is nothing to predict, and
            why. said(words): a note beside the prediction. reworded(): ``answer_words`` of the same
            prediction changed.
    """

    asked = Signal(object)
    nothing = Signal(str)
    said = Signal(str)
    reworded = Signal()
    modalities: tuple[Modality, ...] = ()
    #: What one sample of the test set is called.
    numbered = N_("Test sample {number} of {count}")
    #: The button that shows one.
    another = N_("Show another test sample")
    #: Whether no sample of the test set was shown yet, not even the canvas's.
    before_samples = False
    #: The text before the first request.
    words = ""
    #: Whether notes are placed below: a drawing pad must not move.
    steady = False
    #: What keeps its state during training, in words.
    stands_still = ""
    #: The part that follows the explanation.
    why_at = 0
    #: So many classes are shown, all in the data's order; of more, only the likeliest.
    most_classes = 12

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        for name in ("words", "stands_still"):
            if constant := getattr(type(self), name):
                setattr(self, name, _(constant))
        self.page = vbox(parent=self, margins=0)
        self.hide()

    def fits(self, trained: TrainedModel) -> bool:
        from netbuilder.core.results.predict import modalities_of

        return modalities_of(trained) <= set(self.modalities)

    def place_why(self, why: Explanation) -> None:
        why.column.insertWidget(2, why.picture)
        self.page.insertWidget(self.why_at, cast("QWidget", why))

    def place_bars(self, bars: QWidget) -> None:
        """Place the bars of the classes, by default above the form."""
        self.page.insertWidget(0, bars)

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Set the network; ``fresh``: it has other data, so everything is cleared."""

    def end(self) -> None:
        """Stop: another form is shown, or there is no network."""

    def show_look(self, look: SampleActivations, about: str, requested: bool) -> None:
        """Take the canvas's sample; ``requested``: the user requested it."""
        if requested or not self.busy:
            self.asked.emit(request_for_raw(look.raw, about, by_hand=False, own=look.own))

    def answer_words(self, predictions: Predictions) -> str:
        return predictions.text(0)

    def show_answer(self, predictions: Predictions) -> None:
        """Show the prediction if it can be drawn."""

    @property
    def busy(self) -> bool:
        """Return whether the user entered something that a test row must not replace."""
        return False

    @property
    def settled(self) -> bool:
        return True

    def takes(self, data: QMimeData) -> bool:
        return False

    def take(self, data: QMimeData) -> bool:
        """Predict for dropped or pasted data; return whether that was possible."""
        return False


def request_for_raw(
    raw: Mapping[str, Any],
    about: str | None,
    *,
    by_hand: bool = True,
    text: str | None = None,
    own: str = "",
) -> PredictionRequest:
    """Return the request for a raw sample by Input id, without a batch axis."""
    sample = dict(raw)

    def answer(model: TrainedModel) -> Predictions:
        from netbuilder.core.results.predict import predict_raw

        return predict_raw(model, {key: value[None] for key, value in sample.items()})

    return PredictionRequest(answer, lambda model: (sample, text), about, by_hand, own, sample)


def request_for_file(path: Path, about: str) -> PredictionRequest:
    """Return the request for a file of one sample."""

    def answer(model: TrainedModel) -> Predictions:
        from netbuilder.core.results.predict import predict_files

        return predict_files(model, [path])

    return PredictionRequest(answer, lambda model: file_sample(model, path), about, own=path.name)


def file_sample(model: TrainedModel, path: Path) -> Sample:
    """Return the raw sample of a file."""
    from netbuilder.core.results.file_samples import read_samples

    return read_samples(model, path).sample(0), None


def local_file(data: QMimeData, endings: tuple[str, ...]) -> Path | None:
    """Return the first pasted or dropped file with one of these suffixes."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return next((path for path in paths if path.suffix.lower() in endings), None)


class TestSampleForm(PredictForm):
    """Test samples, for networks with arrays or different inputs."""

    __test__ = False  # a view, and not a test of it
    words = N_("This network has inputs of several kinds. Choose a sample of its data, or a file.")

    def fits(self, trained: TrainedModel) -> bool:
        return True
