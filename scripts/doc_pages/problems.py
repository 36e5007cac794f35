"""Makes ``docs/problems.md`` from the rules, with what each says about an example of its own."""

from __future__ import annotations

from rule_examples import PAGES, Example

from netbuilder.core.check.diagnostics import RULES, diagnose
from netbuilder.core.check.problems import Problem, Severity
from netbuilder.core.check.rule import Rule
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.project.model import Node, Project

_INTRO = """\
# Problems and fixes

NetBuilder checks a project while you build it. It shows a problem on its layer (or on the Data or
Settings page) with its cause and, where there is one, a fix: one click applies the fix, and one
undo reverts it.
**Errors** prevent training. **Warnings** do not: the network trains, but probably not as intended.
`netbuilder check FILE` lists the same problems.

A layer that depends on a layer with a problem is marked "Depends on …": fix the other layer first.

This page is made from the code: `python scripts/write_doc_pages.py docs`.
"""


def problems_page() -> str:
    """The whole page, in Markdown."""
    cache = ShapeCache()
    parts = [_INTRO, _table(Severity.ERROR), _table(Severity.WARNING)]
    parts += [_section(rule, cache) for rule in RULES]
    return "\n".join(parts)


def _table(severity: Severity) -> str:
    rows = [
        f"| [{rule.title}](#{rule.code}) | `{rule.code}` | {PAGES[rule.code].fix} |"
        for rule in RULES
        if rule.severity is severity
    ]
    head = "Errors" if severity is Severity.ERROR else "Warnings"
    return "\n".join([f"## {head}", "", "| problem | code | fix |", "|---|---|---|", *rows, ""])


def _section(rule: Rule, cache: ShapeCache) -> str:
    # The heading's own anchor would be made of its title, which may change; the code may not.
    lines = [f'## <a id="{rule.code}"></a>{rule.title}', "", f"`{rule.code}`, {rule.severity}", ""]
    lines += [PAGES[rule.code].cause, "", f"*Fix:* {PAGES[rule.code].fix}", "", "Examples:", ""]
    for make in PAGES[rule.code].examples:
        example = make()
        lines += [f"- {example_line(example)}", f"  > {_said(rule, example, cache)}", ""]
    return "\n".join(lines)


def _said(rule: Rule, example: Example, cache: ShapeCache) -> str:
    shapes = cache.compute(example.project.graph, example.facts)
    problem = next(
        p for p in diagnose(example.project, example.facts, shapes) if p.code == rule.code
    )
    message, label = _everywhere(problem)
    return f"{message} **[{label}]**" if label else message


def _everywhere(problem: Problem) -> tuple[str, str]:
    """Message and fix, without what differs from machine to machine."""
    label = problem.fix.label if problem.fix is not None else ""
    if problem.code != "memory":
        return problem.message, label
    said = problem.message.partition(", but this computer has ")[0]
    fix = "Set batch size to …" if "batch" in label else "Make the large layers smaller"
    return f"{said}, more than this computer has.", fix


def example_line(example: Example) -> str:
    """An example in one line: its layers, its plan and its data as far as they matter."""
    project = example.project
    graph = project.graph
    nodes = " → ".join(_node(node) for node in graph.nodes) or "an empty canvas"
    in_a_row = tuple(zip(graph.nodes, graph.nodes[1:], strict=False))
    if graph.edges and graph.edges != tuple((a.id, b.id) for a, b in in_a_row):
        names = ", ".join(_node(node) for node in graph.nodes)
        wires = ", ".join(f"{a} → {b}" for a, b in graph.edges)
        nodes = f"{names}; connections {wires}"
    return "; ".join([nodes, *_plan(project), *_data(example)])


def _node(node: Node) -> str:
    params = ", ".join(f"{key}={value!r}" for key, value in node.params.items())
    text = f"{node.layer}({params})" if params else node.layer
    return f"`{node.id} = {text}`" if node.layer != "Input" or params else f"`{node.id}`"


def _plan(project: Project) -> list[str]:
    training, usual = project.training, type(project.training)()
    said = []
    if training.loss is not None:
        said.append(f"loss `{training.loss.name}` {_given(training.loss.params)}".strip())
    if training.optimizer != usual.optimizer:
        said.append(f"{training.optimizer.name} {_given(training.optimizer.params)}".strip())
    if training.metrics:
        said.append("metrics " + ", ".join(f"`{one.name}`" for one in training.metrics))
    if training.batch_size != usual.batch_size:
        said.append(f"batch size {training.batch_size:,}")
    return said


def _given(params: object) -> str:
    pairs = dict(params).items() if isinstance(params, dict) else ()
    return ", ".join(f"{key}={value!r}" for key, value in pairs)


def _data(example: Example) -> list[str]:
    facts, data = example.facts, example.project.data
    if facts is None:
        return [] if data.kind else ["no data"]
    target = {
        "regression": f"{max(facts.output_units.values(), default=1)} number(s)",
        "binary": "yes or no",
        "classes": f"{len(facts.classes)} classes",
    }.get(facts.task, facts.task)
    shape = next(iter(facts.input_shapes.values()), ())
    return [f"data: {facts.rows:,} rows of {tuple(shape)}, target {target}"]
