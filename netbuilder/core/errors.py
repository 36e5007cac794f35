"""Errors whose text is shown to the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DataFix:
    """A one-click fix: ``label`` on the button, and its changes.

    ``data`` holds arguments of ``edits.set_data``; options that hold values by name are merged.
    ``columns`` holds decisions about single columns.
    """

    label: str
    data: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def sentence_gap(before: str) -> str:
    """Return the text between two sentences: a blank, or nothing after full-width punctuation."""
    return "" if before.endswith(tuple("。！？：；，）”")) else " "


class UserError(Exception):
    """A mistake or failure that the user can fix; its text is ``what``, then ``fix``.

    Args:
        what: what happened, with the values seen ("Column 'price' has text in row 7: 'n/a'").
        fix: what to do about it ("Write a number there, or remove the row.").
        node: id of the node that it is about, or None.
        path: file that it is about, or None.
        fixes: one-click fixes.
        short: a few words for small places ("3 cells are empty: choose what to do"), or "".
        code: identifies the error for programs and tests, in any language ("csv_no_rows").
    """

    def __init__(
        self,
        what: str,
        fix: str = "",
        *,
        node: str | None = None,
        path: str | None = None,
        fixes: tuple[DataFix, ...] = (),
        short: str = "",
        code: str = "",
    ) -> None:
        super().__init__(f"{what}{sentence_gap(what)}{fix}".strip())
        self.what = what
        self.fix = fix
        self.node = node
        self.path = path
        self.fixes = fixes
        self.short = short
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints in place of a traceback of forty lines."""
        return [str(self)]


class ProjectFileError(UserError):
    """A ``.netbuilder`` file cannot be read or written."""


class EditError(UserError):
    """An edit would make the project invalid, such as a connection that closes a cycle."""


class DataError(UserError):
    """Data cannot be read, or does not fit the recipe."""


class BuildError(UserError):
    """Keras cannot build the graph."""


class TrainingError(UserError):
    """A run failed: NaN, out of memory, ..."""


class UsageError(UserError):
    """Invalid command-line usage: exit code 2."""


class FormatError(UserError):
    """A model file is damaged, of another format, or not safe to open."""
