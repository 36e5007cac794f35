"""Rows: what may happen at the end of an epoch."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import choice, flag, integer, number, param, text_param
from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table

_MODULE: Final = "keras.callbacks"
_MONITOR: Final = text_param(
    "monitor", "val_loss", "The number that is watched: val_loss is the loss on validation data."
)
_MODE: Final = choice(
    "mode", "auto", ("auto", "min", "max"), "Whether smaller or larger is better.", more=True
)


def _min_delta(default: float) -> Param:
    return number(
        "min_delta", default, "A change smaller than this is none.", minimum=0.0, more=True
    )


def _patience(default: int, start: int) -> Param:
    return integer(
        "patience", default, "How many epochs without progress it waits.", minimum=0, start=start
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
        "Stops when the network no longer gets better.",
        (
            _MONITOR,
            _patience(0, 5),
            flag("restore_best_weights", False, "Goes back to the best epoch.", start=True),
            _min_delta(0),
            _MODE,
            number("baseline", None, "Must do better than this to go on.", more=True),
            integer(
                "start_from_epoch", 0, "Does nothing before this epoch.", minimum=0, more=True
            ),
        ),
        title="Stop early",
    ),
    ObjectSpec(
        "ReduceLROnPlateau", "ReduceLROnPlateau", _MODULE,
        "Takes smaller steps when the network no longer gets better.",
        (
            _MONITOR,
            number(
                "factor", 0.1, "The learning rate is multiplied by this.", minimum=0.0,
                maximum=0.999, start=0.5,
            ),
            _patience(10, 5),
            _min_delta(0.0001),
            integer("cooldown", 0, "Epochs to wait after a change.", minimum=0, more=True),
            number("min_lr", 0.0, "The learning rate never falls below this.", minimum=0.0),
            _MODE,
        ),
        title="Slow down on a plateau",
    ),
    # Not a class of Keras: the session keeps the weights of the best epoch in memory, as
    # EarlyStopping does, whether or not a run is stopped early.
    ObjectSpec(
        "RestoreBestWeights", "", "",
        "At the end, goes back to the weights of the best epoch.",
        (_MONITOR, _MODE),
        title="Keep the best epoch",
    ),
    ObjectSpec(
        "TensorBoard", "TensorBoard", _MODULE,
        "Writes logs that the TensorBoard program shows.",
        (
            _file("log_dir", "logs", "Folder for the logs."),
            integer("histogram_freq", 0, "Every so many epochs, histograms of the weights.",
                    minimum=0),
            flag("write_graph", True, "Also writes the network as a graph."),
            flag("write_images", False, "Also writes the weights as pictures.", more=True),
            flag("write_steps_per_second", False, "Also writes the speed.", more=True),
            choice("update_freq", "epoch", ("epoch", "batch"), "How often it writes.", more=True),
        ),
        title="TensorBoard logs",
    ),
    ObjectSpec(
        "CSVLogger", "CSVLogger", _MODULE,
        "Writes loss and metrics of each epoch into a table.",
        (
            _file("filename", None, "The file to write.", required=True, optional=False,
                  start="log.csv"),
            text_param("separator", ",", "What stands between the columns.", more=True),
            flag("append", False, "Adds to the file instead of replacing it."),
        ),
        title="CSV log",
    ),
    ObjectSpec(
        "ModelCheckpoint", "ModelCheckpoint", _MODULE,
        "Writes the network into a file at the end of each epoch.",
        (
            _file("filepath", None, "The file to write; {epoch} in it becomes the epoch's number.",
                  required=True, optional=False, start="best.keras"),
            _MONITOR,
            flag("save_best_only", False, "Only epochs that are better than all before.",
                 start=True),
            _MODE,
            number("initial_value_threshold", None, "Must do better than this to be written.",
                   more=True),
        ),
        title="Save each epoch",
    ),
    ObjectSpec(
        "SwapEMAWeights", "SwapEMAWeights", _MODULE,
        "Measures on validation data with the averaged weights of an optimizer that has use_ema.",
        (),
        title="Measure averaged weights",
    ),
)  # fmt: skip
