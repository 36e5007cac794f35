"""Errors about data, whose sentences are in ``resources/data_texts.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _

#: What is wrong, what to do, and a few words for small places, by the error's code.
_ERRORS: Mapping[str, Sequence[str]] = resource_json("data_texts.json")["errors"]


def data_error(
    key: str, path: Path | str = "", /, fixes: tuple[DataFix, ...] = (), **values: object
) -> DataError:
    """Return an error about data, or about the file ``path``, whose name is ``{name}``.

    ``key``: its code; a number behind ":" is that of another sentence with the same code.
    """
    code, file = key.partition(":")[0], str(path) or None
    values = {"name": Path(path).name, **values} if file else values
    what, fix, short, *_rest = (*(_(text, **values) for text in _ERRORS[key]), "", "")
    return DataError(what, fix, short=short, code=code, path=file, fixes=fixes)
