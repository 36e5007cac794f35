"""Sentences of errors that stand in a table, by the error's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from netbuilder.core.errors import DataFix, UserError
from netbuilder.core.i18n import gettext as _, ngettext

#: A sentence, or its forms "one" and "many" for a value ``count``.
Text = str | Mapping[str, str]
#: What is wrong, what to do, and a few words for small places, by the error's code.
Texts = Mapping[str, Sequence[Text]]
Error = TypeVar("Error", bound=UserError)


def sentence(text: Text, values: Mapping[str, Any]) -> str:
    """Return a sentence of the table, its placeholders filled with ``values``."""
    if isinstance(text, str):
        return _(text, **values)
    others = {name: value for name, value in values.items() if name != "count"}
    return ngettext(text["one"], text["many"], values["count"], **others)


def error_of(
    kind: type[Error],
    texts: Texts,
    key: str,
    values: Mapping[str, Any],
    *,
    node: str | None = None,
    path: str | None = None,
    fixes: tuple[DataFix, ...] = (),
) -> Error:
    """Return an error of a table.

    ``key``: its code; a number behind ":" is that of another sentence with the same code.
    """
    what, fix, short, *_rest = (*(sentence(text, values) for text in texts[key]), "", "")
    code = key.partition(":")[0]
    return kind(what, fix, node=node, path=path, fixes=fixes, short=short, code=code)
