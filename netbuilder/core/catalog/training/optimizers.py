"""Rows: optimizers with all their arguments, and learning-rate schedules."""

from __future__ import annotations

from typing import Any, Final

from netbuilder.core.catalog.params import REQUIRED, flag, integer, number, numbers, rate
from netbuilder.core.catalog.spec import ObjectSpec, Param
from netbuilder.core.catalog.training.weight_objects import table


def _learning_rate(default: float) -> Param:
    return number(
        "learning_rate", default,
        "How big each learning step is. Too big: it jumps; too small: it crawls.", minimum=0.0,
        schedule=True,
    )  # fmt: skip


def _rate(name: str, default: float, text: str, minimum: float = 0.0) -> Param:
    return number(name, default, text, minimum=minimum, maximum=1.0, more=True)


def _number(name: str, default: Any, text: str, minimum: float | None = 0.0) -> Param:
    return number(name, default, text, minimum=minimum, more=True)


def _flag(name: str, default: bool, text: str) -> Param:
    return flag(name, default, text, more=True)


def _beta_1(default: float = 0.9) -> Param:
    return _rate("beta_1", default, "How long it remembers the direction.", 0.001)


def _beta_2(default: float = 0.999) -> Param:
    return _rate("beta_2", default, "How long it remembers the size of the steps.")


def _epsilon(default: float = 1e-07) -> Param:
    return _number("epsilon", default, "A tiny number that keeps it from dividing by 0.")


def _decay(default: float | None = None) -> Param:
    return _number("weight_decay", default, "Shrinks all weights a little at each step.")


_NESTEROV_HELP: Final = "Looks ahead along the direction (Nesterov)."
_ACCUMULATOR: Final = _number(
    "initial_accumulator_value", 0.1, "What the memory of each weight begins with."
)
_SHARED: Final = (
    _number("clipnorm", None, "Shortens the gradient of each weight array to this length."),
    _number("clipvalue", None, "No part of a gradient is larger than this."),
    _number("global_clipnorm", None, "Shortens the gradient of all weights together."),
    _flag("use_ema", False, "Also keeps an average of the weights over time, used at the end."),
    _rate("ema_momentum", 0.99, "How slowly that average changes."),
    integer(
        "ema_overwrite_frequency", None, "Every so many steps the average becomes the weights.",
        more=True,
    ),
    _number("loss_scale_factor", None, "Multiplies the loss, for half precision."),
    integer(
        "gradient_accumulation_steps", None, "Adds up the gradients of so many batches first.",
        minimum=2, more=True,
    ),
)  # fmt: skip


def _optimizer(
    name: str, text: str, *params: Param, learning_rate: float = 0.001, decay: float | None = None
) -> ObjectSpec:
    rows = (_learning_rate(learning_rate), *params, _decay(decay), *_SHARED)
    return ObjectSpec(name, name, "keras.optimizers", text, rows)


# Left out, since Keras 3.15.1 makes no .h5 of a model with them that opens again: Adafactor (two
# of its arrays have the same name) and Lamb (load_model does not know it). Left out, too, are
# LossScaleOptimizer, MultiOptimizer and OptimizerMap, which wrap other optimizers (mixed precision
# makes the first by itself), and Muon's exclude_layers, a list of layers.
OPTIMIZERS: Final = table(
    _optimizer("Adam", "Fits the step of each weight by itself: the usual first choice.",
               _beta_1(), _beta_2(), _epsilon(),
               _flag("amsgrad", False, "Never forgets the largest gradient.")),
    _optimizer("SGD", "Plain steps down the slope; with momentum it rolls like a ball.",
               rate("momentum", 0.0, "How much of the last step is kept: 0.9, say."),
               flag("nesterov", False, _NESTEROV_HELP), learning_rate=0.01),
    _optimizer("RMSprop", "Divides by the usual size of the gradient: good for memories.",
               _rate("rho", 0.9, "How long it remembers sizes."),
               _rate("momentum", 0.0, "How much of the last step is kept."), _epsilon(),
               _flag("centered", False, "Takes the mean of the gradients away first.")),
    _optimizer("AdamW", "Adam that also shrinks the weights: less overfitting.", _beta_1(),
               _beta_2(), _epsilon(),
               _flag("amsgrad", False, "Never forgets the largest gradient."), decay=0.004),
    _optimizer("Nadam", "Adam that looks ahead (Nesterov).", _beta_1(), _beta_2(), _epsilon()),
    _optimizer("Adamax", "Adam that measures by the largest gradient.", _beta_1(), _beta_2(),
               _epsilon()),
    _optimizer("Adagrad", "Steps get smaller for weights that moved much.", _ACCUMULATOR,
               _epsilon()),
    _optimizer("Adadelta", "Adagrad that forgets old steps.",
               _rate("rho", 0.95, "How long it remembers."), _epsilon()),
    _optimizer("Lion", "Steps of equal size: only the direction counts.", _beta_1(),
               _beta_2(0.99)),
    _optimizer("Ftrl", "For very many sparse inputs.",
               _number("learning_rate_power", -0.5, "How the steps shrink: not above 0.", None),
               _ACCUMULATOR,
               _number("l1_regularization_strength", 0.0, "Pushes weights to exactly 0."),
               _number("l2_regularization_strength", 0.0, "Keeps weights small."),
               _number("l2_shrinkage_regularization_strength", 0.0,
                       "Keeps weights small by the gradient."),
               _number("beta", 0.0, "Steadies the first steps.")),
    _optimizer("Muon", "Steps at right angles for weight matrices, Adam for the rest.",
               _rate("momentum", 0.95, "How much of the last step is kept."),
               _flag("nesterov", True, _NESTEROV_HELP),
               integer("ns_steps", 5, "How exactly the right angles are found.", more=True),
               _rate("adam_beta_1", 0.9, "beta_1 of Adam."),
               _rate("adam_beta_2", 0.999, "beta_2 of Adam."),
               _number("adam_weight_decay", 0.004, "Weight decay of Adam."),
               _number("adam_lr_ratio", 1, "Learning rate of Adam, as a factor."),
               _flag("exclude_embeddings", True, "Embeddings use Adam."),
               _number("muon_a", 3.4445, "First coefficient of the iteration.", None),
               _number("muon_b", -4.775, "Second coefficient of the iteration.", None),
               _number("muon_c", 2.0315, "Third coefficient of the iteration.", None),
               _number("rms_rate", 0.2, "Size of its steps, as Adam's."),
               _epsilon(), decay=0.004),
    _optimizer("ScheduleFreeAdamW", "AdamW that needs no schedule.", _beta_1(), _beta_2(),
               _epsilon(1e-08),
               integer("warmup_steps", 0, "Begins gently for so many steps.", minimum=0),
               learning_rate=0.0025),
)  # fmt: skip

_INITIAL: Final = number(
    "initial_learning_rate", REQUIRED, "The learning rate at the start.", minimum=0.0, start=0.001
)
_DECAY_STEPS: Final = integer(
    "decay_steps", REQUIRED, "After so many steps (batches) it has changed by the rate.",
    start=1000,
)  # fmt: skip
_STAIRCASE: Final = flag("staircase", False, "Changes in jumps instead of smoothly.")


def _decay_rate() -> Param:
    return number("decay_rate", REQUIRED, "How strongly it falls.", minimum=0.0, start=0.9)


def _schedule(name: str, text: str, *params: Param) -> ObjectSpec:
    return ObjectSpec(name, name, "keras.optimizers.schedules", text, params)


SCHEDULES: Final = table(
    _schedule("ExponentialDecay", "Falls by the same factor again and again.", _INITIAL,
              _DECAY_STEPS, _decay_rate(), _STAIRCASE),
    _schedule("CosineDecay", "Falls along half a wave, gently at both ends.", _INITIAL,
              _DECAY_STEPS,
              rate("alpha", 0.0, "The lowest rate, as a share of the start."),
              number("warmup_target", None, "Rises to this rate first.", minimum=0.0, more=True),
              integer("warmup_steps", 0, "Steps of that rise.", minimum=0, more=True)),
    _schedule("CosineDecayRestarts", "Falls along half a wave and starts again.", _INITIAL,
              integer("first_decay_steps", REQUIRED, "Steps of the first wave.", start=1000),
              number("t_mul", 2.0, "How much longer each wave is.", minimum=0.0),
              number("m_mul", 1.0, "How much lower each wave starts.", minimum=0.0),
              rate("alpha", 0.0, "The lowest rate, as a share of the start.")),
    _schedule("PiecewiseConstantDecay", "A list of rates, each for a stretch of steps.",
              numbers("boundaries", REQUIRED, "Steps at which the rate changes.",
                      start=(1000, 2000), minimum=0),
              numbers("values", REQUIRED, "The rates: one more than boundaries.",
                      start=(0.001, 0.0005, 0.0001), minimum=0.0)),
    _schedule("PolynomialDecay", "Falls to an end rate along a straight line or a curve.",
              _INITIAL, _DECAY_STEPS,
              number("end_learning_rate", 0.0001, "The rate at the end.", minimum=0.0),
              number("power", 1.0, "1 is a straight line, more bends it.", minimum=0.0),
              flag("cycle", False, "Starts again after the end.", more=True)),
    _schedule("InverseTimeDecay", "Falls as one over the number of steps.", _INITIAL,
              _DECAY_STEPS, _decay_rate(), _STAIRCASE),
)  # fmt: skip
