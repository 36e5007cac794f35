"""What is wrong with a value, in words; nothing here needs Keras."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, LayerSpec, ObjectSpec, Param
from netbuilder.core.catalog.training.schedules import argument_mismatch
from netbuilder.core.catalog.training.training_index import (
    ACTIVATIONS,
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)


def problem_with(param: Param, value: Any) -> str | None:
    """A sentence that says what is wrong with ``value`` for ``param``, or None.

    Strict as a project file is: ``True`` is no number, ``3.0`` is no whole number, words are
    words. A tuple counts as a list. Objects and wrapped layers are looked into.
    """
    if value is None:
        if param.optional:
            return None
        return f"{param.name} is empty, but it needs {_WANTED[param.kind]}."
    return _CHECKS[param.kind](param, value)


def problems_with(spec: LayerSpec | ObjectSpec, params: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the arguments of one layer or object: parameter name → sentence.

    Names that ``spec`` does not have, values that do not fit, required ones that are absent.
    """
    found: dict[str, str] = {}
    for name, value in params.items():
        problem = unknown_param(spec, name) or problem_with(spec.by_name[name], value)
        if problem:
            found[name] = problem
    for row in spec.params:
        if row.required and row.name not in params:
            found[row.name] = f"{spec.name} needs {row.name}: {_WANTED[row.kind]}."
    return found


def unknown_param(spec: LayerSpec | ObjectSpec, name: str) -> str | None:
    """A sentence when ``spec`` has no parameter ``name``, with the likeliest one, or None."""
    if name in spec.by_name:
        return None
    return f"{spec.name} has no parameter {name!r}.{_did_you_mean(name, spec.by_name)}"


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    words = {word.lower(): word for word in known}
    near = difflib.get_close_matches(name.lower(), words, n=1, cutoff=0.6)
    return f" Did you mean {words[near[0]]!r}?" if near else ""


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _wrong(param: Param, value: Any) -> str:
    return f"{param.name} must be {_WANTED[param.kind]}, and not {_shown(value)}."


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _range_problem(param: Param, value: float) -> str | None:
    low, high = param.minimum, param.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    if low is not None and high is not None:
        wanted = f"between {low:g} and {high:g}"
    elif low is not None:
        wanted = f"at least {low:g}"
    else:
        wanted = f"at most {high:g}"
    return f"{param.name} must be {wanted}, and not {_shown(value)}."


def _int(param: Param, value: Any) -> str | None:
    return _range_problem(param, value) if _is_int(value) else _wrong(param, value)


def _float(param: Param, value: Any) -> str | None:
    if param.schedule and isinstance(value, Mapping):
        found = _object(param, value, SCHEDULES, "learning-rate schedule")
        name = canonical(SCHEDULES, str(value.get("name", "")))
        return found or argument_mismatch(name or "", value.get("params", {}))
    return _range_problem(param, value) if _is_number(value) else _wrong(param, value)


def _bool(param: Param, value: Any) -> str | None:
    return None if isinstance(value, bool) else _wrong(param, value)


def _choice(param: Param, value: Any) -> str | None:
    if isinstance(value, str) and value in param.choices:
        return None
    hint = _did_you_mean(value, param.choices) if isinstance(value, str) else ""
    return f"{param.name} must be one of {', '.join(param.choices)}, and not {_shown(value)}.{hint}"


def _text(param: Param, value: Any) -> str | None:
    return None if isinstance(value, str) else _wrong(param, value)


def _file(param: Param, value: Any) -> str | None:
    if not isinstance(value, str):
        return _wrong(param, value)
    return None if value.strip() else f"{param.name} needs the name of a file."


def _size(param: Param, value: Any) -> str | None:
    if _is_int(value):
        return _range_problem(param, value)
    if not _is_list(value):
        return _wrong(param, value)
    if param.pairs and param.size == 1 and len(value) == 2 and all(map(_is_int, value)):
        value = [value]
    if len(value) != param.size:
        return f"{param.name} needs {_count(param.size)}, and not {_shown(value)}."
    for item in value:
        if param.pairs and _is_list(item) and len(item) == 2 and all(map(_is_int, item)):
            found = _range_problem(param, item[0]) or _range_problem(param, item[1])
        else:
            found = _int(param, item)
        if found:
            return found
    return None


def _count(axes: int) -> str:
    return "one whole number" if axes == 1 else f"one whole number or {axes} of them"


def _shape(param: Param, value: Any) -> str | None:
    if not _is_list(value):
        return _wrong(param, value)
    smallest = 1 if param.minimum is None else param.minimum
    for item in value:
        if item is None:
            continue
        if not _is_int(item):
            return f"{param.name} must hold whole numbers, and not {_shown(item)}."
        if item < smallest or item == 0:
            return f"{param.name} holds {item}, but the size of an axis is at least 1."
    if list(value).count(-1) > 1:
        return f"{param.name} may hold -1 only once, and not {_shown(value)}."
    return None


def _each(
    param: Param, value: Any, test: Callable[[Any], bool]
) -> str | None:  # fmt: skip
    for item in value if _is_list(value) else [value]:
        if not test(item):
            return _wrong(param, value)
        found = _range_problem(param, item)
        if found:
            return found
    if _is_list(value):
        if not value:
            return f"{param.name} is an empty list, but it needs {_WANTED[param.kind]}."
        if param.length and len(value) != param.length:
            return f"{param.name} needs {param.length} numbers, and not {len(value)}."
    elif param.listed and value != param.default:
        return f"{param.name} needs {param.length} numbers in a list, and not {_shown(value)}."
    return None


def _floats(param: Param, value: Any) -> str | None:
    return _each(param, value, _is_number)


def _ints(param: Param, value: Any) -> str | None:
    return _each(param, value, _is_int)


def _strings(param: Param, value: Any) -> str | None:
    if _is_list(value) and all(isinstance(item, str) for item in value):
        return None
    return _wrong(param, value)


def _activation(param: Param, value: Any) -> str | None:
    if not isinstance(value, str):
        return _wrong(param, value)
    if value in ACTIVATIONS:
        return None
    return f"{param.name}: there is no function {value!r}.{_did_you_mean(value, ACTIVATIONS)}"


def _object(
    param: Param, value: Any, table: Mapping[str, ObjectSpec], what: str
) -> str | None:  # fmt: skip
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        return _wrong(param, value)
    name, params = value.get("name"), value.get("params", {})
    if not isinstance(name, str) or not isinstance(params, Mapping):
        return _wrong(param, value)
    stray = _stray_key(param, value, "name")
    if stray:
        return stray
    known = canonical(table, name)
    if known is None:
        return f"{param.name}: there is no {what} {name!r}.{_did_you_mean(name, table)}"
    if param.choices and known not in param.choices:
        return f"{param.name} must be one of {', '.join(param.choices)}, and not {known}."
    return _params_problem(param.name, table[known], params)


def _stray_key(param: Param, value: Mapping[str, Any], name_key: str) -> str | None:
    stray = sorted(str(key) for key in value if key not in (name_key, "params"))
    if not stray:
        return None
    return f"{param.name} holds {stray[0]!r}; only {name_key} and params belong there."


def _params_problem(
    where: str, spec: LayerSpec | ObjectSpec, params: Mapping[str, Any]
) -> str | None:
    found = problems_with(spec, params)
    return f"{where}: {next(iter(found.values()))}" if found else None


def _initializer(param: Param, value: Any) -> str | None:
    return _object(param, value, INITIALIZERS, "initializer")


def _regularizer(param: Param, value: Any) -> str | None:
    return _object(param, value, REGULARIZERS, "regularizer")


def _constraint(param: Param, value: Any) -> str | None:
    return _object(param, value, CONSTRAINTS, "constraint")


def _layer(param: Param, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return _wrong(param, value)
    name, params = value.get("layer"), value.get("params", {})
    if not isinstance(name, str) or not isinstance(params, Mapping):
        return _wrong(param, value)
    stray = _stray_key(param, value, "layer")
    if stray:
        return stray
    if name not in LAYERS:
        return f"{param.name}: there is no layer {name!r}.{_did_you_mean(name, LAYERS)}"
    spec = LAYERS[name]
    if param.choices and name not in param.choices:
        return f"{param.name} must be one of {', '.join(param.choices)}, and not {name}."
    if spec.min_inputs != 1 or spec.ports or spec.module != "keras.layers":
        return f"{param.name}: {name} cannot be wrapped. Choose a layer with one input."
    return _params_problem(param.name, spec, params)


_CHECKS: Final[Mapping[Kind, Callable[[Param, Any], str | None]]] = MappingProxyType(
    {
        Kind.INT: _int,
        Kind.FLOAT: _float,
        Kind.BOOL: _bool,
        Kind.CHOICE: _choice,
        Kind.TEXT: _text,
        Kind.SIZE: _size,
        Kind.SHAPE: _shape,
        Kind.FLOATS: _floats,
        Kind.INTS: _ints,
        Kind.ACTIVATION: _activation,
        Kind.INITIALIZER: _initializer,
        Kind.REGULARIZER: _regularizer,
        Kind.CONSTRAINT: _constraint,
        Kind.LAYER: _layer,
        Kind.STRINGS: _strings,
        Kind.FILE: _file,
    }
)

_WANTED: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.INT: "a whole number",
        Kind.FLOAT: "a number",
        Kind.BOOL: "true or false",
        Kind.CHOICE: "one of its choices",
        Kind.TEXT: "text",
        Kind.SIZE: "a whole number, or one for each axis",
        Kind.SHAPE: "a list of whole numbers",
        Kind.FLOATS: "a number or a list of numbers",
        Kind.INTS: "a whole number or a list of them",
        Kind.ACTIVATION: "the name of an activation",
        Kind.INITIALIZER: "an initializer",
        Kind.REGULARIZER: "a regularizer",
        Kind.CONSTRAINT: "a constraint",
        Kind.LAYER: "a layer",
        Kind.STRINGS: "a list of words",
        Kind.FILE: "the name of a file",
    }
)
