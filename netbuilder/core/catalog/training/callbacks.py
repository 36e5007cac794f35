"""Rows: what may happen at the end of an epoch."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import choice, flag, integer, number, param, text_param
from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table
from netbuilder.core.i18n import noop as N_

_MODULE: Final = "keras.callbacks"
_MONITOR: Final = text_param(
    "monitor", "val_loss", N_("The value to monitor: val_loss is the loss on the validation set.")
)
_MODE: Final = choice(
    "mode",
    "auto",
    ("auto", "min", "max"),
    N_("Whether a smaller or a larger value is better."),
    more=True,
)


def _min_delta(default: float) -> Param:
    return number(
        "min_delta",
        default,
        N_("Smaller changes do not count as an improvement."),
        minimum=0.0,
        more=True,
    )


def _patience(default: int, start: int) -> Param:
    return integer(
        "patience",
        default,
        N_("Number of epochs to wait without improvement."),
        minimum=0,
        start=start,
    )


def _file(name: str, default: Any, text: str, **more: Any) -> Param:
    return param(name, Kind.FILE, default, text, **more)


# SwapEMAWeights has no swap_on_epoch: it would leave the averages in the network where a run is
# stopped between two epochs.
# Left out: BackupAndRestore and OrbaxCheckpoint (every run can be resumed anyhow), LambdaCallback
# and LearningRateScheduler (they hold code), RemoteMonitor (sends data away), History,
# ProgbarLogger and TerminateOnNaN (the session does it itself).
CALLBACKS: Final = table(
    ObjectSpec(
        "EarlyStopping", "EarlyStopping", _MODULE,
        N_("Stops training when the monitored value no longer improves."),
        (
            _MONITOR,
            _patience(0, 5),
            flag("restore_best_weights", False, N_("Restore the weights of the best epoch."),
                start=True),
            _min_delta(0),
            _MODE,
            number("baseline", None, N_(
                "Training stops unless the monitored value becomes better than this."
            ), more=True),
            integer(
                "start_from_epoch", 0, N_("The first epoch that counts."), minimum=0, more=True
            ),
        ),
        title=N_("Stop early"),
    ),
    ObjectSpec(
        "ReduceLROnPlateau", "ReduceLROnPlateau", _MODULE,
        N_("Reduces the learning rate when the monitored value no longer improves."),
        (
            _MONITOR,
            number(
                "factor", 0.1, N_("The learning rate is multiplied by this."), minimum=0.0,
                maximum=0.999, start=0.5,
            ),
            _patience(10, 5),
            _min_delta(0.0001),
            integer("cooldown", 0, N_("Number of epochs to wait after each change."), minimum=0,
                more=True),
            number("min_lr", 0.0, N_("The learning rate never falls below this."), minimum=0.0),
            _MODE,
        ),
        title=N_("Reduce learning rate on plateau"),
    ),
    # Not a class of Keras: the session keeps the weights of the best epoch in memory, as
    # EarlyStopping does, whether or not a run is stopped early.
    ObjectSpec(
        "RestoreBestWeights", "", "",
        N_("Restores the weights of the best epoch when training ends."),
        (_MONITOR, _MODE),
        title=N_("Keep the best epoch"),
    ),
    ObjectSpec(
        "TensorBoard", "TensorBoard", _MODULE,
        N_("Writes logs for TensorBoard."),
        (
            _file("log_dir", "logs", N_("Folder for the logs.")),
            integer("histogram_freq", 0,
                N_("Write histograms of the weights every this many epochs."),
                    minimum=0),
            flag("write_graph", True, N_("Also write the network as a graph.")),
            flag("write_images", False, N_("Also write the weights as pictures."), more=True),
            flag("write_steps_per_second", False, N_("Also write the training speed."), more=True),
            choice("update_freq", "epoch", ("epoch", "batch"),
                N_("How often the logs are written."), more=True),
        ),
        title=N_("TensorBoard logs"),
    ),
    ObjectSpec(
        "CSVLogger", "CSVLogger", _MODULE,
        N_("Writes the loss and the metrics of each epoch to a CSV file."),
        (
            _file("filename", None, N_("The file to write."), required=True, optional=False,
                  start="log.csv"),
            text_param("separator", ",", N_("The separator between columns."), more=True),
            flag("append", False, N_("Append to the file instead of replacing it.")),
        ),
        title=N_("CSV log"),
    ),
    ObjectSpec(
        "ModelCheckpoint", "ModelCheckpoint", _MODULE,
        N_("Saves the network to a file at the end of each epoch."),
        (
            _file("filepath", None,
                N_("The file to write; {epoch} in its name becomes the number of the epoch."),
                  required=True, optional=False, start="best.keras"),
            _MONITOR,
            flag("save_best_only", False,
                N_("Save only epochs that are better than all epochs before."),
                 start=True),
            _MODE,
            number("initial_value_threshold", None,
                N_("An epoch is saved only if the monitored value is better than this."),
                   more=True),
        ),
        title=N_("Save each epoch"),
    ),
    ObjectSpec(
        "SwapEMAWeights", "SwapEMAWeights", _MODULE,
        N_("Validates with the averaged weights of an optimizer that has use_ema."),
        (),
        title=N_("Validate with averaged weights"),
    ),
)  # fmt: skip
