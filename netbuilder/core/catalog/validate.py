"""Validates values, with messages in words; nothing here needs Keras."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
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
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import did_you_mean, format_number, join_sentences, join_values


def problem_with(param: Param, value: Any) -> str | None:
    """Return a sentence that says what is wrong with ``value`` for ``param``, or None.

    Strict as in JSON: ``True`` is no number, ``3.0`` no whole number; a tuple counts as a list.
    """
    if value is None:
        if param.optional:
            return None
        return _(_MISMATCH[param.kind], name=param.name, value=_("empty"))
    return _CHECKS[param.kind](param, value)


def problems_with(spec: LayerSpec | ObjectSpec, params: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with the arguments of a layer or object: parameter name → sentence."""
    problems: dict[str, str] = {}
    for name, value in params.items():
        problem = unknown_param(spec, name) or problem_with(spec.by_name[name], value)
        if problem:
            problems[name] = problem
    for row in spec.params:
        if row.required and row.name not in params:
            problems[row.name] = _(
                "{layer} needs a value for {name}.", layer=spec.name, name=row.name
            )
    return problems


def unknown_param(spec: LayerSpec | ObjectSpec, name: str) -> str | None:
    """Return a sentence with the likeliest name if ``spec`` has no parameter ``name``, or None."""
    if name in spec.by_name:
        return None
    return _with_hint(
        _("{layer} has no parameter '{name}'.", layer=spec.name, name=name), name, spec.by_name
    )


def _with_hint(problem: str, name: str, known: Iterable[str]) -> str:
    return join_sentences((problem, did_you_mean(name, list(known))))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _wrong(param: Param, value: Any) -> str:
    return _(_MISMATCH[param.kind], name=param.name, value=_shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("true") if value else _("false")
    text = repr(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def _typed(test: Callable[[Any], bool]) -> Callable[[Param, Any], str | None]:
    return lambda param, value: None if test(value) else _wrong(param, value)


def _range_problem(param: Param, value: float) -> str | None:
    low, high = param.minimum, param.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    limits = {
        "name": param.name,
        "value": _shown(value),
        "low": "" if low is None else format_number(low, "g"),
        "high": "" if high is None else format_number(high, "g"),
    }
    if high is None:
        return _("{name} must be at least {low}, not {value}.", **limits)
    if low is None:
        return _("{name} must be at most {high}, not {value}.", **limits)
    return _("{name} must be between {low} and {high}, not {value}.", **limits)


def _int(param: Param, value: Any) -> str | None:
    return _range_problem(param, value) if _is_int(value) else _wrong(param, value)


def _float(param: Param, value: Any) -> str | None:
    if param.schedule and isinstance(value, Mapping):
        problem = _object(
            param, value, SCHEDULES, N_("{name}: there is no learning-rate schedule '{value}'.")
        )
        name = canonical(SCHEDULES, str(value.get("name", "")))
        return problem or argument_mismatch(name or "", value.get("params", {}))
    return _range_problem(param, value) if _is_number(value) else _wrong(param, value)


def _choice(param: Param, value: Any) -> str | None:
    if isinstance(value, str) and value in param.choices:
        return None
    problem = _not_offered(param, _shown(value))
    return _with_hint(problem, value, param.choices) if isinstance(value, str) else problem


def _not_offered(param: Param, value: str) -> str:
    choices = join_values(param.choices)
    return _(
        "{name} must be one of {choices}, not {value}.",
        name=param.name, choices=choices, value=value,
    )  # fmt: skip


def _file(param: Param, value: Any) -> str | None:
    if not isinstance(value, str):
        return _wrong(param, value)
    return None if value.strip() else _("{name} needs the name of a file.", name=param.name)


def _size(param: Param, value: Any) -> str | None:
    if _is_int(value):
        return _range_problem(param, value)
    if not _is_list(value):
        return _wrong(param, value)
    if param.pairs and param.size == 1 and len(value) == 2 and all(map(_is_int, value)):
        value = [value]
    if len(value) != param.size:
        if param.size == 1:
            return _(_MISMATCH[Kind.INT], name=param.name, value=_shown(value))
        return _(
            "{name} must be one whole number or {count} of them, not {value}.",
            name=param.name, count=param.size, value=_shown(value),
        )  # fmt: skip
    for item in value:
        if param.pairs and _is_list(item) and len(item) == 2 and all(map(_is_int, item)):
            problem = _range_problem(param, item[0]) or _range_problem(param, item[1])
        else:
            problem = _int(param, item)
        if problem:
            return problem
    return None


def _shape(param: Param, value: Any) -> str | None:
    if not _is_list(value):
        return _wrong(param, value)
    smallest = 1 if param.minimum is None else param.minimum
    for item in value:
        if item is None:
            continue
        if not _is_int(item):
            return _(
                "{name} must contain whole numbers, not {value}.",
                name=param.name, value=_shown(item),
            )  # fmt: skip
        if item < smallest or item == 0:
            return _(
                "{name} contains {value}, but the size of an axis must be at least 1.",
                name=param.name, value=item,
            )  # fmt: skip
    if list(value).count(-1) > 1:
        return _(
            "{name} may contain -1 only once, not {value}.", name=param.name, value=_shown(value)
        )
    return None


def _each(
    param: Param, value: Any, test: Callable[[Any], bool]
) -> str | None:  # fmt: skip
    for item in value if _is_list(value) else [value]:
        if not test(item):
            return _wrong(param, value)
        problem = _range_problem(param, item)
        if problem:
            return problem
    if _is_list(value):
        if not value:
            return _("{name} is an empty list. Add at least one number.", name=param.name)
        if param.length and len(value) != param.length:
            return _(
                "{name} must contain {count} numbers, not {value}.",
                name=param.name, count=param.length, value=len(value),
            )  # fmt: skip
    elif param.listed and value != param.default:
        return _(
            "{name} must be a list of {count} numbers, not {value}.",
            name=param.name, count=param.length, value=_shown(value),
        )  # fmt: skip
    return None


def _activation(param: Param, value: Any) -> str | None:
    if not isinstance(value, str):
        return _wrong(param, value)
    if value in ACTIVATIONS:
        return None
    problem = _("{name}: there is no activation function '{value}'.", name=param.name, value=value)
    return _with_hint(problem, value, ACTIVATIONS)


def _object(
    param: Param, value: Any, table: Mapping[str, ObjectSpec], unknown: str
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
        return _with_hint(_(unknown, name=param.name, value=name), name, table)
    if param.choices and known not in param.choices:
        return _not_offered(param, known)
    return _params_problem(param.name, table[known], params)


def _stray_key(param: Param, value: Mapping[str, Any], name_key: str) -> str | None:
    stray = sorted(str(key) for key in value if key not in (name_key, "params"))
    if not stray:
        return None
    return _(
        "{name} contains '{stray}'. It may contain only '{key}' and 'params'.",
        name=param.name, stray=stray[0], key=name_key,
    )  # fmt: skip


def _params_problem(
    where: str, spec: LayerSpec | ObjectSpec, params: Mapping[str, Any]
) -> str | None:
    problems = problems_with(spec, params)
    return f"{where}: {next(iter(problems.values()))}" if problems else None


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
        problem = _("{name}: there is no layer '{value}'.", name=param.name, value=name)
        return _with_hint(problem, name, LAYERS)
    spec = LAYERS[name]
    if param.choices and name not in param.choices:
        return _not_offered(param, name)
    if spec.min_inputs != 1 or spec.ports or spec.module != "keras.layers":
        return _(
            "{name}: {layer} cannot be wrapped. Choose a layer with one input.",
            name=param.name, layer=name,
        )  # fmt: skip
    return _params_problem(param.name, spec, params)


_CHECKS: Final[Mapping[Kind, Callable[[Param, Any], str | None]]] = MappingProxyType(
    {
        Kind.INT: _int,
        Kind.FLOAT: _float,
        Kind.BOOL: _typed(lambda value: isinstance(value, bool)),
        Kind.CHOICE: _choice,
        Kind.TEXT: _typed(lambda value: isinstance(value, str)),
        Kind.SIZE: _size,
        Kind.SHAPE: _shape,
        Kind.FLOATS: partial(_each, test=_is_number),
        Kind.INTS: partial(_each, test=_is_int),
        Kind.ACTIVATION: _activation,
        Kind.INITIALIZER: partial(
            _object, table=INITIALIZERS, unknown=N_("{name}: there is no initializer '{value}'.")
        ),
        Kind.REGULARIZER: partial(
            _object, table=REGULARIZERS, unknown=N_("{name}: there is no regularizer '{value}'.")
        ),
        Kind.CONSTRAINT: partial(
            _object, table=CONSTRAINTS, unknown=N_("{name}: there is no constraint '{value}'.")
        ),
        Kind.LAYER: _layer,
        Kind.STRINGS: _typed(
            lambda value: _is_list(value) and all(isinstance(v, str) for v in value)
        ),
        Kind.FILE: _file,
    }
)

_MISMATCH: Final[Mapping[str, str]] = resource_json("texts.json")["parameter_kinds"]
