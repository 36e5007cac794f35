"""Buttons that mend what an error is about: each is one edit of the project, and one undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from netbuilder.core.errors import DataFix, UserError
from netbuilder.core.project.edits_data import mend_data
from netbuilder.core.project.model import Project

Button = tuple[str, Callable[[], object]]
Apply = Callable[[str, Callable[[Project], Project]], object]


def buttons_for(
    error: UserError, apply: Apply, then: Callable[[], object] | None = None
) -> tuple[Button, ...]:
    """A button for each of the error's mends.

    ``apply(label, edit)`` does an edit (``ProjectStore.apply``); ``then`` is called after it.
    """

    def do(mend: DataFix) -> None:
        apply(mend.label, lambda project: mend_data(project, mend))
        if then is not None:
            then()

    return tuple((mend.label, partial(do, mend)) for mend in error.mends)
