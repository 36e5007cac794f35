"""What the watcher says of a run, and what one click does about it: values without any code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from netbuilder.core.project.model import Project


@dataclass(frozen=True)
class RunFix:
    """What one click does.

    ``edit`` changes the project (nothing where it no longer applies). ``action`` names a method
    of the running session that does the same at once ("train_more", "go_back_to_best"), with
    ``amount`` as its argument where it takes one; "" where there is none.
    """

    label: str
    edit: Callable[[Project], Project] = field(compare=False)
    action: str = ""
    amount: int = 0


@dataclass(frozen=True)
class Diagnosis:
    """Something that the curve shows.

    Attributes:
        code: "nan", "nan-data", "raised", "exploded", "stuck", "overfitting", "improving",
            "jumping", "easier", "ignored" or "untested".
        epoch: number, counted from 1, of the epoch that it speaks of.
        severity: "warning", or "info" where nothing is wrong.
    """

    code: str
    epoch: int
    title: str
    message: str
    fix: RunFix | None = None
    severity: str = "warning"
    node: str | None = None
