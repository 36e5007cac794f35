"""Ready-made projects fit their data; loss, metrics and last layer follow data."""

from dataclasses import replace
from itertools import pairwise

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.training.training_index import LOSSES, METRICS
from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.defaults import (
    fit_output_to_data,
    last_activation_for,
    loss_for,
    resolve_defaults,
)
from netbuilder.core.data.examples import find_example, list_examples
from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.registry import KINDS, is_chosen
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.errors import UserError
from netbuilder.core.project.edits import set_training
from netbuilder.core.project.files import read, to_json
from netbuilder.core.project.graph_ends import byte_input_layer, last_activation, last_units
from netbuilder.core.project.layout import layout_graph, visible_graph
from netbuilder.core.project.model import (
    Choice,
    Data,
    Graph,
    Node,
    OutputSettings,
    Project,
    Training,
)
from netbuilder.core.results.evaluate import evaluate


def test_the_list_and_the_first_one():
    found = list_examples()
    assert len(found) >= 8
    assert found[0].name == "digits"
    assert all(entry.title and entry.description.endswith(".") for entry in found)
    with pytest.raises(UserError, match=r"Did you mean 'waves'\?"):
        find_example("wavs")


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


@pytest.mark.parametrize("entry", list_examples(), ids=lambda entry: entry.name)
def test_an_example_opens_fits_and_has_no_problem(cache, entry):
    project = read(entry.path)
    known = load_facts(project, entry.path.parent)
    assert all(node.layer in LAYERS for node in project.graph.nodes)
    assert fit_output_to_data(project, known) == project
    assert resolve_defaults(project, known).training.loss is not None
    assert set(layout_graph(project.graph)) == set(visible_graph(project.graph).ids)
    assert to_json(project)["about"]["title"] == entry.title
    for facts, shapes in ((known, cache.compute(project.graph, known)), (None, None)):
        assert [problem.code for problem in diagnose(project, facts, shapes)] == []


QUICK = ("xor", "sales")
#: Epochs of those that train longest, which keep their promise by then.
ENOUGH = {"stories": 4, "language_model": 4}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(one, id=one.name, marks=() if one.name in QUICK else pytest.mark.slow)
        for one in list_examples()
    ],
)
def test_an_example_reaches_what_its_card_promises(entry):
    project = read(entry.path)
    project = set_training(project, epochs=ENOUGH.get(entry.name, project.training.epochs))
    dataset = load_dataset(project, entry.path.parent)
    # What XLA makes of a network gives the same numbers, and takes longer to compile than it saves.
    trained = Session(project, dataset, computation=Computation("graph")).run()
    assert dataset.test is not None
    reached = evaluate(trained, dataset.test).metrics[entry.promise.metric]
    assert entry.promise.kept(reached), reached


def facts(task, units, **more: object):
    names = tuple(str(i) for i in range(units if units > 1 else 2)) if task != "regression" else ()
    return DataFacts(task=task, tasks={"out": task}, output_units={"out": units},
                     classes=names, **more)  # fmt: skip


def chain(*nodes: Node):
    nodes = (Node("in", "Input"), *nodes)
    ids = [node.id for node in nodes]
    return Project(graph=Graph(nodes, tuple(pairwise(ids))))


def dense(**params: object):
    return Node("out", "Dense", params)


@pytest.mark.parametrize(
    ("task", "units", "loss", "metric", "activation", "last"),
    [
        ("regression", 1, "mean_squared_error", "mean_absolute_error", "linear", 1),
        ("regression", 3, "mean_squared_error", "mean_absolute_error", "linear", 3),
        ("binary", 1, "binary_crossentropy", "accuracy", "sigmoid", 1),
        ("classes", 5, "sparse_categorical_crossentropy", "accuracy", "softmax", 5),
        ("multi_label", 4, "binary_crossentropy", "accuracy", "sigmoid", 4),
    ],
)
def test_adapt_then_resolve(task, units, loss, metric, activation, last):
    start = chain(Node("hidden", "Dense", {"units": 9, "activation": "relu"}), dense(units=17))
    known = facts(task, units)
    done = resolve_defaults(fit_output_to_data(start, known), known)
    assert done.training.loss == Choice(loss)
    assert done.training.metrics == (Choice(metric),)
    assert last_units(done.graph, "out") == last
    assert last_activation(done.graph, "out") == activation
    assert done.graph.by_id["hidden"] == start.graph.by_id["hidden"]
    assert loss in LOSSES
    assert metric in METRICS
    assert fit_output_to_data(done, known).graph == done.graph


def test_two_units_keep_their_softmax():
    known = facts("binary", 1)
    two = fit_output_to_data(chain(dense(units=2)), known)
    assert two.graph.by_id["out"].params == {"units": 2, "activation": "softmax"}
    assert resolve_defaults(two, known).training.loss == Choice("sparse_categorical_crossentropy")


def test_one_hot_targets():
    known = facts("classes", 3, one_hot=True)
    assert loss_for(known, "out") == Choice("categorical_crossentropy")
    assert last_activation_for(known, "out", 3) == "softmax"


def test_an_activation_behind_the_last_dense_is_not_doubled():
    start = chain(Node("d", "Dense", {"units": 4}), Node("out", "Softmax"))
    done = fit_output_to_data(start, facts("classes", 6))
    assert done.graph.by_id["d"].params == {"units": 6}


def test_a_shared_last_layer_changes_where_it_is_defined():
    graph = Graph(
        (Node("in", "Input"), Node("d", "Dense", {"units": 4}), Node("out", "Dense", shared="d")),
        (("in", "d"), ("d", "out")),
    )
    done = fit_output_to_data(Project(graph=graph), facts("classes", 3))
    assert done.graph.by_id["d"].params["units"] == 3


def test_what_the_user_chose_stays():
    chosen = Training(loss=Choice("huber", {"delta": 2.0}), metrics=())
    start = replace(chain(dense(units=1)), training=chosen)
    assert resolve_defaults(start, facts("regression", 1)).training == chosen


def test_every_output_gets_its_own_goal():
    graph = Graph(
        (Node("in", "Input"), Node("a", "Dense", {"units": 1}), Node("b", "Dense", {"units": 3})),
        (("in", "a"), ("in", "b")),
    )
    known = DataFacts(task="regression", tasks={"a": "regression", "b": "classes"},
                      output_units={"a": 1, "b": 3})  # fmt: skip
    start = Project(graph=graph, training=Training(outputs={"b": OutputSettings(loss_weight=0.5)}))
    goals = resolve_defaults(start, known).training.outputs
    assert goals["a"].loss == Choice("mean_squared_error")
    assert goals["b"] == OutputSettings(
        Choice("sparse_categorical_crossentropy"), (Choice("accuracy"),), 0.5
    )


def test_a_graph_that_ends_in_no_dense_is_left_alone():
    start = chain(Node("out", "Flatten"))
    assert fit_output_to_data(start, facts("classes", 3)).graph == start.graph


def test_a_hidden_layer_before_dropout_is_not_made_the_last_one():
    hidden = Node("hidden", "Dense", {"units": 32, "activation": "relu"})
    start = chain(hidden, Node("out", "Dropout", {"rate": 0.3}))
    assert fit_output_to_data(start, facts("classes", 3)).graph == start.graph


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_whether_data_is_chosen_is_told_by_where_the_kind_finds_it(kind):
    made = kind.files.place is DataLocation.NOWHERE
    assert is_chosen(Data(kind.name, name="iris")) == made
    assert is_chosen(Data(kind.name, path="d.csv")) != made
    assert not is_chosen(Data(kind.name))
    assert not is_chosen(Data())


def test_a_pretrained_network_for_pictures_takes_bytes_and_one_for_sounds_does_not():
    for layer, expected in (("EfficientNetLite0", "body"), ("SpeechEmbedding", None)):
        graph = chain(Node("body", layer), Node("out", "Dense", {"units": 2})).graph
        assert byte_input_layer(graph, "in") == expected
