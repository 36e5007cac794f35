"""Check options of a recipe, which may be written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_quoted_list

#: Option "memory_limit_mb", in MiB: what data may take in memory.
DEFAULT_LIMIT_MB = 1024
#: A column of texts with more values than these is not read as categories.
MAX_CATEGORIES = 50


def reading_options(data: Data) -> dict[str, Any]:
    """Return the options with which a recipe's file is read; "decimals" from its columns."""
    decided = {name: choice.decimal for name, choice in data.columns.items() if choice.decimal}
    return {**data.options, **({"decimals": decided} if decided else {})}


def integer_option(options: Mapping[str, Any], name: str, default: int, least: int = 1) -> int:
    """Return an integer option; raise DataError if it is no integer, or smaller than ``least``."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise data_error("option_not_integer", name=name, value=repr(value), least=least)
    return value


def positive_option(options: Mapping[str, Any], name: str, default: float) -> float:
    """Return an option that is a number above 0; else raise ``DataError``."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise data_error("option_not_positive", name=name, value=repr(value))
    return float(value)


def name_list_option(options: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return an option that is a column name or a list of them; else raise ``DataError``."""
    value = options.get(name) or ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise data_error("option_not_names", name=name, value=repr(value))
    return tuple(str(entry) for entry in value)


def require_choice(name: str, known: Sequence[str], unknown: str, code: str) -> None:
    """Raise ``DataError`` with message ``unknown`` unless ``name`` is ``known``."""
    if name not in known:
        raise DataError(
            _(unknown, name=name),
            _("Choose one of {names}.", names=format_quoted_list(known, 9)),
            code=code,
        )
