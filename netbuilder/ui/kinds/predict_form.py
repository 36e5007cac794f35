"""What all prediction forms have in common, and the form for samples of the data set alone."""

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

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.predict import Predictions


@dataclass(frozen=True, eq=False)
class PredictionRequest:
    """A question to the network.

    Attributes:
        answer: finds the answer, off the GUI thread.
        sample: the raw sample that it is about, to be explained; None: nothing to explain.
        about: what is asked about, in words; None: what was said before holds.
        by_hand: a person asked, and not the panel by itself.
        own: what the sample is, where it is a person's own: "your drawing". Then the canvas and
            Inside look at it too; "": it is a row of the data.
        raw: the sample by Input id, where it is known already.
    """

    answer: Callable[[TrainedModel], Predictions]
    sample: Callable[[TrainedModel], Sample] | None = None
    about: str | None = None
    by_hand: bool = True
    own: str = ""
    raw: Mapping[str, Any] | None = None


class Explanation(Protocol):
    """The widget that says why: a column, in which ``picture`` may stand elsewhere."""

    column: QVBoxLayout
    picture: QLabel
    picture_ready: SignalInstance


class PredictForm(QWidget):
    """A way to ask. The panel shows the first whose ``fits`` says so.

    Signals:
        asked(request): a question to the network.
        nothing(words): there is nothing to be answered, and why; what was answered is gone.
        said(words): what is to be told beside the answer.
        reworded(): ``answer_words`` of the same answer are others.
    """

    asked = Signal(object)
    nothing = Signal(str)
    said = Signal(str)
    reworded = Signal()
    #: The sorts of samples that are asked about here.
    modalities: tuple[Modality, ...] = ()
    #: What one sample of the test set is called.
    numbered = N_("Test sample {number} of {count}")
    #: The button that shows one.
    another = N_("Show another test sample")
    #: Whether no sample of the test set was shown yet, not even the canvas's.
    before_samples = False
    #: What stands there before anything is asked.
    words = ""
    #: Whether what is said stands below it: what one draws on must not move under the pen.
    steady = False
    #: What of it shows a network that goes on learning as it stood once, in words.
    stands_still = ""
    #: Before which of its parts stands why it is answered so.
    why_at = 0

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        for name in ("words", "stands_still"):
            if constant := getattr(type(self), name):
                setattr(self, name, _(constant))
        self.page = QVBoxLayout(self)
        self.page.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def fits(self, trained: TrainedModel) -> bool:
        """Whether the network takes what is asked here, and nothing else."""
        from netbuilder.core.results.predict import modalities_of

        return modalities_of(trained) <= set(self.modalities)

    def place_why(self, why: Explanation) -> None:
        """Take in why it is answered so, where it is seen together with what is asked with."""
        why.column.insertWidget(2, why.picture)
        self.page.insertWidget(self.why_at, cast("QWidget", why))

    def begin(self, trained: TrainedModel, fresh: bool) -> None:
        """Ask this network from now on; ``fresh``: it is of other data, so that nothing stays."""

    def end(self) -> None:
        """Another view is shown from now on, or there is no network any more."""

    def show_look(self, look: SampleActivations, about: str, wanted: bool) -> None:
        """Take the sample of the data set that the canvas shows; ``wanted``: a person wants it."""
        if wanted or not self.busy:
            self.asked.emit(request_for_raw(look.raw, about, by_hand=False))

    def answer_words(self, found: Predictions) -> str:
        """The answer about the one sample, for the head of the page."""
        return found.text(0)

    def show_answer(self, found: Predictions) -> None:
        """Show beside what was asked what the answer looks like, where it can be looked at."""

    @property
    def busy(self) -> bool:
        """Whether something of a person's own is asked about, which a test row must not replace."""
        return False

    @property
    def settled(self) -> bool:
        """Whether no question waits to be asked."""
        return True

    def takes(self, given: QMimeData) -> bool:
        """Whether what is dragged or pasted can be asked about here."""
        return False

    def take(self, given: QMimeData) -> bool:
        """Ask about what was dropped or pasted; whether that went."""
        return False


def request_for_raw(
    raw: Mapping[str, Any],
    about: str | None,
    *,
    by_hand: bool = True,
    text: str | None = None,
    own: str = "",
) -> PredictionRequest:
    """The question about one raw sample by Input id, without a batch axis."""
    held = dict(raw)

    def answer(model: TrainedModel) -> Predictions:
        from netbuilder.core.results.predict import predict_raw

        return predict_raw(model, {key: value[None] for key, value in held.items()})

    return PredictionRequest(answer, lambda model: (held, text), about, by_hand, own, held)


def request_for_file(path: Path, about: str) -> PredictionRequest:
    """The question about a file that holds one sample."""

    def answer(model: TrainedModel) -> Predictions:
        from netbuilder.core.results.predict import predict_files

        return predict_files(model, [path])

    return PredictionRequest(answer, lambda model: file_sample(model, path), about, own=path.name)


def file_sample(model: TrainedModel, path: Path) -> Sample:
    """The raw sample of a file that holds one."""
    from netbuilder.core.results.file_samples import read_samples

    return read_samples(model, path).sample(0), None


def local_file(given: QMimeData, endings: tuple[str, ...]) -> Path | None:
    """The first file with one of these endings among what was pasted or dropped."""
    paths = [Path(url.toLocalFile()) for url in given.urls() if url.isLocalFile()]
    return next((one for one in paths if one.suffix.lower() in endings), None)


class TestSampleForm(PredictForm):
    """Samples of the data set, for networks that take several sorts, or arrays."""

    __test__ = False  # a view, and not a test of it
    words = N_("This network has inputs of several kinds. Choose a sample of its data, or a file.")

    def fits(self, trained: TrainedModel) -> bool:
        return True
