"""What came out of a file is what its dataclass declares, or it is said what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from netbuilder.core.formats.metadata import type_problem


@dataclass(frozen=True)
class Inner:
    name: str = "x"
    values: tuple[float, ...] = (1, 2.5)


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...] = (Inner(),)
    sizes: Mapping[str, tuple[int, ...]] = None
    pair: tuple[float, float] = (0, 1)
    maybe: int | None = None
    flag: bool = False
    anything: Any = None


GOOD = Outer(sizes={"a": (1, 2)}, anything=object())


def test_honest_values_fit():
    assert type_problem(GOOD) == ""
    assert type_problem(replace(GOOD, maybe=3)) == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("inner", (Inner(values=("1",)),)),
        ("inner", ({"name": "x"},)),
        ("sizes", {"a": "12"}),
        ("sizes", {1: (1,)}),
        ("sizes", [1]),
        ("pair", (1.0,)),
        ("pair", (0.0, float("nan"))),
        ("maybe", True),
        ("maybe", 1.5),
        ("flag", 1),
    ],
)
def test_what_does_not_fit_is_named(key, value):
    assert type_problem(replace(GOOD, **{key: value})).startswith("'")
