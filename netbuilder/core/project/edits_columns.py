"""Edits of what feeds an Input and what an output learns: columns, or arrays, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netbuilder.core.errors import EditError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Graph, Project
from netbuilder.core.wording import format_quoted_list

Lists = Mapping[str, tuple[str, ...]]


def input_columns(project: Project, features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns of each Input: those that the recipe gives it, else all ``features``."""
    given = project.data.inputs
    return {one: given.get(one) or tuple(features) for one in project.graph.inputs}


def output_columns(project: Project, targets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns of each output: those that the recipe gives it, else one each, else all."""
    given, outputs = project.data.targets, project.graph.outputs
    each = len(outputs) == len(targets)
    return {
        one: given.get(one) or ((targets[place],) if each else tuple(targets))
        for place, one in enumerate(outputs)
    }


def set_input_columns(
    project: Project, names: Sequence[str], node: str, features: Sequence[str]
) -> Project:
    """Let columns feed an Input; where there are several, no other one.

    Args:
        project: the project.
        names: the columns. What was no feature becomes one.
        node: id of the Input.
        features: the columns that are features now, in the order of the table.

    Raises:
        EditError: there is no such Input, or another one would have no column left.
    """
    graph = project.graph
    _need(node, graph.inputs, graph, "Input")
    known = input_columns(project, features)
    project = set_columns(project, [n for n in names if n not in features], role="feature")
    if len(graph.inputs) < 2 and node not in project.data.inputs:
        return project
    order = (*features, *(name for name in names if name not in features))
    lists = {}
    for one, mine in known.items():
        wanted = {*mine, *names} if one == node else {*mine} - {*names}
        lists[one] = tuple(name for name in order if name in wanted)
    _need_some(lists, N_("The Input '{name}' would have no columns."))
    return replace(project, data=replace(project.data, inputs=lists))


def set_output_columns(
    project: Project, names: Sequence[str], output: str, targets: Sequence[str]
) -> Project:
    """Let an output learn columns, in the place of those that it learned.

    Args:
        project: the project.
        names: the columns, which become targets.
        output: id of the output.
        targets: the columns that are targets now.

    Raises:
        EditError: there is no such output, or another one would have nothing to learn.
    """
    graph = project.graph
    _need(output, graph.outputs, graph, "output")
    lists = output_columns(project, targets)
    project = set_columns(project, names, role="target")
    for one, mine in lists.items():
        lists[one] = tuple(names) if one == output else tuple(n for n in mine if n not in names)
    _need_some(lists, N_("The output '{name}' would have nothing to predict."))
    target = tuple(dict.fromkeys(name for mine in lists.values() for name in mine))
    several = len(graph.outputs) > 1 or output in project.data.targets
    data = replace(project.data, target=target, targets=lists if several else {})
    return replace(project, data=data)


def _need(node: str, there: Sequence[str], graph: Graph, what: str) -> None:
    if node not in there:
        raise EditError(
            _("There is no {layer} '{name}'.", layer=what, name=node),
            (
                _("Choose one of {names}.", names=format_quoted_list(there))
                if there
                else _("Add one first.")
            ),
            code="no_such_end",
        )


def _need_some(lists: Lists, message: str) -> None:
    empty = next((one for one, mine in lists.items() if not mine), None)
    if empty is not None:
        raise EditError(
            _(message, name=empty), _("Choose another column for it first."), code="columns_missing"
        )
