"""Diagnoses of a running training, in words and with a fix."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION, DataFacts
from netbuilder.core.data.dataset import Dataset
from netbuilder.core.engine.events import Diagnosis, RunFix
from netbuilder.core.engine.monitor import diagnosis_rules, diagnosis_rules as network_inspection
from netbuilder.core.engine.monitor.history import History
from netbuilder.core.engine.networks.frozen_prefix import FrozenLayers
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.networks.loss_values import class_numbers
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.edits import remove_nodes, set_data, set_params, set_training
from netbuilder.core.project.graph_ends import last_activation
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import format_list, format_number, join_sentences

if TYPE_CHECKING:
    import keras

_sentence = sentences_of("monitor")

# Small networks end an epoch in 0.1 ms, less than the rules take.
_INTERVAL_SECONDS = 0.5

#: Title and text of each case.
_WORDS: Mapping[str, tuple[str, str]] = resource_json("texts.json")["training_diagnoses"]


def _diagnosis(
    case: str, epoch: int, fix: RunFix | None = None, severity: str = "warning", **values: Any
) -> Diagnosis:
    title, text = (_(words, **{"epoch": epoch} | values) for words in _WORDS[case])
    code = case.removesuffix("-by-hand").removesuffix("-dropout")
    code = "frozen" if case.startswith("frozen-") else code
    return Diagnosis(code, epoch, title, text, fix, severity)


def _short(value: float) -> str:
    return format_number(value)


def _use_rate(rate: float) -> RunFix:
    words = _("Use a learning rate of {rate}", rate=format_number(rate, ".2g"))
    return RunFix(words, lambda p: _with_rate(p, rate))


def frozen_layers_notice(project: Project, frozen: FrozenLayers) -> Diagnosis | None:
    """Say why frozen layers are computed in every epoch; None where they are not."""
    name, random = frozen.layer, frozen.random
    if not name:
        return None
    fix, kind = None, spec_of(project.graph.by_id[random].layer) if random else None
    case = "frozen-noise" if random == name else "frozen-random" if random else "frozen-memory"
    if kind is not None and (kind.noise or kind.augments):
        words = _("Remove {layer}", layer=kind.name)
        fix = RunFix(words, lambda p: remove_nodes(p, [random]) if random in p.graph.by_id else p)
    title = kind.name if kind is not None else ""
    notice = _diagnosis(case, 1, fix, "info", name=name, random=title)
    return replace(notice, node=random or name)


class TrainingMonitor:
    """Report each diagnosis once a run; ``project`` has loss and metrics filled in."""

    def __init__(self, project: Project, facts: DataFacts) -> None:
        self.project = project
        self.facts = facts
        self._reported: dict[str, Diagnosis] = {}
        self._next = 0.0

    @property
    def due(self) -> bool:
        """Return whether ``look`` would check now."""
        return time.monotonic() >= self._next

    def look(self, history: History, training_model: keras.Model, data: Dataset) -> list[Diagnosis]:
        """Return new diagnoses after epochs have ended, at most twice a second."""
        if not self.due:
            return []
        self._next = time.monotonic() + _INTERVAL_SECONDS
        return self._new(self._running(history, training_model, data))

    def at_end(
        self, history: History, training_model: keras.Model, data: Dataset, reason: str,
        kept_epoch: int = 0,
    ) -> list[Diagnosis]:  # fmt: skip
        """Return new diagnoses of a run that is over ("done", "stopped" or "early").

        ``kept_epoch``: the epoch whose weights it ends with, where that is not the last.
        """
        running = self._running(history, training_model, data)
        diagnoses = self._new(n for n in running if n.code != "overfitting" or not kept_epoch)
        return diagnoses + self._new(self._ended(history, training_model, data, reason))

    def withdrawn(self, history: History, kept_epoch: int = 0) -> list[str]:
        """Return codes of diagnoses that no longer hold and may be reported again.

        ``kept_epoch``: the run is over and ends with that epoch's weights.
        """
        gone = [
            code
            for code, diagnosis in self._reported.items()
            if (code in _HOLDS and not _HOLDS[code](history, diagnosis))
            or (code == "overfitting" and kept_epoch)
        ]  # fmt: skip
        for code in gone:
            del self._reported[code]
        return gone

    def take(self, project: Project, facts: DataFacts) -> list[str]:
        """Go on with other data and return the codes of the old data's diagnoses."""
        self.project, self.facts = project, facts
        gone = list(self._reported)
        self._reported.clear()
        return gone

    def not_a_number(
        self, epoch: int, rate: float, history: History, data: Dataset
    ) -> list[Diagnosis]:
        """Diagnose a loss of NaN or infinity in ``epoch``, the surest cause first."""
        holes = network_inspection.rows_without_numbers(data.train)
        hand = rate_before(history, rate)
        if holes:
            notice = _diagnosis("nan-data", epoch, rows=rows_in_words(holes))
        elif hand is not None:
            values = {"before": _short(hand), "rate": _short(rate)}
            notice = _diagnosis("nan-by-hand", epoch, _use_rate(hand), **values)
        else:
            notice = _diagnosis("nan", epoch, _use_rate(rate / 10), rate=_short(rate))
        return self._new(iter([notice]))

    def _new(self, notices: Iterator[Diagnosis]) -> list[Diagnosis]:
        fresh = [notice for notice in notices if notice.code not in self._reported]
        self._reported |= {notice.code: notice for notice in fresh}
        return fresh

    def _running(
        self, history: History, training_model: keras.Model, data: Dataset
    ) -> Iterator[Diagnosis]:
        if _of_several_data(history):
            return
        columns = history.epochs.columns()
        loss = columns["loss"]
        val_loss = columns.get("val_loss")
        rate = history.rates[-1] if history.rates else 0.0
        raised = _raised(history)
        if raised is not None:
            # The raised rate is the cause: report nothing else.
            yield self._by_hand(raised, history)
            return
        if "exploded" not in self._reported and (epoch := diagnosis_rules.exploded_epoch(loss)):
            yield _diagnosis("exploded", epoch, _use_rate(rate / 10), rate=_short(rate))
        if "stuck" not in self._reported and (epoch := diagnosis_rules.stuck_epoch(loss)):
            yield self._stuck(epoch, rate, training_model, data)
        if "jumping" not in self._reported and (epoch := diagnosis_rules.jumping_epoch(loss)):
            yield self._jumping(epoch, rate)
        if val_loss is None:
            return
        few = data.validation is not None and len(data.validation) < diagnosis_rules.FEW_SAMPLES
        if (
            "overfitting" not in self._reported
            and not few
            and (epoch := diagnosis_rules.overfitting_epoch(loss, val_loss))
        ):
            yield self._overfitting(_best_held(history) or epoch)
        if (
            "easier" not in self._reported
            and not _all_correct(columns)
            and (epoch := diagnosis_rules.better_on_validation_epoch(loss, val_loss))
        ):
            yield from self._easier(epoch)

    def _ended(
        self, history: History, training_model: keras.Model, data: Dataset, reason: str
    ) -> Iterator[Diagnosis]:
        columns = history.epochs.columns()
        curve = columns.get("val_loss", columns["loss"])
        if _raised(history) is not None or _of_several_data(history):
            return
        gain = diagnosis_rules.still_improving(curve) if reason == "done" else None
        if gain is not None and not _all_correct(columns) and "overfitting" not in self._reported:
            longer = self._longer(max(1, len(curve)))
            share = format_number(gain, ".0%")
            yield _diagnosis("improving", len(curve), longer, "info", share=share)
        # Predicted classes mean little while the network still learns, or does not learn at all.
        settled = gain is None and not {"stuck", "exploded"} & set(self._reported)
        # Rare tokens of a text are not missing classes.
        labels = self.facts.task in (CLASSES, BINARY) and not self.facts.generates
        if len(curve) >= 5 and settled and labels:
            yield from self._ignored(len(curve), training_model, data)

    @staticmethod
    def _by_hand(raised: diagnosis_rules.RaisedRate, history: History) -> Diagnosis:
        best = history.best_epoch
        values = {name: _short(getattr(raised, name)) for name in ("before", "rate", "low")}
        words = _sentence("return_to_epoch", epoch=best, rate=format_number(raised.before, ".2g"))
        back = RunFix(words, lambda p: p, "go_back_before_raise")
        notice = _diagnosis("raised", raised.epoch, back, now=_short(raised.recent_loss), **values)
        return replace(notice, epoch=raised.epoch + 1)

    def _stuck(
        self, epoch: int, rate: float, training_model: keras.Model, data: Dataset
    ) -> Diagnosis:
        """Say why the loss does not move, the surest cause first."""
        title = _("The network does not learn")
        start = _("After {epoch} epochs the loss has not decreased.", epoch=epoch)
        project, facts = self.project, self.facts
        output = project.graph.outputs[0]
        activation = last_activation(project.graph, output)
        target = data.train.y[output]
        bound = _out_of_reach(activation, target) if facts.task == REGRESSION else ""
        if bound:
            return Diagnosis(
                "stuck", epoch, title,
                join_sentences((start, bound, _("The targets range from {low} to {high}.",
                    low=format_number(float(target.min()), ".3g"),
                    high=format_number(float(target.max()), ".3g")))),
                RunFix(_("Make the last layer linear"),
                    lambda p: set_params(p, output, activation="linear")),
                node=output,
            )  # fmt: skip
        low, high = facts.value_range
        scaled = facts.units_scaled or any(
            spec_of(n.layer).million_weights for n in project.graph.nodes
        )
        if not scaled and max(abs(low), abs(high)) > 50:
            ends = {"low": format_number(low, ".3g"), "high": format_number(high, ".3g")}
            return Diagnosis(
                "stuck", epoch, title,
                join_sentences((start, _sentence("large_inputs", **ends))),
                RunFix(_("Scale the data"), lambda p: set_data(p, scaling="standard")),
            )  # fmt: skip
        names = model_inputs(project.graph)
        dead = network_inspection.deadest_layer(
            training_model, network_inspection.sample_rows(training_model, data.train, names)
        )
        if dead is not None and dead[1] > 0.9:
            share = format_number(dead[1], ".0%")
            return Diagnosis(
                "stuck", epoch, title,
                join_sentences((start, _sentence("dead_units", share=share, name=dead[0]))),
                RunFix(_("Use leaky_relu in this layer"), lambda p: _leaky(p, dead[0])),
                node=dead[0],
            )  # fmt: skip
        # A rate of 0 cannot be multiplied.
        faster = rate * 10 or 0.001
        return Diagnosis(
            "stuck", epoch, title,
            join_sentences((start, _(
                "The learning rate ({rate}) may be too low, or the inputs may be unrelated to "
                "the target.", rate=format_number(rate, ".3g")))),
            _use_rate(faster),
        )  # fmt: skip

    def _jumping(self, epoch: int, rate: float) -> Diagnosis:
        batch = self.project.training.batch_size
        if batch < 32:
            return Diagnosis(
                "jumping",
                epoch,
                _("The loss jumps up and down"),
                _sentence("small_batch", count=batch),
                RunFix(
                    _("Use a batch size of {size}", size=max(32, batch * 4)),
                    lambda p: set_training(p, batch_size=max(32, batch * 4)),
                ),
            )
        return _diagnosis("jumping", epoch, _use_rate(rate / 10), rate=_short(rate))

    def _overfitting(self, epoch: int) -> Diagnosis:
        stop = Choice("EarlyStopping", {"patience": 5, "restore_best_weights": True})

        def edit(project: Project) -> Project:
            if any(choice.name == stop.name for choice in project.training.callbacks):
                return project
            return set_training(project, callbacks=(*project.training.callbacks, stop))

        fix = RunFix(_("Stop early and keep the best epoch"), edit, "go_back_to_best")
        return _diagnosis("overfitting-dropout" if self._noisy else "overfitting", epoch, fix)

    @property
    def _noisy(self) -> list[str]:
        return [n.layer for n in self.project.graph.nodes if spec_of(n.layer).noise]

    def _easier(self, epoch: int) -> Iterator[Diagnosis]:
        if self._noisy:
            yield _diagnosis("easier", epoch, severity="info", layer=self._noisy[0])

    def _ignored(
        self, epoch: int, training_model: keras.Model, data: Dataset
    ) -> Iterator[Diagnosis]:
        split = data.validation or data.test or data.train
        output = self.project.graph.outputs[0]
        truth = class_numbers(split.y[output]) if len(split) else None
        if truth is None:
            return
        names = model_inputs(self.project.graph)
        rows = min(len(split), 5000)
        outputs = network_inspection.network_outputs(
            training_model, network_inspection.model_input(training_model, split, names, rows)
        )[0]
        never = diagnosis_rules.never_predicted(
            truth[:rows], network_inspection.classes_of(outputs)
        )
        if never is None:
            return
        labels = self.facts.classes
        words = [labels[c] if c < len(labels) else str(c) for c in never.classes]
        named = format_list(words)
        rows_of = class_numbers(data.train.y[output])
        counts = np.bincount(truth if rows_of is None else rows_of)
        rare = [counts[c] if c < len(counts) else 0 for c in never.classes]
        title = ngettext(
            "A class is never predicted", "Some classes are never predicted", len(never.classes)
        )
        if min(rare) * 2 > np.max(counts):
            yield Diagnosis(
                "ignored",
                epoch,
                title,
                _sentence("never_predicted", count=len(never.classes), classes=named),
                self._longer(epoch),
            )
            return
        yield Diagnosis(
            "ignored",
            epoch,
            title,
            _sentence("rare_never_predicted", classes=named),
            RunFix(_("Use class weights"), lambda p: set_training(p, class_weight="balanced")),
        )

    @staticmethod
    def _longer(epochs: int) -> RunFix:
        return RunFix(
            ngettext("Train {count} more epoch", "Train {count} more epochs", epochs),
            lambda p: set_training(p, epochs=p.training.epochs + epochs),
            "train_more",
            epochs,
        )


def _hand_rates(history: History) -> list[tuple[int, float]]:
    return [
        (change.epoch, change.value) for change in history.changes if change.what == "learning_rate"
    ]


def _of_several_data(history: History) -> bool:
    """Return whether the data changed during the run, so that its curve shows no trend."""
    return any(change.what == "data" for change in history.changes)


def _raised(history: History) -> diagnosis_rules.RaisedRate | None:
    """Return the loss's rise after a raised rate; None where there is none, or it was undone."""
    loss = history.epochs.columns()["loss"]
    rates = np.asarray(history.rates)
    if len(loss) != len(rates) or not np.isfinite(loss).all():
        return None
    if any(change.what == "best" and change.epoch >= len(loss) - 1 for change in history.changes):
        return None
    return diagnosis_rules.has_risen_since_raise(loss, rates, _hand_rates(history))


def rate_before(history: History, rate: float) -> float | None:
    """Return the rate before it was last raised by hand to ``rate``."""
    changes = _hand_rates(history)
    if not changes or not history.rates:
        return None
    before = history.rates[max(0, min(changes[-1][0], len(history.rates)) - 1)]
    return before if before < rate and np.isclose(changes[-1][1], rate) else None


def _loss(history: History) -> diagnosis_rules.Curve:
    return history.epochs.columns()["loss"]


def _all_correct(columns: Mapping[str, diagnosis_rules.Curve]) -> bool:
    """Return whether each accuracy ended at 1: a lower loss would correct nothing more."""
    ends = [values[-1:] for name, values in columns.items() if name.endswith("accuracy")]
    return bool(ends) and all(end.size and end[0] >= 1 for end in ends)  # none in epoch 1


def _was_the_end(history: History, diagnosis: Diagnosis) -> bool:
    return len(history.epochs) <= diagnosis.epoch


#: Whether a diagnosis still holds, by code: limits differ from those of reporting (hysteresis).
_HOLDS: Mapping[str, Callable[[History, Diagnosis], bool]] = {
    "overfitting": lambda history, diagnosis: _best_held(history) <= diagnosis.epoch,
    "raised": lambda history, _diagnosis: _raised(history) is not None,
    "exploded": lambda history, _diagnosis: diagnosis_rules.is_still_exploded(_loss(history)),
    "stuck": lambda history, _diagnosis: (
        diagnosis_rules.stuck_epoch(_loss(history), hardly=0.05) is not None
    ),
    "jumping": lambda history, _diagnosis: (
        diagnosis_rules.jumping_epoch(_loss(history), large=0.15) is not None
    ),
    "easier": lambda history, _diagnosis: diagnosis_rules.is_better_on_validation(
        _loss(history), history.epochs.columns()["val_loss"]
    ),
    "improving": _was_the_end,
    "ignored": _was_the_end,
}


def _best_held(history: History) -> int:
    """Return the best epoch, counted from 1, by the validation loss; 0 without validation."""
    val_loss = history.epochs.columns().get("val_loss")
    if history.monitor == "val_loss":
        return history.best_epoch
    if val_loss is not None and np.isfinite(val_loss).any():
        return int(np.nanargmin(val_loss)) + 1
    return 0


def rows_in_words(holes: Mapping[str, int]) -> str:
    """Return "3 rows of 'input' contain NaN or infinity." in the chosen language."""
    return join_sentences(
        _sentence("not_finite", count=rows, name=name)
        for name, rows in holes.items()
    )  # fmt: skip


def _with_rate(project: Project, rate: float) -> Project:
    optimizer = project.training.optimizer
    params = {**optimizer.params, "learning_rate": float(f"{rate:.2g}")}
    return set_training(project, optimizer=replace(optimizer, params=params))


def _leaky(project: Project, node: str) -> Project:
    if node in project.graph.by_id:
        return set_params(project, node, activation="leaky_relu")
    return project


def _out_of_reach(activation: str | None, target: Any) -> str:
    """Say what values an activation can give, if targets lie outside of them; else ""."""
    low, high = float(np.min(target)), float(np.max(target))
    if activation == "softmax" and (target.ndim < 2 or target.shape[-1] == 1):
        return _("softmax on a single unit always returns 1.")
    reach = {"relu": (0.0, np.inf), "sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0),
             "tanh": (-1.0, 1.0), "softplus": (0.0, np.inf)}  # fmt: skip
    if activation not in reach:
        return ""
    least, most = reach[activation]
    if low >= least - 1e-6 and high <= most + 1e-6:
        return ""
    if not np.isfinite(most):
        return _("{activation} returns no negative numbers.", activation=activation)
    return _sentence(
        "activation_range",
        activation=activation,
        low=format_number(least, "g"),
        high=format_number(most, "g"),
    )
