"""All layers of the catalog by name, and the search over them.

Left out of ``keras.layers``:

- second names of the same class (``Convolution2D``, ``MaxPool2D``), which search finds, and
  ``InputLayer``, which is the row ``Input``;
- cells (``LSTMCell``, ...) and ``RNN``, parts of LSTM, GRU and SimpleRNN;
- ``Lambda``, and TFSMLayer, JaxLayer, FlaxLayer and TorchModuleWrapper: they hold code,
  which a file that somebody hands in must never run;
- ``Layer``, ``Wrapper``, ``InputSpec`` and ``Pipeline``: base classes and helpers;
- ``MixUp``, ``CutMix``: they mix labels, which a layer in the graph does not see;
- ``Equalization``: ``compute_output_spec`` of Keras 3.15.1 returns ``inputs``, a cycle;
- ``RandomCrop``: after training Keras 3.15.1 no longer crops, so the shape differs;
- ``MaxNumBoundingBoxes``: the data has no bounding boxes.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from netbuilder.core.catalog.catalog_file import layer_specs
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param
from netbuilder.core.error_texts import user_error
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras


_ROWS: Final[dict[str, LayerSpec]] = {spec.name: spec for spec in layer_specs()}
LAYERS: Final[Mapping[str, LayerSpec]] = MappingProxyType(_ROWS)
"""Every layer by its Keras class name, in the order of the palette."""

_REGISTERED: Final[set[str]] = set()


#: Other names of layers in files, where no rule leads to the row's.
SECOND_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"InputLayer": "Input", "GroupedQueryAttention": "GroupQueryAttention"}
)


def canonical_layer(name: str) -> str | None:
    """Return the name in ``LAYERS`` of what Keras also calls ``name``, or None.

    Files hold second names: ``InputLayer``, ``Convolution2D``, ``GroupedQueryAttention``.
    """
    if name in LAYERS:
        return name
    plain = name.replace("Convolution", "Conv")
    plain = re.sub(r"^(Global|Adaptive)?Avg", r"\1Average", plain)
    plain = re.sub(r"Pool(?=\dD$)", "Pooling", plain)
    plain = SECOND_NAMES.get(plain, plain)
    return plain if plain in LAYERS else None


#: The row, without facts, of layers that are not in the catalog.
_UNKNOWN: Final = LayerSpec("", Category.CORE, "")


def add(spec: LayerSpec) -> None:
    """Add the row of a layer that Python code of this session registered."""
    _ROWS[spec.name] = spec
    _REGISTERED.add(spec.name)


def catalog_rows() -> list[LayerSpec]:
    """Return the rows of the program, without those that this session registered."""
    return [spec for name, spec in LAYERS.items() if name not in _REGISTERED]


def spec_of(layer: str) -> LayerSpec:
    """Return the row of a layer; one without facts where the catalog does not have it."""
    return LAYERS.get(layer, _UNKNOWN)


def search_layers(text: str) -> list[LayerSpec]:
    """Return the layers that fit ``text``, best first; all of them for an empty text.

    Each word must be in the name, keywords, category or help, in this order of rank; teaching
    layers come first among equals. If nothing fits, similar spellings do ("dropot").
    """
    words = text.lower().split()
    scored = []
    for place, spec in enumerate(LAYERS.values()):
        scores = [_score(spec, word) for word in words]
        known = [score for score in scores if score is not None]
        if len(known) == len(scores):
            scored.append((sum(known), not spec.teaching, place, spec))
    if not scored:
        return _spelled_like("".join(words))
    return [entry[-1] for entry in sorted(scored, key=lambda entry: entry[:3])]


def _score(spec: LayerSpec, word: str) -> int | None:
    """Return the distance of ``word`` from the layer: 0 is its name, None no match."""
    name = spec.name.lower()
    keywords = [keyword.lower() for keyword in spec.keywords]
    capitals = "".join(letter for letter in spec.name if letter.isupper() or letter.isdigit())
    tests = (
        name == word,
        name.startswith(word),
        len(word) > 1 and capitals.lower().startswith(word),
        word in name,
        any(keyword.startswith(word) for keyword in keywords),
        any(word in keyword for keyword in keywords),
        word in f"{spec.category} {_(spec.category)}".lower(),
        len(word) > 2 and word in f"{spec.help} {spec.explanation}".lower(),
    )
    return next((place for place, test in enumerate(tests) if test), None)


def _spelled_like(text: str) -> list[LayerSpec]:
    known: dict[str, list[LayerSpec]] = {}
    for spec in LAYERS.values():
        for word in (spec.name, *spec.keywords):
            known.setdefault(word.lower(), []).append(spec)
    near = difflib.get_close_matches(text, known, n=6, cutoff=0.7)
    return list(dict.fromkeys(spec for word in near for spec in known[word]))


#: Of a constructor argument of a registered layer.
_KINDS: dict[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT}


def register(layer: type[keras.Layer]) -> LayerSpec:
    """Add a row for a layer class, made from its constructor; it replaces an earlier one.

    Raise UserError if it is no layer class, has the name of one of Keras, or cannot be imported.
    """
    bases = getattr(layer, "__mro__", ())
    if not any(base.__name__ == "Layer" and base.__module__.startswith("keras.") for base in bases):
        raise user_error("not_a_layer_class", name=getattr(layer, "__name__", layer))
    name = layer.__name__
    known = LAYERS.get(name)
    if known is not None and known.module.startswith("keras."):
        raise user_error("layer_name_taken", name=name)
    if "<locals>" in layer.__qualname__:
        raise user_error("layer_class_local", name=name)
    params = tuple(
        param
        for argument in list(inspect.signature(layer.__init__).parameters.values())[1:]
        if (param := _param(argument)) is not None
    )
    doc = (inspect.getdoc(layer) or "").partition("\n")[0]
    spec = LayerSpec(
        name, Category.CORE, doc or name, params, telling=tuple(p.name for p in params[:2]),
        module=layer.__module__,
    )  # fmt: skip
    add(spec)
    return spec


def _param(argument: inspect.Parameter) -> Param | None:
    if argument.kind not in {argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY}:
        return None
    name, default = argument.name, argument.default
    kind = _KINDS.get(type(default))
    if default is argument.empty:
        kind = next(
            (k for t, k in _KINDS.items() if argument.annotation in (t, t.__name__)), Kind.INT
        )
        starts: dict[Kind, Any] = {Kind.FLOAT: 1.0, Kind.TEXT: "", Kind.BOOL: False}
        return Param(name, kind, None, name, required=True, start=starts.get(kind, 1))
    return None if kind is None else Param(name, kind, default, name)
