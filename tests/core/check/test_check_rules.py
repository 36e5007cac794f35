"""Rules find their own examples, fixes mend them; healthy projects hear nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rule_examples import PAGES, Example
from rule_examples.building import ExampleBuilder, chain, facts_for

from netbuilder.core.check.diagnostics import RULES, diagnose, primary_problems
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.data.load import load_facts as facts_of
from netbuilder.core.project import edits, graph_ends
from netbuilder.core.project.model import Choice, Data, Training

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


SALES = Path(__file__).resolve().parents[4] / "shared" / "data" / "sales_training.csv"
SOFTMAX = {"units": 3, "activation": "softmax"}
LSTM = {"layer": "LSTM", "params": {"units": 8}}


def said(cache, project, facts=None):
    shapes = cache.compute(project.graph, facts)
    return [(p.code, p.message) for p in diagnose(project, facts, shapes)]


@pytest.mark.skipif(not SALES.exists(), reason="the course's data is not on this machine")
def test_the_course_example_has_no_problem(cache):
    project = chain(
        ("input", "Input", {}),
        ("a", "Dense", {"units": 50, "activation": "relu"}),
        ("b", "Dense", {"units": 100, "activation": "relu"}),
        ("c", "Dense", {"units": 50, "activation": "relu"}),
        ("out", "Dense", {"units": 1}),
        data=Data(
            "csv", path=str(SALES), target=("total_earnings",), scaling="minmax",
            test_path=str(SALES.parent / "sales_test.csv"),
        ),
        training=Training(
            loss=Choice("mean_squared_error"),
            optimizer=Choice("Adam", {"learning_rate": 0.001}),
            metrics=(Choice("mean_absolute_error"),),
        ),
    )  # fmt: skip
    facts = facts_of(project, Path())
    assert facts.input_shapes == {"input": (9,)}
    assert said(cache, project, facts) == []


HEALTHY = {
    "softmax layer of its own": (
        chain(
            ("input", "Input", {}), ("dense", "Dense", {"units": 3}), ("out", "Softmax", {}),
        ),
        facts_for(CLASSES, 3),
    ),
    "activation layer of its own": (
        chain(
            ("input", "Input", {}), ("a", "Dense", {"units": 8}),
            ("norm", "BatchNormalization", {}), ("act", "Activation", {"activation": "relu"}),
            ("dense", "Dense", {"units": 3}), ("out", "Activation", {"activation": "softmax"}),
        ),
        facts_for(CLASSES, 3),
    ),
    "raw scores and from_logits": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 3}),
            training=Training(
                loss=Choice("SparseCategoricalCrossentropy", {"from_logits": True})
            ),
        ),
        facts_for(CLASSES, 3),
    ),
    "two classes with softmax": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 2, "activation": "softmax"}),
            training=Training(loss=Choice("sparse_categorical_crossentropy")),
        ),
        facts_for(BINARY, 1),
    ),
    "two classes with sigmoid and mean squared error": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
            training=Training(loss=Choice("mse")),
        ),
        facts_for(BINARY, 1),
    ),
    "several labels": (
        chain(
            ("input", "Input", {}), ("out", "Dense", {"units": 4, "activation": "sigmoid"}),
            training=Training(metrics=(Choice("accuracy"), Choice("auc"))),
        ),
        facts_for(MULTI_LABEL, 4),
    ),
    "linear regression": (
        chain(("input", "Input", {}), ("out", "Dense", {"units": 1})), facts_for(REGRESSION, 1),
    ),
    "stacked recurrent layers": (
        chain(
            ("input", "Input", {}), ("a", "LSTM", {"units": 8, "return_sequences": True}),
            ("drop", "Dropout", {"rate": 0.2}), ("b", "Bidirectional", {"layer": LSTM}),
            ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (20, 4)),
    ),
    "small network of pictures": (
        chain(
            ("input", "Input", {}),
            ("a", "Conv2D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
            ("pool", "MaxPooling2D", {}), ("flat", "Flatten", {}),
            ("drop", "Dropout", {"rate": 0.3}), ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (8, 8, 1)),
    ),
    "Dense on each step, pooled later": (
        chain(
            ("input", "Input", {}), ("a", "Dense", {"units": 8, "activation": "relu"}),
            ("pool", "GlobalAveragePooling1D", {}), ("out", "Dense", SOFTMAX),
        ),
        facts_for(CLASSES, 3, (20, 4)),
    ),
    "words": (
        chain(
            ("input", "Input", {}), ("e", "Embedding", {"input_dim": 50, "output_dim": 8}),
            ("conv", "Conv1D", {"filters": 8, "kernel_size": 3, "activation": "relu"}),
            ("pool", "GlobalMaxPooling1D", {}),
            ("out", "Dense", {"units": 1, "activation": "sigmoid"}),
        ),
        facts_for(
            BINARY, 1, (20,), input_dtypes={"input": "int32"}, units_scaled=False,
            vocabulary=tuple(map(str, range(50))), value_range=(0.0, 49.0),
        ),
    ),
    "raw pictures and Rescaling": (
        chain(
            ("input", "Input", {}), ("flip", "RandomFlip", {}),
            ("scale", "Rescaling", {"scale": 0.004}), ("flat", "Flatten", {}),
            ("out", "Dense", SOFTMAX), data=Data("builtin", name="digits", scaling="none"),
        ),
        facts_for(CLASSES, 3, (8, 8, 1), units_scaled=False, value_range=(0.0, 255.0)),
    ),
    "a linear layer that is shared out": (
        ExampleBuilder().chain(("input", "Input", {}), ("wide", "Dense", {"units": 8}))
        .chain(("left", "Dense", {"units": 4, "activation": "relu"}), ("join", "Concatenate", {}),
               ("out", "Dense", SOFTMAX), start="wide")
        .chain(("bent", "Activation", {"activation": "tanh"}), start="wide")
        .wire(("bent", "join")).project(),
        facts_for(CLASSES, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_networks_have_no_problem(cache, name):
    project, facts = HEALTHY[name]
    assert said(cache, project, facts) == []


Layer = tuple[str, str, dict[str, Any]]
OUT: Layer = ("out", "Dense", {"units": 3, "activation": "softmax"})


def dense(name, units=8):
    return (name, "Dense", {"units": units, "activation": "relu"})


def conv(name, filters, strides=1):
    more = {"kernel_size": 3, "padding": "same", "strides": strides, "activation": "relu"}
    return (name, "Conv2D", {"filters": filters, **more})


def problems_of(cache, project):
    return primary_problems(diagnose(project, None, cache.compute(project.graph)))


def the_one(cache, project, code):
    (problem,) = [one for one in problems_of(cache, project) if one.code == code]
    return problem


def errors_of(cache, project):
    return [one.code for one in problems_of(cache, project) if one.blocks]


INPUT: Layer = ("input", "Input", {"shape": [4]})


def test_an_add_with_one_wire_gets_the_other_end_of_the_network(cache):
    made = ExampleBuilder().chain(INPUT, dense("left"), ("add", "Add", {}), OUT)
    made.chain(dense("right"), start="input")
    problem = the_one(cache, made.project(), "input-count")
    assert problem.node == "add"
    assert problem.fix is not None and problem.fix.label == "Connect 'right' to this layer"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["add"] == ("left", "right")
    assert errors_of(cache, mended) == []
    assert cache.compute(mended.graph).by_node["add"].output == (None, 8)


def test_without_another_end_it_gets_a_skip_connection_from_the_same_shape(cache):
    # "wide" stands nearer, but gives 16 numbers: Add could not take it.
    made = ExampleBuilder().chain(
        INPUT, dense("one"), dense("wide", 16), dense("two"), ("add", "Add", {}), OUT
    )
    problem = the_one(cache, made.project(), "input-count")
    assert problem.fix is not None and problem.fix.label == "Connect 'one' to this layer"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["add"] == ("two", "one")
    assert errors_of(cache, mended) == []


def test_with_nothing_to_join_the_layer_goes(cache):
    made = ExampleBuilder().chain(INPUT, dense("only"), ("add", "Add", {}), OUT)
    problem = the_one(cache, made.project(), "input-count")
    assert problem.fix is not None and problem.fix.label == "Remove 'add'"
    mended = problem.fix.edit(made.project())
    assert mended.graph.sources["out"] == ("only",)
    assert errors_of(cache, mended) == []


def test_what_nothing_is_wired_to_gets_the_one_open_end(cache):
    made = ExampleBuilder().chain(INPUT, dense("hidden")).chain(OUT)
    problem = the_one(cache, made.project(), "unconnected")
    assert problem.node == "out"
    assert problem.fix is not None and problem.fix.label == "Connect 'hidden' to this layer"
    assert problem.fix.edit(made.project()).graph.sources["out"] == ("hidden",)


def test_an_input_that_feeds_nothing_feeds_what_has_none(cache):
    # Only "other" can be meant by "out": "input" leads somewhere already.
    made = ExampleBuilder().chain(INPUT, dense("hidden"), ("join", "Concatenate", {}), OUT)
    made.chain(("other", "Input", {"shape": [2]})).chain(dense("side")).wire(("side", "join"))
    found = [one for one in problems_of(cache, made.project()) if one.code == "unconnected"]
    labels = {one.node: one.fix.label for one in found if one.fix is not None}
    assert labels == {"side": "Connect 'other' to this layer", "other": "Connect to 'side'"}
    for one in found:
        mended = one.fix.edit(made.project())
        assert mended.graph.sources["side"] == ("other",)
        assert errors_of(cache, mended) == []


PICTURE: Layer = ("input", "Input", {"shape": [8, 8, 1]})
SEQUENCE: Layer = ("input", "Input", {"shape": [10, 2]})
SEQUENCES = {"units": 4, "return_sequences": True}
BRANCHES = {
    # More channels: a 1 × 1 convolution, onto the shape that comes first of the smallest.
    "channels": (
        PICTURE, [[conv("left", 4)], [conv("right", 6)]], "Add",
        "Insert Conv2D on the other branch", (None, 8, 8, 4),
    ),
    # A smaller picture: the same with strides, as in a residual network.
    "strides": (
        PICTURE, [[conv("left", 4)], [conv("right", 6, 2)]], "Add",
        "Insert Conv2D on the other branch", (None, 4, 4, 6),
    ),
    "three": (
        PICTURE, [[conv("left", 4)], [conv("middle", 6, 4)], [conv("right", 5)]], "Average",
        "Insert Conv2D on the other branch", (None, 2, 2, 6),
    ),
    "rows of numbers": (
        INPUT, [[dense("left", 5)], [dense("right", 7)]], "Multiply",
        "Insert Dense on the other branch", (None, 5),
    ),
    "a sequence and a row": (
        SEQUENCE, [[("left", "LSTM", SEQUENCES)], [("right", "LSTM", {"units": 3})]], "Add",
        "Insert Flatten and Dense on the other branch", (None, 3),
    ),
    "concatenate a sequence and a row": (
        SEQUENCE, [[("left", "LSTM", SEQUENCES)], [("right", "LSTM", {"units": 3})]], "Concatenate",
        "Insert Flatten before it", (None, 43),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_branches_are_brought_to_one_shape(cache, name):
    entrance, branches, merge, label, wanted = BRANCHES[name]
    made = ExampleBuilder().chain(entrance)
    for branch in branches:
        made.chain(*branch, start="input")
    made.chain(("join", merge, {})).wire(*((branch[-1][0], "join") for branch in branches))
    project = made.project()
    problem = the_one(cache, project, "merge-mismatch")
    assert problem.node == "join"
    assert problem.fix is not None and problem.fix.label == label
    mended = problem.fix.edit(project)
    assert cache.compute(mended.graph).by_node["join"].output == wanted
    assert "merge-mismatch" not in errors_of(cache, mended)
    kept = {node.id: node.params for node in mended.graph.nodes}
    assert all(kept[node.id] == node.params for node in project.graph.nodes), "none was changed"


def test_where_no_layer_helps_none_is_offered(cache):
    """No stride makes 5 of 8: ceil(8 / 2) is 4, ceil(8 / 1) is 8."""
    made = ExampleBuilder().chain(PICTURE, conv("left", 4))
    cropped = {"filters": 4, "kernel_size": 4}
    made.chain(("right", "Conv2D", cropped), start="input")
    made.chain(("join", "Add", {})).wire(("left", "join"), ("right", "join"))
    assert the_one(cache, made.project(), "merge-mismatch").fix is None


WARNINGS = [
    pytest.param(make, id=f"{rule.code}-{at}")
    for rule in RULES
    for at, make in enumerate(PAGES[rule.code].examples)
    if rule.severity is Severity.WARNING and make().facts is not None
]


def target(facts, rows, units):
    rng = np.random.default_rng(0)
    if facts.task == CLASSES:
        numbers = rng.integers(0, len(facts.classes), rows)
        return np.eye(len(facts.classes))[numbers] if facts.one_hot else numbers
    if facts.task in {BINARY, MULTI_LABEL}:
        return rng.integers(0, 2, (rows, units)).astype("float32")
    return rng.normal(size=(rows, units)).astype("float32")


@pytest.mark.filterwarnings("ignore:.*from_logits")  # Keras warns of the same
@pytest.mark.parametrize("make", WARNINGS)
def test_a_network_with_a_warning_trains(make):
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    example = make()
    model = build_training_model(example.project, example.facts)
    model.run_eagerly = True
    rows = 8
    x = np.random.default_rng(1).random((rows, *example.facts.input_shapes["input"]))
    y = target(example.facts, rows, model.output_shape[-1])
    loss = model.train_on_batch(x.astype("float32"), y)
    assert np.isfinite(loss if np.isscalar(loss) else loss[0])
