"""Rows: metrics, by the names that project files use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from netbuilder.core.catalog.params import (
    REQUIRED,
    choice,
    flag,
    integer,
    integers,
    number,
    numbers,
    rate,
)
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.catalog.training.losses import AXIS, FROM_LOGITS, IGNORE_CLASS
from netbuilder.core.catalog.training.weight_objects import table

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
    "label_smoothing", 0, "Makes the targets a little unsure.", more=True
)  # fmt: skip
_THRESHOLDS: Final = numbers(
    "thresholds", None, "From which probability on it counts as yes. Empty: 0.5.", minimum=0.0,
    maximum=1.0,
)  # fmt: skip
_TOP_K: Final = integer("top_k", None, "Looks at the k most probable classes.", more=True)
_CLASS_ID: Final = integer(
    "class_id", None, "Looks at this class only.", minimum=0, more=True
)  # fmt: skip
_NUM_THRESHOLDS: Final = integer(
    "num_thresholds", 200, "How finely the curve is measured.", more=True
)
_CLASSES: Final = integer(
    "num_classes", REQUIRED, "How many classes there are.", minimum=2, start=2
)
_TARGETS: Final = integers("target_class_ids", REQUIRED, "Classes that are measured.", start=(1,))
# Keras's own axis, the last, compares the numbers of one sample: a network with one output has
# only one, and the correlation of one number is NaN.
_OVER: Final = integer(
    "axis", -1, "0: over the samples of a batch; -1: over the outputs of a sample.",
    minimum=None, start=0,
)  # fmt: skip
_SPARSE_TRUE: Final = flag("sparse_y_true", True, "Targets are class numbers.", more=True)


def _sparse_prediction(default: bool) -> Param:
    # A network answers with a probability for each class, whatever Keras's default is.
    return flag(
        "sparse_y_pred", default, "Predictions are class numbers.", more=True,
        start=False if default else None,
    )  # fmt: skip


def _average() -> Param:
    return choice(
        "average", None, ("micro", "macro", "weighted"),
        "How the classes become one number. Empty: one number for each class.", start="macro",
    )  # fmt: skip


def _threshold() -> Param:
    return number(
        "threshold",
        None,
        "From which probability on it counts. Empty: the largest counts.",
        minimum=0.001,
        maximum=1.0,
    )


def _metric(
    name: str, keras_class: str, title: str, text: str, tasks: tuple[str, ...], *params: Param
) -> ObjectSpec:
    return ObjectSpec(name, keras_class, "keras.metrics", text, params, tasks, title)


# Left out: Mean, Sum and MeanMetricWrapper, which measure what a program hands them, and Accuracy,
# which wants answers to be class numbers: "accuracy" is what people mean.
METRICS: Final = table(
    _metric("accuracy", "", "Accuracy",
            "Share of right answers, counted as the target asks for.",
            ("binary", "multi_label", "classes", "one_hot")),
    _metric("mean_absolute_error", "MeanAbsoluteError", "Mean absolute error",
            "How far off on average.", _NUMBERS),
    _metric("mean_squared_error", "MeanSquaredError", "Mean squared error",
            "Average of the squared errors.", _NUMBERS),
    _metric("root_mean_squared_error", "RootMeanSquaredError", "Root mean squared error",
            "Square root of the mean squared error: in the target's own units.", _NUMBERS),
    _metric("r2_score", "R2Score", "R² score",
            "1: perfect; 0: no better than always saying the average.", _NUMBERS,
            choice("class_aggregation", "uniform_average",
                   ("uniform_average", "variance_weighted_average"),
                   "How several outputs become one. Empty: one number for each.", more=True,
                   optional=True),
            integer("num_regressors", 0, "Number of inputs, to correct for their count.",
                    minimum=0, more=True)),
    _metric("mean_absolute_percentage_error", "MeanAbsolutePercentageError",
            "Mean absolute percentage error", "Average error in percent of the target.",
            _NUMBERS),
    _metric("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError",
            "Mean squared logarithmic error",
            "How many times too large or too small, rather than by how much.", _NUMBERS),
    _metric("log_cosh_error", "LogCoshError", "Log-cosh error",
            "Like squared error for small errors, like absolute for large ones.", _NUMBERS),
    _metric("pearson_correlation", "PearsonCorrelation", "Pearson correlation",
            "How well answers and targets rise and fall together: 1 is best.", _NUMBERS,
            _OVER),
    _metric("concordance_correlation", "ConcordanceCorrelation", "Concordance correlation",
            "As Pearson's, and the answers must also lie as high and reach as far as the "
            "targets.", _NUMBERS,
            _OVER),
    _metric("cosine_similarity", "CosineSimilarity", "Cosine similarity",
            "How alike the directions are: 1 is best.", _NUMBERS, AXIS),
    _metric("poisson", "Poisson", "Poisson",
            "How far off counts are, such as visitors a day.", _NUMBERS),
    _metric("sparse_categorical_accuracy", "SparseCategoricalAccuracy",
            "Accuracy (class numbers)", "Share of right classes.", _SPARSE),
    _metric("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy",
            "Top-k accuracy (class numbers)",
            "Share of samples whose class is among the k most probable.", _SPARSE,
            integer("k", 5, "How many answers may be given."),
            flag("from_sorted_ids", False, "Predictions are sorted class numbers.", more=True)),
    _metric("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
            "Cross-entropy (class numbers)",
            "Large where the right class was given a small probability: 0 is best.", _SPARSE,
            FROM_LOGITS, IGNORE_CLASS, AXIS),
    _metric("categorical_accuracy", "CategoricalAccuracy", "Accuracy (one-hot)",
            "Share of right classes.", _ONE_HOT),
    _metric("top_k_categorical_accuracy", "TopKCategoricalAccuracy", "Top-k accuracy (one-hot)",
            "Share of samples whose class is among the k most probable.", _ONE_HOT,
            integer("k", 5, "How many answers may be given.")),
    _metric("categorical_crossentropy", "CategoricalCrossentropy", "Cross-entropy (one-hot)",
            "Large where the right class was given a small probability: 0 is best.",
            _ONE_HOT, FROM_LOGITS, _SMOOTHING, AXIS),
    _metric("kl_divergence", "KLDivergence", "Kullback-Leibler divergence",
            "How far the predicted probabilities are from the right ones: 0 is best.", _ONE_HOT),
    _metric("binary_accuracy", "BinaryAccuracy", "Accuracy (yes or no)",
            "Share of right answers.", _BINARY,
            rate("threshold", 0.5, "From which probability on it counts as yes.")),
    _metric("binary_crossentropy", "BinaryCrossentropy", "Binary cross-entropy",
            "Large where the right answer was given a small probability: 0 is best.",
            _BINARY, FROM_LOGITS, _SMOOTHING),
    _metric("auc", "AUC", "Area under the curve",
            "How well yes and no are told apart at every threshold: 1 is best, 0.5 is chance.",
            _BINARY,
            _NUM_THRESHOLDS,
            choice("curve", "ROC", ("ROC", "PR"),
                   "ROC: hits against false alarms. PR: precision against recall."),
            choice("summation_method", "interpolation", ("interpolation", "minoring", "majoring"),
                   "How the area is added up.", more=True),
            numbers("thresholds", None, "Own thresholds between 0 and 1.", minimum=0.0,
                    maximum=1.0, more=True),
            flag("multi_label", False, "One curve for each label, then their average.",
                 more=True),
            integer("num_labels", None, "Number of labels, with multi_label.", more=True),
            numbers("label_weights", None, "Weights of the labels.", minimum=0.0, more=True),
            FROM_LOGITS),
    _metric("precision", "Precision", "Precision",
            "Of all yes answers, the share that was right.", _BINARY, _THRESHOLDS, _TOP_K,
            _CLASS_ID),
    _metric("recall", "Recall", "Recall",
            "Of all that are yes, the share that was found.", _BINARY, _THRESHOLDS, _TOP_K,
            _CLASS_ID),
    _metric("f1_score", "F1Score", "F1 score",
            "Precision and recall in one number: high only where both of them are high.",
            (*_BINARY, *_ONE_HOT), _average(),
            _threshold()),
    _metric("fbeta_score", "FBetaScore", "F-beta score",
            "As the F1 score, but recall counts more, or less, than precision.",
            (*_BINARY, *_ONE_HOT), _average(),
            number("beta", 1.0, "Above 1: recall weighs more.", minimum=0.001), _threshold()),
    _metric("true_positives", "TruePositives", "True positives",
            "How many yes answers were right.", _BINARY, _THRESHOLDS),
    _metric("true_negatives", "TrueNegatives", "True negatives",
            "How many no answers were right.", _BINARY, _THRESHOLDS),
    _metric("false_positives", "FalsePositives", "False positives",
            "How many yes answers were wrong.", _BINARY, _THRESHOLDS),
    _metric("false_negatives", "FalseNegatives", "False negatives",
            "How many no answers were wrong.", _BINARY, _THRESHOLDS),
    _metric("precision_at_recall", "PrecisionAtRecall", "Precision at recall",
            "The best precision that can be had while at least this share is found.", _BINARY,
            rate("recall", REQUIRED, "The recall to reach.", start=0.9), _NUM_THRESHOLDS,
            _CLASS_ID),
    _metric("recall_at_precision", "RecallAtPrecision", "Recall at precision",
            "The largest share that can be found while answers of yes are right this often.",
            _BINARY,
            rate("precision", REQUIRED, "The precision to reach.", start=0.9), _NUM_THRESHOLDS,
            _CLASS_ID),
    _metric("sensitivity_at_specificity", "SensitivityAtSpecificity",
            "Sensitivity at specificity",
            "Share of the true yes that is found while this share of the true no is called no.",
            _BINARY, rate("specificity", REQUIRED, "The specificity to reach.", start=0.9),
            _NUM_THRESHOLDS, _CLASS_ID),
    _metric("specificity_at_sensitivity", "SpecificityAtSensitivity",
            "Specificity at sensitivity",
            "Share of the true no that is called no while this share of the true yes is found.",
            _BINARY, rate("sensitivity", REQUIRED, "The sensitivity to reach.", start=0.9),
            _NUM_THRESHOLDS, _CLASS_ID),
    _metric("hinge", "Hinge", "Hinge",
            "For targets of -1 and 1: 0 once an answer is clearly on the right side.", ("binary",)),
    _metric("squared_hinge", "SquaredHinge", "Squared hinge",
            "As the hinge, but large errors count more.",
            ("binary",)),
    _metric("categorical_hinge", "CategoricalHinge", "Categorical hinge",
            "How clearly the right class is ahead of the best wrong one: 0 is best.", _ONE_HOT),
    _metric("binary_iou", "BinaryIoU", "Overlap (yes or no)",
            "How much marked areas overlap: 1 is best.", _BINARY,
            integers("target_class_ids", (0, 1), "Classes that are measured."),
            rate("threshold", 0.5, "From which probability on it counts as yes.")),
    _metric("iou", "IoU", "Overlap (class numbers)",
            "How much areas of some classes overlap.", _SPARSE,
            _CLASSES, _TARGETS, IGNORE_CLASS, _SPARSE_TRUE, _sparse_prediction(True), AXIS),
    _metric("mean_iou", "MeanIoU", "Mean overlap (class numbers)",
            "How much areas overlap, averaged over the classes.", _SPARSE,
            _CLASSES, IGNORE_CLASS, _SPARSE_TRUE, _sparse_prediction(True), AXIS),
    _metric("one_hot_iou", "OneHotIoU", "Overlap (one-hot)",
            "How much areas of some classes overlap.", _ONE_HOT,
            _CLASSES, _TARGETS, IGNORE_CLASS, _sparse_prediction(False), AXIS),
    _metric("one_hot_mean_iou", "OneHotMeanIoU", "Mean overlap (one-hot)",
            "How much areas overlap, averaged over the classes.", _ONE_HOT,
            _CLASSES, IGNORE_CLASS, _sparse_prediction(False), AXIS),
)  # fmt: skip
