"""The problems that a check returns, and their fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import Node, Project
from netbuilder.core.wording import format_list

Shape = tuple[int | None, ...]

_KINDS = {
    1: N_("a single number"),
    2: N_("a list of numbers"),
    3: N_("sequences (steps, features)"),
    4: N_("pictures (height, width, channels)"),
    5: N_("volumes (depth, height, width, channels)"),
}
_OUTPUTS = {
    3: N_("sequences of shape {shape}"),
    4: N_("pictures of shape {shape}"),
    5: N_("volumes of shape {shape}"),
}


def node_name(node: Node) -> str:
    """Return a node's name in messages: ``Dense 'dense_1'``."""
    return f"{node.layer} '{node.id}'"


def format_shape(shape: Sequence[int | None]) -> str:
    """Return a shape without batch axis: ``(6, 6, 32)``, ``?`` for unknown lengths."""
    return "(" + ", ".join("?" if n is None else str(n) for n in shape[1:]) + ")"


def shape_text(output: Any) -> str:
    """Return shapes without batch axis: "8×8×1", "?×16" for any length, "()" for a scalar."""
    return ", ".join(
        "×".join("?" if n is None else str(n) for n in shape[1:]) or "()"
        for shape in _shapes(output)
    )


def keras_shape_text(output: Any) -> str:
    """Return shapes as Keras prints them: "(None, 8, 8, 1)"."""
    return ", ".join(map(str, _shapes(output)))


def _shapes(output: Any) -> list[tuple[Any, ...]]:
    if isinstance(output, dict):
        return [shape for part in output.values() for shape in _shapes(part)]
    if output and all(isinstance(part, list | tuple | dict) for part in output):
        return [shape for part in output for shape in _shapes(part)]
    return [tuple(output)]


def describe_output(shape: Sequence[int | None]) -> str:
    """Describe a shape with batch axis: ``pictures of (6, 6, 32)``."""
    rank = len(shape)
    if rank == 1 or (rank == 2 and shape[1] is None):
        return _(_KINDS[rank])
    if rank == 2:
        size = shape[1] or 0
        return ngettext("a list of {count} number", "a list of {count} numbers", size)
    return _(_OUTPUTS.get(rank, N_("arrays of shape {shape}")), shape=format_shape(shape))


def describe_input(ranks: Iterable[int]) -> str:
    """Describe what a layer takes, by the ranks (with batch axis) that it accepts."""
    kinds = [
        _(_KINDS[rank]) if rank in _KINDS else _("arrays with {count} axes", count=rank - 1)
        for rank in sorted(set(ranks))
    ]
    return format_list(kinds, style="or")


class Severity(StrEnum):
    """An error prevents training, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Fix:
    """A one-click, undoable fix.

    ``label`` is the text of its button; ``edit`` is a pure edit that changes nothing where it no
    longer applies. Fixes with equal labels are equal.
    """

    label: str
    edit: Callable[[Project], Project] = field(compare=False)


@dataclass(frozen=True)
class Problem:
    """A problem in words for the user.

    ``code`` is that of a rule in ``diagnostics.RULES``. ``node`` is the id of its node, None for
    data or settings. ``title`` is short, ``message`` one or two sentences with the values seen and
    what to do. ``follows`` is the id of the node to fix first. ``field`` is a training setting
    ("loss", "metrics", "optimizer", "batch_size") or "". ``beginning``: the network is only
    unfinished. ``others`` are alternatives to ``fix``.
    """

    code: str
    severity: Severity
    node: str | None
    title: str
    message: str
    fix: Fix | None = None
    follows: str | None = None
    field: str = ""
    beginning: bool = False
    others: tuple[Fix, ...] = ()

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """All fixes: alternatives."""
        return (*(() if self.fix is None else (self.fix,)), *self.others)

    @property
    def tone(self) -> str:
        """The style to show it in: "error", "warning" or "hint" (an unfinished network)."""
        return "hint" if self.beginning else str(self.severity)

    @property
    def line(self) -> str:
        """The message, prefixed with its layer if it does not name it."""
        named = self.node is None or f"'{self.node}'" in self.message
        return self.message if named else f"'{self.node}': {self.message}"

    @property
    def blocks(self) -> bool:
        """Whether it prevents training."""
        return self.severity is Severity.ERROR


def script_errors(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return the problems that prevent training, except missing data, for the top of a script."""
    return tuple(
        problem.line
        for problem in problems
        if problem.blocks and problem.follows is None and problem.code != "no-data"
    )
