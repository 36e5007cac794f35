"""What a check finds, and how it is mended."""

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
    """A node as messages name it: ``Dense 'dense_1'``."""
    return f"{node.layer} '{node.id}'"


def format_shape(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis: ``(6, 6, 32)``, with ``?`` for an axis of any length."""
    return "(" + ", ".join("?" if n is None else str(n) for n in shape[1:]) + ")"


def shape_text(output: Any) -> str:
    """Return one shape or several without the batch axis: "8×8×1", "?×16" of any number of steps,
    "()" of one number per sample."""
    return ", ".join(
        "×".join("?" if n is None else str(n) for n in one[1:]) or "()" for one in _shapes(output)
    )


def keras_shape_text(output: Any) -> str:
    """Return one shape or several as Keras prints them: "(None, 8, 8, 1)"."""
    return ", ".join(str(one) for one in _shapes(output))


def _shapes(output: Any) -> list[tuple[Any, ...]]:
    if isinstance(output, dict):
        return [shape for one in output.values() for shape in _shapes(one)]
    if output and all(isinstance(one, list | tuple | dict) for one in output):
        return [shape for one in output for shape in _shapes(one)]
    return [tuple(output)]


def describe_output(shape: Sequence[int | None]) -> str:
    """What a node gives, batch axis included in ``shape``: ``pictures of (6, 6, 32)``."""
    rank = len(shape)
    if rank == 1 or (rank == 2 and shape[1] is None):
        return _(_KINDS[rank])
    if rank == 2:
        size = shape[1] or 0
        return ngettext("a list of {count} number", "a list of {count} numbers", size)
    return _(_OUTPUTS.get(rank, N_("arrays of shape {shape}")), shape=format_shape(shape))


def describe_input(ranks: Iterable[int]) -> str:
    """What a layer takes, from the ranks (batch axis included) that it accepts."""
    kinds = [
        _(_KINDS[rank]) if rank in _KINDS else _("arrays with {count} axes", count=rank - 1)
        for rank in sorted(set(ranks))
    ]
    return format_list(kinds, style="or")


class Severity(StrEnum):
    """How much a problem matters: an error keeps the project from training, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Fix:
    """A mend that is one click and one undo.

    ``label`` stands on the button ("Insert Flatten"); ``edit`` is a pure edit of the project as
    it was when the problem was found, or is now; where it no longer applies it changes nothing.
    Two fixes with the same label are equal: what the edit does is worked out when it is applied.
    """

    label: str
    edit: Callable[[Project], Project] = field(compare=False)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in words for the person who drew the network.

    ``code`` is the row of ``diagnostics.RULES`` that found it. ``node`` is the id of the node
    that it is about, or None if it is about the data or the training plan. ``title`` is a few
    words for the node itself, ``message`` one or two sentences with the values seen and what to
    do. ``follows`` is the id of a node further up that has to be mended first: such a problem is
    a mark on the node, not one of its own. ``field`` is the part of the plan that it stands beside
    ("loss", "metrics", "optimizer", "batch_size"), or "". A ``beginning`` is no mistake: something
    is not there yet, though it cannot train before. ``others`` are mends in place of ``fix``.
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
        """All mends: alternatives, where a question has several answers."""
        return (*(() if self.fix is None else (self.fix,)), *self.others)

    @property
    def tone(self) -> str:
        """How it is shown: "error" and "warning" for what is wrong, "hint" for what is to come.

        While the hand still draws, a network is unfinished, and not mistaken.
        """
        return "hint" if self.beginning else str(self.severity)

    @property
    def line(self) -> str:
        """Its message, after the layer that it is about."""
        named = self.node is None or f"'{self.node}'" in self.message
        return self.message if named else f"'{self.node}': {self.message}"

    @property
    def blocks(self) -> bool:
        """Whether the project cannot train before this is mended."""
        return self.severity is Severity.ERROR


def script_errors(problems: Iterable[Problem]) -> tuple[str, ...]:
    """What keeps a network from being trained, as the top of its script lists it.

    That no data is chosen stands in the script where the data would be.
    """
    return tuple(
        one.line for one in problems if one.blocks and one.follows is None and one.code != "no-data"
    )
