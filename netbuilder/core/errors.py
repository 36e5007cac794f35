"""The one family of errors whose text is meant for the person at the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DataFix:
    """A fix of an error that is one click: ``label`` on the button, and what changes.

    ``data`` holds fields of the data recipe, as ``edits.set_data`` takes them; an option that
    holds values by name is added to. ``columns`` holds what is decided of single columns.
    """

    label: str
    data: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def sentence_gap(before: str) -> str:
    """Return what stands between a sentence and the next: nothing after Chinese's full-width signs,
    else a blank."""
    return "" if before.endswith(tuple("。！？：；，）”")) else " "


class UserError(Exception):
    """A mistake or failure that the user can fix.

    Args:
        what: what happened, with the values seen ("Column 'price' has text in row 7: 'n/a'").
        fix: what to do about it ("Write a number there, or remove the row.").
        node: id of the node on the canvas that it is about, or None.
        path: file that it is about, or None.
        fixes: one-click fixes that the program offers.
        short: the same in a few words, where there is no room ("3 cells are empty: choose what to
            do"); "" where nothing better is known than that it failed.
        code: what a program or a test knows the error by ("csv_no_rows"), in any language.

    ``str(error)`` is the whole message: what happened, then what to do.
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


class ProjectFileError(UserError):
    """A ``.netbuilder`` file that cannot be read or written."""


class EditError(UserError):
    """An edit that would make the project illegal (a connection that closes a cycle, say)."""


class DataError(UserError):
    """Data that cannot be read, or that does not fit the recipe."""


class BuildError(UserError):
    """A graph that Keras cannot build."""


class TrainingError(UserError):
    """A run that failed: NaN, out of memory, ..."""


class FormatError(UserError):
    """A model file that is damaged, of another format, or not safe to open."""
