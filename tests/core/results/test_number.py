"""How one number comes about, against the layer's own output."""

import numpy as np
import pytest

from netbuilder.core.project.model import Graph, Node
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
