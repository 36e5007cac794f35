"""Kinds of models as Keras 2 and Keras 3 write them, for the matrix tests."""

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]


def _chain(shape, *layers: str, dtype="float32"):
    """A Sequential of layers given as code, ``L`` being the layers of ``tk``, either Keras."""

    def make(tk):
        scope = {"L": tk.layers, "tk": tk}
        made = [eval(text, scope) for text in layers]
        return tk.Sequential([tk.layers.Input(shape, dtype=dtype), *made])

    return make


def _beside(shape, *chains: tuple[str, ...], dtype="float32"):
    """Several chains of layers beside one another, with an output each: one model for them all."""

    def make(tk):
        scope, start, outputs = {"L": tk.layers, "tk": tk}, tk.Input(shape, dtype=dtype), []
        for chain in chains:
            end = start
            for text in chain:
                end = eval(text, scope)(end)
            outputs.append(end)
        return tk.Model(start, outputs)

    return make


def _graph(body, *shapes: tuple[int | None, ...], dtype="float32"):
    """A functional model: ``body`` is code that makes ``out`` of ``a`` (and ``b``)."""

    def make(tk):
        inputs = [tk.Input(shape, dtype=dtype) for shape in shapes]
        scope: dict[str, Any] = {"L": tk.layers, "tk": tk}
        scope.update(zip("ab", inputs, strict=False))
        exec(body, scope)
        return tk.Model(inputs[0] if len(inputs) == 1 else inputs, scope["out"])

    return make


def _beginning(name, last, **params: Any):
    """The beginning of a network for pictures; its later blocks only repeat it."""

    def make(tk):
        network = getattr(tk.applications, name)(
            weights=None, input_shape=(64, 64, 3), classes=3, **params
        )
        maps = tk.layers.GlobalAveragePooling2D()(network.get_layer(last).output)
        return tk.Model(network.input, tk.layers.Dense(3)(maps))

    return make


P, S, D, W = (12, 12, 3), (10, 4), (6,), (9,)

# Both Keras 2 and Keras 3 make these.
KINDS: dict[str, Make] = {
    "dense": _chain(D, "L.Dense(5, activation='relu')", "L.Dense(2)"),
    "dense hard_sigmoid": _chain(D, "L.Dense(5, activation='hard_sigmoid')"),
    "dense beside": _beside(
        D,
        ("L.Dense(4, activation='tanh')", "L.Dense(3, activation='softmax')"),
        ("L.Dense(5)", "L.Activation('hard_sigmoid')"),
        ("L.Dense(5, kernel_regularizer='l2', kernel_constraint='max_norm')",),
        ("L.Dense(5, kernel_initializer='he_normal', bias_initializer='ones')",),
        ("L.Dense(4)", "L.ActivityRegularization(l2=0.1)"),
        ("L.Reshape((2, 3))", "L.Permute((2, 1))", "L.Flatten()"),
    ),
    "noise and norms": _beside(
        D,
        ("L.Dense(5)", "L.Dropout(0.3)", "L.Dense(1)"),
        ("L.GaussianNoise(0.1)", "L.GaussianDropout(0.1)", "L.Dense(1)"),
        ("L.Dense(4, activation='selu')", "L.AlphaDropout(0.1)"),
        ("L.Dense(5)", "L.BatchNormalization()", "L.Dense(1)"),
        ("L.Dense(5)", "L.LayerNormalization()"),
        ("L.Dense(5)", "L.UnitNormalization()"),
        ("L.Rescaling(2.0, 1.0)", "L.Normalization(mean=[1.0] * 6, variance=[4.0] * 6)"),
    ),
    "activations": _beside(
        D,
        ("L.Dense(5)", "L.LeakyReLU(0.2)"),
        ("L.Dense(5)", "L.PReLU()"),
        ("L.Dense(5)", "L.ELU(0.7)"),
        ("L.Dense(5)", "L.ReLU(max_value=1.0, negative_slope=0.1)"),
        ("L.Dense(5)", "L.Softmax()"),
    ),
    "thresholded relu": _chain(D, "L.Dense(5)", "L.ThresholdedReLU(0.5)"),
    "conv2d": _chain(P, "L.Conv2D(4, 3)", "L.MaxPooling2D()", "L.Flatten()", "L.Dense(2)"),
    "depthwise": _chain(P, "L.DepthwiseConv2D(3, depth_multiplier=2)"),
    "convolutions": _beside(
        (12, 12, 4),
        ("L.Conv2D(4, 3, groups=2)",),
        ("L.Conv2D(4, 3, strides=2, padding='same')",),
        ("L.Conv2DTranspose(4, 3, strides=2, padding='same')",),
        ("L.SeparableConv2D(5, 3)",),
        ("L.Conv2D(4, 3)", "L.GroupNormalization(2)"),
        ("L.Conv2D(4, 3)", "L.SpatialDropout2D(0.2)"),
    ),
    "pooling and sizes": _beside(
        P,
        ("L.AveragePooling2D(3, 2)", "L.MaxPooling2D(2, padding='same')"),
        ("L.GlobalAveragePooling2D(keepdims=True)",),
        ("L.ZeroPadding2D((1, 2))", "L.Cropping2D(((1, 0), (2, 1)))"),
        ("L.UpSampling2D(2, interpolation='bilinear')",),
        ("L.Resizing(8, 8)", "L.CenterCrop(6, 6)", "L.Conv2D(2, 3)"),
    ),
    "convolutions of sequences": _beside(
        S,
        ("L.Conv1D(4, 3, activation='relu')", "L.GlobalMaxPooling1D()"),
        ("L.Conv1D(4, 3, padding='causal', dilation_rate=2)",),
        ("L.Conv1DTranspose(3, 3, strides=2)",),
        ("L.DepthwiseConv1D(3)",),
        ("L.SeparableConv1D(5, 3)",),
        ("L.MaxPooling1D()", "L.AveragePooling1D(2)", "L.Flatten()"),
        ("L.ZeroPadding1D(2)", "L.Cropping1D((1, 2))", "L.UpSampling1D(2)"),
    ),
    "volumes": _beside(
        (6, 6, 6, 2),
        ("L.Conv3D(3, 3)", "L.GlobalAveragePooling3D()"),
        ("L.Conv3DTranspose(3, 3)",),
        ("L.MaxPooling3D()", "L.AveragePooling3D(2)"),
    ),
    "repeat vector": _chain(D, "L.RepeatVector(4)", "L.SimpleRNN(3)"),
    "lstm stacked": _chain(S, "L.LSTM(5, return_sequences=True)", "L.LSTM(3)"),
    "lstm hard_sigmoid": _chain(S, "L.LSTM(5, recurrent_activation='hard_sigmoid')"),
    "recurrences": _beside(
        S,
        ("L.SimpleRNN(5)",),
        ("L.LSTM(5)", "L.Dense(1)"),
        ("L.GRU(5)",),
        ("L.GRU(5, reset_after=False)",),
        ("L.Masking(0.0)", "L.GRU(3)"),
    ),
    "both directions": _beside(
        S,
        ("L.Bidirectional(L.LSTM(4, return_sequences=True))",),
        ("L.Bidirectional(L.GRU(4), merge_mode='sum')",),
        ("L.TimeDistributed(L.Dense(3))",),
    ),
    "conv lstm": _chain((4, 8, 8, 2), "L.ConvLSTM2D(3, 3)"),
    "rnn of cells": _chain(S, "L.RNN([L.LSTMCell(4), L.GRUCell(3)])"),
    "embeddings": _beside(
        W,
        ("L.Embedding(10, 4)", "L.Flatten()", "L.Dense(1)"),
        ("L.Embedding(10, 4, mask_zero=True)", "L.LSTM(3)", "L.Dense(1)"),
        dtype="int32",
    ),
    "augmentation": _chain(P, "L.RandomFlip()", "L.RandomRotation(0.1)", "L.Conv2D(2, 3)"),
    "residual": _graph("x = L.Dense(6)(a); out = L.Dense(1)(L.Add()([a, x]))", D),
    "merges": _graph(
        "x = [L.Dense(3)(a) for _ in range(3)]\n"
        "y = [L.Average()(x), L.Maximum()(x), L.Multiply()(x), L.Subtract()(x[:2]),"
        " L.Minimum()(x)]\n"
        "out = L.Concatenate()(y)",
        D,
    ),
    "two inputs": _graph("out = L.Dense(2)(L.Concatenate()([a, L.Dense(3)(b)]))", D, (4,)),
    "two outputs": _graph("x = L.Dense(4)(a); out = [L.Dense(1)(x), L.Dense(2)(x)]", D),
    "shared layer": _graph("s = L.Dense(4); out = L.Dense(1)(L.Concatenate()([s(a), s(b)]))", D, D),
    "nested": _graph(
        "m = tk.Sequential([L.Input((6,)), L.Dense(4), L.Dense(3)]); out = L.Dense(1)(m(a))", D
    ),
    "nested twice": _graph(
        "i = tk.Input((6,)); m = tk.Model(i, L.Dense(3)(L.Dense(4)(i)))\n"
        "out = L.Add()([m(a), m(b)])",
        D,
        D,
    ),
    "attention": _graph("out = L.Attention()([L.Dense(4)(a), L.Dense(4)(a)])", S),
    "more attention": _graph(
        "out = [L.AdditiveAttention()([a, L.Dense(4)(a)]), L.MultiHeadAttention(2, 3)(a, a)]", S
    ),
    "dot": _graph("out = L.Dot(axes=1)([L.Dense(4)(a), L.Dense(4)(b)])", D, D),
    "operations": _graph("x = L.Dense(6)(a); out = L.Dense(1)(a + x)", D),
    "variable length": _graph(
        "out = L.Cropping1D(10)(L.Conv1D(3, 5, padding='same')(a))", (None, 4)
    ),
    "mobilenet": _beginning("MobileNetV2", "block_2_add", alpha=0.35),
    "efficientnet": _beginning("EfficientNetB0", "block2b_add"),
}


def _adapted(tk):
    import numpy as np

    layer = tk.layers.Normalization()
    layer.adapt(np.random.default_rng(3).normal(3, 2, (50, 6)).astype("float32"))
    return tk.Sequential([tk.layers.Input((6,)), layer, tk.layers.Dense(1)])


def _named(tk):
    a, b = tk.Input((6,), name="left"), tk.Input((4,), name="right")
    out = tk.layers.Dense(2)(tk.layers.Concatenate()([a, b]))
    return tk.Model({"left": a, "right": b}, {"answer": out})


def _splice(tk):
    """SpliceAI's form: dilated residual units, sums of skips, any length, cropped at the end."""
    layers = tk.layers
    start = tk.Input((None, 4))
    x = layers.Conv1D(8, 1)(start)
    skip = layers.Conv1D(8, 1)(x)
    for dilation in (1, 4):
        y = layers.Activation("relu")(layers.BatchNormalization()(x))
        y = layers.Conv1D(8, 5, dilation_rate=dilation, padding="same")(y)
        y = layers.Activation("relu")(layers.BatchNormalization()(y))
        y = layers.Conv1D(8, 5, dilation_rate=dilation, padding="same")(y)
        x = layers.Add()([x, y])
        skip = layers.Add()([skip, layers.Conv1D(8, 1)(x)])
    out = layers.Conv1D(3, 1, activation="softmax")(layers.Cropping1D((15, 15))(skip))
    return tk.Model(start, out)


def _on_a_body(tk):
    """As a course teaches it: a learned body, frozen, and a head."""
    network = tk.applications.MobileNetV2((64, 64, 3), alpha=0.35, weights=None, include_top=False)
    body = tk.Model(network.input, network.get_layer("block_2_add").output)
    body.trainable = False
    start = tk.Input((64, 64, 3))
    x = tk.applications.mobilenet_v2.preprocess_input(start)
    x = tk.layers.GlobalAveragePooling2D()(body(x, training=False))
    return tk.Model(start, tk.layers.Dense(3, activation="softmax")(tk.layers.Dropout(0.2)(x)))


T = (16, 3)
# Keras 2 has not got these, or wrote them in another way.
KERAS_3: dict[str, Make] = {
    "dense of keras 3": _beside(
        D,
        ("L.Dense(5)", "L.RMSNormalization()"),
        ("L.SpectralNormalization(L.Dense(4))", "L.Dense(1)"),
        ("L.Identity()", "L.Dense(2)"),
        ("L.Dense(4, 'gelu')", "L.Dense(4, 'silu')", "L.Dense(4, 'elu')", "L.Dense(2, 'mish')"),
        ("L.Dense(4, use_bias=False)", "L.Dense(2, 'softmax')"),
        ("L.Dense(4, trainable=False)", "L.Dense(2)"),
        ("L.Normalization(mean=2.0, variance=9.0)", "L.Dense(1)"),
        ("L.Discretization([-1.0, 0.0])", "L.Embedding(5, 2)"),
    ),
    "batch norm renamed axis": _chain((4, 6), "L.BatchNormalization(axis=1, center=False)"),
    "half precision": _chain(D, "L.Dense(4, dtype='mixed_float16')", "L.Dense(2, dtype='float32')"),
    "pictures of keras 3": _beside(
        P,
        ("L.SpectralNormalization(L.Conv2D(4, 3))", "L.Flatten()"),
        ("L.AdaptiveAveragePooling2D(3)", "L.AdaptiveMaxPooling2D(2)"),
        ("L.AveragePooling2D(3, 2, padding='same')", "L.Flatten()"),
        ("L.SeparableConv2D(5, 3, strides=2, depth_multiplier=2)",),
    ),
    "sequences of keras 3": _beside(
        S,
        ("L.EinsumDense('abc,cd->abd', (None, 5), bias_axes='d')",),
        ("L.Conv1D(4, 3, groups=2)", "L.GlobalAveragePooling1D()"),
        ("L.Conv1DTranspose(3, 3, strides=2, padding='same', output_padding=1)",),
        ("L.LSTM(4, dropout=0.2, recurrent_dropout=0.2)",),
    ),
    "directions of keras 3": _beside(
        S,
        ("L.Bidirectional(L.LSTM(3), 'ave', backward_layer=L.LSTM(3, go_backwards=True))",),
        ("L.Bidirectional(L.GRU(3, return_sequences=True))", "L.Bidirectional(L.SimpleRNN(2))"),
    ),
    "padding and cropping 3d": _chain(
        (4, 4, 4, 2), "L.ZeroPadding3D(1)", "L.Cropping3D(1)", "L.UpSampling3D(2)"
    ),
    "conv lstm 1d": _chain((4, 8, 2), "L.ConvLSTM1D(3, 3)"),
    "conv lstm stacked": _chain(
        (4, 8, 8, 2), "L.ConvLSTM2D(2, 3, return_sequences=True)", "L.ConvLSTM2D(2, 3)"
    ),
    "stacked cells": _chain(S, "L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.LSTMCell(3)]))"),
    "one cell": _chain(S, "L.RNN(L.GRUCell(4), return_sequences=True)", "L.Dense(1)"),
    "time distributed pictures": _chain(
        (3, 8, 8, 2), "L.TimeDistributed(L.Conv2D(2, 3))", "L.Reshape((3, 72))", "L.GRU(2)"
    ),
    "masked twice": _chain(
        W,
        "L.Embedding(10, 4, mask_zero=True)",
        "L.Bidirectional(L.LSTM(3, return_sequences=True))",
        "L.LSTM(2)",
        dtype="int32",
    ),
    "lookups": _beside(
        W,
        ("L.Hashing(8)", "L.Embedding(8, 2)", "L.Flatten()"),
        ("L.CategoryEncoding(10)", "L.Dense(2)"),
        ("L.IntegerLookup(vocabulary=[1, 2])", "L.Embedding(5, 2)", "L.Flatten()"),
        dtype="int32",
    ),
    "string lookup": _chain(
        (4,), "L.StringLookup(vocabulary=['a', 'b', 'c'])", "L.Embedding(5, 2)", "L.Flatten()",
        dtype="string",
    ),
    "text vectorization": _chain(
        (1,),
        "L.TextVectorization(output_sequence_length=5, vocabulary=['good', 'bad'])",
        "L.Embedding(5, 2)",
        "L.GlobalAveragePooling1D()",
        dtype="string",
    ),
    "normalization adapted": _adapted,
    "augmentation of colours": _chain(
        P, "L.RandomContrast(0.1)", "L.RandomBrightness(0.1)", "L.RandomZoom(0.1)", "L.Conv2D(2, 3)"
    ),
    "attention of keras 3": _graph(
        "out = [L.GroupQueryAttention(4, 4, 2)(a, a),"
        " L.MultiHeadAttention(2, 3)(a, a, use_causal_mask=True)]",
        S,
    ),
    "cross attention": _graph("out = L.MultiHeadAttention(2, 3)(a, b)", S, T),
    "attention of three": _graph("out = L.Attention()([L.Dense(3)(a), b, b])", S, T),
    "transformer block": _graph(
        "x = L.LayerNormalization()(L.Add()([a, L.MultiHeadAttention(2, 2)(a, a)]))\n"
        "out = L.LayerNormalization()(L.Add()([x, L.Dense(4)(L.Dense(8, 'gelu')(x))]))",
        S,
    ),
    "states handed on": _graph(
        "x, h, c = L.LSTM(4, return_state=True)(a)\nout = L.LSTM(4)(b, initial_state=[h, c])", S, S
    ),
    "masked branches": _graph(
        "e = L.Embedding(10, 4, mask_zero=True)(a)\n"
        "out = L.Dense(1)(L.Concatenate()([L.LSTM(3)(e), L.GRU(2)(e)]))",
        W,
        dtype="int32",
    ),
    "masking and attention": _graph(
        "e = L.Embedding(10, 4, mask_zero=True)(a)\n"
        "out = L.GlobalAveragePooling1D()(L.MultiHeadAttention(2, 2)(e, e))",
        W,
        dtype="int32",
    ),
    "operations of keras": _graph(
        "x = tk.ops.relu(L.Dense(4)(a)) * 2.0; out = L.Dense(1)(tk.ops.concatenate([x, x], -1))", D
    ),
    "slices": _graph("out = L.Dense(2)(a[:, :3])", D),
    "reshaped by operations": _graph(
        "out = L.Dense(1)(tk.ops.reshape(L.Dense(6)(a), (-1, 2, 3)))", D
    ),
    "mean by operations": _graph("out = L.Dense(1)(tk.ops.mean(L.Conv1D(3, 3)(a), axis=1))", S),
    "nested in nested": _graph(
        "m = tk.Sequential([L.Input((6,)), L.Dense(4)])\n"
        "n = tk.Sequential([L.Input((6,)), m, L.Dense(3)])\nout = L.Dense(1)(n(a))",
        D,
    ),
    "nested of two outputs": _graph(
        "i = tk.Input((6,)); h = L.Dense(4)(i); m = tk.Model(i, [L.Dense(2)(h), L.Dense(3)(h)])\n"
        "y, z = m(a)\nout = [L.Dense(1)(y), L.Dense(1)(z)]",
        D,
    ),
    "nested of two inputs": _graph(
        "i, j = tk.Input((6,)), tk.Input((4,)); m = tk.Model([i, j], L.Concatenate()([i, j]))\n"
        "out = L.Dense(1)(m([a, b]))",
        D,
        (4,),
    ),
    "named inputs": _named,
    "input is output": _graph("out = [a, L.Dense(2)(a)]", D),
    "splice": _splice,
    "efficientnet v2": _beginning("EfficientNetV2B0", "block4b_add"),
    "mobilenet v3": _beginning("MobileNetV3Small", "expanded_conv_4_add"),
    "body of a picture network": _on_a_body,
}  # fmt: skip


def probe(model):
    """Made-up samples for each input; of variable length 40."""
    import numpy as np

    random = np.random.default_rng(0)
    found = []
    for tensor in model.inputs:
        shape = [40 if side is None else int(side) for side in tensor.shape[1:]]
        dtype = getattr(tensor.dtype, "name", tensor.dtype)
        whole = "int" in dtype
        if dtype == "string":
            words = random.choice(["a", "b", "good", "bad good", "other"], (8, *shape))
            found.append(words.astype(object))
            continue
        values = random.integers(0, 9, (8, *shape)) if whole else random.normal(size=(8, *shape))
        found.append(values.astype("int32" if whole else "float32"))
    return found


def shaken(model):
    """Weights that differ from what a new model has: zeros would hide what did not arrive."""
    import numpy as np

    random = np.random.default_rng(1)
    model.set_weights(
        [
            (w + 0.1 * random.random(w.shape)).astype(w.dtype) if "float" in str(w.dtype) else w
            for w in model.get_weights()
        ]
    )
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # else it goes on with what it had adapted to
