"""Rows: losses, by the names that project files use."""

from __future__ import annotations

from typing import Final

from netbuilder.core.catalog.params import choice, flag, integer, integers, number, rate
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table
from netbuilder.core.i18n import language, noop as N_

_REDUCTION: Final = choice(
    "reduction", "sum_over_batch_size", ("sum_over_batch_size", "sum", "mean_with_sample_weight"),
    N_("How the losses of a batch are combined: usually averaged."), more=True,
)  # fmt: skip
FROM_LOGITS: Final = flag(
    "from_logits", False,
    N_("On: the last layer returns logits, without sigmoid or softmax."),
)  # fmt: skip
_SMOOTHING: Final = rate(
    "label_smoothing",
    0.0,
    N_("Label smoothing: makes the targets slightly less certain. Try 0.1 first."),
    more=True,
)
AXIS: Final = integer("axis", -1, N_("Axis of the classes."), minimum=None, more=True)
IGNORE_CLASS: Final = integer(
    "ignore_class", None, N_("A class index that is ignored."), minimum=None, more=True
)
_GAMMA: Final = number(
    "gamma", 2.0, N_("How much the loss of easy samples is reduced."), minimum=0.0
)  # fmt: skip
_ALPHA: Final = rate("alpha", 0.25, N_("Weight of the less frequent class."))


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
    _loss("mean_squared_error", "MeanSquaredError", N_("Mean squared error"),
          N_("Average of the squared errors: large errors count much more than small ones."),
          _NUMBERS),
    _loss("mean_absolute_error", "MeanAbsoluteError", N_("Mean absolute error"),
          N_("Average absolute error: less sensitive to outliers than the squared error."),
          _NUMBERS),
    _loss("huber", "Huber", N_("Huber"),
          N_("Squared for small errors, absolute for large ones: not sensitive to outliers."),
          _NUMBERS,
          number("delta", 1.0, N_("The error at which the loss changes from squared to absolute."),
              minimum=0.0)),
    _loss("log_cosh", "LogCosh", N_("Log-cosh"),
          N_("Similar to Huber, but smooth everywhere."), _NUMBERS),
    _loss("mean_absolute_percentage_error", "MeanAbsolutePercentageError",
          N_("Mean absolute percentage error"), N_("Average error as a percentage of the target."),
          _NUMBERS),
    _loss("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError",
          N_("Mean squared logarithmic error"),
          N_("Compares ratios: for targets that span several magnitudes and are never below 0."),
          _NUMBERS),
    _loss("poisson", "Poisson", N_("Poisson"),
          N_("For counts, such as calls per hour."), _NUMBERS),
    _loss("cosine_similarity", "CosineSimilarity", N_("Cosine similarity"),
          N_("Compares the directions of vectors, not their lengths; −1 is best."), _NUMBERS, AXIS),
    _loss("binary_crossentropy", "BinaryCrossentropy", N_("Binary cross-entropy"),
          N_("For two classes (yes or no), and for several labels per sample."), _BINARY,
          FROM_LOGITS, _SMOOTHING,
          AXIS),
    _loss("binary_focal_crossentropy", "BinaryFocalCrossentropy", N_("Binary focal cross-entropy"),
          N_("Binary cross-entropy that gives hard samples more weight: for rare classes."),
          _BINARY,
          _GAMMA, _ALPHA,
          flag("apply_class_balancing", False, N_("Use alpha to weight the classes.")),
          FROM_LOGITS, _SMOOTHING, AXIS),
    _loss("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy",
          N_("Sparse categorical cross-entropy"),
          N_("For classes, when the target is the index of the class."), ("classes",),
          FROM_LOGITS, IGNORE_CLASS, AXIS),
    _loss("categorical_crossentropy", "CategoricalCrossentropy", N_("Categorical cross-entropy"),
          N_("For classes, when the target is one-hot: a 1 at the class and 0 elsewhere."),
          _ONE_HOT, FROM_LOGITS, _SMOOTHING, AXIS),
    _loss("categorical_focal_crossentropy", "CategoricalFocalCrossentropy",
          N_("Categorical focal cross-entropy"),
          N_("Categorical cross-entropy that gives hard samples more weight."), _ONE_HOT, _GAMMA,
          number("alpha", 0.25, N_("Weight of the loss."), minimum=0.0), FROM_LOGITS, _SMOOTHING,
          AXIS),
    _loss("kl_divergence", "KLDivergence", N_("Kullback-Leibler divergence"),
          N_("How far predicted probabilities are from the true ones."), _ONE_HOT),
    _loss("hinge", "Hinge", N_("Hinge"),
          N_("For two classes as −1 and 1: maximises the margin, as in support vector machines."),
          ("binary",)),
    _loss("squared_hinge", "SquaredHinge", N_("Squared hinge"),
          N_("The square of the hinge loss."), ("binary",)),
    _loss("categorical_hinge", "CategoricalHinge", N_("Categorical hinge"),
          N_("Hinge loss for several classes."), _ONE_HOT),
    _loss("dice", "Dice", N_("Dice"),
          N_("Compares the overlap of two areas: for segmenting pictures."), ("binary", "one_hot"),
          integers("axis", None, N_("Axes to sum over. Empty: all."), more=True)),
    _loss("tversky", "Tversky", N_("Tversky"),
          N_("Dice loss with separate weights for false positives and false negatives."), ("binary",
              "one_hot"),
          rate("alpha", 0.5, N_("Weight of false positives.")),
          rate("beta", 0.5, N_("Weight of false negatives.")),
          integers("axis", None, N_("Axes to sum over. Empty: all."), more=True)),
    _loss("circle", "Circle", N_("Circle"),
          N_("Learns vectors that are close together for samples of the same class."), ("classes",),
          number("gamma", 80.0, N_("Weight of the differences in distance."), minimum=0.0),
          rate("margin", 0.4, N_("How far apart the classes should be.")),
          flag("remove_diagonal", True, N_("Do not compare a sample with itself."), more=True)),
)  # fmt: skip


def loss_title(name: str) -> str:
    """The name of a loss in a sentence."""
    spec = LOSSES.get(name)
    title = spec.display_title if spec else name
    return title if language() == "de" else title.lower()  # German writes nouns with a capital
