"""NetBuilder's data in a model file.

In a ``.h5``, each part is an attribute ("netbuilder_project", …) with JSON as text of variable
length, which HDF5 stores outside of the object header and its limit of 64 KiB. In a ``.keras``,
all are one entry, ``netbuilder.json``.

Version 1: ``project`` (as in a project file), ``preprocessing`` (``Preprocessing.to_json``),
``names`` (``classes``, ``columns``, ``targets``), ``history`` ({name: [a number per epoch]}; very
long runs have some epochs only, numbered under "epoch"; null for NaN), ``facts``, ``test``
({metric: number}), ``run`` (``version``, ``seconds``, ``steps_per_second``, ``epochs``,
``best_epoch``, ``kept_epoch``, ``step`` and ``changed_by_hand``, by which a run is reproducible or
not, ``netbuilder``), ``novelty`` (``NoveltyReference.to_json`` or null), and in a ``.keras`` whose
model takes words or images ``takes`` and ``takes_in_words``.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from netbuilder import __version__
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.novelty import NoveltyReference
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.core.wording import shorten


def type_problem(value: Any, hint: Any = None, where: str = "it") -> str:
    """Return what in ``value`` is not of the declared type, or is not finite, or "".

    ``hint`` is the declared type, None for a dataclass; ``where`` names the value in the text.
    """
    if hint is None or (is_dataclass(hint) and isinstance(hint, type)):
        if hint is not None and not isinstance(value, hint):
            return _problem(value, where)
        hints = get_type_hints(type(value))
        problems = (
            type_problem(getattr(value, field.name), hints[field.name], field.name)
            for field in fields(value)
        )
        return next((problem for problem in problems if problem), "")
    if hint is Any:
        return ""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        problems = (type_problem(value, argument, where) for argument in arguments)
        return "" if any(not problem for problem in problems) else _problem(value, where)
    if origin is Literal:
        return "" if value in arguments else _problem(value, where)
    if origin is tuple:
        return _tuple(value, arguments, where)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            return _problem(value, where)
        parts = [
            *((item, arguments[0]) for item in value),
            *((item, arguments[1]) for item in value.values()),
        ]
        return next((problem for part in parts if (problem := type_problem(*part, where))), "")
    return "" if _is_plain(value, hint) else _problem(value, where)


def _tuple(value: Any, arguments: tuple[Any, ...], where: str) -> str:
    if not isinstance(value, tuple):
        return _problem(value, where)
    if arguments[-1:] == (Ellipsis,):
        arguments = arguments[:1] * len(value)
    if len(arguments) != len(value):
        return _problem(value, where)
    parts = zip(value, arguments, strict=True)
    return next((problem for part in parts if (problem := type_problem(*part, where))), "")


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is types.NoneType:
        return value is None
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _problem(value: Any, where: str) -> str:
    return f"'{where}' is {value!r:.60}"


_PIECE = 1000


def dumps(value: Any) -> str:
    """Serialize in pieces, as ``json.dumps(value, ensure_ascii=False)``.

    Python's encoder blocks all other threads: the window would freeze for long histories.
    """
    if isinstance(value, dict) and all(type(key) is str for key in value):
        pairs = (
            f"{json.dumps(key, ensure_ascii=False)}: {dumps(item)}" for key, item in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if type(value) is list and len(value) > _PIECE:
        pieces = (value[first : first + _PIECE] for first in range(0, len(value), _PIECE))
        return f"[{', '.join(json.dumps(piece, ensure_ascii=False)[1:-1] for piece in pieces)}]"
    return json.dumps(value, ensure_ascii=False)


VERSION = 1
# In ``TrainedModel.extra``: the canvas shows the model incompletely.
KERAS_OWN = "keras_own"
# Inputs of a ``.keras`` with preprocessing: {input: ["column" or "node", name]}.
TAKES = "takes"
# The same as sentences, for readers of the file.
TAKES_IN_WORDS = "takes_in_words"
_RUN_NUMBERS = ("version", "seconds", "steps_per_second", "epochs", "best_epoch", "kept_epoch",
                "step", "changed_by_hand")  # fmt: skip


@dataclass(frozen=True)
class Sidecar:
    """The parsed data."""

    project: Project
    preprocessing: Preprocessing
    facts: DataFacts
    history: dict[str, list[float]]
    test: dict[str, float]
    run: Mapping[str, Any]
    novelty: NoveltyReference | None = None


def sidecar_json(trained: TrainedModel) -> dict[str, Any]:
    """Return NetBuilder's data about ``trained``, by name."""
    facts = trained.facts
    return {
        "project": files.to_json(trained.project),
        "preprocessing": trained.preprocessing.to_json(),
        "names": {
            "classes": list(trained.preprocessing.classes),
            "columns": list(trained.preprocessing.column_names),
            "targets": list(facts.target_names),
        },
        "history": {name: [_number(v) for v in row] for name, row in trained.history.items()},
        "facts": facts_to_json(facts),
        "test": {name: _number(value) for name, value in trained.test.items()},
        "run": {
            "version": VERSION,
            "seconds": _number(trained.seconds),
            "steps_per_second": _number(trained.steps_per_second),
            "epochs": trained.epochs,
            "best_epoch": trained.best_epoch,
            "kept_epoch": trained.kept_epoch,
            "step": trained.step,
            # A different number of epochs is not another training.
            "changed_by_hand": sum(change.what != "epochs" for change in trained.changes),
            "netbuilder": __version__,
        },
        "novelty": None if trained.novelty is None else trained.novelty.to_json(),
    }


def sidecar_of(trained: TrainedModel) -> dict[str, Any]:
    """Return the data, or nothing if a network built from the project would predict differently."""
    return {} if trained.extra.get(KERAS_OWN) else sidecar_json(trained)


def sidecar_from_json(ours: Mapping[str, Any], name: str) -> Sidecar:
    """Parse NetBuilder's data in file ``name``; raise FormatError if missing or invalid."""
    run = ours.get("run") or {}
    if not isinstance(run, Mapping) or any(
        isinstance(run.get(key), bool) or not isinstance(run.get(key, 0), int | float | None)
        for key in _RUN_NUMBERS
    ):
        raise _damaged(name, _("'run' contains values that are not numbers"))
    if (run.get("version") or VERSION) > VERSION:
        raise format_error("file_of_newer_version", file=name)
    try:
        data = Sidecar(
            project=files.from_json(ours["project"]),
            preprocessing=Preprocessing.from_json(ours.get("preprocessing") or {}),
            facts=facts_from_json(ours.get("facts")),
            history={
                str(key): [_float(value) for value in row]
                for key, row in (ours.get("history") or {}).items()
            },
            test={str(key): _float(value) for key, value in (ours.get("test") or {}).items()},
            run=run,
            novelty=NoveltyReference.from_json(ours["novelty"]) if ours.get("novelty") else None,
        )
    except UserError as error:
        raise FormatError(
            _("The project in '{file}' cannot be read. {reason}", file=name, reason=error.what),
            error.fix,
        ) from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _damaged(name, str(error)) from error
    problem = type_problem(data.preprocessing) or type_problem(data.facts)
    problem = (
        problem or _scaling_problem(data.preprocessing) or _category_problem(data.preprocessing)
    )
    if problem:
        raise _damaged(name, problem)
    return data


def _scaling_problem(preprocessing: Preprocessing) -> str:
    """Require a non-zero scale and an offset per column, and increasing bin edges."""
    pairs = [(how.scale, how.offset) for how in preprocessing.inputs.values()]
    pairs += [(how.scale, how.offset) for how in preprocessing.outputs.values()]
    for scale, offset in pairs:
        if len(scale) != len(offset) or 0 in scale:
            return _(
                "a scaling subtracts {offset} and divides by {scale}",
                offset=f"{offset!r:.60}",
                scale=f"{scale!r:.60}",
            )
    for how in preprocessing.inputs.values():
        narrow = [edges for edges in how.bins if min(np.diff(edges), default=0) <= 0]
        if narrow or (how.bins and len(how.bins) != how.shape[-1]):
            return _("the edges of a bin are {edges}", edges=f"{(narrow or how.bins)[0]!r:.60}")
    return ""


def _category_problem(preprocessing: Preprocessing) -> str:
    for column in (fitted for how in preprocessing.inputs.values() for fitted in how.columns):
        values = column.categories
        valid = {"category": len(values) > 0, "boolean": len(values) == 2}
        if not valid.get(column.kind, True) or len(set(values)) != len(values):
            return _(
                "the values of column '{column}' are {values}",
                column=shorten(column.name, 40),
                values=f"{values!r:.60}",
            )
    return ""


def _damaged(name: str, detail: str) -> FormatError:
    return format_error("stored_data_damaged", file=name, detail=detail)


def _number(value: float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def facts_to_json(facts: DataFacts) -> dict[str, Any]:
    """Return the facts as dicts, lists, numbers and strings."""
    # Findings are useless without the data, and their fixes are functions.
    return {
        key: _lists(value)
        for key, value in asdict(replace(facts, findings=())).items()
        if key != "findings"
    }


def facts_from_json(value: Any) -> DataFacts:
    """Reverse ``facts_to_json``; unknown keys are ignored."""
    if not isinstance(value, Mapping):
        return DataFacts()
    names = {entry.name for entry in fields(DataFacts)}
    return DataFacts(**{key: _tuples(item) for key, item in value.items() if key in names})


def _lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
