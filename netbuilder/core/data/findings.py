"""Findings about the data: detected properties and problems, with fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from netbuilder.core.error_texts import Text, sentence
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.edits_data import apply_data_fix, set_columns
from netbuilder.core.project.model import Project

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True)
class DataEdit:
    """A one-click fix: a pure edit of the project; ``short`` is the label in table rows."""

    label: str
    edit: Callable[[Project], Project] = field(compare=False)
    short: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing about the data that a person should know.

    ``code`` names the sort of finding, ``severity`` is "error" (it cannot be trained on),
    "warning" (the numbers may mislead) or "info" (an automatic choice). ``column`` is the column
    concerned, or "". Several ``fixes`` are alternatives.
    """

    code: str
    severity: str
    message: str
    column: str = ""
    fixes: tuple[DataEdit, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether it is a question about a column that its short fixes answer, on its row."""
        return bool(self.column) and any(fix.short for fix in self.fixes)


#: The severity and the sentence of each finding, by code.
_SENTENCES: Mapping[str, tuple[str, Text]] = {
    key: (severity, text)
    for severity, sentences in resource_json("data_texts.json")["findings"].items()
    for key, text in sentences.items()
}


def column_finding(key: str, column: str = "", /, *fixes: DataEdit, **values: object) -> Finding:
    """Return a finding about a column, whose name is ``{name}``, or about the data, "".

    ``key``: its code; a number behind ":" is that of another sentence with the same code.
    """
    severity, text = _SENTENCES[key]
    message = sentence(text, {"name": column, **values} if column else values)
    return Finding(key.partition(":")[0], severity, message, str(column), fixes)


class ColumnNote(str):
    """Text about an excluded column ``column``; ``category``: it could be used as a category."""

    column: str
    category: bool

    @classmethod
    def of(cls, text: str, column: str, *, category: bool = False) -> ColumnNote:
        """Create a note; the constructor of str takes only a text."""
        note = cls(text)
        note.column, note.category = column, category
        return note


def empty_column_note(name: str) -> ColumnNote:
    """Return the note about a column without values."""
    return ColumnNote.of(_("Column '{name}' is empty and was left out.", name=name), name)


def text_column_note(name: str) -> ColumnNote:
    """Return the note about a column of texts among the features of a table."""
    message = _(
        "Column '{name}' contains texts and was left out: a table has no text features.", name=name
    )
    return ColumnNote.of(message, name)


def many_values_note(name: str, example: str, dates: bool) -> ColumnNote:
    """Return the note about a column with too many different values to be a category."""
    message = (
        _("Column '{name}' contains dates ('{example}', …) and was left out.",
          name=name, example=example)
        if dates
        else _("Column '{name}' contains many different texts ('{example}', …) and was left out.",
               name=name, example=example)
    )  # fmt: skip
    return ColumnNote.of(message, name, category=True)


def finding_from_error(error: UserError) -> Finding:
    """Convert an error to a finding of severity "error"."""
    fixes = tuple(DataEdit(fix.label, partial(apply_data_fix, fix=fix)) for fix in error.fixes)
    return Finding("unreadable", ERROR, str(error), fixes=fixes)


def data_fix(label: str, **changes: object) -> DataEdit:
    """Return a fix that changes fields or options of the recipe."""
    return DataEdit(label, partial(set_data, **changes))  # type: ignore[arg-type]


def column_fix(label: str, columns: Iterable[str], short: str = "", **decided: Any) -> DataEdit:
    """Return a fix that makes decisions about columns."""
    return DataEdit(label, partial(set_columns, names=tuple(columns), **decided), short)


def exclude_columns_fix(*columns: str) -> DataEdit:
    """Return the fix that excludes columns."""
    label = (
        _("Leave '{name}' out", name=columns[0])
        if len(columns) == 1
        else _("Leave these columns out")
    )
    return column_fix(label, columns, role="ignore")


def option_fix(label: str, name: str, add: dict[str, object] | list[object]) -> DataEdit:
    """Return a fix that adds to a list or by-column option of the recipe."""
    return DataEdit(label, partial(_with_option, name=name, add=add))


def _with_option(project: Project, name: str, add: dict[str, object] | list[object]) -> Project:
    current: Any = project.data.options.get(name)
    value: Any
    if isinstance(add, dict):
        value = {**(current if isinstance(current, dict) else {}), **add}
    else:
        before = list(current) if isinstance(current, list | tuple) else []
        value = [*before, *(item for item in add if item not in before)]
    return set_data(project, None, **{name: value})
