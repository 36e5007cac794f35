"""What a run leaves behind."""

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
#: What follows from a change, in words.
NOTES: Mapping[str, str] = {
    SCHEDULE_OFF: N_("the schedule is off from here on"),
    BEST_FROM_HERE: N_("the best epoch is chosen from here on"),
}


@dataclass(frozen=True)
class Event:
    """Anything that a session says while it trains; see ``events``."""


@dataclass(frozen=True)
class Changed(Event):
    """Something about the run was changed by hand; marked on the curve at ``step``.

    ``what`` is "learning_rate" (``value``: the new rate), "epochs" (``value``: the new number),
    "reset" (``value``: the seed; epochs and steps begin at 0 again), "best" (``value``: the
    epoch, counted from 1, whose weights are back), "data" (it goes on with other data) or
    "weights" (``value``: so many are set by hand where it stands; of several such changes of one
    place the last holds, and 0 takes them back). ``note`` is the code of what else follows from
    it (``NOTES``); older runs hold its English sentence.
    """

    what: str
    value: float
    epoch: int
    step: int
    note: str = ""

    @property
    def note_words(self) -> str:
        """What else follows from the change, in the chosen language; "" for nothing."""
        return _(NOTES.get(self.note, self.note)) if self.note else ""


def manual_weight_change(changes: Sequence[Changed], epoch: int, step: int) -> Changed | None:
    """What says how many weights are set by hand where a network stands; None where none are.

    Args:
        changes: of its run, the last at the end.
        epoch, step: how far it has come.
    """
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
        project: the project that it was trained with, loss and metrics filled in.
        training_model: the canvas alone, on model-ready values, compiled with its optimizer's
            state.
        model: raw rows in, predictions in the data's own units out; shares the weights of
            ``training_model``.
        preprocessing: what ``model`` does around ``training_model``.
        facts: facts about the data that it was trained on.
        history: numbers of each epoch by name: "loss", metrics, "val_loss", ...; of more than
            ``MOST_EPOCHS`` epochs of some of them, see ``training_model.long_history``.
        test: numbers on the test rows by name; empty where there are none.
        seconds: duration of the training by the clock, pauses left out; of a slowed run only what
            its steps and validation took.
        steps_per_second: speed over the whole run, waits between steps left out.
        epochs: epochs done.
        step: steps of the next epoch done, where it stands within one.
        changes: what was changed by hand while it trained.
        best_epoch: number, counted from 1, of the epoch with the lowest (validation) loss.
        kept_epoch: number of the earlier epoch that it was taken back to at the end; 0 where its
            weights are those of the last step.
        slowed: it was slowed down to be watched, which says nothing about its speed.
        novelty: tells samples that are unlike the training data; None where that is not known.
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
        """How many of its weights a person set since it learned last."""
        found = manual_weight_change(self.changes, self.epochs, self.step)
        return 0 if found is None or self.kept_epoch else int(found.value)

    @property
    def changes_before_hand(self) -> tuple[Changed, ...]:
        """``changes`` without that of weights that were set since it learned last."""
        found = manual_weight_change(self.changes, self.epochs, self.step)
        return tuple(one for one in self.changes if one is not found)
