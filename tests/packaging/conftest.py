"""The modules of packaging/, which is no package."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def packaging(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Import a module of packaging/ by its name."""
    monkeypatch.syspath_prepend(str(root / "packaging"))
    return importlib.import_module
