"""Cases of a matrix that are always tried; the others are slow."""

from collections.abc import Iterable
from typing import Any

import pytest


def few(cases: Iterable[Any], *quick: Any) -> list[Any]:
    """Mark all cases as slow, but for those in ``quick``."""
    cases = list(cases)
    assert all(case in cases for case in quick)
    return [
        case
        if case in quick
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for case in cases
    ]
