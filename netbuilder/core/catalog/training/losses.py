"""Rows: losses, by the names that project files use."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import choice, flag, integer, integers, number, rate
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table

_REDUCTION: Final = choice(
    "reduction", "sum_over_batch_size", ("sum_over_batch_size", "sum", "mean_with_sample_weight"),
    "How the losses of a batch become one: their average, usually.", more=True,
)  # fmt: skip
FROM_LOGITS: Final = flag(
    "from_logits", False,
    "On: the last layer gives raw scores, without sigmoid or softmax.",
)  # fmt: skip
_SMOOTHING: Final = rate(
    "label_smoothing", 0.0, "Makes the targets a little unsure: 0.1 is a good start.", more=True
)
AXIS: Final = integer("axis", -1, "Axis of the classes.", minimum=None, more=True)
IGNORE_CLASS: Final = integer(
    "ignore_class", None, "A class number that does not count.", minimum=None, more=True
)
_GAMMA: Final = number(
    "gamma", 2.0, "How much easy samples are turned down.", minimum=0.0
)  # fmt: skip
_ALPHA: Final = rate("alpha", 0.25, "Weight of the rarer class.")


def _loss(
    name: str, keras_class: str, title: str, text: str, tasks: tuple[str, ...], *params: Param
) -> ObjectSpec:
    return ObjectSpec(
        name, keras_class, "keras.losses", text, (*params, _REDUCTION), tasks, title
    )  # fmt: skip


_NUMBERS: Final = ("regression",)
_ONE_HOT: Final = ("one_hot",)
_BINARY: Final = ("binary", "multi_label")

# Left out: CTC, whose targets are lists of different lengths, which no kind of data here gives;
# CategoricalGeneralizedCrossEntropy, since Keras 3.15.1 cannot open a .h5 compiled with it.
LOSSES: Final = table(
    _loss("mean_squared_error", "MeanSquaredError", "Mean squared error",
          "Average of the squared errors: large errors count much more.", _NUMBERS),
    _loss("mean_absolute_error", "MeanAbsoluteError", "Mean absolute error",
          "Average size of the errors: outliers count less.", _NUMBERS),
    _loss("huber", "Huber", "Huber",
          "Squared for small errors, absolute for large ones: outliers do no harm.", _NUMBERS,
          number("delta", 1.0, "Where small ends and large begins.", minimum=0.0)),
    _loss("log_cosh", "LogCosh", "Log-cosh",
          "Much like Huber, smooth everywhere.", _NUMBERS),
    _loss("mean_absolute_percentage_error", "MeanAbsolutePercentageError",
          "Mean absolute percentage error", "Average error in percent of the target.", _NUMBERS),
    _loss("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError",
          "Mean squared logarithmic error",
          "Compares magnitudes: for targets that differ by factors and are never below 0.",
          _NUMBERS),
    _loss("poisson", "Poisson", "Poisson",
          "For counts: how many calls an hour, say.", _NUMBERS),
    _loss("cosine_similarity", "CosineSimilarity", "Cosine similarity",
          "Compares directions and not sizes; -1 is best.", _NUMBERS, AXIS),
    _loss("binary_crossentropy", "BinaryCrossentropy", "Binary cross-entropy",
          "For yes or no, and for several labels at once.", _BINARY, FROM_LOGITS, _SMOOTHING,
          AXIS),
    _loss("binary_focal_crossentropy", "BinaryFocalCrossentropy", "Binary focal cross-entropy",
          "Binary cross-entropy that looks at the hard samples most: for rare classes.", _BINARY,
          _GAMMA, _ALPHA,
          flag("apply_class_balancing", False, "Uses alpha to weigh the classes."),
          FROM_LOGITS, _SMOOTHING, AXIS),
    _loss("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
          "Sparse categorical cross-entropy",
          "For classes, where the target is the number of the class.", ("classes",),
          FROM_LOGITS, IGNORE_CLASS, AXIS),
    _loss("categorical_crossentropy", "CategoricalCrossentropy", "Categorical cross-entropy",
          "For classes, where the target is a row of 0 with a 1 at the class (one-hot).",
          _ONE_HOT, FROM_LOGITS, _SMOOTHING, AXIS),
    _loss("categorical_focal_crossentropy", "CategoricalFocalCrossentropy",
          "Categorical focal cross-entropy",
          "Categorical cross-entropy that looks at the hard samples most.", _ONE_HOT, _GAMMA,
          number("alpha", 0.25, "Weight of the loss.", minimum=0.0), FROM_LOGITS, _SMOOTHING,
          AXIS),
    _loss("kl_divergence", "KLDivergence", "Kullback-Leibler divergence",
          "How far predicted probabilities are from given ones.", _ONE_HOT),
    _loss("hinge", "Hinge", "Hinge",
          "For yes or no as -1 and 1: wants a margin, as support vector machines do.",
          ("binary",)),
    _loss("squared_hinge", "SquaredHinge", "Squared hinge",
          "Hinge, squared.", ("binary",)),
    _loss("categorical_hinge", "CategoricalHinge", "Categorical hinge",
          "Hinge for several classes.", _ONE_HOT),
    _loss("dice", "Dice", "Dice",
          "How little two areas overlap: for marking parts of pictures.", ("binary", "one_hot"),
          integers("axis", None, "Axes that are added up. Empty: all.", more=True)),
    _loss("tversky", "Tversky", "Tversky",
          "Dice that weighs what was missed against what was too much.", ("binary", "one_hot"),
          rate("alpha", 0.5, "Weight of what was marked too much."),
          rate("beta", 0.5, "Weight of what was missed."),
          integers("axis", None, "Axes that are added up. Empty: all.", more=True)),
    _loss("circle", "Circle", "Circle",
          "Learns vectors that lie near each other for the same class.", ("classes",),
          number("gamma", 80.0, "How sharply it tells near from far.", minimum=0.0),
          rate("margin", 0.4, "How far apart classes should be."),
          flag("remove_diagonal", True, "Does not compare a sample with itself.", more=True)),
)  # fmt: skip
