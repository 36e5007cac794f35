"""Shapes and counts are Keras's own, located at the node, fast, and never allocate weights."""

import random
import threading
import time
from itertools import pairwise

import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.check.shapes.shapes import ShapeCache, Superseded
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.project import edits
from netbuilder.core.project.model import Graph, Node, Project

SHAPES = {"RandomColorDegeneration": [8, 8, 3], "STFTSpectrogram": [600, 2]}
BY_RANK = {2: [6], 3: [8, 6], 4: [8, 8, 6], 5: [8, 8, 8, 6], 6: [4, 4, 4, 4, 6]}
#: Parameters that suit the shapes above where the catalog's teaching values do not.
PARAMS = {
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": [32]},
    "Reshape": {"target_shape": [3, 2]},
    "Permute": {"dims": [1]},
    "GroupNormalization": {"groups": 3},
    "Dot": {"axes": 1},
}


def graph_of(*layers: tuple[str, str, dict], edges=None):
    nodes = tuple(Node(*layer) for layer in layers)
    chain = tuple((a.id, b.id) for a, b in pairwise(nodes))
    return Graph(nodes, chain if edges is None else edges)


def row_graph(name, rank):
    spec = LAYERS[name]
    params = {**spec.start_params(), **PARAMS.get(name, {})}
    count = max(1, spec.min_inputs)
    nodes = [
        Node(f"i{n}", "Input", {"shape": SHAPES.get(name, BY_RANK[rank])}) for n in range(count)
    ]
    edges = tuple((node.id, "one") for node in nodes)
    return Graph((*nodes, Node("one", name, params)), edges)


ROWS = [name for name, spec in LAYERS.items() if spec.module == "keras.layers" and name != "Input"]


@pytest.fixture(scope="module")
def cache():
    return ShapeCache()


@pytest.mark.parametrize("name", ROWS)
def test_each_row_has_the_shape_and_count_that_a_built_layer_has(cache, name):
    import keras

    from netbuilder.core.engine.networks.graph_to_keras import connect_layers, make_layer

    spec = LAYERS[name]
    tried = []
    for rank in [r for r in (spec.ranks or (2, 3, 4)) if r in BY_RANK]:
        graph = row_graph(name, rank)
        found = cache.compute(graph).by_node["one"]
        if found.error is not None:
            tried.append(found.error)
            continue
        layer = make_layer(graph.by_id["one"], graph)
        tensors = {i: keras.Input(graph.by_id[i].params["shape"]) for i in graph.inputs}
        made = connect_layers(graph, lambda _node, layer=layer: layer, tensors)["one"]
        one = made[0] if isinstance(made, (list, tuple)) else made
        assert found.output == tuple(one.shape)
        assert found.parameters == layer.count_params()
        assert found.trainable == sum(w.value.shape.num_elements() for w in layer.trainable_weights)
        return
    pytest.fail(f"no shape suits {name}: {tried}")


def test_a_network_larger_than_any_memory_is_counted_and_not_built(cache):
    graph = graph_of(
        ("input", "Input", {"shape": [100_000]}), ("dense", "Dense", {"units": 1_000_000})
    )
    shapes = cache.compute(graph)
    assert shapes.total_parameters == 100_000 * 1_000_000 + 1_000_000
    assert shapes.weight_bytes > 400e9


def test_multiply_adds_are_those_of_the_papers(cache):
    graph = graph_of(
        ("input", "Input", {"shape": [28, 28, 1]}),
        ("conv", "Conv2D", {"filters": 32, "kernel_size": 3}),
        ("depth", "DepthwiseConv2D", {"kernel_size": 3}),
        ("up", "Conv2DTranspose", {"filters": 4, "kernel_size": 2, "strides": 2}),
        ("flat", "Flatten", {}),
        ("dense", "Dense", {"units": 10}),
    )
    found = {key: value.multiply_adds for key, value in cache.compute(graph).by_node.items()}
    assert found["conv"] == 9 * 32 * 26 * 26
    assert found["depth"] == 9 * 32 * 24 * 24
    assert found["up"] == 4 * 32 * 4 * 24 * 24
    assert found["dense"] == 48 * 48 * 4 * 10
    steps = graph_of(
        ("input", "Input", {"shape": [50, 8]}),
        ("lstm", "LSTM", {"units": 16, "return_sequences": True}),
        ("heads", "MultiHeadAttention", {"num_heads": 2, "key_dim": 4}),
    )
    found = {key: value.multiply_adds for key, value in cache.compute(steps).by_node.items()}
    assert found["lstm"] == 50 * 4 * 16 * (8 + 16)
    assert found["heads"] == 50 * 4 * 16 * 8 + 2 * 50 * 50 * 8


def test_a_pretrained_body_costs_what_its_paper_says(cache):
    graph = graph_of(("input", "Input", {"shape": [224, 224, 3]}), ("body", "MobileNetV2", {}))
    found = cache.compute(graph).by_node["body"]
    # Sandler et al., "MobileNetV2", 2018, table 4: 300 million multiply-adds, the last layer too.
    assert found.multiply_adds == pytest.approx(300e6, rel=0.02)
    assert found.output == (None, 7, 7, 1280)
    assert found.bytes > 20e6


def test_input_takes_its_shape_from_the_data(cache):
    graph = graph_of(("input", "Input", {}), ("dense", "Dense", {"units": 3}))
    unknown = cache.compute(graph)
    assert unknown.by_node["dense"].output is None
    assert unknown.by_node["dense"].error is None
    known = cache.compute(graph, DataFacts(input_shapes={"input": (9,)}))
    assert known.by_node["input"].output == (None, 9)
    assert known.by_node["dense"].parameters == 30


def test_an_error_is_at_its_node_and_what_follows_only_points_there(cache):
    graph = graph_of(
        ("input", "Input", {"shape": [8, 8, 1]}),
        ("conv", "Conv2D", {"filters": 4, "kernel_size": 9}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 3}),
    )
    found = cache.compute(graph).by_node
    assert found["conv"].code == "kernel-too-large"
    assert "9 × 9" in found["conv"].error
    assert "(8, 8, 1)" in found["conv"].error
    assert (found["flat"].error, found["flat"].follows) == (None, "conv")
    assert (found["out"].error, found["out"].follows) == (None, "conv")


def test_a_shared_layer_counts_once(cache):
    nodes = (
        Node("a", "Input", {"shape": [5]}),
        Node("b", "Input", {"shape": [5]}),
        Node("dense", "Dense", {"units": 4}),
        Node("twin", "Dense", shared="dense"),
        Node("join", "Concatenate"),
    )
    edges = (("a", "dense"), ("b", "twin"), ("dense", "join"), ("twin", "join"))
    shapes = cache.compute(Graph(nodes, edges))
    assert shapes.by_node["join"].output == (None, 8)
    assert shapes.total_parameters == 24
    assert shapes.by_node["twin"].multiply_adds == 20


def test_cached_shapes_tell_the_names_of_the_node_that_asks(cache):
    for name in ("first", "second"):
        graph = graph_of(
            ("input", "Input", {"shape": [8, 8, 1]}), (name, "MaxPooling2D", {"pool_size": 20})
        )
        assert f"'{name}'" in cache.compute(graph).by_node[name].error


def test_a_rate_beyond_its_range_is_an_error_and_no_crash(cache):
    graph = graph_of(("input", "Input", {"shape": [8]}), ("drop", "Dropout", {"rate": 7}))
    found = cache.compute(graph).by_node["drop"]
    assert found.output is None
    assert "rate" in found.error
    assert found.code == "layer-error"


def test_python_random_goes_on_as_if_no_layer_had_been_made(cache):
    random.seed(5)
    expected = [random.random() for _ in range(3)]
    random.seed(5)
    graph = graph_of(
        ("input", "Input", {"shape": [31]}),
        ("dense", "Dense", {"units": 31}),
        ("drop", "Dropout", {"rate": 0.3125}),
    )
    ShapeCache().compute(graph)
    assert [random.random() for _ in range(3)] == expected


def test_a_newer_request_supersedes_an_older_one():
    cache = ShapeCache()
    inside, go = threading.Event(), threading.Event()
    outcome: list[object] = []

    def wait():
        inside.set()
        go.wait(10)
        return False

    def older():
        try:
            outcome.append(cache.compute(long, cancelled=wait))
        except Superseded as error:
            outcome.append(error)

    long = graph_of(
        ("input", "Input", {"shape": [4]}),
        *[(f"n{n}", "Dense", {"units": n + 1}) for n in range(20)],
    )
    thread = threading.Thread(target=older)
    thread.start()
    assert inside.wait(10)
    newer = cache.compute(graph_of(("input", "Input", {"shape": [4]})))
    go.set()
    thread.join(10)
    assert newer.by_node["input"].output == (None, 4)
    assert isinstance(outcome[0], Superseded)


def test_cancelling_ends_at_once():
    graph = graph_of(("input", "Input", {"shape": [4]}), ("dense", "Dense", {"units": 2}))
    with pytest.raises(Superseded):
        ShapeCache().compute(graph, cancelled=lambda: True)


def test_many_threads_get_right_answers():
    cache = ShapeCache()
    wrong: list[object] = []

    def work(seed):
        for n in range(8):
            units = 3 + (seed * 7 + n) % 20
            graph = graph_of(
                ("input", "Input", {"shape": [6]}),
                ("one", "Dense", {"units": units}),
                ("two", "Dense", {"units": 2}),
            )
            try:
                found = cache.compute(graph).total_parameters
            except Superseded:
                continue
            if found != 7 * units + 2 * units + 2:
                wrong.append((units, found))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []


def test_only_what_changed_is_asked_again():
    cache = ShapeCache()
    layers = [(f"n{n}", "Dense", {"units": 16, "activation": "relu"}) for n in range(200)]
    project = Project("Chain", graph_of(("input", "Input", {"shape": [8]}), *layers))
    cache.compute(project.graph)
    known = len(cache.known)
    changed = edits.set_params(project, "n0", units=17)
    start = time.perf_counter()
    shapes = cache.compute(changed.graph)
    assert len(cache.known) - known == 2
    assert shapes.by_node["n199"].output == (None, 16)
    # The reach is 100 ms (benchmarks/shapes.py measures it); this only catches a lost cache.
    assert time.perf_counter() - start < 2


def test_unfinished_and_broken_graphs_have_an_answer(cache):
    nodes = (
        Node("input", "Input", {"shape": [4]}),
        Node("a", "Dense", {"units": 2}),
        Node("b", "Dense", {"units": 2}),
        Node("odd", "NoSuchLayer"),
        Node("behind", "Dense", {"units": 2}),
        Node("lonely", "Dense", {}),
        Node("bad", "Dense", {"units": "many"}),
    )
    edges = (
        ("a", "b"), ("b", "a"), ("input", "odd"), ("odd", "behind"), ("input", "bad"),
        ("gone", "lonely"),
    )  # fmt: skip
    found = cache.compute(Graph(nodes, edges)).by_node
    assert set(found) == {node.id for node in nodes}
    assert found["a"].output is None
    assert found["behind"].follows == "odd"
    assert found["bad"].error
    assert found["lonely"].error is None
    assert cache.compute(Graph()).total_parameters == 0
