"""``netbuilder check FILE``: list problems and their fixes."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from netbuilder.cli.output import print_json, print_note, print_result, show_reading_bar
from netbuilder.cli.train import project_title
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    from netbuilder.core.check.problems import Problem
    from netbuilder.core.check.shapes.shapes import Shapes
    from netbuilder.core.data.data_facts import DataFacts
    from netbuilder.core.project.model import Project


def run(arguments: argparse.Namespace) -> int:
    """List problems; return 1 if the project cannot train."""
    from netbuilder.core.check.network_table import network_table, table_lines

    path = Path(arguments.file)
    project = _read(path)
    problems, shapes = check_project(project, path.parent)
    blocked = any(problem.blocks for problem in problems)
    table = network_table(project.graph, shapes) if arguments.table else []
    for line in table_lines(table) if arguments.table else ():
        print_result(line)
    _print_problems(project_title(project, path), problems, shapes)
    if arguments.json:
        print_json(
            {
                "parameters": None if shapes is None else shapes.total_parameters,
                "problems": [_to_json(problem) for problem in problems],
                "shapes": {}
                if shapes is None
                else {node.id: _shape(shapes, node.id) for node in project.graph.nodes},
                **({"table": [asdict(row) for row in table]} if arguments.table else {}),
            }
        )
    return 1 if blocked else 0


def _read(path: Path) -> Project:
    from netbuilder.core.formats import registry
    from netbuilder.core.formats.safety.inspect_file import inspect_file

    if not registry.is_model(path):
        return registry.read_project(path)
    file = inspect_file(path, placeholders=True)
    for text in file.notes:
        print_note(text)
    return registry.project_of(file)


def check_project(
    project: Project, base: Path, *, with_shapes: bool = True
) -> tuple[tuple[Problem, ...], Shapes | None]:
    """Problems of a project and the shapes of its nodes.

    Args:
        project: what to look at.
        base: folder that relative data paths start from.
        with_shapes: False: nothing that only Keras can tell.

    Shapes are None where the graph itself is broken: there are none to ask Keras for, and the
    answer comes without loading it.
    """
    from netbuilder.core.check import diagnostics
    from netbuilder.core.check.rules import structure

    broken = structure.FINDERS.keys()
    data_problems: list[Problem] = []
    facts = _facts(project, base, data_problems)
    problems = diagnostics.primary_problems(diagnostics.diagnose(project, facts, None, base))
    shapes = None
    if with_shapes and not any(problem.code in broken and problem.blocks for problem in problems):
        from netbuilder.core.check.shapes.shapes import ShapeCache
        from netbuilder.core.process.tensorflow_output import load_tensorflow

        load_tensorflow()
        shapes = ShapeCache().compute(project.graph, facts)
        problems = diagnostics.primary_problems(diagnostics.diagnose(project, facts, shapes, base))
    if any(problem.code == "no-data" for problem in problems):
        data_problems.clear()  # no data is chosen: report this cause only
    return (*data_problems, *problems), shapes


def _facts(project: Project, base: Path, problems: list[Problem]) -> DataFacts | None:
    from netbuilder.core.check.diagnostics import problem_from_error
    from netbuilder.core.data import load

    if not project.data.kind:
        return None
    try:
        with show_reading_bar():
            return load.load_facts(project, base)
    except UserError as error:
        problems.append(problem_from_error(error))
        return None


def _print_problems(title: str, problems: tuple[Problem, ...], shapes: Shapes | None) -> None:
    for problem in problems:
        at = _("at '{layer}'", layer=problem.node)
        place = f" {at}" if problem.node else ""
        print_result(f"{problem.severity.value}{place}: {problem.message}")
        for fix in problem.fixes:
            print_result(f"    {_('fix: {fix}', fix=fix.label)}")
    errors = sum(problem.blocks for problem in problems)
    warnings = len(problems) - errors
    counts = [
        ngettext("{count} error", "{count} errors", errors),
        ngettext("{count} warning", "{count} warnings", warnings),
    ]
    if shapes is not None:
        total = shapes.total_parameters
        size = ngettext("{count} parameter", "{count} parameters", total)
        counts.insert(0, size)
    values = {"name": title, "counts": format_list(counts)}
    if errors:
        print_note(_("{name}: {counts}. The network cannot be trained.", **values))
    else:
        print_note(_("{name}: {counts}. The network can be trained.", **values))


def _to_json(problem: Problem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "node": problem.node,
        "message": problem.message,
        "fix": problem.fix.label if problem.fix else None,
    }


def _shape(shapes: Shapes, node: str) -> list[int | None] | None:
    shape = shapes.by_node.get(node)
    return None if shape is None or shape.output is None else list(shape.output)
