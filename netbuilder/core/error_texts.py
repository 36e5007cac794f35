"""Errors whose sentences stand in a table, by the error's code: ``resources/errors.json``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from netbuilder.core.errors import DataFix, FormatError, TrainingError, UsageError, UserError
from netbuilder.core.folders import resource_json
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


def sentences_of(section: str) -> Callable[..., str]:
    """Return a function of a key and values for the sentences of a section of ``texts.json``."""
    texts: Mapping[str, Text] = resource_json("texts.json")[section]
    return lambda key, /, **values: sentence(texts[key], values)


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


_ERRORS: Texts = resource_json("errors.json")


def user_error(key: str, path: Path | str = "", /, **values: object) -> UserError:
    """Return an error (``error_of``) about what the user did, or about ``path``, ``{file}``."""
    return about_file(UserError, key, path, **values)


def usage_error(key: str, /, **values: object) -> UsageError:
    """Return an error (``error_of``) about the words of a command."""
    return error_of(UsageError, _ERRORS, key, values)


def format_error(key: str, path: Path | str = "", /, **values: object) -> FormatError:
    """Return an error (``error_of``) about a model file, called ``{file}``."""
    return about_file(FormatError, key, path, **values)


def training_error(key: str, node: str | None = None, /, **values: object) -> TrainingError:
    """Return an error (``error_of``) about a run."""
    return error_of(TrainingError, _ERRORS, key, values, node=node)


def about_file(kind: type[Error], key: str, path: Path | str = "", /, **values: object) -> Error:
    """Return an error (``error_of``) of a kind, or about ``path``, called ``{file}``."""
    values = {"file": Path(path).name, **values} if str(path) else values
    return error_of(kind, _ERRORS, key, values, path=str(path) or None)
