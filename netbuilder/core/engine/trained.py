"""The result of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Project

if TYPE_CHECKING:
    import keras

    from netbuilder.core.engine.novelty import NoveltyReference

SCHEDULE_OFF, BEST_FROM_HERE = "schedule_off", "best_from_here"
#: Consequences of a change.
NOTES: Mapping[str, str] = {
    SCHEDULE_OFF: N_("the schedule is off from here on"),
    BEST_FROM_HERE: N_("the best epoch is chosen from here on"),
}


@dataclass(frozen=True)
class Event:
    """An event of a training session; see ``events``."""


@dataclass(frozen=True)
class Changed(Event):
    """A change of the run by hand, marked on the curve at ``step``.

    ``what`` is "learning_rate" (``value``: the new rate), "epochs" (``value``: the new number),
    "reset" (``value``: the seed; epochs and steps begin at 0 again), "best" (``value``: the epoch,
    counted from 1, whose weights are back), "data" or "weights" (``value``: how many are set by
    hand at this step; the last such change of a step counts, 0 undoes them). ``note`` is the code
    of a consequence (``NOTES``); older runs hold its English sentence.
    """

    what: str
    value: float
    epoch: int
    step: int
    note: str = ""

    @property
    def note_words(self) -> str:
        """Return the change's consequence in the chosen language; "" for none."""
        return _(NOTES.get(self.note, self.note)) if self.note else ""


def manual_weight_change(changes: Sequence[Changed], epoch: int, step: int) -> Changed | None:
    """Return the last change of weights by hand at this epoch and step; None if none are set."""
    for change in reversed(changes):
        if (change.epoch, change.step) != (epoch, step):
            break
        if change.what == "weights":
            return change
        if change.what != "learning_rate":  # all weights are others since
            break
    return None


@dataclass(frozen=True)
class TrainedModel:
    """A trained network with all that is needed to use, save and continue it.

    Attributes:
        project: the project of the training, loss and metrics filled in.
        training_model: the canvas alone, on model-ready values, compiled, with optimizer state.
        model: raw rows in, predictions in the data's own units out; shares its weights.
        preprocessing: what ``model`` does around ``training_model``.
        history: numbers of each epoch by name: "loss", metrics, "val_loss", ...; thinned if
            very long, see ``core.history_columns``.
        test: numbers on the test rows by name; empty where there are none.
        seconds: duration without pauses; of a slowed run that of its steps and validation.
        steps_per_second: speed over the whole run, waits between steps left out.
        step: steps of the next epoch done.
        best_epoch: the epoch with the lowest (validation) loss, counted from 1.
        kept_epoch: the earlier epoch whose weights it has; 0 for those of the last step.
        slowed: it was slowed down to be watched, so its duration says nothing about its speed.
        extra: what others keep beside it (the path of its file, say).
    """

    project: Project
    training_model: keras.Model
    model: keras.Model
    preprocessing: Preprocessing
    facts: DataFacts
    history: dict[str, list[float]] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    steps_per_second: float = 0.0
    epochs: int = 0
    step: int = 0
    changes: tuple[Changed, ...] = ()
    best_epoch: int = 0
    kept_epoch: int = 0
    slowed: bool = False
    novelty: NoveltyReference | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def set_by_hand(self) -> int:
        """Return how many weights were set by hand after the last step."""
        change = manual_weight_change(self.changes, self.epochs, self.step)
        return 0 if change is None or self.kept_epoch else int(change.value)

    @property
    def changes_before_hand(self) -> tuple[Changed, ...]:
        """Return ``changes`` without weights set by hand after the last step."""
        by_hand = manual_weight_change(self.changes, self.epochs, self.step)
        return tuple(change for change in self.changes if change is not by_hand)
