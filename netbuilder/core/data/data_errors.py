"""Errors about data, whose sentences are in ``resources/data_texts.json``."""

from __future__ import annotations

from pathlib import Path

from netbuilder.core.error_texts import Texts, error_of
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.folders import resource_json

_ERRORS: Texts = resource_json("data_texts.json")["errors"]


def data_error(
    key: str, path: Path | str = "", /, fixes: tuple[DataFix, ...] = (), **values: object
) -> DataError:
    """Return an error (``error_of``) about data, or about the file ``path``, called ``{name}``."""
    file = str(path) or None
    values = {"name": Path(path).name, **values} if file else values
    return error_of(DataError, _ERRORS, key, values, path=file, fixes=fixes)
