"""Every rule finds its own examples, its fix mends them, and healthy projects hear nothing."""

import pytest
from rule_examples import PAGES, Example
from rule_examples.building import chain, facts_for

from netbuilder.core.check.diagnostics import RULES, diagnose
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.project import edits, graph_ends

#: Rules whose problem has no one-click mend: nobody but the person can know what was meant.
WITHOUT_FIX: set[str] = set()
#: A fix may bring to light what could not be seen before: wires name the first of two namesakes.
REVEALS = {"duplicate-name": {"unconnected"}}


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


def found(cache, example, project=None):
    project = project or example.project
    shapes = cache.compute(project.graph, example.facts)
    return diagnose(project, example.facts, shapes)


CASES = [
    pytest.param(rule, make, id=f"{rule.code}-{at}")
    for rule in RULES
    for at, make in enumerate(PAGES[rule.code].examples)
]


@pytest.mark.parametrize(("rule", "make"), CASES)
def test_a_rule_finds_its_example_and_its_fix_mends_it(cache, rule, make):
    example = make()
    problems = [p for p in found(cache, example) if p.code == rule.code]
    assert problems, [(p.code, p.message) for p in found(cache, example)]
    assert all(p.severity is rule.severity and p.title for p in problems)
    assert all(p.message.endswith((".", "?")) for p in problems)
    if rule.code in WITHOUT_FIX:
        return
    project = example.project
    for _ in range(len(problems)):
        left = [p for p in found(cache, example, project) if p.code == rule.code]
        if not left:
            break
        assert left[0].fix is not None, left[0].message
        mended = left[0].fix.edit(project)
        assert mended is not project
        assert mended != project
        project = mended
    rest = found(cache, example, project)
    assert [p for p in rest if p.code == rule.code] == []


@pytest.mark.parametrize(("rule", "make"), CASES)
def test_a_fix_brings_no_new_error(cache, rule, make):
    example = make()
    before = found(cache, example)
    errors = {p.code for p in before if p.blocks}
    first = next(p for p in before if p.code == rule.code)
    if first.fix is None:
        assert rule.code in WITHOUT_FIX
        return
    after = found(cache, example, first.fix.edit(example.project))
    new = [p for p in after if p.blocks and p.follows is None and p.code not in errors]
    new = [p for p in new if p.code not in REVEALS.get(rule.code, ())]
    assert [(p.code, p.message) for p in new] == []


def test_codes_are_unique_and_every_rule_has_an_example():
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert set(PAGES) == set(codes)
    assert all(page.examples and page.cause and page.fix for page in PAGES.values())


def test_structural_rules_need_no_keras():
    for rule in RULES:
        if rule.needs_facts or rule.needs_shapes:
            continue
        example = PAGES[rule.code].examples[0]()
        if example.facts is None:
            assert rule.code in {p.code for p in diagnose(example.project, None, None)}


def test_severities_split_as_training_needs():
    blocking = {rule.code for rule in RULES if rule.severity is Severity.ERROR}
    assert {"cycle", "no-input", "rank-mismatch", "output-units", "memory"} <= blocking
    assert not {"learning-rate", "relu-output", "batch-size", "linear-stack"} & blocking


def test_a_softmax_that_weights_values_or_ends_a_network_is_in_no_middle(cache):
    flowers = facts_for(CLASSES, 3)
    head = ("out", "Dense", {"units": 3, "activation": "softmax"})
    plain = chain(("input", "Input", {}), ("hidden", "Dense", {"units": 4}), head)
    weights = edits.add_node(plain, "Dense", params={"units": 4, "activation": "softmax"})
    gate = weights.graph.nodes[-1].id
    weighted = edits.add_node(graph_ends.connect(weights, "hidden", gate), "Multiply")
    mixed = weighted.graph.nodes[-1].id
    attention = graph_ends.disconnect(weighted, ("hidden", "out"))
    for source, target in (("hidden", mixed), (gate, mixed), (mixed, "out")):
        attention = graph_ends.connect(attention, source, target)
    for project in (plain, attention):
        problems = found(cache, Example(project, flowers))
        assert "hidden-softmax" not in [problem.code for problem in problems]


def test_a_loose_layer_beside_a_finished_network_is_offered_the_place_before_its_end(cache):
    head = ("out", "Dense", {"units": 3, "activation": "softmax"})
    project = chain(
        ("input", "Input", {}), ("hidden", "Dense", {"units": 16, "activation": "relu"}), head
    )
    project = edits.add_node(project, "Dropout")
    example = Example(project, facts_for(CLASSES, 3))
    (problem,) = found(cache, example)
    assert problem.code == "unconnected" and problem.fix is not None
    fixed = problem.fix.edit(project)
    assert fixed.graph.outputs == ("out",) and fixed.graph.sources["out"] == ("dropout",)
    assert found(cache, example, fixed) == ()
