"""Keras's own callbacks, called at the ends of epochs."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.catalog.spec import Kind
from netbuilder.core.catalog.training.training_index import CALLBACKS, canonical
from netbuilder.core.engine.networks.keras_objects import is_scheduled, make_object
from netbuilder.core.error_texts import training_error
from netbuilder.core.errors import TrainingError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Choice, Training
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    import keras


_FIRST_COLUMN = "epoch"
_OUTSIDE = N_("{callback} cannot write to '{name}', which is outside the project folder.")


@dataclass(frozen=True)
class LogKind:
    """What a callback writes.

    ``endings``: of its name, any where empty; ``ours``: whether such a callback wrote an existing
    file or folder; ``usual``: an example of a name.
    """

    endings: tuple[str, ...]
    ours: Callable[[Path], bool]
    usual: str


def _is_csv_log(path: Path) -> bool:
    """Return whether a file has the "epoch" column and the loss of Keras's ``CSVLogger``."""
    with path.open(encoding="utf-8", newline="") as file:
        line = file.readline(10_000)
    if not line:
        return True
    separators = {mark for mark in line if not mark.isalnum() and mark not in '_"\r\n '} or {","}
    rows = (next(csv.reader([line], delimiter=separator)) for separator in separators)
    return any(row and row[0] == _FIRST_COLUMN and "loss" in row for row in rows)


def _is_network(path: Path) -> bool:
    """Return whether a file is a ``.keras`` of the canvas alone, as of ``ModelCheckpoint``."""
    with zipfile.ZipFile(path) as archive, archive.open("config.json") as file:
        config = json.loads(file.read(1_000_000))
    return bool(config["config"]["name"] == "core")


LOGS: Mapping[str, LogKind] = {
    "CSVLogger": LogKind((".csv", ".tsv", ".txt", ".log"), _is_csv_log, "log.csv"),
    # TensorBoard's file names are unique, so it may write to any folder.
    "TensorBoard": LogKind((), Path.is_dir, "logs"),
    "ModelCheckpoint": LogKind((".keras",), _is_network, "best.keras"),
}


def log_path(callback: str, name: str, base: Path | None) -> Path:
    """Return where a callback of ``LOGS`` writes the file ``name``, relative to ``base``.

    Raise TrainingError if it lies elsewhere, has another ending, or something else is there.
    """
    kind = LOGS[callback]
    fix = _("Use a name such as '{name}'.", name=kind.usual)
    if problem := name_problem(callback, name):
        raise TrainingError(problem, fix, code="log_name_invalid")
    folder = (base or Path()).resolve()
    path = (folder / name).resolve()
    # A link may lead out of the folder.
    if not path.is_relative_to(folder) or path == folder:
        raise TrainingError(
            _(_OUTSIDE, callback=callback, name=name), fix, code="log_outside_project"
        )
    if path.exists() and not _owned(path, kind):
        raise training_error("log_would_overwrite", callback=callback, name=name, usual=kind.usual)
    return path


def name_problem(callback: str, name: str) -> str:
    """Say why a name is wrong for any project folder; "" where it may be right."""
    kind, parts = LOGS[callback], name.replace("\\", "/").split("/")
    outside = name.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0]
    if outside or not name.strip("./ "):
        return _(_OUTSIDE, callback=callback, name=name)
    if kind.endings and Path(name).suffix.lower() not in kind.endings:
        ends = join_values(kind.endings)
        return _(
            "{callback} cannot write to '{name}': the name must end in {endings}.",
            callback=callback,
            name=name,
            endings=ends,
        )
    return ""


def _owned(path: Path, kind: LogKind) -> bool:
    try:
        return kind.ours(path)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, zipfile.BadZipFile, csv.Error):
        return False


_BEST = "RestoreBestWeights"
_SWAP = "SwapEMAWeights"


def best_choice(training: Training) -> Choice | None:
    """Return the plan's "keep the best epoch" choice, or None."""
    choices = [c for c in training.callbacks if canonical(CALLBACKS, c.name) == _BEST]
    return choices[0] if choices else None


def monitor_of(training: Training) -> tuple[str, float]:
    """Return the name of the number that decides what is best, and 1 (smaller is better) or -1."""
    return _monitored(best_choice(training))


def kept_monitor(training: Training) -> tuple[str, float]:
    """Return as ``monitor_of``, also for an early stop that restores the best weights."""
    restoring = (
        choice for choice in training.callbacks if choice.params.get("restore_best_weights")
    )
    return _monitored(best_choice(training) or next(restoring, None))


def _monitored(choice: Choice | None) -> tuple[str, float]:
    if choice is None:
        return "", 1.0
    monitor = str(choice.params.get("monitor", "val_loss"))
    mode = choice.params.get("mode", "auto")
    larger = mode == "max" or (
        mode == "auto"
        and any(word in monitor for word in ("acc", "auc", "precision", "recall", "f1"))
    )
    return monitor, -1.0 if larger else 1.0


class Callbacks:
    """The plan's Keras callbacks around a model.

    Args:
        training_model: the model that they get.
        step_model: the part of it that is trained; an early stop keeps its weights alone.
        known: names of the numbers of epochs; without validation the training's are watched.
        base: folder that their files are relative to.
        resumed: the run goes on: logs are appended to.
        more: callbacks of the caller, after the plan's.
    """

    def __init__(
        self,
        training: Training,
        training_model: keras.Model,
        *,
        known: tuple[str, ...],
        step_model: keras.Model | None = None,
        base: Path | None = None,
        resumed: bool = False,
        more: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        import keras

        _refuse_two_masters(training, training_model)
        _need_averages(training)
        choices = [c for c in training.callbacks if canonical(CALLBACKS, c.name) != _BEST]
        self.callbacks = [
            make_object(_placed(choice, known, base, resumed), CALLBACKS) for choice in choices
        ]
        self.callbacks += more
        self.training_model = training_model
        self._list = keras.callbacks.CallbackList(
            self.callbacks, model=training_model, epochs=training.epochs, verbose=0
        )
        self._models = (training_model, step_model or training_model)
        for callback in self.callbacks:
            if isinstance(callback, keras.callbacks.EarlyStopping):
                callback.set_model(self._models[1])
        self._go_on()

    def __bool__(self) -> bool:
        return bool(self.callbacks)

    @property
    def stopping(self) -> bool:
        """Return whether a callback wants the training to end."""
        return any(model.stop_training for model in self._models)

    def _go_on(self) -> None:
        for model in self._models:
            model.stop_training = False

    def begin(self) -> None:
        """Call ``on_train_begin``."""
        self._go_on()
        self._list.on_train_begin()

    def write_graph(self, graph: Any) -> None:
        """Give TensorBoard the graph that trains, which Keras takes from ``fit`` only."""
        import keras
        import tensorflow as tf

        for callback in self.callbacks:
            if isinstance(callback, keras.callbacks.TensorBoard) and callback.write_graph:
                writer = tf.summary.create_file_writer(str(Path(callback.log_dir) / "train"))
                with writer.as_default():
                    tf.summary.graph(graph)
                writer.close()

    def epoch_begin(self, epoch: int) -> None:
        """Begin epoch ``epoch``, counted from 0."""
        self._list.on_epoch_begin(epoch)

    def epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """End epoch ``epoch``, counted from 0, with its numbers."""
        self._list.on_epoch_end(epoch, dict(logs))

    def test_begin(self) -> None:
        """Begin an evaluation on the validation data."""
        self._list.on_test_begin()

    def test_end(self) -> None:
        """End an evaluation, also one left for later."""
        self._list.on_test_end()

    def end(self, logs: Mapping[str, float]) -> None:
        """Call ``on_train_end``."""
        self._list.on_train_end(dict(logs))

    @property
    def restored_epoch(self) -> int:
        """Return the epoch, counted from 1, whose weights a callback restored, 0 for none."""
        import keras

        epochs = [
            callback.best_epoch + 1
            for callback in self.callbacks
            if isinstance(callback, keras.callbacks.EarlyStopping)
            and callback.restore_best_weights
            and callback.best_weights is not None
        ]
        return epochs[-1] if epochs else 0

    def state(self) -> dict[str, Any]:
        """Return the state as arrays by name: counters, best values, best weights."""
        state: dict[str, Any] = {}
        for number, callback in enumerate(self.callbacks):
            for name, value in vars(callback).items():
                key = f"{number}/{name}"
                if isinstance(value, (bool, int, float, np.number)):
                    state[key] = np.asarray(value)
                elif _are_arrays(value):
                    state[f"{key}/count"] = np.asarray(len(value))
                    state |= {f"{key}/{i}": np.asarray(part) for i, part in enumerate(value)}
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore the arrays of ``state``."""
        for number, callback in enumerate(self.callbacks):
            start = f"{number}/"
            for key in [k for k in state if k.startswith(start)]:
                name, _, rest = key[len(start) :].partition("/")
                if not rest:
                    setattr(callback, name, state[key].item())
                elif rest == "count":
                    parts = range(int(state[key]))
                    setattr(callback, name, [state[f"{start}{name}/{i}"] for i in parts])
            best = getattr(callback, "best_weights", None)
            if best and len(best) != len(callback.model.weights):
                callback.set_model(self.training_model)


def _refuse_two_masters(training: Training, training_model: keras.Model) -> None:
    """Raise if a callback sets the rate beside a schedule, which sets it at every step."""
    names = {canonical(CALLBACKS, choice.name) for choice in training.callbacks}
    if "ReduceLROnPlateau" in names and is_scheduled(training_model.optimizer):
        raise training_error("schedule_and_plateau")


def measures_apart(training: Training) -> bool:
    """Return whether a callback changes the network during validation."""
    return any(canonical(CALLBACKS, choice.name) == _SWAP for choice in training.callbacks)


def _need_averages(training: Training) -> None:
    if measures_apart(training) and not training.optimizer.params.get("use_ema"):
        raise training_error("no_averaged_weights", callback=_SWAP)


def _are_arrays(value: Any) -> bool:
    return bool(value) and isinstance(value, list) and isinstance(value[0], np.ndarray)


def _placed(choice: Choice, known: tuple[str, ...], base: Path | None, resumed: bool) -> Choice:
    """Return the choice with its files beside the project, and a number to watch that exists."""
    name = canonical(CALLBACKS, choice.name)
    if name is None:
        return choice
    if name == "TensorBoard" and find_spec("tensorboard") is None:
        raise training_error("tensorboard_not_installed")
    spec = CALLBACKS[name]
    params = dict(choice.params)
    for key, param in spec.by_name.items():
        value = params.get(key, param.default)
        if param.kind is Kind.FILE and value:
            path = log_path(name, str(value), base)
            path.parent.mkdir(parents=True, exist_ok=True)
            params[key] = str(path)
    if "monitor" in spec.by_name:
        monitor = str(params.get("monitor", spec.by_name["monitor"].default))
        if monitor not in known:
            params["monitor"] = monitor.removeprefix("val_")
    if resumed and "append" in spec.by_name:
        params["append"] = True
    return Choice(name, params)
