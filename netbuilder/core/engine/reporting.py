"""From what a trainer did to the events that say so."""

from __future__ import annotations

import re
from collections.abc import Callable

from netbuilder.core.engine.events import EpochEnd, Restored, Started, StepsDone
from netbuilder.core.engine.loop.trainer import Trainer
from netbuilder.core.engine.monitor.history import Floats
from netbuilder.core.engine.networks.keras_objects import first_line, is_out_of_memory
from netbuilder.core.engine.trained import Changed, Event
from netbuilder.core.error_texts import training_error
from netbuilder.core.errors import TrainingError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.keras_names import keras_name, with_own_names
from netbuilder.core.project.model import Graph
from netbuilder.core.wording import format_number


def explain_error(error: BaseException, graph: Graph) -> UserError:
    """Return the error to show for ``error``, with the node it is about if known."""
    if isinstance(error, UserError):
        return error
    text = str(error)
    if is_out_of_memory(error):
        return training_error("memory_full")
    if isinstance(error, RecursionError):  # Keras follows a network layer by layer
        return training_error("network_too_deep", count=format_number(len(graph.nodes), ",.0f"))
    node = node_in(text, graph)
    reason = with_own_names(first_line(error), graph)
    if "incompatible" in text or "shape" in text.lower() or "must have the same" in text:
        return TrainingError(
            _("The shapes do not fit at '{name}': {reason}", name=node, reason=reason)
            if node
            else _("The shapes do not fit: {reason}", reason=reason),
            _("Choose the units of the last layer and the loss to fit the target."),
            code="shapes_do_not_fit",
            node=node or (graph.outputs[0] if graph.outputs else None),
        )
    return TrainingError(
        _("Training failed at '{name}': {reason}", name=node, reason=reason)
        if node
        else _("Training failed: {reason}", reason=reason),
        _("Change the network or the training settings and try again."),
        code="training_failed",
        node=node,
    )


def node_in(text: str, graph: Graph) -> str | None:
    """Return the first node of ``graph`` whose layer ``text`` names in quotes."""
    names = {keras_name(node.id): node.id for node in graph.nodes}
    for match in re.finditer(r"['\"<]([\w .\-]+)['\",>]|name=([\w.\-]+)", text):
        node_id = names.get(match[1] or match[2])
        if node_id:
            return node_id
    return None


def not_a_number_error(epoch: int, rate: float, holes: str = "") -> TrainingError:
    """Return the error for a loss of NaN; ``holes`` says in words where the data has NaN."""
    if holes:
        return training_error("data_not_finite", reason=holes)
    return training_error(
        "loss_not_finite", epoch=epoch + 1, lower=_rate(rate / 10), rate=_rate(rate)
    )


def _rate(rate: float) -> str:
    """Format a rate as people write it: 0.003, 1,000, 1e+12 (also from its float32)."""
    return format_number(rate, ",.0f") if 10 <= rate < 1e7 else format_number(rate, ".2g")


class EventReporter:
    """Make events about ``trainer`` and pass them to ``emit``."""

    def __init__(self, trainer: Trainer, emit: Callable[[Event], None]) -> None:
        self.trainer = trainer
        self.emit = emit

    def restored(self) -> None:
        """Emit ``Restored``."""
        history = self.trainer.history
        self.emit(
            Restored(
                steps=history.steps.columns(),
                history=history.epochs.columns(),
                steps_per_epoch=self.trainer.steps_per_epoch,
                best_epoch=history.best_epoch,
                changes=tuple(history.changes),
            )
        )

    def started(self, epochs: int) -> None:
        """Emit ``Started``."""
        trainer = self.trainer
        self.emit(
            Started(
                epochs=epochs,
                steps_per_epoch=trainer.steps_per_epoch,
                batch_size=trainer.batch,
                samples=trainer.samples,
                epoch=trainer.epoch,
                metrics=trainer.history.steps.names,
                validated=len(trainer.history.epochs.names) > len(trainer.history.steps.names),
                learning_rate=trainer.learning_rate,
                parameters=trainer.training_model.count_params(),
            )
        )

    def steps(self, first: int, rows: Floats, seconds: float, total: float) -> None:
        """Emit a chunk: ``rows`` (steps, names) from step ``first`` of the run on."""
        names = self.trainer.history.steps.names
        epoch, step = divmod(first + len(rows) - 1, self.trainer.steps_per_epoch)
        self.emit(
            StepsDone(
                first=first,
                values={name: rows[:, i] for i, name in enumerate(names)},
                epoch=epoch,
                step=step + 1,
                steps_per_second=len(rows) / max(seconds, 1e-9),
                seconds=total,
            )
        )

    def epochs(self, before: int, planned: int, total: float) -> None:
        """Emit all epochs after the first ``before``."""
        history = self.trainer.history
        self.emit(
            EpochEnd(
                epoch=self.trainer.epoch,
                first=before + 1,
                logs=history.epochs.row(-1),
                history=history.epochs.columns(before),
                epochs=planned,
                best_epoch=history.best_epoch,
                learning_rate=self.trainer.learning_rate,
                seconds=total,
            )
        )

    def changed(self, setting: str, value: float, note: str = "") -> None:
        """Emit a change by hand."""
        trainer = self.trainer
        change = Changed(setting, float(value), trainer.epoch, trainer.step, note)
        if setting in ("learning_rate", "best", "data", "weights"):
            trainer.history.add_change(change)
        self.emit(change)
