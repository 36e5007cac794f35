"""Buttons that fix an error by one edit of the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netbuilder.core.errors import DataFix, UserError
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Project

Button = tuple[str, Callable[[], object]]
Apply = Callable[[str, Callable[[Project], Project]], object]


def buttons_for(
    error: UserError, apply: Apply, then: Callable[[], object] | None = None
) -> tuple[Button, ...]:
    """Return a button for each of the error's fixes.

    ``apply(label, edit)`` applies an edit (``ProjectStore.apply``); ``then`` is called afterwards.
    """

    def do(fix: DataFix) -> None:
        apply(fix.label, lambda project: apply_data_fix(project, fix))
        if then is not None:
            then()

    return tuple((fix.label, partial(do, fix)) for fix in error.fixes)
