"""All rules, and the check that runs them on a project."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Problem, Severity, node_name
from netbuilder.core.check.rule import Rule, make_rules
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

#: All rules in the order in which problems are listed: what has to be fixed first comes first.
RULES: tuple[Rule, ...] = make_rules(
    {"no-data": data.no_data}
    | structure.FINDERS
    | layer_params.FINDERS
    | data.FINDERS
    | rules_shapes.FINDERS
    | output.FINDERS
    | activation.FINDERS
    | objectives.FINDERS
    | training.FINDERS
)

#: Problems that explain what Keras reports about the same node.
_ROOT_CODES = frozenset((*structure.FINDERS, *layer_params.FINDERS))


def diagnose(
    project: Project,
    facts: DataFacts | None = None,
    shapes: Shapes | None = None,
    base: Path | None = None,
) -> tuple[Problem, ...]:
    """Return every problem of ``project``; those that only follow from another come last.

    Args:
        project: may be unfinished or wrong in any way.
        facts: of its data, None while it is not loaded.
        shapes: from Keras, None while it is not loaded; other rules still work.
        base: folder of the project's relative paths; None: files are not checked.
    """
    context = Context(project, facts, shapes, base)
    problems: list[Problem] = []
    broken: set[str] = set()
    for rule in RULES:
        for problem in rule.problems(context):
            if problem.node is not None and problem.code in _ROOT_CODES:
                broken.add(problem.node)
            elif problem.node in broken:
                continue  # the same node has a problem that explains this one
            problems.append(problem)
    return (*problems, *_following(context, problems))


def primary_problems(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return the problems that are not a consequence of another: those counted and listed."""
    return tuple(problem for problem in problems if problem.follows is None)


def _following(context: Context, problems: list[Problem]) -> list[Problem]:
    """Return a mark for each node that depends on a node with an error."""
    graph = context.graph
    origin: dict[str, str] = {
        problem.node: problem.node
        for problem in problems
        if problem.node is not None
        and problem.severity is Severity.ERROR
        and _hides(context, problem.node)
    }
    erroneous = set(origin)
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
        if node_id not in erroneous
    ]


def _hides(context: Context, node_id: str) -> bool:
    if node_id not in context.graph.by_id:
        return False
    shape = context.shape_of(node_id)
    return shape is None or shape.output is None


def problem_from_error(error: UserError) -> Problem:
    """Return an error of reading data or building the network as a problem."""
    subject = "data" if isinstance(error, DataError) else "network"
    title = _("The data cannot be used") if subject == "data" else _("The network cannot be used")
    fixes = tuple(Fix(fix.label, partial(apply_data_fix, fix=fix)) for fix in error.fixes)
    return Problem(
        f"{subject}-error", Severity.ERROR, error.node, title, str(error),
        fix=fixes[0] if fixes else None, others=fixes[1:],
    )  # fmt: skip
