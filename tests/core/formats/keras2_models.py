"""Seventy kinds of models as Keras 2 writes them, for the matrix test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[[Any], Any]


def _chain(shape: tuple[int | None, ...], *layers: str, dtype: str = "float32") -> Make:
    """A Sequential of layers given as code, ``L`` being ``tf_keras.layers``."""

    def make(tk: Any) -> Any:
        scope = {"L": tk.layers, "tk": tk}
        made = [eval(text, scope) for text in layers]
        return tk.Sequential([tk.layers.Input(shape, dtype=dtype), *made])

    return make


def _graph(body: str, *shapes: tuple[int | None, ...], dtype: str = "float32") -> Make:
    """A functional model: ``body`` is code that makes ``out`` of ``a`` (and ``b``)."""

    def make(tk: Any) -> Any:
        inputs = [tk.Input(shape, dtype=dtype) for shape in shapes]
        scope: dict[str, Any] = {"L": tk.layers, "tk": tk}
        scope.update(zip("ab", inputs, strict=False))
        exec(body, scope)
        return tk.Model(inputs[0] if len(inputs) == 1 else inputs, scope["out"])

    return make


P, S, D, W = (12, 12, 3), (10, 4), (6,), (9,)

KINDS: dict[str, Make] = {
    "dense": _chain(D, "L.Dense(5, activation='relu')", "L.Dense(2)"),
    "dense softmax": _chain(D, "L.Dense(4, activation='tanh')", "L.Dense(3, activation='softmax')"),
    "dense hard_sigmoid": _chain(D, "L.Dense(5, activation='hard_sigmoid')"),
    "activation hard_sigmoid": _chain(D, "L.Dense(5)", "L.Activation('hard_sigmoid')"),
    "dense regularised": _chain(
        D, "L.Dense(5, kernel_regularizer='l2', kernel_constraint='max_norm')"
    ),
    "dense initializers": _chain(
        D, "L.Dense(5, kernel_initializer='he_normal', bias_initializer='ones')"
    ),
    "dropout": _chain(D, "L.Dense(5)", "L.Dropout(0.3)", "L.Dense(1)"),
    "noise": _chain(D, "L.GaussianNoise(0.1)", "L.GaussianDropout(0.1)", "L.Dense(1)"),
    "alpha dropout": _chain(D, "L.Dense(4, activation='selu')", "L.AlphaDropout(0.1)"),
    "activity regularization": _chain(D, "L.Dense(4)", "L.ActivityRegularization(l2=0.1)"),
    "batch norm": _chain(D, "L.Dense(5)", "L.BatchNormalization()", "L.Dense(1)"),
    "layer norm": _chain(D, "L.Dense(5)", "L.LayerNormalization()"),
    "group norm": _chain(P, "L.Conv2D(4, 3)", "L.GroupNormalization(2)"),
    "unit norm": _chain(D, "L.Dense(5)", "L.UnitNormalization()"),
    "leaky relu": _chain(D, "L.Dense(5)", "L.LeakyReLU(0.2)"),
    "prelu": _chain(D, "L.Dense(5)", "L.PReLU()"),
    "elu": _chain(D, "L.Dense(5)", "L.ELU(0.7)"),
    "relu": _chain(D, "L.Dense(5)", "L.ReLU(max_value=1.0, negative_slope=0.1)"),
    "thresholded relu": _chain(D, "L.Dense(5)", "L.ThresholdedReLU(0.5)"),
    "softmax layer": _chain(D, "L.Dense(5)", "L.Softmax()"),
    "conv1d": _chain(S, "L.Conv1D(4, 3, activation='relu')", "L.GlobalMaxPooling1D()"),
    "conv1d causal": _chain(S, "L.Conv1D(4, 3, padding='causal', dilation_rate=2)"),
    "conv2d": _chain(P, "L.Conv2D(4, 3)", "L.MaxPooling2D()", "L.Flatten()", "L.Dense(2)"),
    "conv2d grouped": _chain((12, 12, 4), "L.Conv2D(4, 3, groups=2)"),
    "conv2d strided": _chain(P, "L.Conv2D(4, 3, strides=2, padding='same')"),
    "conv3d": _chain((6, 6, 6, 2), "L.Conv3D(3, 3)", "L.GlobalAveragePooling3D()"),
    "conv1d transpose": _chain(S, "L.Conv1DTranspose(3, 3, strides=2)"),
    "conv2d transpose": _chain(P, "L.Conv2DTranspose(4, 3, strides=2, padding='same')"),
    "conv3d transpose": _chain((4, 4, 4, 2), "L.Conv3DTranspose(3, 3)"),
    "depthwise": _chain(P, "L.DepthwiseConv2D(3, depth_multiplier=2)"),
    "depthwise 1d": _chain(S, "L.DepthwiseConv1D(3)"),
    "separable": _chain(P, "L.SeparableConv2D(5, 3)"),
    "separable 1d": _chain(S, "L.SeparableConv1D(5, 3)"),
    "pooling": _chain(P, "L.AveragePooling2D(3, 2)", "L.MaxPooling2D(2, padding='same')"),
    "pooling 1d": _chain(S, "L.MaxPooling1D()", "L.AveragePooling1D()", "L.Flatten()"),
    "pooling 3d": _chain((6, 6, 6, 2), "L.MaxPooling3D()", "L.AveragePooling3D()"),
    "global pooling": _chain(P, "L.GlobalAveragePooling2D(keepdims=True)"),
    "padding and cropping": _chain(P, "L.ZeroPadding2D((1, 2))", "L.Cropping2D(((1, 0), (2, 1)))"),
    "padding 1d": _chain(S, "L.ZeroPadding1D(2)", "L.Cropping1D((1, 2))", "L.UpSampling1D(2)"),
    "up sampling": _chain(P, "L.UpSampling2D(2, interpolation='bilinear')"),
    "shapes": _chain(D, "L.Reshape((2, 3))", "L.Permute((2, 1))", "L.Flatten()"),
    "repeat vector": _chain(D, "L.RepeatVector(4)", "L.SimpleRNN(3)"),
    "spatial dropout": _chain(P, "L.Conv2D(4, 3)", "L.SpatialDropout2D(0.2)"),
    "simple rnn": _chain(S, "L.SimpleRNN(5)"),
    "lstm": _chain(S, "L.LSTM(5)", "L.Dense(1)"),
    "lstm stacked": _chain(S, "L.LSTM(5, return_sequences=True)", "L.LSTM(3)"),
    "lstm hard_sigmoid": _chain(S, "L.LSTM(5, recurrent_activation='hard_sigmoid')"),
    "gru": _chain(S, "L.GRU(5)"),
    "gru reset before": _chain(S, "L.GRU(5, reset_after=False)"),
    "bidirectional lstm": _chain(S, "L.Bidirectional(L.LSTM(4, return_sequences=True))"),
    "bidirectional gru": _chain(S, "L.Bidirectional(L.GRU(4), merge_mode='sum')"),
    "conv lstm": _chain((4, 8, 8, 2), "L.ConvLSTM2D(3, 3)"),
    "time distributed": _chain(S, "L.TimeDistributed(L.Dense(3))"),
    "rnn of cells": _chain(S, "L.RNN([L.LSTMCell(4), L.GRUCell(3)])"),
    "embedding": _chain(W, "L.Embedding(10, 4)", "L.Flatten()", "L.Dense(1)", dtype="int32"),
    "embedding masked": _chain(
        W, "L.Embedding(10, 4, mask_zero=True)", "L.LSTM(3)", "L.Dense(1)", dtype="int32"
    ),
    "masking": _chain(S, "L.Masking(0.0)", "L.GRU(3)"),
    "rescaling and normalization": _chain(
        D, "L.Rescaling(2.0, 1.0)", "L.Normalization(mean=[1.0] * 6, variance=[4.0] * 6)"
    ),
    "augmentation": _chain(P, "L.RandomFlip()", "L.RandomRotation(0.1)", "L.Conv2D(2, 3)"),
    "resizing": _chain(P, "L.Resizing(8, 8)", "L.CenterCrop(6, 6)"),
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
    "additive attention": _graph("out = L.AdditiveAttention()([a, L.Dense(4)(a)])", S),
    "multi-head attention": _graph("out = L.MultiHeadAttention(2, 3)(a, a)", S),
    "dot": _graph("out = L.Dot(axes=1)([L.Dense(4)(a), L.Dense(4)(b)])", D, D),
    "operations": _graph("x = L.Dense(6)(a); out = L.Dense(1)(a + x)", D),
    "variable length": _graph(
        "out = L.Cropping1D(10)(L.Conv1D(3, 5, padding='same')(a))", (None, 4)
    ),
    "mobilenet": lambda tk: tk.applications.MobileNetV2(
        (64, 64, 3), alpha=0.35, weights=None, classes=3
    ),
    "efficientnet": lambda tk: tk.applications.EfficientNetB0(
        weights=None, input_shape=(64, 64, 3), classes=3
    ),
}


def probe(model: Any) -> list[Any]:
    """Made-up samples for each input; of variable length 40."""
    import numpy as np

    random = np.random.default_rng(0)
    found = []
    for tensor in model.inputs:
        shape = [40 if side is None else int(side) for side in tensor.shape[1:]]
        whole = "int" in tensor.dtype.name if hasattr(tensor.dtype, "name") else False
        values = random.integers(0, 9, (8, *shape)) if whole else random.normal(size=(8, *shape))
        found.append(values.astype("int32" if whole else "float32"))
    return found


def shaken(model: Any) -> None:
    """Weights that differ from what a new model has: zeros would hide what did not arrive."""
    import numpy as np

    random = np.random.default_rng(1)
    model.set_weights(
        [
            (w + 0.1 * random.random(w.shape)).astype(w.dtype) if "float" in str(w.dtype) else w
            for w in model.get_weights()
        ]
    )
