"""The description of a built-in data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.data.kinds.kind import DataCode, ScriptRequest
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
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


def samples_option(default: int, low: int = 40, high: int = 20_000) -> Param:
    """Return the option for the number of samples."""
    return Param("samples", Kind.INT, default, N_("number of samples"), low, high, slide=True)


def noise_option(default: float, high: float) -> Param:
    """Return the option for the noise of the points."""
    return Param("noise", Kind.FLOAT, default, N_("amount of random noise"), 0.0, high, slide=True)


def seed_option(default: int = 0) -> Param:
    """Return the option for the random seed."""
    return Param("seed", Kind.INT, default, N_("seed of the random numbers"), 0, 10**6, more=True)
