"""Where the files that ship with the program are."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """Path of a shipped file or folder, whether installed from a wheel or from a checkout.

    A wheel holds ``resources`` inside the package; an editable install beside it.
    """
    packed = _PACKAGE / "resources"
    root = packed if packed.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)
