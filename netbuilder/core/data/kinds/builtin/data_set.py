"""What a built-in data set is; texts and options stand in ``data_sets.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.catalog_file import param_of
from netbuilder.core.catalog.spec import Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.data.kinds.kind import DataCode, ScriptRequest
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_

#: In a script, above classes that the set itself has in another order.
SORTED_CLASSES_NOTE = N_("# NetBuilder sorts the classes by name; this data set has another order.")


@dataclass(frozen=True)
class DataSet:
    """One bundled or generated set.

    Attributes:
        task: the task of its target.
        make: (options of the recipe) to samples.
        code: the data section of a script.
        test: (options) to samples that the set reserves for testing, or None.
        fetched: it is downloaded on first use.
        frame: of a table, lines of a script that leave it in ``data``, with targets; used where
            the recipe decides the columns' roles.
        points: the live view on which its points can be edited by hand; "": they cannot.
    """

    name: str
    title: str
    description: str
    task: str
    make: Callable[[Mapping[str, Any]], Samples]
    code: Callable[[ScriptRequest], DataCode]
    options: tuple[Param, ...] = ()
    test: Callable[[Mapping[str, Any]], Samples | None] = lambda options: None
    fetched: bool = False
    frame: Callable[[ScriptRequest], list[str]] | None = None
    points: str = ""


def chosen_options(params: tuple[Param, ...], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return each option's value or default; raise DataError for an invalid value."""
    values: dict[str, Any] = {}
    for param in params:
        values[param.name] = options.get(param.name, param.default)
        wrong = problem_with(param, values[param.name])
        if wrong is not None:
            raise DataError(
                _(
                    "The data option '{name}' is {value}, which is not allowed.",
                    name=param.name,
                    value=repr(values[param.name]),
                ),
                wrong,
                code="data_option_invalid",
            )
    return values


def task_of(name: str) -> str:
    """Return the task of a set."""
    return str(resource_json("data_sets.json")["sets"][name]["task"])


def options_of(name: str) -> tuple[Param, ...]:
    """Return the options of a set, some of which are ``like`` a shared one."""
    shared = resource_json("data_sets.json")["shared"]
    rows = [dict(row) for row in resource_json("data_sets.json")["sets"][name].get("options", ())]
    return tuple(param_of(shared[row.pop("like")] | row if "like" in row else row) for row in rows)


def described(
    name: str,
    make: Callable[[Mapping[str, Any]], Samples],
    code: Callable[[ScriptRequest], DataCode],
    options: tuple[Param, ...] | None = None,
    **facts: Any,
) -> DataSet:
    """Return a set with the texts, the task and the options of ``data_sets.json``."""
    row = resource_json("data_sets.json")["sets"][name]
    options = options_of(name) if options is None else options
    return DataSet(
        name, row["title"], row["description"], row["task"], make, code, options, **facts
    )
