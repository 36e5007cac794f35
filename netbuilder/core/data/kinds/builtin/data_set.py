"""What a row of the built-in data sets is."""

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
    """One set that comes along or is made.

    Attributes:
        name: as project files say it.
        title, description: what people read about it.
        task: what is to be learned.
        make: (options of the recipe) to samples.
        code: the data section of a script.
        options: what can be chosen about it.
        test: (options) to samples that the set keeps for testing, or None.
        fetched: it is downloaded once, when it is first used.
        frame: of a table, lines of a script that leave it in ``data``, targets and all; asked where
            the recipe decides what its columns are.
        points: the live view on which its points can be put in, moved and taken away by hand;
            "": they cannot.
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
    """The value of each option of a set, its default where the recipe says nothing.

    Raises:
        DataError: a value is of another kind, or out of bounds.
    """
    found: dict[str, Any] = {}
    for param in params:
        found[param.name] = options.get(param.name, param.default)
        wrong = problem_with(param, found[param.name])
        if wrong is not None:
            raise DataError(
                _(
                    "The data option '{name}' is {value}, which is not allowed.",
                    name=param.name,
                    value=repr(found[param.name]),
                ),
                wrong,
                code="data_option_invalid",
            )
    return found


def samples_option(default: int, low: int = 40, high: int = 20_000) -> Param:
    """How many samples are made."""
    return Param("samples", Kind.INT, default, N_("number of samples"), low, high, slide=True)


def noise_option(default: float, high: float) -> Param:
    """How far points stray."""
    return Param("noise", Kind.FLOAT, default, N_("amount of random noise"), 0.0, high, slide=True)


def seed_option(default: int = 0) -> Param:
    """Another draw of the same sort."""
    return Param("seed", Kind.INT, default, N_("seed of the random numbers"), 0, 10**6, more=True)
