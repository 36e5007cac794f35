"""Frozen descriptions of what Keras offers; palette, forms, search and export follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number, join_sentences


class Kind(StrEnum):
    """What a parameter holds, and so which editor shows it.

    Values are as in JSON; ``None`` only where ``Param.optional``. The object kinds
    (``INITIALIZER``, ``REGULARIZER``, ``CONSTRAINT``) hold a name (``"HeNormal"``) or
    ``{"name": "L2", "params": {"l2": 0.01}}``.
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

    ``default`` is Keras's; with ``required`` a new node begins with ``start``. ``more`` folds it
    away under "More". A ``SIZE`` has ``size`` axes; with ``pairs`` each also takes ``[before,
    after]``. A ``FLOAT`` with ``schedule`` also takes ``{"name": "ExponentialDecay", "params":
    {...}}`` out of ``SCHEDULES``. A list has ``length`` items (0: any); ``listed`` refuses a single
    number. ``slide`` shows a slider from ``minimum`` to ``maximum``, or over ``ends``, beyond
    which values may be typed; by whole numbers if ``whole``. A ``TEXT`` with ``slide`` is a
    date, its ``ends`` in days since 1970-01-01. ``unit`` is what its numbers count ("kg"). A
    ``FILE`` with ``folders`` may also be a folder. ``call`` arguments are passed when the layer
    is called, not when it is made.
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
    folders: bool = False
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
    "keras.applications" or a module of ours. ``telling`` parameters are shown on the node.
    ``min_inputs``/``max_inputs`` count incoming edges (``max_inputs=None``: any number).
    ``ranks`` are those of the input that it accepts, batch axis included; empty: any.
    ``teaching`` layers stand in the palette, the others are found by search.
    ``ports`` names the inputs in their order, where they differ ("query", "value", "key"); a
    single wire into a layer with ports feeds the first two (self-attention). With
    ``separate_inputs`` Keras takes them as arguments, ``layer(query, value)``, else as a list.

    ``noise`` disturbs values at random in training; ``training_only`` is the identity at inference;
    ``arranges`` reorders or reshapes the same numbers; ``keeps_units`` can stand behind an output's
    layer without changing the number of values; ``activation`` is the function that the layer
    stands for; ``any_order``: inputs commute; ``scales`` normalizes values; ``augments`` changes
    pictures at random in training. A pretrained model has ``million_weights`` and takes pictures
    from ``smallest_picture`` pixels each way.
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
    def own_module(self) -> str:
        """The module that a script imports the layer from, "" for Keras's layers."""
        keras = self.module.startswith("keras.")
        return "" if keras else self.module.removeprefix("netbuilder.core.engine.networks.")

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
        """Return the parameters of a new node: required ones and teaching values."""
        return {p.name: _as_json(p.start) for p in self.params if p.start is not None}

    def call_params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of ``params`` that Keras takes where the layer is called."""
        return {p.name: params[p.name] for p in self.params if p.call and params.get(p.name)}


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _as_json(item) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class ObjectSpec:
    """A loss, optimizer, metric, initializer, regularizer, constraint or callback.

    ``name`` is what project files say, for ``keras_class`` in ``module``. ``tasks`` are those it
    fits: "regression", "binary", "classes" (sparse labels), "one_hot"; empty: any.
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
        """Return the parameters of a new choice: required ones and teaching values."""
        return {p.name: _as_json(p.start) for p in self.params if p.start is not None}


#: Okabe and Ito, "Color Universal Design" (2008): told apart by colour-blind eyes.
CATEGORY_COLORS: dict[Category, str] = {
    Category[name.upper()]: color
    for name, color in resource_json("tables.json")["category_colors"].items()
}
