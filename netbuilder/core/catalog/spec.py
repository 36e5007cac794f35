"""What a row of the catalog is: a frozen description of something Keras offers.

Palette, inspector forms, search, code export, file checks and documentation are generated
from rows, so nothing about a layer is written down anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number, join_sentences


class Kind(StrEnum):
    """What a parameter holds, and so which editor shows it.

    Values as they stand in a project file: numbers, strings, booleans and lists as in JSON;
    ``None`` only where ``Param.optional``. The object kinds (``INITIALIZER``, ``REGULARIZER``,
    ``CONSTRAINT``) hold a name (``"HeNormal"``) or ``{"name": "L2", "params": {"l2": 0.01}}``.
    """

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    CHOICE = "choice"  # one of Param.choices
    TEXT = "text"
    SIZE = "size"  # an int, or one int an axis: kernel_size, strides, pool_size, padding
    SHAPE = "shape"  # a list of ints (None allowed where Keras allows it): Reshape, Input
    FLOATS = "floats"  # a number or a list of numbers: Rescaling.scale, factor ranges
    INTS = "ints"  # an int or a list of ints: axis, dims, axes
    ACTIVATION = "activation"
    INITIALIZER = "initializer"
    REGULARIZER = "regularizer"
    CONSTRAINT = "constraint"
    LAYER = "layer"  # {"layer": "LSTM", "params": {...}}: what Bidirectional wraps
    STRINGS = "strings"  # a list of words: a vocabulary
    FILE = "file"  # path of a file, relative to the project file: pretrained weights


@dataclass(frozen=True)
class Param:
    """One constructor argument.

    ``default`` is Keras's own default; a required argument has ``required=True`` and a
    teaching value in ``start`` with which a new node begins. ``more`` folds it away under
    "More". ``size`` is the number of axes of a ``SIZE``. A ``SIZE`` with ``pairs`` also takes
    ``[before, after]`` for each axis (cropping, zero padding). A ``FLOAT`` with ``schedule``
    also takes ``{"name": "ExponentialDecay", "params": {...}}`` out of ``SCHEDULES``. A list
    of ``FLOATS`` or ``INTS`` has exactly ``length`` items where that is not 0; with ``listed`` a
    single number (other than the default) will not do. With ``slide`` people try values between
    ``minimum`` and ``maximum`` by a slider; with ``ends`` the slider goes from one to the other,
    and values beyond may still be typed. ``whole``: it goes by whole numbers, though others may
    be typed. A ``TEXT`` with ``slide`` is a date, its ``ends`` in days since 1970-01-01. ``unit``
    is what its numbers count ("kg"). Keras takes one with ``call`` where the layer is called,
    ``layer(x, use_causal_mask=True)``, and not where it is made.
    """

    name: str
    kind: Kind
    # Values may be lists or dicts, which have no hash: the name and the rest are enough for one.
    default: Any = field(default=None, hash=False)
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    required: bool = False
    start: Any = field(default=None, hash=False)
    more: bool = False
    size: int = 0
    pairs: bool = False
    length: int = 0
    listed: bool = False
    schedule: bool = False
    slide: bool = False
    ends: tuple[float, float] | None = None
    whole: bool = False
    unit: str = ""
    call: bool = False

    @property
    def explanation(self) -> str:
        """``help`` in the chosen language."""
        return _(self.help) if self.help else ""


class Category(StrEnum):
    """Where a layer stands in the palette, and its colour."""

    INPUT = N_("Start")
    CORE = N_("Core")
    CONVOLUTION = N_("Convolution and pooling")
    RECURRENT = N_("Recurrent")
    REGULARIZE = N_("Regularise and normalise")
    MERGE = N_("Merge and attention")
    SHAPE = N_("Shape")
    PREPROCESS = N_("Preprocess and augment")
    PRETRAINED = N_("Pretrained")


@dataclass(frozen=True)
class LayerSpec:
    """One layer of Keras.

    ``name`` is the class name in ``module``: "keras.layers", or of a pretrained model
    "keras.applications" or a module of ours.
    ``telling`` names the parameters that tell two nodes of this layer apart; they stand on the
    node. ``min_inputs``/``max_inputs`` count incoming edges (``max_inputs=None``: any number).
    ``ranks`` are the ranks of the input, batch axis included, that it accepts; empty: any.
    ``teaching`` layers stand in the palette, the others are found by search.
    ``ports`` names the inputs in their order, where they differ ("query", "value", "key"); a
    single wire into a layer with ports feeds the first two (self-attention). With
    ``separate_inputs`` Keras takes them as arguments, ``layer(query, value)``, else as a list.

    Facts that rules, drawing and reports go by: ``noise`` disturbs values at random while
    training; ``training_only`` hands its input on unchanged when the network answers;
    ``arranges`` puts the same numbers in another order or shape; ``keeps_units`` can stand
    behind the layer that makes an output's numbers without changing how many there are;
    ``activation`` is the function that the layer stands for; ``any_order``: the order of its
    inputs means nothing; ``scales`` brings values of any size to one that weights can learn from;
    ``augments`` changes pictures at random while training. A pretrained model has
    ``million_weights`` and takes pictures from ``smallest_picture`` pixels each way.
    """

    name: str
    category: Category
    help: str
    params: tuple[Param, ...] = ()
    telling: tuple[str, ...] = ()
    min_inputs: int = 1
    max_inputs: int | None = 1
    ranks: tuple[int, ...] = ()
    teaching: bool = False
    keywords: tuple[str, ...] = ()
    module: str = "keras.layers"
    ports: tuple[str, ...] = ()
    separate_inputs: bool = False
    noise: bool = False
    training_only: bool = False
    arranges: bool = False
    keeps_units: bool = False
    activation: str | None = None
    any_order: bool = False
    scales: bool = False
    augments: bool = False
    million_weights: float = 0
    smallest_picture: int = 0
    by_name: Mapping[str, Param] = field(init=False, repr=False, compare=False)

    @property
    def is_backbone(self) -> bool:
        """Whether the layer is a whole pretrained network."""
        return self.category is Category.PRETRAINED

    @property
    def explanation(self) -> str:
        """``help`` in the chosen language."""
        words = _(self.help) if self.help else ""
        if not self.smallest_picture:
            return words
        size = _(
            "{count} million weights. Pictures of at least {size}×{size} pixels, in colour for "
            "pretrained weights.",
            count=format_number(self.million_weights, "g"),
            size=self.smallest_picture,
        )
        return join_sentences((words, size))

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name: p for p in self.params})

    def start_params(self) -> dict[str, Any]:
        """The parameters with which a new node begins: required ones and teaching values."""
        return {p.name: _as_json(p.start) for p in self.params if p.start is not None}

    def call_params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of ``params`` that Keras takes where the layer is called."""
        return {p.name: params[p.name] for p in self.params if p.call and params.get(p.name)}


def _as_json(value: Any) -> Any:
    """A copy in which tuples are lists, as in a project file."""
    if isinstance(value, tuple | list):
        return [_as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class ObjectSpec:
    """A loss, optimizer, metric, initializer, regularizer, constraint or callback.

    ``name`` is what project files say; ``keras_class`` the class that it stands for, in
    ``module``. ``tasks`` says for which targets it fits: "regression", "binary", "classes"
    (sparse labels), "one_hot"; empty: any.
    """

    name: str
    keras_class: str
    module: str
    help: str
    params: tuple[Param, ...] = ()
    tasks: tuple[str, ...] = ()
    title: str = ""
    by_name: Mapping[str, Param] = field(init=False, repr=False, compare=False)

    @property
    def explanation(self) -> str:
        """``help`` in the chosen language."""
        return _(self.help) if self.help else ""

    @property
    def display_title(self) -> str:
        """``title`` in the chosen language, else the name."""
        return _(self.title) if self.title else self.name

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name: p for p in self.params})

    def start_params(self) -> dict[str, Any]:
        """The parameters with which a new choice begins: required ones and teaching values."""
        return {p.name: _as_json(p.start) for p in self.params if p.start is not None}


#: Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind eyes.
CATEGORY_COLORS: dict[Category, str] = {
    Category.INPUT: "#56B4E9",
    Category.CORE: "#0072B2",
    Category.CONVOLUTION: "#E69F00",
    Category.RECURRENT: "#009E73",
    Category.REGULARIZE: "#CC79A7",
    Category.MERGE: "#D55E00",
    Category.SHAPE: "#8A93A3",
    Category.PREPROCESS: "#B3A400",
    Category.PRETRAINED: "#6F4FA8",
}
