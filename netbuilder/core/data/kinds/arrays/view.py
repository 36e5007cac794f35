"""The arrays of a file, how each is used, and how else it can be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.data.kinds.arrays.array_files import ArrayInfo, array_infos
from netbuilder.core.data.kinds.arrays.array_roles import names_of
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.model import Project

X, Y, X_TEST, Y_TEST, NOTHING = "x", "y", "x_test", "y_test", ""


@dataclass(frozen=True)
class ArraysDataView:
    """What a file of arrays holds.

    Attributes:
        arrays: shape and type by name; those in groups of an HDF5 file are "group/name".
        uses: use of each array: "x", "y", "x_test", "y_test", or the id of an Input or output.
        choices: all possible uses, with their titles.
    """

    arrays: Mapping[str, ArrayInfo]
    uses: Mapping[str, str]
    choices: Mapping[str, str]


def arrays_data_view(project: Project, base: Path) -> ArraysDataView | None:
    """Describe the arrays of a recipe's file without reading them; None where not possible."""
    data = project.data
    if not data.path:
        return None
    path = base / data.path
    try:
        infos = array_infos(path)
    except (UserError, OSError):
        return None  # the report says why
    return ArraysDataView(infos, _uses(project, path, infos), array_uses(project))


def array_uses(project: Project) -> dict[str, str]:
    """Return the possible uses of an array."""
    inputs, outputs = project.graph.inputs, project.graph.outputs
    uses = {NOTHING: _("not used"), X: _("inputs (x)")}
    if len(inputs) > 1:
        uses = {NOTHING: _("not used"), **{node: _("Input {name}", name=node) for node in inputs}}
    if len(outputs) > 1:
        uses |= {node: _("targets of {name}", name=node) for node in outputs}
    else:
        uses[Y] = _("targets (y)")
    return uses | {X_TEST: _("test inputs"), Y_TEST: _("test targets")}


def _uses(project: Project, path: Path, infos: Mapping[str, ArrayInfo]) -> dict[str, str]:
    data, graph = project.data, project.graph
    inputs = [name for names in data.inputs.values() for name in names]
    targets = [name for names in data.targets.values() for name in names]
    uses: dict[str, str] = {}
    shapes = {name: info.shape for name, info in infos.items()}
    try:
        x_names, y_names, _ = names_of(path, data.options, inputs, targets, shapes)
    except UserError:
        x_names, y_names = [], []  # it is asked which they are
    for ends, lists, names, default in (
        (graph.inputs, data.inputs, x_names, X),
        (graph.outputs, data.targets, y_names, Y),
    ):
        if len(ends) > 1:
            uses |= {name: node for node, mine in lists.items() for name in mine}
        else:
            uses |= dict.fromkeys(names, default)
    for use in (X, Y, X_TEST, Y_TEST):
        name = str(data.options.get(use) or "")
        if name:
            uses.setdefault(name, use)
    return {name: use for name, use in uses.items() if name in infos}


def set_array_use(project: Project, name: str, use: str) -> Project:
    """Assign a use (a key of ``array_uses``) to an array; its previous array loses it."""
    data, graph = project.data, project.graph
    options = {key: data.options[key] for key in (X, Y, X_TEST, Y_TEST) if key in data.options}
    options = {key: value for key, value in options.items() if value != name}
    inputs, targets = (
        {node: mine for node, mine in lists.items() if name not in mine}
        for lists in (data.inputs, data.targets)
    )
    if use in graph.inputs:
        inputs[use] = (name,)
    elif use in graph.outputs:
        targets[use] = (name,)
    elif use:
        options[use] = name
        # A network with one end had perhaps another one, which the lists still name.
        inputs = {} if use == X else inputs
        targets = {} if use == Y else targets
    gone = {key: ... for key in (X, Y, X_TEST, Y_TEST) if key in data.options}
    return set_data(project, inputs=inputs, targets=targets, **{**gone, **options})
