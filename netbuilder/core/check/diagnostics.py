"""All rules, and the check that runs them over a project."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity, node_name
from netbuilder.core.check.rule import Rule
from netbuilder.core.check.rules import (
    activation,
    data,
    layer_params,
    objectives,
    output,
    shapes as rules_shapes,
    structure,
    training,
)
from netbuilder.core.check.shapes.shapes import Shapes
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Project

#: Every rule, in the order in which problems are listed: what has to be mended first, first.
RULES: tuple[Rule, ...] = (
    data.NO_DATA,
    *structure.RULES,
    *layer_params.RULES,
    *data.RULES,
    *rules_shapes.RULES,
    *output.RULES,
    *activation.RULES,
    *objectives.RULES,
    *training.RULES,
)

#: Rules whose problem explains whatever Keras says about the same node.
_ROOT_CODES = frozenset(rule.code for rule in (*structure.RULES, *layer_params.RULES))


def diagnose(
    project: Project,
    facts: DataFacts | None = None,
    shapes: Shapes | None = None,
    base: Path | None = None,
) -> tuple[Problem, ...]:
    """Every problem of ``project``.

    Args:
        project: what was made; it may be unfinished or wrong in any way.
        facts: what is known of its data, None while it is not loaded.
        shapes: what Keras says of its layers, None while Keras is not loaded. Without them the
            rules about structure and values still work.
        base: folder that the project's relative paths start from; None: files are not looked for.

    Problems of nodes that only wait for one further up have ``follows`` set; they come last.
    """
    context = Context(project, facts, shapes, base)
    found: list[Problem] = []
    broken: dict[str, int] = {}
    for rule in RULES:
        for problem in rule.problems(context):
            if problem.node is not None and problem.code not in _ROOT_CODES:
                if problem.node in broken:
                    continue  # the same node has a problem that explains this one
            elif problem.node is not None:
                broken[problem.node] = 1
            found.append(problem)
    return (*found, *_following(context, found))


def primary_problems(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Problems that are not only the consequence of another: what is counted and listed."""
    return tuple(problem for problem in problems if problem.follows is None)


def _following(context: Context, found: list[Problem]) -> list[Problem]:
    """Marks on nodes that wait for another node to be mended."""
    graph = context.graph
    origin: dict[str, str] = {
        problem.node: problem.node
        for problem in found
        if problem.node is not None
        and problem.severity is Severity.ERROR
        and _hides(context, problem.node)
    }
    own = set(origin)
    for node_id in graph.order:
        if node_id in origin:
            continue
        source = next((origin[s] for s in graph.sources[node_id] if s in origin), None)
        if source is not None:
            origin[node_id] = source
    return [
        Problem(
            "follows",
            Severity.ERROR,
            node_id,
            _("Depends on '{name}'", name=root),
            _(
                "Fix {layer} first: {node} depends on it.",
                layer=node_name(graph.by_id[root]),
                node=node_name(graph.by_id[node_id]),
            ),
            follows=root,
        )
        for node_id, root in origin.items()
        if node_id not in own
    ]


def _hides(context: Context, node_id: str) -> bool:
    """Whether an error of this node keeps those behind it from having a shape."""
    if node_id not in context.graph.by_id:
        return False
    shape = context.shape_of(node_id)
    return shape is None or shape.output is None


def problem_from_error(error: UserError) -> Problem:
    """An error of reading the data or of building the network, as a problem among the others."""
    about = "data" if isinstance(error, DataError) else "network"
    title = _("The data cannot be used") if about == "data" else _("The network cannot be used")
    fixes = tuple(Fix(one.label, partial(apply_data_fix, fix=one)) for one in error.fixes)
    return Problem(
        f"{about}-error", Severity.ERROR, error.node, title, str(error),
        fix=fixes[0] if fixes else None, others=fixes[1:],
    )  # fmt: skip
