"""All that training can use, by name, and the other names that Keras knows it by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    choice,
    flag,
    integer,
    integers,
    number,
    numbers,
    param,
    rate,
    text_param,
)
from netbuilder.core.catalog.spec import Kind, ObjectSpec, Param
from netbuilder.core.catalog.training.losses import AXIS, FROM_LOGITS, IGNORE_CLASS, LOSSES
from netbuilder.core.catalog.training.optimizers import OPTIMIZERS, SCHEDULES
from netbuilder.core.catalog.training.weight_objects import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    table,
)
from netbuilder.core.i18n import gettext as _, noop as N_

__all__ = [
    "ACCURACY_BY_TASK",
    "ACTIVATIONS",
    "CALLBACKS",
    "CONSTRAINTS",
    "INITIALIZERS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "REGULARIZERS",
    "SCHEDULES",
    "canonical",
]

ACCURACY_BY_TASK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "binary": "binary_accuracy",
        "multi_label": "binary_accuracy",
        "classes": "sparse_categorical_accuracy",
        "one_hot": "categorical_accuracy",
    }
)
"""The metric for which "accuracy" stands, by the kind of target."""

_NUMBERS: Final = ("regression",)
_BINARY: Final = ("binary", "multi_label")
_SPARSE: Final = ("classes",)
_ONE_HOT: Final = ("one_hot",)

_SMOOTHING: Final = rate(
    "label_smoothing", 0, N_("Label smoothing: makes the targets slightly less certain."), more=True
)  # fmt: skip
_THRESHOLDS: Final = numbers(
    "thresholds", None, N_("Smallest probability that counts as yes. Empty: 0.5."), minimum=0.0,
    maximum=1.0,
)  # fmt: skip
_TOP_K: Final = integer("top_k", None, N_("Use only the k most probable classes."), more=True)
_CLASS_ID: Final = integer(
    "class_id", None, N_("Evaluate this class only."), minimum=0, more=True
)  # fmt: skip
_NUM_THRESHOLDS: Final = integer(
    "num_thresholds", 200, N_("Number of thresholds used to compute the curve."), more=True
)
_CLASSES: Final = integer("num_classes", REQUIRED, N_("Number of classes."), minimum=2, start=2)
_TARGETS: Final = integers(
    "target_class_ids", REQUIRED, N_("Indices of the classes to evaluate."), start=(1,)
)
# Keras's default axis correlates the numbers of one sample: NaN where it has one number.
_OVER: Final = integer(
    "axis", -1, N_("0: over the samples of a batch; −1: over the outputs of each sample."),
    minimum=None, start=0,
)  # fmt: skip
_SPARSE_TRUE: Final = flag("sparse_y_true", True, N_("The targets are class indices."), more=True)


def _sparse_prediction(default: bool) -> Param:
    # A network answers with a probability for each class, whatever Keras's default is.
    return flag(
        "sparse_y_pred", default, N_("The predictions are class indices."), more=True,
        start=False if default else None,
    )  # fmt: skip


def _average() -> Param:
    return choice(
        "average", None, ("micro", "macro", "weighted"),
        N_("How the classes are averaged. Empty: one value for each class."), start="macro",
    )  # fmt: skip


def _threshold() -> Param:
    return number(
        "threshold",
        None,
        N_(
            "Smallest probability that counts as a predicted class. Empty: the most probable class."
        ),
        minimum=0.001,
        maximum=1.0,
    )


def _metric(
    name: str, keras_class: str, title: str, text: str, tasks: tuple[str, ...], *params: Param
) -> ObjectSpec:
    return ObjectSpec(name, keras_class, "keras.metrics", text, params, tasks, title)


# Left out: Mean, Sum and MeanMetricWrapper (helpers) and Accuracy (for predicted class numbers).
METRICS: Final = table(
    _metric("accuracy", "", N_("Accuracy"),
            N_("Share of correct predictions, for any kind of target."),
            ("binary", "multi_label", "classes", "one_hot")),
    _metric("mean_absolute_error", "MeanAbsoluteError", N_("Mean absolute error"),
            N_("Average absolute error."), _NUMBERS),
    _metric("mean_squared_error", "MeanSquaredError", N_("Mean squared error"),
            N_("Average of the squared errors."), _NUMBERS),
    _metric("root_mean_squared_error", "RootMeanSquaredError", N_("Root mean squared error"),
            N_("Square root of the mean squared error, in the target's units."), _NUMBERS),
    _metric("r2_score", "R2Score", N_("R² score"),
            N_("R²: 1 is perfect; 0 is no better than always predicting the average."), _NUMBERS,
            choice("class_aggregation", "uniform_average",
                   ("uniform_average", "variance_weighted_average"),
                   N_("How several outputs are averaged. Empty: one value for each output."),
                   more=True,
                   optional=True),
            integer("num_regressors", 0, N_("Number of features, for the adjusted R²."),
                    minimum=0, more=True)),
    _metric("mean_absolute_percentage_error", "MeanAbsolutePercentageError",
            N_("Mean absolute percentage error"),
            N_("Average error as a percentage of the target."),
            _NUMBERS),
    _metric("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError",
            N_("Mean squared logarithmic error"),
            N_("Measures by what factor predictions are too large or too small."), _NUMBERS),
    _metric("log_cosh_error", "LogCoshError", N_("Log-cosh error"),
            N_("Like the squared error for small errors and the absolute error for large ones."),
            _NUMBERS),
    _metric("pearson_correlation", "PearsonCorrelation", N_("Pearson correlation"),
            N_("How well predictions and targets rise and fall together: 1 is best."), _NUMBERS,
            _OVER),
    _metric("concordance_correlation", "ConcordanceCorrelation", N_("Concordance correlation"),
            N_(
                "Like the Pearson correlation, but predictions must also have the mean and the "
                "spread of the targets."
            ), _NUMBERS,
            _OVER),
    _metric("cosine_similarity", "CosineSimilarity", N_("Cosine similarity"),
            N_("How similar the directions of two vectors are: 1 is best."), _NUMBERS, AXIS),
    _metric("poisson", "Poisson", N_("Poisson"),
            N_("Error of predicted counts, such as visitors per day."), _NUMBERS),
    _metric("sparse_categorical_accuracy", "SparseCategoricalAccuracy",
            N_("Accuracy (class indices)"), N_("Share of correctly predicted classes."), _SPARSE),
    _metric("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy",
            N_("Top-k accuracy (class indices)"),
            N_("Share of samples whose class is among the k most probable predictions."), _SPARSE,
            integer("k", 5, N_("Number of most probable classes that count.")),
            flag("from_sorted_ids", False, N_("The predictions are sorted class indices."),
                more=True)),
    _metric("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
            N_("Cross-entropy (class indices)"),
            N_("Large when the true class gets a small probability: 0 is best."), _SPARSE,
            FROM_LOGITS, IGNORE_CLASS, AXIS),
    _metric("categorical_accuracy", "CategoricalAccuracy", N_("Accuracy (one-hot)"),
            N_("Share of correctly predicted classes."), _ONE_HOT),
    _metric("top_k_categorical_accuracy", "TopKCategoricalAccuracy", N_("Top-k accuracy (one-hot)"),
            N_("Share of samples whose class is among the k most probable predictions."), _ONE_HOT,
            integer("k", 5, N_("Number of most probable classes that count."))),
    _metric("categorical_crossentropy", "CategoricalCrossentropy", N_("Cross-entropy (one-hot)"),
            N_("Large when the true class gets a small probability: 0 is best."),
            _ONE_HOT, FROM_LOGITS, _SMOOTHING, AXIS),
    _metric("kl_divergence", "KLDivergence", N_("Kullback-Leibler divergence"),
            N_("How far predicted probabilities are from the true ones: 0 is best."), _ONE_HOT),
    _metric("binary_accuracy", "BinaryAccuracy", N_("Accuracy (yes or no)"),
            N_("Share of correct predictions."), _BINARY,
            rate("threshold", 0.5, N_("Smallest probability that counts as yes."))),
    _metric("binary_crossentropy", "BinaryCrossentropy", N_("Binary cross-entropy"),
            N_("Large when the true label gets a small probability: 0 is best."),
            _BINARY, FROM_LOGITS, _SMOOTHING),
    _metric("auc", "AUC", N_("Area under the curve"),
            N_("How well two classes are separated over all thresholds: 1 is best, 0.5 is chance."),
            _BINARY,
            _NUM_THRESHOLDS,
            choice("curve", "ROC", ("ROC", "PR"),
                   N_("ROC: true against false positive rate. PR: precision against recall.")),
            choice("summation_method", "interpolation", ("interpolation", "minoring", "majoring"),
                   N_("How the area is calculated."), more=True),
            numbers("thresholds", None, N_("Your own thresholds between 0 and 1."), minimum=0.0,
                    maximum=1.0, more=True),
            flag("multi_label", False, N_("Compute one curve for each label, then average them."),
                 more=True),
            integer("num_labels", None, N_("Number of labels, with multi_label."), more=True),
            numbers("label_weights", None, N_("Weights of the labels."), minimum=0.0, more=True),
            FROM_LOGITS),
    _metric("precision", "Precision", N_("Precision"),
            N_("Share of the samples predicted as yes that are yes."), _BINARY, _THRESHOLDS, _TOP_K,
            _CLASS_ID),
    _metric("recall", "Recall", N_("Recall"),
            N_("Share of the samples labelled yes that are predicted as yes."), _BINARY,
            _THRESHOLDS, _TOP_K,
            _CLASS_ID),
    _metric("f1_score", "F1Score", N_("F1 score"),
            N_("The harmonic mean of precision and recall: high only when both are high."),
            (*_BINARY, *_ONE_HOT), _average(),
            _threshold()),
    _metric("fbeta_score", "FBetaScore", N_("F-beta score"),
            N_("Like the F1 score, but recall counts more, or less, than precision."),
            (*_BINARY, *_ONE_HOT), _average(),
            number("beta", 1.0, N_("Above 1, recall counts more than precision."), minimum=0.001),
            _threshold()),
    _metric("true_positives", "TruePositives", N_("True positives"),
            N_("Number of samples correctly predicted as yes."), _BINARY, _THRESHOLDS),
    _metric("true_negatives", "TrueNegatives", N_("True negatives"),
            N_("Number of samples correctly predicted as no."), _BINARY, _THRESHOLDS),
    _metric("false_positives", "FalsePositives", N_("False positives"),
            N_("Number of samples wrongly predicted as yes."), _BINARY, _THRESHOLDS),
    _metric("false_negatives", "FalseNegatives", N_("False negatives"),
            N_("Number of samples wrongly predicted as no."), _BINARY, _THRESHOLDS),
    _metric("precision_at_recall", "PrecisionAtRecall", N_("Precision at recall"),
            N_("The best precision at which the recall is at least this value."), _BINARY,
            rate("recall", REQUIRED, N_("The recall to reach."), start=0.9), _NUM_THRESHOLDS,
            _CLASS_ID),
    _metric("recall_at_precision", "RecallAtPrecision", N_("Recall at precision"),
            N_("The best recall at which the precision is at least this value."),
            _BINARY,
            rate("precision", REQUIRED, N_("The precision to reach."), start=0.9), _NUM_THRESHOLDS,
            _CLASS_ID),
    _metric("sensitivity_at_specificity", "SensitivityAtSpecificity",
            N_("Sensitivity at specificity"),
            N_("The best sensitivity at which the specificity is at least this value."),
            _BINARY, rate("specificity", REQUIRED, N_("The specificity to reach."), start=0.9),
            _NUM_THRESHOLDS, _CLASS_ID),
    _metric("specificity_at_sensitivity", "SpecificityAtSensitivity",
            N_("Specificity at sensitivity"),
            N_("The best specificity at which the sensitivity is at least this value."),
            _BINARY, rate("sensitivity", REQUIRED, N_("The sensitivity to reach."), start=0.9),
            _NUM_THRESHOLDS, _CLASS_ID),
    _metric("hinge", "Hinge", N_("Hinge"),
            N_("For targets of −1 and 1: 0 when every prediction is clearly correct."), ("binary",
                )),
    _metric("squared_hinge", "SquaredHinge", N_("Squared hinge"),
            N_("Like hinge, but large errors count more."),
            ("binary",)),
    _metric("categorical_hinge", "CategoricalHinge", N_("Categorical hinge"),
            N_("How clearly the true class is ahead of the best wrong one: 0 is best."), _ONE_HOT),
    _metric("binary_iou", "BinaryIoU", N_("IoU (yes or no)"),
            N_("Overlap of predicted and true areas (intersection over union): 1 is best."),
            _BINARY,
            integers("target_class_ids", (0, 1), N_("Indices of the classes to evaluate.")),
            rate("threshold", 0.5, N_("Smallest probability that counts as yes."))),
    _metric("iou", "IoU", N_("IoU (class indices)"),
            N_("Overlap of the areas of some classes (intersection over union): 1 is best."),
            _SPARSE,
            _CLASSES, _TARGETS, IGNORE_CLASS, _SPARSE_TRUE, _sparse_prediction(True), AXIS),
    _metric("mean_iou", "MeanIoU", N_("Mean IoU (class indices)"),
            N_("Overlap of predicted and true areas, averaged over the classes: 1 is best."),
            _SPARSE,
            _CLASSES, IGNORE_CLASS, _SPARSE_TRUE, _sparse_prediction(True), AXIS),
    _metric("one_hot_iou", "OneHotIoU", N_("IoU (one-hot)"),
            N_("Overlap of the areas of some classes (intersection over union): 1 is best."),
            _ONE_HOT,
            _CLASSES, _TARGETS, IGNORE_CLASS, _sparse_prediction(False), AXIS),
    _metric("one_hot_mean_iou", "OneHotMeanIoU", N_("Mean IoU (one-hot)"),
            N_("Overlap of predicted and true areas, averaged over the classes: 1 is best."),
            _ONE_HOT,
            _CLASSES, IGNORE_CLASS, _sparse_prediction(False), AXIS),
)  # fmt: skip


_MODULE: Final = "keras.callbacks"
_MONITOR: Final = text_param(
    "monitor", "val_loss", N_("The value to monitor: val_loss is the loss on the validation set.")
)

#: What a run measures, within a sentence.
_METRIC_WORDS: Final[Mapping[str, str]] = {
    "loss": N_("loss"),
    "accuracy": N_("accuracy"),
    "precision": N_("precision"),
    "recall": N_("recall"),
    "f1_score": N_("F1 score"),
    "auc": N_("AUC"),
    "r2_score": N_("R² score"),
    "mean_absolute_error": N_("mean absolute error"),
    "mean_squared_error": N_("mean squared error"),
    "median_absolute_error": N_("median absolute error"),
    "root_mean_squared_error": N_("root mean squared error"),
    "learning_rate": N_("learning rate"),
}


#: Why the last point of a curve and the training set's value on Evaluate differ.
TWO_TRAINING_VALUES = N_(
    "Curves shows the training set's mean during each epoch, with Dropout on; Evaluate computes it "
    "after training, with Dropout off."
)


def metric_words(name: str) -> str:
    """Return the name of a quantity of a run in the chosen language: "mean absolute error"."""
    if name in _METRIC_WORDS:
        return _(_METRIC_WORDS[name])
    if name in METRICS:
        return METRICS[name].display_title
    for known, words in _METRIC_WORDS.items():
        if name.endswith(f"_{known}") and not name.endswith("_squared_error"):
            return f"{name.removesuffix(known).replace('_', ' ')}{_(words)}"
    return name.replace("_", " ")


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


# SwapEMAWeights lacks swap_on_epoch, which leaves averages in a run that stops between epochs.
# Left out: BackupAndRestore and OrbaxCheckpoint (every run can be resumed), LambdaCallback and
# LearningRateScheduler (they hold code), RemoteMonitor (sends data away), History, ProgbarLogger
# and TerminateOnNaN (the session does it itself).
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
    # Not a class of Keras: the session keeps the best weights in memory, as EarlyStopping does.
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


_SHORT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
        "rmse": "root_mean_squared_error",
        "mape": "mean_absolute_percentage_error",
        "msle": "mean_squared_logarithmic_error",
        "bce": "binary_crossentropy",
        "acc": "accuracy",
        "r2": "r2_score",
        "f1": "f1_score",
        "kld": "kl_divergence",
        "kullback_leibler_divergence": "kl_divergence",
        "huber_loss": "huber",
        "logcosh": "log_cosh",
        "log_cosh": "log_cosh_error",
        "zero": "Zeros",
        "one": "Ones",
        "eye": "Identity",
        "normal": "RandomNormal",
        "uniform": "RandomUniform",
        "IdentityInitializer": "Identity",
        "OrthogonalInitializer": "Orthogonal",
        "sgdr_decay": "CosineDecayRestarts",
        "piecewise_constant": "PiecewiseConstantDecay",
    }
)


def canonical(table: Mapping[str, ObjectSpec], name: str) -> str | None:
    """Return the name in ``table`` of what Keras (or a person) calls ``name``, or None.

    Knows short names ("mse"), class names and any mixture of cases and underscores ("he_normal").
    """
    names = [name]
    while (short := _SHORT.get(names[-1]) or _SHORT.get(names[-1].lower())) is not None:
        names.append(short)
    for candidate in names:
        if candidate in table:
            return candidate
    for plain in filter(None, map(_plain, names)):
        for spec in table.values():
            if plain in (_plain(spec.name), _plain(spec.keras_class)):
                return spec.name
    return None


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
