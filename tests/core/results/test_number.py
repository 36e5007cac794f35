"""How one number comes about: values, weights, filters and neurons, against Keras's own."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category
from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.engine.session import Session
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.project.model import Data, Edge, Graph, Node, Project, Training
from netbuilder.core.results.computation_trace.attention_trace import attention_shares
from netbuilder.core.results.computation_trace.computed_value import (
    CURVES,
    ComputedValue,
    ProductTerm,
    activation_curve,
    apply_activation,
)
from netbuilder.core.results.computation_trace.formula_text import formula_lines
from netbuilder.core.results.computation_trace.recurrent_trace import recurrent_states
from netbuilder.core.results.computation_trace.trace_value import trace_node, trace_value
from netbuilder.core.results.layer_values import (
    array_stats,
    as_pictures,
    frozen_of,
    layer_filters,
    node_activations,
    node_outputs,
    raw_sample,
    weights_of,
)
from netbuilder.core.results.live.neurons import (
    drawn_by_default,
    filter_pictures,
    link_values,
    map_outputs,
    neuron_columns,
    neuron_plane,
    unit_outputs,
)
from netbuilder.core.results.mistakes import augment_pictures, augmentation_layers
from tests.core.results.conftest import chain, train

RNG = np.random.default_rng(7)


def _weights(layer):
    from netbuilder.core.engine.monitor.observer import named_weights

    return {name: weight.numpy() for name, weight in named_weights(layer.weights)}


def _shaken(layer):
    """Biases begin as zeros: nothing would show one that is left out."""
    for weight in layer.weights:
        shaken = RNG.normal(size=weight.shape, scale=0.6)
        weight.assign(np.abs(shaken) if "variance" in weight.name else shaken)
    return layer


CASES = [
    ("Dense", {"units": 4, "activation": "relu"}, (5,)),
    ("Dense", {"units": 4, "activation": "softmax"}, (5,)),
    ("Dense", {"units": 3, "use_bias": False}, (6, 5)),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (9, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same",
                "activation": "tanh"}, (7, 6, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2, "activation": "gelu"}, (6, 6, 4)),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "activation": "elu"}, (4, 4, 3, 2)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 2)),
    ("AveragePooling2D", {"pool_size": [2, 3], "padding": "same"}, (7, 7, 2)),
    ("AveragePooling1D", {"pool_size": 2}, (7, 2)),
    ("GlobalAveragePooling2D", {}, (4, 5, 3)),
    ("GlobalMaxPooling1D", {}, (6, 3)),
    ("LSTM", {"units": 3}, (5, 2)),
    ("LSTM", {"units": 3, "return_sequences": True, "go_backwards": True}, (5, 2)),
    ("LSTM", {"units": 2, "return_sequences": True, "activation": "relu",
              "recurrent_activation": "hard_sigmoid", "use_bias": False}, (4, 3)),
    ("GRU", {"units": 3}, (5, 2)),
    ("GRU", {"units": 3, "reset_after": False, "return_sequences": True}, (5, 2)),
    ("GRU", {"units": 2, "use_bias": False, "activation": "relu", "go_backwards": True}, (4, 3)),
    ("SimpleRNN", {"units": 3}, (5, 2)),
    ("SimpleRNN", {"units": 3, "return_sequences": True, "activation": "linear"}, (5, 2)),
    ("Softmax", {}, (5,)),
    ("Activation", {"activation": "softmax"}, (5,)),
    ("ReLU", {}, (5,)),
    ("LeakyReLU", {"negative_slope": 0.1}, (5,)),
    ("Activation", {"activation": "silu"}, (2, 5)),
    ("Dropout", {"rate": 0.5}, (2, 5)),
    ("GaussianNoise", {"stddev": 1.0}, (5,)),
    ("Flatten", {}, (3, 4, 2)),
    ("Reshape", {"target_shape": [4, -1]}, (3, 4, 2)),
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, (3, 4)),
    ("BatchNormalization", {}, (3, 4)),
    ("BatchNormalization", {"axis": 1, "center": False, "epsilon": 0.1}, (3, 4)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "shape"), CASES)
def test_every_number_is_the_layers_own(name, params, shape):
    import keras

    layer = getattr(keras.layers, name)(**params)
    x = RNG.normal(size=(1, *shape)).astype("float32")
    layer.build(x.shape)
    _shaken(layer)
    out = np.asarray(layer(x))[0]
    for index in np.ndindex(*out.shape):
        number = trace_value(name, params, _weights(layer), x[0], index)
        assert number.value == pytest.approx(float(out[index]), abs=2e-5), index
        assert formula_lines(number)


@pytest.mark.parametrize(
    ("name", "params", "shapes"),
    [
        ("Add", {}, [(3, 2)] * 3), ("Subtract", {}, [(4,)] * 2), ("Multiply", {}, [(4,)] * 2),
        ("Average", {}, [(4,)] * 3), ("Maximum", {}, [(4,)] * 2), ("Minimum", {}, [(4,)] * 2),
        ("Concatenate", {}, [(2, 3), (2, 1)]), ("Concatenate", {"axis": 1}, [(2, 3), (4, 3)]),
    ],
)  # fmt: skip
def test_what_several_inputs_become_is_told(name, params, shapes):
    import keras

    given = [RNG.normal(size=(1, *shape)).astype("float32") for shape in shapes]
    out = np.asarray(getattr(keras.layers, name)(**params)(given))[0]
    for index in np.ndindex(*out.shape):
        number = trace_value(name, params, {}, [one[0] for one in given], index)
        assert number.value == pytest.approx(float(out[index]), abs=2e-5), index
        assert "=" in formula_lines(number)


def test_the_terms_add_up_to_what_the_activation_gets():
    kernel, bias = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    x = RNG.normal(size=5)
    number = trace_value("Dense", {"activation": "relu"}, {"kernel": kernel, "bias": bias}, x, (1,))
    assert sum(t.product for t in number.terms) + number.bias == pytest.approx(number.before)
    assert number.value == max(number.before, 0.0)
    assert [t.product for t in number.largest_terms(2)] == sorted(
        (t.product for t in number.terms), key=abs, reverse=True
    )[:2]


@pytest.mark.parametrize("name", CURVES)
def test_curves_are_those_of_keras(name):
    import keras

    x, y = activation_curve(name, -4.0, 4.0)
    own = np.asarray(keras.activations.get(name)(x.astype("float32")))
    assert y == pytest.approx(own, abs=2e-5, rel=1e-5)


def test_a_worked_example_reads_as_one_writes_it():
    weights = {"kernel": np.array([[2.0], [-1.0]]), "bias": np.array([0.5])}
    number = trace_value("Dense", {"activation": "relu"}, weights, np.array([3.0, 1.0]), (0,))
    assert number is not None
    assert formula_lines(number) == "3 · 2 + 1 · −1 + bias 0.5 = 5.5\nrelu(5.5) = 5.5"
    flat = trace_value("Flatten", {}, {}, np.arange(24.0).reshape(3, 4, 2), (13,))
    assert flat is not None
    assert formula_lines(flat) == "x[1, 2, 1] = 13: only the position changes"
    both = trace_value("Concatenate", {}, {}, [np.zeros(3), np.array([4.0, 5.0])], (4,))
    assert both is not None
    assert formula_lines(both) == "x[1] of input 2 = 5"


def test_other_layers_are_not_taken_apart():
    assert trace_value("ConvLSTM1D", {}, {}, np.zeros((3, 2)), (0,)) is None
    assert trace_value("GRU", {}, {}, np.zeros((3, 2)), (0,)) is None, "without its weights"


def test_the_states_of_an_lstm_over_time_are_those_that_it_would_return():
    import keras

    for name in ("LSTM", "GRU", "SimpleRNN"):
        layer = getattr(keras.layers, name)(3, return_sequences=True)
        x = RNG.normal(size=(1, 6, 2)).astype("float32")
        out = np.asarray(layer(x))[0]
        assert recurrent_states(name, {}, _weights(layer), x[0]) == pytest.approx(out, abs=2e-5)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("inner", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("sequences", [False, True])
def test_both_directions_are_told_apart(mode, inner, sequences):
    import keras

    own = {"units": 2, "return_sequences": sequences}
    layer = keras.layers.Bidirectional(getattr(keras.layers, inner)(**own), merge_mode=mode)
    x = RNG.normal(size=(1, 4, 3)).astype("float32")
    layer.build(x.shape)
    out = np.asarray(_shaken(layer)(x))[0]
    params = {"layer": {"layer": inner, "params": own}, "merge_mode": mode}
    for index in np.ndindex(*out.shape):
        number = trace_value("Bidirectional", params, _weights(layer), x[0], index)
        assert number.value == pytest.approx(float(out[index]), abs=2e-5), index
        assert formula_lines(number)


ATTENTION = [
    ("Attention", {}, 2),
    ("Attention", {"use_scale": True}, 2),
    ("Attention", {"score_mode": "concat", "use_scale": True}, 2),
    ("AdditiveAttention", {}, 3),
    ("AdditiveAttention", {"use_scale": False}, 2),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, 2),
    ("MultiHeadAttention", {"num_heads": 3, "key_dim": 2, "value_dim": 4, "use_bias": False}, 3),
]


@pytest.mark.parametrize(("name", "params", "count"), ATTENTION)
def test_what_a_step_looks_at_is_what_keras_says(name, params, count):
    import keras

    layer = getattr(keras.layers, name)(**params)
    # As many steps of the value as the key has; the query has another number.
    given = [RNG.normal(size=(1, steps, 4)).astype("float32") for steps in (5, 3, 3)[:count]]
    several = name == "MultiHeadAttention"
    if several:
        layer(*given)
    else:
        layer(given)
    _shaken(layer)
    if several:
        out, scores = layer(*given, return_attention_scores=True)
        scores = np.asarray(scores)[0]
    else:
        out, scores = layer(given, return_attention_scores=True)
        scores = np.asarray(scores)
    out = np.asarray(out)[0]
    rows = [one[0] for one in given]
    found = attention_shares(name, params, _weights(layer), rows)
    assert found == pytest.approx(scores, abs=1e-5)
    assert found.sum(axis=-1) == pytest.approx(1.0)
    for index in np.ndindex(*out.shape):
        number = trace_value(name, params, _weights(layer), rows, index)
        assert number.value == pytest.approx(float(out[index]), abs=2e-5), index
        assert "attends to step" in formula_lines(number)


def test_masked_steps_are_left_out_as_keras_leaves_them_out():
    """Read without the mask, the state would go on over the empty steps."""
    import keras

    graph = Graph(
        (
            Node("input", "Input"),
            Node("embedding", "Embedding", {"input_dim": 9, "output_dim": 3, "mask_zero": True}),
            Node("lstm", "LSTM", {"units": 2}),
            Node("both", "Attention"),
        ),
        (("input", "embedding"), ("embedding", "lstm"), ("embedding", "both")),
    )
    ids = np.array([[3, 7, 1, 0, 0]])
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)
    layers = {"embedding": embedding, "lstm": keras.layers.LSTM(2)}
    rows = embedding(ids)
    layers["lstm"].build(rows.shape)
    _shaken(layers["lstm"])
    _shaken(embedding)
    rows = embedding(ids)
    values = {
        "input": ids[0],
        "embedding": np.asarray(rows)[0],
        "lstm": np.asarray(layers["lstm"](rows))[0],
        "both": np.asarray(keras.layers.Attention()([rows, rows]))[0],
    }

    def weights_of(node):
        return _weights(layers[node]) if node in layers else {}

    for unit in range(2):
        number = trace_node(graph, "lstm", values, weights_of, (unit,))
        assert number.value == pytest.approx(float(values["lstm"][unit]), abs=2e-5)
        careless = trace_value(
            "LSTM", {"units": 2}, weights_of("lstm"), values["embedding"], (unit,)
        )
        assert abs(careless.value - number.value) > 1e-3
    number = trace_node(graph, "both", values, weights_of, (1, 2))
    assert number.value == pytest.approx(float(values["both"][1, 2]), abs=2e-5)
    assert [term.weight for term in number.terms[3:]] == pytest.approx([0, 0])
    # What does not agree with the layer's own number is not told.
    wrong = {**values, "lstm": values["lstm"] + 1.0}
    assert trace_node(graph, "lstm", wrong, weights_of, (0,)) is None


@pytest.mark.parametrize("sums", [[9.73, 4.3, -8.53], [0.0, 0.0, 0.0], [700.0, -700.0, 699.0]])
def test_a_softmax_is_divided_in_as_many_digits_as_it_takes(sums):
    for own in range(3):
        said = formula_lines(apply_activation("softmax", np.asarray(sums), own, (), 0.0))
        assert "e-" not in said.replace("−", "-"), "powers of ten are written as by hand"
        division, result = said.splitlines()[-1].removeprefix("= ").split(" = ")
        one, other = map(_read, division.split(" ÷ "))
        assert f"{one / other:.3g}" == f"{_read(result):.3g}", said


def _read(written):
    ordinary = str.maketrans("⁻−⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
    return float(written.replace(" · 10", "e").translate(ordinary))


def test_of_a_long_sum_at_least_half_stands_there_or_its_share_is_told():
    """The largest products, six at least and twelve at most."""

    def told(count):
        terms = tuple(ProductTerm(f"x[{one}]", 1.0, 1.0) for one in range(count))
        return formula_lines(ComputedValue(float(count), "sum", terms, 0.0, float(count)))

    assert [told(count).count(" · ") for count in (4, 8, 20, 512)] == [4, 6, 10, 12]
    assert "(500 smaller products, by size 98% of all)" in told(512)


def test_every_node_shows_what_it_gives(digits_model):
    trained, data = digits_model
    sample = raw_sample(data.test, 3)
    seen = node_activations(trained, sample)
    assert {key: value.shape for key, value in seen.items()} == {
        "input": (8, 8, 1),
        "conv": (6, 6, 8),
        "flatten": (288,),
        "drop": (288,),
        "out": (10,),
    }
    assert np.array_equal(seen["drop"], seen["flatten"])
    assert np.allclose(seen["out"], trained.model(data.test.raw_x["input"][3:4])[0], atol=1e-5)
    kernel, bias = weights_of(trained, "conv").values()
    first = (seen["input"][:3, :3, 0] * kernel[:, :, 0, 0]).sum() + bias[0]
    assert seen["conv"][0, 0, 0] == pytest.approx(max(first, 0.0), abs=1e-5)
    assert np.array_equal(node_activations(trained, sample)["out"], seen["out"])


def test_a_sample_of_another_shape(digits_model):
    with pytest.raises(DataError, match=r"shape \(9, 9, 1\), not \(8, 8, 1\)"):
        node_activations(digits_model[0], {"input": np.zeros((9, 9, 1))})
    with pytest.raises(DataError, match="no value for 'input'"):
        node_activations(digits_model[0], {})


def test_weights_and_filters(digits_model):
    trained, _ = digits_model
    kernel, bias = array_stats(weights_of(trained, "conv"), frozen_of(trained, "conv"))
    assert (kernel.name, kernel.shape, kernel.count) == ("kernel", (3, 3, 1, 8), 72)
    assert (bias.name, bias.shape) == ("bias", (8,))
    values = weights_of(trained, "conv")["kernel"]
    assert kernel.mean == pytest.approx(float(values.mean()), abs=1e-6)
    assert kernel.counts.sum() == 72
    pictures = layer_filters("Conv2D", weights_of(trained, "conv"))
    assert np.array_equal(pictures[5], values[:, :, 0, 5])
    assert layer_filters("Dense", weights_of(trained, "out")) is None
    assert array_stats(weights_of(trained, "flatten"), frozen_of(trained, "flatten")) == ()
    assert array_stats(weights_of(trained, "input"), frozen_of(trained, "input")) == ()


def test_values_as_pictures():
    assert as_pictures(np.zeros((6, 5, 8))).shape == (8, 6, 5)
    assert as_pictures(np.zeros((40, 3))).shape == (1, 3, 40)
    assert as_pictures(np.zeros(10)).shape == (1, 1, 10)


def test_a_network_of_one_layer_gives_a_list_too():
    graph = Graph(
        (Node("input", "Input"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})),
        (("input", "out"),),
    )
    project = Project(
        graph=graph, data=Data("builtin", name="breast_cancer"), training=Training(epochs=1)
    )
    data = load_dataset(project, Path())
    trained = Session(project, data, on_event=lambda event: None).run()
    seen = node_activations(trained, raw_sample(data.train, 0))
    kernel, bias = weights_of(trained, "out").values()
    assert seen["out"].shape == (1,)
    assert seen["out"] == pytest.approx(
        1 / (1 + np.exp(-(seen["input"] @ kernel + bias))), abs=1e-5
    )


def test_a_shared_layer_shows_each_of_its_uses():
    graph = Graph(
        (Node("input", "Input"), Node("a", "Dense", {"units": 4, "activation": "tanh"}),
         Node("b", "Dense", shared="a"),
         Node("out", "Dense", {"units": 3, "activation": "softmax"})),
        (("input", "a"), ("a", "b"), ("b", "out")),
    )  # fmt: skip
    project = Project(graph=graph, data=Data("builtin", name="iris"), training=Training(epochs=2))
    data = load_dataset(project, Path())
    trained = Session(project, data, on_event=lambda event: None).run()
    seen = node_activations(trained, raw_sample(data.train, 0))
    kernel, bias = weights_of(trained, "b").values()
    assert np.allclose(seen["a"], np.tanh(seen["input"] @ kernel + bias), atol=1e-5)
    assert np.allclose(seen["b"], np.tanh(seen["a"] @ kernel + bias), atol=1e-5)


DENSE = ("hidden", "Dense", {"units": 3, "activation": "tanh"})
OUT = ("out", "Dense", {"units": 2})


def test_outputs_of_units_are_keras_own():
    graph = chain(
        ("hidden", "Dense", {"units": 5, "activation": "gelu"}),
        ("drop", "Dropout", {"rate": 0.5}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 2}),
        ("soft", "Softmax", {}),
    )
    trained, dataset = train(graph, Data("builtin", name="moons"), Path(), epochs=2)
    sizes = {"input": (2,), "hidden": (5,), "out": (2,), "soft": (2,)}
    columns = neuron_columns(graph, sizes)
    assert [column.node for column in columns] == ["input", "hidden", "out"]
    plane = neuron_plane(trained.project, dataset, 12)
    weights = {column.owner: weights_of(trained, column.owner) for column in columns[1:]}
    outputs = unit_outputs(columns, weights, plane.grid)
    model, nodes = node_outputs(trained)
    expected = dict(zip(nodes, model(plane.grid), strict=True))
    np.testing.assert_allclose(outputs[1], expected["hidden"], atol=1e-5)
    np.testing.assert_allclose(outputs[2], expected["soft"], atol=1e-5)
    surface = plane.surface(outputs[-1])
    assert surface.shape == (12, 12, 2)
    # The first point is at the upper left: the least of the first input, the most of the second.
    assert plane.grid[0, 0] == plane.grid[:, 0].min()
    assert plane.grid[0, 1] == plane.grid[:, 1].max()
    np.testing.assert_allclose(surface[0, 0], expected["soft"][0], atol=1e-5)
    highest = dataset.train.x["input"][:, 1].max()
    assert plane.at[:, 1].min() == pytest.approx(
        (plane.grid[0, 1] - highest) / np.ptp(plane.grid[:, 1]), abs=0.05
    )


def test_a_convolution_opens_into_filters_and_maps():
    graph = chain(
        ("conv", "Conv2D", {"filters": 3, "kernel_size": [3, 2]}),
        ("norm", "BatchNormalization", {}),
        ("pool", "MaxPooling2D", {}),
        ("flat", "Flatten", {}),
        ("out", "Dense", {"units": 10}),
    )
    trained, dataset = train(graph, Data("builtin", name="digits"), Path(), epochs=1)
    x = dataset.train.x["input"][:1]
    model, nodes = node_outputs(trained)
    values = {"input": x[0]} | {
        node: np.array(value)[0] for node, value in zip(nodes, model(x), strict=True)
    }
    columns = neuron_columns(graph, {node: value.shape for node, value in values.items()})
    assert [(c.node, c.owner, c.units, c.map, c.shown) for c in columns] == [
        ("input", "input", 1, (8, 8), "input"),
        ("conv", "conv", 3, (6, 7), "norm"),
        ("pool", "", 3, (3, 3), "pool"),
        ("out", "out", 10, (), "out"),
    ]
    maps = map_outputs(columns, values)
    np.testing.assert_array_equal(maps[1][2].reshape(6, 7), values["norm"][:, :, 2])
    kernel = weights_of(trained, "conv")["kernel"]
    assert filter_pictures(kernel).shape == (3, 3, 2)
    np.testing.assert_array_equal(filter_pictures(kernel)[2], kernel[:, :, 0, 2])
    dense = weights_of(trained, "out")["kernel"]
    links = link_values(dense, 3, 10)
    from_map = dense.reshape(3, 3, 3, 10)[:, :, 2, 7]  # height, width, channel, unit
    assert links[2, 7] == pytest.approx(np.linalg.norm(from_map) * np.sign(from_map.sum()))
    assert link_values(dense, 4, 10) is None


@pytest.mark.parametrize(
    ("graph", "sizes"),
    [
        (chain(DENSE, OUT), {"input": (65,), "hidden": (3,), "out": (2,)}),
        (chain(("hidden", "Dense", {"units": 65}), OUT),
         {"input": (2,), "hidden": (65,), "out": (2,)}),
        (chain(("conv", "Conv2D", {"filters": 65}), ("flat", "Flatten", {}), OUT),
         {"input": (8, 8, 1), "conv": (6, 6, 65), "out": (2,)}),
        (chain(("norm", "LayerNormalization", {}), OUT),
         {"input": (8,), "norm": (8,), "out": (2,)}),
        (chain(DENSE, OUT), {"input": (2,)}),
        (chain(DENSE, OUT), {"input": (8,), "hidden": (4, 3), "out": (2,)}),
        (chain(), {"input": (2,)}),
        (chain(("hidden", "Dense", {"units": 3, "activation": "log_softmax"}), OUT),
         {"input": (2,), "hidden": (3,), "out": (2,)}),
        (Graph((*chain(DENSE, OUT).nodes, Node("add", "Add")),
               (*chain(DENSE, OUT).edges, Edge(("hidden", "add")))),
         {"input": (2,), "hidden": (3,), "out": (2,)}),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_drawn_says_so(graph, sizes):
    with pytest.raises(UserError) as error:
        neuron_columns(graph, sizes)
    assert error.value.code == "neurons_undrawable"


@pytest.mark.parametrize(
    ("inputs", "units", "drawn"), [(2, 38, True), (2, 39, False), (3, 4, False)]
)
def test_small_networks_with_two_inputs_are_drawn_unasked(inputs, units, drawn):
    graph = chain(("hidden", "Dense", {"units": units}), OUT)
    sizes = {"input": (inputs,), "hidden": (units,), "out": (2,)}
    assert drawn_by_default(neuron_columns(graph, sizes)) is drawn


BYTES = InputPreprocessing(
    "image", (4, 6, 1), offset=(0.0,), scale=(255.0,), value_range=(0.0, 255.0)
)
GREY = np.tile(np.linspace(0, 255, 6), (8, 4, 1))[..., None]


def _graph(*layers: tuple[str, dict]):
    nodes = [Node("input", "Input"), *(Node(f"n{i}", n, p) for i, (n, p) in enumerate(layers))]
    ids = [node.id for node in nodes]
    return Graph(tuple(nodes), tuple(pairwise(ids)))


def test_only_the_layers_at_the_start_count():
    graph = _graph(
        ("Rescaling", {"scale": 2.0}), ("RandomFlip", {"mode": "horizontal"}),
        ("Conv2D", {"filters": 2, "kernel_size": 3}), ("RandomZoom", {"height_factor": 0.1}),
    )  # fmt: skip
    assert [node.layer for node in augmentation_layers(graph, "input")] == [
        "Rescaling",
        "RandomFlip",
    ]
    assert augmentation_layers(_graph(("Rescaling", {"scale": 2.0})), "input") == ()


def test_two_branches_have_no_start_in_common():
    graph = Graph(
        (Node("input", "Input"), Node("a", "RandomFlip"), Node("b", "RandomFlip")),
        (("input", "a"), ("input", "b")),
    )
    assert augmentation_layers(graph, "input") == ()


@pytest.mark.parametrize("before", [[], [("Rescaling", {"scale": 2.0, "offset": -1.0})]])
def test_mirrored_pictures_are_the_picture_or_its_mirror(before):
    graph = _graph(*before, ("RandomFlip", {"mode": "horizontal", "seed": 3}))
    found = augment_pictures(graph, "input", BYTES, GREY)
    assert found.shape == GREY.shape
    plain, mirror = np.round(GREY[0]).astype(np.uint8), np.round(GREY[0][:, ::-1]).astype(np.uint8)
    same = [np.abs(one.astype(int) - plain).max() <= 1 for one in found]
    turned = [np.abs(one.astype(int) - mirror).max() <= 1 for one in found]
    assert all(one or other for one, other in zip(same, turned, strict=True))
    assert any(same)
    assert any(turned)


def test_a_brightness_meant_for_other_pixels_shows_as_what_it_is():
    """``RandomBrightness`` in its default range wants 0 to 255: pixels of 0 to 1 it drowns."""
    right = _graph(("RandomBrightness", {"factor": [0.4, 0.4], "value_range": [0.0, 1.0]}))
    wrong = _graph(("RandomBrightness", {"factor": [0.4, 0.4]}))
    brighter = augment_pictures(right, "input", BYTES, GREY)
    assert abs(int(brighter[0, 0, 0, 0]) - 102) <= 1
    assert (augment_pictures(wrong, "input", BYTES, GREY) == 255).all()


def test_no_layer_that_augments_was_forgotten():
    drawn = {
        s.name for s in LAYERS.values() if s.category is Category.PREPROCESS and "seed" in s.by_name
    }
    assert drawn
    assert drawn <= {s.name for s in LAYERS.values() if s.augments}
