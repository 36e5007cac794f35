"""What a check says as a whole: what comes first, what follows, what is still true."""

from dataclasses import replace
from itertools import product

import pytest
from rule_examples.building import ExampleBuilder, chain, ending, facts_for

from netbuilder.core.check.diagnostics import diagnose, primary_problems, problem_from_error
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.rules.training import machine_memory, training_memory
from netbuilder.core.check.shapes.shapes import ShapeCache, Shapes
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.errors import DataError
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Training
from tests.processes import run_python

CONV = ("conv2d", "Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"})
PICTURE = ("input", "Input", {"shape": [8, 8, 1]})
OUT = ("out", "Dense", {"units": 3, "activation": "softmax"})


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


def test_the_message_names_both_layers_and_the_sizes_seen(cache):
    project = chain(PICTURE, CONV, ("dense_1", "Dense", {"units": 3}))
    (problem,) = primary_problems(diagnose(project, None, cache.compute(project.graph)))
    assert problem.message == (
        "Dense 'dense_1' expects a list of numbers, but Conv2D 'conv2d' returns pictures of shape"
        " (6, 6, 32). Insert a Flatten between them."
    )
    assert problem.node == "dense_1"
    assert problem.fix.label == "Insert Flatten"
    mended = problem.fix.edit(project)
    assert [node.layer for node in mended.graph.nodes].count("Flatten") == 1
    assert cache.compute(mended.graph).by_node["dense_1"].output == (None, 3)


def test_what_follows_is_marked_and_not_repeated(cache):
    project = chain(
        ("input", "Input", {"shape": [8]}), CONV, ("pool", "MaxPooling2D", {}),
        ("flat", "Flatten", {}), OUT,
    )  # fmt: skip
    problems = diagnose(project, None, cache.compute(project.graph))
    assert [p.node for p in primary_problems(problems)] == ["conv2d"]
    marks = {p.node: p.follows for p in problems if p.follows}
    assert marks == {"pool": "conv2d", "flat": "conv2d", "out": "conv2d"}


def test_two_broken_branches_are_two_problems(cache):
    sketch = ExampleBuilder().chain(("input", "Input", {"shape": [8]}), CONV)
    sketch.chain(("lstm", "LSTM", {"units": 4}), start="input")
    sketch.chain(("join", "Concatenate", {}), OUT).wire(("conv2d", "join"), ("lstm", "join"))
    project = sketch.project()
    problems = diagnose(project, None, cache.compute(project.graph))
    assert {p.node for p in primary_problems(problems)} == {"conv2d", "lstm"}
    assert {p.node for p in problems if p.follows} == {"join", "out"}


def test_a_wrong_value_is_told_once_and_not_again_by_keras(cache):
    project = chain(PICTURE, ("flat", "Flatten", {}), ("out", "Dense", {"units": -3}))
    problems = primary_problems(diagnose(project, None, cache.compute(project.graph)))
    assert [p.code for p in problems] == ["bad-parameter"]


def test_a_circle_is_one_problem():
    project = (
        ExampleBuilder()
        .chain(("input", "Input", {}), ("a", "Dense", {"units": 4, "activation": "relu"}), OUT)
        .wire(("out", "a"))
        .project()
    )
    problems = primary_problems(diagnose(project))
    assert [(p.code, p.fix.label) for p in problems if p.fix] == [
        ("cycle", "Remove the connection 'out' → 'a'")
    ]
    assert primary_problems(diagnose(problems[0].fix.edit(project))) == ()


def test_old_shapes_count_only_where_they_still_hold(cache):
    broken = chain(PICTURE, CONV, ("pool", "MaxPooling2D", {"pool_size": 9}), OUT)
    old = cache.compute(broken.graph)
    assert "kernel-too-large" in {p.code for p in diagnose(broken, None, old)}
    mended = edits.set_params(broken, "pool", pool_size=2)
    assert "kernel-too-large" not in {p.code for p in diagnose(mended, None, old)}
    moved = edits.move_nodes(broken, {"pool": (5.0, 5.0)})
    assert "kernel-too-large" in {p.code for p in diagnose(moved, None, old)}
    further = edits.set_params(broken, "input", shape=[30, 30, 1])
    assert "kernel-too-large" not in {p.code for p in diagnose(further, None, old)}


def test_a_fix_works_on_the_project_as_it_is_when_it_is_clicked(cache):
    plan = Training(optimizer=Choice("Adam", {"learning_rate": 9.0}))
    project = chain(("input", "Input", {}), OUT, training=plan)
    (problem,) = [p for p in diagnose(project) if p.code == "learning-rate"]
    later = edits.set_training(
        project, optimizer=Choice("Adam", {"learning_rate": 9.0, "beta_1": 0.5}), epochs=7
    )
    mended = problem.fix.edit(later)
    assert mended.training.optimizer.params == {"learning_rate": 0.001, "beta_1": 0.5}
    assert mended.training.epochs == 7


def test_problems_compare_by_what_they_say():
    project = chain(OUT)
    assert diagnose(project) == diagnose(project)
    assert diagnose(project) != diagnose(chain(("input", "Input", {}), OUT))


def test_an_error_of_reading_becomes_a_problem():
    problem = problem_from_error(DataError("No file 'a.csv'.", "Choose it again."))
    assert (problem.code, problem.severity) == ("data-error", Severity.ERROR)
    assert problem.message == "No file 'a.csv'. Choose it again."


def test_training_memory_counts_weights_optimizer_and_batch(cache):
    project = chain(("input", "Input", {"shape": [10]}), ("out", "Dense", {"units": 5}))
    shapes = cache.compute(project.graph)
    # 55 weights, their gradients and Adam's two values each; 15 outputs, forward and backward.
    assert training_memory(shapes, Training(batch_size=2)) == 55 * 4 * 4 + 2 * 15 * 4 * 2
    assert training_memory(Shapes(), Training()) == 0
    assert machine_memory() > 100_000_000


def test_a_batch_that_does_not_fit_is_mended_by_the_batch(cache):
    facts = facts_for(CLASSES, 3, (1000, 3), rows=10**9)
    project = chain(
        ("input", "Input", {}), ("conv", "Conv1D", {"filters": 64, "kernel_size": 3}),
        ("pool", "GlobalAveragePooling1D", {}), OUT,
        training=Training(batch_size=2**26),
    )  # fmt: skip
    shapes = cache.compute(project.graph, facts)
    (problem,) = [p for p in diagnose(project, facts, shapes) if p.code == "memory"]
    batch = problem.fix.edit(project).training.batch_size
    assert 1 <= batch < 2**26
    smaller = replace(project.training, batch_size=batch)
    assert training_memory(shapes, smaller) <= machine_memory()


def test_checking_without_shapes_loads_neither_keras_nor_pandas():
    code = (
        "import sys; from netbuilder.core.check.diagnostics import diagnose;"
        "from netbuilder.core.project.model import Graph, Node, Project;"
        "assert diagnose(Project('x', Graph(nodes=(Node('a', 'Dense', {}),))));"
        "print([m for m in ('tensorflow', 'keras', 'pandas', 'sklearn') if m in sys.modules])"
    )
    done = run_python(code, check=True)
    assert done.stdout.strip() == "[]"


def test_the_layer_that_is_too_large_is_made_smaller_and_no_other(cache):
    project = chain(
        ("input", "Input", {}), ("dense", "Dense", {"units": 32, "activation": "relu"}),
        ("dense_1", "Dense", {"units": 99_999_999_999, "activation": "relu"}),
        ("dropout", "Dropout", {"rate": 0.3}),
    )  # fmt: skip
    for facts in (facts_for(CLASSES, 3), replace(facts_for(CLASSES, 3), output_units={})):
        shapes = cache.compute(project.graph, facts)
        (problem,) = [p for p in diagnose(project, facts, shapes) if p.code == "memory"]
        assert problem.node == "dense_1"
        mended = problem.fix.edit(project)
        assert mended.graph.by_id["dense"].params["units"] == 32
        assert 4 <= mended.graph.by_id["dense_1"].params["units"] < 99_999_999_999
        again = diagnose(mended, facts, cache.compute(mended.graph, facts))
        assert "memory" not in {p.code for p in again}


@pytest.mark.parametrize(
    "loss",
    [
        None,
        "mean_squared_error",
        "binary_crossentropy",
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
    ],
)
@pytest.mark.parametrize(
    "facts",
    [facts_for(CLASSES, 3), replace(facts_for(CLASSES, 3), one_hot=True), facts_for(BINARY, 1),
     facts_for(REGRESSION, 1), facts_for(MULTI_LABEL, 3)],
    ids=["classes", "one_hot", "binary", "number", "labels"],
)  # fmt: skip
def test_one_fix_makes_the_end_of_a_network_right(cache, facts, loss):
    for units, activation in product((1, 2, 3, 10), (None, "softmax", "sigmoid", "relu")):
        project = ending(units, activation, facts, Choice(loss) if loss else None).project
        found = diagnose(project, facts, cache.compute(project.graph, facts))
        if not found:
            continue
        fixed = found[0].fixes[0].edit(project)
        left = diagnose(fixed, facts, cache.compute(fixed.graph, facts))
        assert not left, (units, activation, found[0].fixes[0].label, left[0].message)
