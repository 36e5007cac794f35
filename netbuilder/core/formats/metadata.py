"""What NetBuilder writes beside a model: project, preprocessing, names, history, facts, test.

In a ``.h5`` each is an HDF5 attribute of the file (``netbuilder_project``, ...) that holds JSON
as text of variable length: HDF5 keeps that outside of the object header, whose 64 KiB would
otherwise limit it (a project of 200 layers or 1,000 epochs of history are larger). In a
``.keras`` all are one entry, ``netbuilder.json``.

Version 1: ``project`` (as in a project file), ``preprocessing`` (``Preprocessing.sidecar_json``),
``names`` (``classes``, ``columns``, ``targets``), ``history`` ({name: [a number an epoch]}, of very
long runs of some epochs, whose numbers are then those of the name "epoch"; null
for what is no number), ``facts``, ``test`` ({metric: number}), ``run`` (``version``,
``seconds``, ``steps_per_second``, ``epochs``, ``best_epoch``, ``kept_epoch``, ``step`` and
``changed_by_hand``, which say whether training again can give the same, ``netbuilder``),
``novelty`` (``NoveltyReference.to_json``: tells samples that are unlike the training data; null)
and of a ``.keras`` whose model takes words or pictures of any size ``takes`` and
``takes_in_words``.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from netbuilder import __version__
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.engine.novelty import NoveltyReference
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.formats import facts_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import files
from netbuilder.core.project.model import Project
from netbuilder.core.wording import shorten


def type_problem(value: Any, hint: Any = None, where: str = "it") -> str:
    """What in ``value`` is not of the declared type, in words; "" if everything is.

    Args:
        value: a dataclass instance, or any value with a ``hint``.
        hint: its declared type; None: the value is a dataclass that declares its own.
        where: what it is, for the words ("scale").

    Whole numbers count as numbers; numbers must be finite.
    """
    if hint is None or (is_dataclass(hint) and isinstance(hint, type)):
        if hint is not None and not isinstance(value, hint):
            return _words(value, where)
        hints = _hints(type(value))
        found = (
            type_problem(getattr(value, one.name), hints[one.name], one.name)
            for one in fields(value)
        )
        return next((one for one in found if one), "")
    if hint is Any:
        return ""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        found = (type_problem(value, one, where) for one in arguments)
        return "" if any(not one for one in found) else _words(value, where)
    if origin is Literal:
        return "" if value in arguments else _words(value, where)
    if origin is tuple:
        return _tuple(value, arguments, where)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            return _words(value, where)
        parts = [
            *((one, arguments[0]) for one in value),
            *((one, arguments[1]) for one in value.values()),
        ]
        return next((one for part in parts if (one := type_problem(*part, where))), "")
    return "" if _is_plain(value, hint) else _words(value, where)


def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _tuple(value: Any, arguments: tuple[Any, ...], where: str) -> str:
    if not isinstance(value, tuple):
        return _words(value, where)
    if arguments[-1:] == (Ellipsis,):
        arguments = arguments[:1] * len(value)
    if len(arguments) != len(value):
        return _words(value, where)
    parts = zip(value, arguments, strict=True)
    return next((one for part in parts if (one := type_problem(*part, where))), "")


def _is_plain(value: Any, hint: Any) -> bool:
    if hint is types.NoneType:
        return value is None
    if hint is float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) if isinstance(hint, type) else True


def _words(value: Any, where: str) -> str:
    return f"'{where}' is {value!r:.60}"


_PIECE = 1000


def dumps(value: Any) -> str:
    """As ``json.dumps(value, ensure_ascii=False)``, in pieces.

    Python's encoder keeps all other threads waiting until it is done: for the curves of 60,000
    epochs a tenth of a second, in which the window stands still. Between pieces they have their
    turn.
    """
    if isinstance(value, dict) and all(type(key) is str for key in value):
        pairs = (
            f"{json.dumps(key, ensure_ascii=False)}: {dumps(one)}" for key, one in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if type(value) is list and len(value) > _PIECE:
        pieces = (value[first : first + _PIECE] for first in range(0, len(value), _PIECE))
        return f"[{', '.join(json.dumps(one, ensure_ascii=False)[1:-1] for one in pieces)}]"
    return json.dumps(value, ensure_ascii=False)


VERSION = 1
# In ``TrainedModel.extra``: the canvas cannot say all that the model is.
KERAS_OWN = "keras_own"
# Beside a ``.keras`` whose model takes what stands in a file: {input: ["column" or "node", name]}.
TAKES = "takes"
# What that is in sentences, for whoever looks into the file.
TAKES_IN_WORDS = "takes_in_words"
_RUN_NUMBERS = ("version", "seconds", "steps_per_second", "epochs", "best_epoch", "kept_epoch",
                "step", "changed_by_hand")  # fmt: skip


@dataclass(frozen=True)
class Sidecar:
    """The same as values."""

    project: Project
    preprocessing: Preprocessing
    facts: DataFacts
    history: dict[str, list[float]]
    test: dict[str, float]
    run: Mapping[str, Any]
    novelty: NoveltyReference | None = None


def sidecar_json(trained: TrainedModel) -> dict[str, Any]:
    """What is written beside ``trained``, by name."""
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
        "facts": facts_json.facts_to_json(facts),
        "test": {name: _number(value) for name, value in trained.test.items()},
        "run": {
            "version": VERSION,
            "seconds": _number(trained.seconds),
            "steps_per_second": _number(trained.steps_per_second),
            "epochs": trained.epochs,
            "best_epoch": trained.best_epoch,
            "kept_epoch": trained.kept_epoch,
            "step": trained.step,
            # More epochs are another number of them, and no other training.
            "changed_by_hand": sum(one.what != "epochs" for one in trained.changes),
            "netbuilder": __version__,
        },
        "novelty": None if trained.novelty is None else trained.novelty.to_json(),
    }


def sidecar_of(trained: TrainedModel) -> dict[str, Any]:
    """What stands beside a model in a file: nothing where a network that is built from the
    project would answer something else than the model."""
    return {} if trained.extra.get(KERAS_OWN) else sidecar_json(trained)


def sidecar_from_json(ours: Mapping[str, Any], name: str) -> Sidecar:
    """The values of what stood beside a model.

    Args:
        ours: by name, as ``sidecar_json`` gave it.
        name: the file's name, for messages.

    Raises:
        FormatError: a part is missing or ill-formed.
    """
    run = ours.get("run") or {}
    if not isinstance(run, Mapping) or any(
        isinstance(run.get(key), bool) or not isinstance(run.get(key, 0), int | float | None)
        for key in _RUN_NUMBERS
    ):
        raise _damaged(name, _("'run' contains values that are not numbers"))
    if (run.get("version") or VERSION) > VERSION:
        raise FormatError(
            _("'{file}' was made by a newer version of NetBuilder.", file=name),
            _("Update NetBuilder."),
            code="file_of_newer_version",
        )
    try:
        found = Sidecar(
            project=files.from_json(ours["project"]),
            preprocessing=Preprocessing.from_json(ours.get("preprocessing") or {}),
            facts=facts_json.facts_from_json(ours.get("facts")),
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
    problem = type_problem(found.preprocessing) or type_problem(found.facts)
    problem = (
        problem or _scaling_problem(found.preprocessing) or _category_problem(found.preprocessing)
    )
    if problem:
        raise _damaged(name, problem)
    return found


def _scaling_problem(preprocessing: Preprocessing) -> str:
    """Scale and offset go together, one of each a column; nothing is divided by zero."""
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
    """A category's values are words, each once; of yes or no there are two."""
    for column in (one for how in preprocessing.inputs.values() for one in how.columns):
        values = column.categories
        wanted = {"category": len(values) > 0, "boolean": len(values) == 2}
        if not wanted.get(column.kind, True) or len(set(values)) != len(values):
            return _(
                "the values of column '{column}' are {values}",
                column=shorten(column.name, 40),
                values=f"{values!r:.60}",
            )
    return ""


def _damaged(name: str, detail: str) -> FormatError:
    return FormatError(
        _(
            "The data that NetBuilder stored in '{file}' is damaged ({detail}).",
            file=name,
            detail=detail,
        ),
        _("Import it as a model from another program, or train and save again."),
        code="stored_data_damaged",
    )


def _number(value: float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)
