"""Random projects: the check never fails, its fixes never break, and what it passes builds."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from rule_examples.building import facts_for

from netbuilder.core.check.diagnostics import diagnose, primary_problems
from netbuilder.core.check.problems import Severity
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import BINARY, CLASSES, MULTI_LABEL, REGRESSION
from netbuilder.core.errors import UserError
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training

CACHE = ShapeCache()
IDS = ["input", "a", "b", "c", "d", "e", "out", ""]
LAYERS = {
    "Input": {"shape": [None, [4], [8, 8, 1], [6, 3], "odd"]},
    "Dense": {"units": [1, 3, 8, -1, None], "activation": ["relu", "softmax", "sigmoid", "no"]},
    "Conv2D": {"filters": [4], "kernel_size": [3, 9, [2, 2]], "padding": ["same", "wrong"]},
    "MaxPooling2D": {"pool_size": [2, 9]},
    "Conv1D": {"filters": [4], "kernel_size": [2, 7]},
    "LSTM": {"units": [4], "return_sequences": [True, False]},
    "Bidirectional": {"layer": [{"layer": "GRU", "params": {"units": 2}}, "odd"]},
    "Embedding": {"input_dim": [10, 900], "output_dim": [4]},
    "Flatten": {},
    "Reshape": {"target_shape": [[2, 2], [-1, 1], [8, 8, 1]]},
    "Dropout": {"rate": [0.2, 3]},
    "BatchNormalization": {},
    "Softmax": {},
    "Activation": {"activation": ["relu", "softmax"]},
    "Add": {},
    "Concatenate": {"axis": [-1, 1, 7]},
    "MultiHeadAttention": {"num_heads": [2], "key_dim": [3]},
    "Permute": {"dims": [[1], [2, 1]]},
    "Nonsense": {"x": [1]},
}


@st.composite
def nodes(draw, ids):
    layer = draw(st.sampled_from(sorted(LAYERS)))
    rows = LAYERS[layer]
    params = {}
    for name, values in rows.items():
        value = draw(st.sampled_from([..., *values]))
        if value is not ...:
            params[name] = value
    shared = draw(st.sampled_from([None, None, None, None, "a", "gone"]))
    return Node(draw(st.sampled_from(ids)), layer, params, shared=shared)


@st.composite
def projects(draw):
    found = draw(st.lists(nodes(IDS), max_size=8))
    ends = st.sampled_from([*IDS, "gone"])
    wires = draw(st.lists(st.tuples(ends, ends), max_size=10))
    loss = draw(
        st.sampled_from([None, "mse", "categorical_crossentropy", "binary_crossentropy", "odd"])
    )
    training = Training(
        loss=Choice(loss) if loss else None,
        batch_size=draw(st.sampled_from([1, 32, 900])),
        optimizer=draw(st.sampled_from([Choice("Adam"), Choice("SGD", {"learning_rate": 9})])),
        metrics=draw(st.sampled_from([None, (Choice("accuracy"), Choice("mae"))])),
    )
    data = draw(st.sampled_from([Data(), Data("builtin", name="iris", scaling="none")]))
    return Project("Random", Graph(tuple(found), tuple(wires)), data, training)


FACTS = [
    None,
    facts_for(CLASSES, 3, units_scaled=False, value_range=(0, 900), target_names=("y",)),
    facts_for(REGRESSION, 1, (8, 8, 1)),
    facts_for(BINARY, 1, (6,), input_dtypes={"input": "int32"}, vocabulary=("w",) * 60),
    facts_for(MULTI_LABEL, 2, (6, 3), imbalance=40.0),
]
# The same examples each time; a change of the rules is worth a run with many more.
SETTINGS = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=120, **SETTINGS)
@given(projects(), st.sampled_from(FACTS))
def test_any_project_can_be_checked_and_any_fix_applied(project, facts):
    shapes = CACHE.compute(project.graph, facts)
    for known in (None, shapes):
        problems = diagnose(project, facts, known)
        for problem in problems:
            assert problem.title
            assert problem.message
            assert problem.node is None or problem.node in project.graph.by_id
            assert problem.follows is None or problem.fix is None
            if problem.fix is not None:
                mended = problem.fix.edit(project)
                assert isinstance(mended, Project)
                # On another project a fix does its work or nothing, but never fails.
                problem.fix.edit(Project())
                problem.fix.edit(edits.remove_nodes(project, [problem.node or ""]))


@settings(max_examples=80, **SETTINGS)
@given(projects(), st.sampled_from(FACTS))
def test_clicking_every_fix_comes_to_an_end(project, facts):
    for _ in range(60):
        shapes = CACHE.compute(project.graph, facts)
        problems = [
            p for p in primary_problems(diagnose(project, facts, shapes)) if p.fix is not None
        ]
        if not problems:
            break
        mended = problems[0].fix.edit(project)
        assert mended != project, problems[0]
        project = mended
    else:
        pytest.fail(f"still {[(p.code, p.node, p.fix.label) for p in problems]}")


@st.composite
def chains(draw):
    """Networks in a row that are nearly right: some pass, some do not."""
    shape = draw(st.sampled_from([[4], [8, 8, 1], [6, 3]]))
    count = draw(st.integers(1, 4))
    layers = draw(
        st.lists(
            st.sampled_from(
                ["Dense", "Flatten", "Conv2D", "LSTM", "Conv1D", "Dropout", "MaxPooling2D",
                 "BatchNormalization", "GlobalAveragePooling1D", "MultiHeadAttention", "Reshape"]
            ),
            min_size=count, max_size=count,
        )
    )  # fmt: skip
    found = [Node("input", "Input", {"shape": shape})]
    for at, layer in enumerate(layers):
        params = {}
        for name, values in LAYERS.get(layer, {}).items():
            params[name] = draw(st.sampled_from(values[:2] if name != "units" else [4, 8]))
            if params[name] in ("wrong", 3) and name in ("padding", "rate"):
                del params[name]
        found.append(Node(f"n{at}", layer, params))
    found.append(Node("out", "Dense", {"units": draw(st.sampled_from([1, 3]))}))
    edges = tuple((a.id, b.id) for a, b in pairwise(found))
    return Project("Chain", Graph(tuple(found), edges), Data("builtin", name="iris"))


@settings(max_examples=25, **SETTINGS)
@given(chains())
def test_what_passes_builds_and_what_builds_passes(project):
    from netbuilder.core.engine.networks.graph_to_keras import build_training_model

    shape = tuple(project.graph.by_id["input"].params["shape"])
    facts = facts_for(CLASSES, 3, shape)
    shapes = CACHE.compute(project.graph, facts)
    errors = [
        p
        for p in primary_problems(diagnose(project, facts, shapes))
        if p.severity is Severity.ERROR
    ]
    try:
        model = build_training_model(project, facts)
    except UserError as error:
        assert errors, f"the check is silent, but: {error}"
        return
    # Keras builds some networks that no target fits, and attention over the rows of a batch.
    assert {p.code for p in errors} <= {"output-units", "output-rank", "rank-mismatch"}, errors
    if not errors:
        assert shapes.by_node["out"].output == tuple(model.output_shape)
        assert shapes.total_parameters == model.count_params()
