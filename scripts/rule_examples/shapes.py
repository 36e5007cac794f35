"""The rules of ``check/rules/shapes.py``: why each is a problem, what to do, and examples."""

from __future__ import annotations

from netbuilder.core.data.data_facts import CLASSES
from rule_examples.building import Example, ExampleBuilder, Layer, RulePage, chain, facts_for

_PICTURE = ("input", "Input", {"shape": [8, 8, 1]})


_CONV = ("conv2d", "Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"})


_TABLE = ("input", "Input", {"shape": [4]})


_STEPS = ("input", "Input", {"shape": [20, 3]})


_OUT = ("out", "Dense", {"units": 3, "activation": "softmax"})


_FLAT: Layer = ("flatten", "Flatten", {})


def _branches(left: tuple[str, str, dict], right: tuple[str, str, dict], merge: str) -> Example:  # type: ignore[type-arg]
    sketch = ExampleBuilder().chain(_TABLE, left).chain(right, start="input")
    sketch.chain(("merge", merge, {}), _OUT, start=left[0]).wire((right[0], "merge"))
    return Example(sketch.project())


PAGES = {
    "rank-mismatch": RulePage(
        (
            "A layer gets input of the wrong kind: pictures instead of a list of numbers, or a "
            "list of numbers instead of pictures or sequences."
        ),
        ("Insert Flatten or Reshape between the layers, or use another layer."),
        (
            lambda: Example(chain(_PICTURE, _CONV, ("dense_1", "Dense", {"units": 3}))),
            lambda: Example(chain(_TABLE, _CONV, _FLAT, _OUT)),
            lambda: Example(chain(_TABLE, ("lstm", "LSTM", {"units": 8}), _OUT)),
            lambda: Example(chain(("input", "Input", {"shape": [64]}), _CONV, _FLAT, _OUT)),
            lambda: Example(chain(_PICTURE, ("lstm", "LSTM", {"units": 8}), _OUT)),
            lambda: Example(chain(("input", "Input", {"shape": [8, 8]}), _CONV, _FLAT, _OUT)),
            lambda: Example(chain(_TABLE, ("pool", "MaxPooling2D", {}), _OUT)),
        ),
    ),
    "return-sequences": RulePage(
        ("A recurrent layer returns only its last step, but the next layer expects a sequence."),
        ("Turn on return_sequences in the first layer."),
        (
            lambda: Example(
                chain(
                    _STEPS, ("lstm_1", "LSTM", {"units": 8}), ("lstm_2", "LSTM", {"units": 8}), _OUT
                )
            ),
            lambda: Example(
                chain(
                    _STEPS,
                    ("both", "Bidirectional", {"layer": {"layer": "LSTM", "params": {"units": 4}}}),
                    ("dropout", "Dropout", {"rate": 0.2}),
                    ("gru", "GRU", {"units": 8}),
                    _OUT,
                )
            ),
        ),
    ),
    "kernel-too-large": RulePage(
        (
            "A convolution or pooling window is larger than its input. Pictures become smaller "
            "with every such layer."
        ),
        ('Make the window smaller, or set padding to "same".'),
        (
            lambda: Example(
                chain(_PICTURE, ("conv2d", "Conv2D", {"filters": 8, "kernel_size": 9}), _FLAT, _OUT)
            ),
            lambda: Example(
                chain(_PICTURE, ("pool", "MaxPooling2D", {"pool_size": 9}), _FLAT, _OUT)
            ),
        ),
    ),
    "merge-mismatch": RulePage(
        (
            "Layers that add or multiply branches need inputs of the same shape. For "
            "Concatenate, all axes but one must be the same."
        ),
        ("Give the branches the same shape, or add a layer that changes the shape of one."),
        (
            lambda: _branches(
                ("wide", "Dense", {"units": 8, "activation": "relu"}),
                ("slim", "Dense", {"units": 4, "activation": "relu"}),
                "Add",
            ),
            lambda: Example(
                ExampleBuilder()
                .chain(_PICTURE, _CONV, ("add", "Add", {}), _FLAT, _OUT)
                .chain(("pool", "MaxPooling2D", {}), start="conv2d")
                .wire(("pool", "add"))
                .project()
            ),
            lambda: Example(
                ExampleBuilder()
                .chain(_PICTURE, _CONV, ("join", "Concatenate", {}), _OUT)
                .chain(("row", "Input", {"shape": [5]}))
                .wire(("row", "join"))
                .project()
            ),
        ),
    ),
    "reshape-mismatch": RulePage(
        ("Reshape keeps all values: the new shape must hold as many values as the input."),
        ("Change target_shape so that its product is the number of input values."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [64]}),
                    ("reshape", "Reshape", {"target_shape": [8, 8, 3]}),
                    _CONV,
                    _FLAT,
                    _OUT,
                )
            ),
        ),
    ),
    "unknown-size": RulePage(
        (
            "A layer with weights needs a fixed number of input values, but one axis can have "
            "any length."
        ),
        ("Add a pooling layer over this axis, or give Input a fixed shape."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [None, 3]}),
                    ("conv1d", "Conv1D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
                    _FLAT,
                    _OUT,
                )
            ),
        ),
    ),
    "shape-error": RulePage(
        ("Keras raises an error when this layer gets its input."),
        ("Read the message from Keras, and change the layer or its input."),
        (lambda: Example(chain(_TABLE, ("permute", "Permute", {"dims": [2, 1]}), _OUT)),),
    ),
    "layer-error": RulePage(
        (
            "Each value is valid, but the combination is not: for example, filters "
            "is not a multiple of groups, or strides is combined with dilation."
        ),
        ("Change the values that the message names, or restore the Keras defaults."),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [8, 8, 4]}),
                    ("conv2d", "Conv2D", {"filters": 8, "kernel_size": 3, "groups": 3}),
                    _FLAT,
                    _OUT,
                )
            ),
        ),
    ),
    "shared-shape": RulePage(
        ("Layers that share weights need inputs of the same shape."),
        ("Unshare the weights, or give both layers inputs of the same shape."),
        (
            lambda: Example(
                ExampleBuilder()
                .chain(("left", "Input", {"shape": [4]}), ("dense", "Dense", {"units": 8}))
                .chain(("right", "Input", {"shape": [7]}), ("twin", "Dense", {}, "dense"))
                .chain(("join", "Concatenate", {}), _OUT)
                .wire(("dense", "join"), ("twin", "join"))
                .project()
            ),
        ),
    ),
    "output-rank": RulePage(
        ("The network returns sequences or pictures, but the target is a list of numbers."),
        (
            "Turn off return_sequences in the last recurrent layer, or add Flatten and Dense at "
            "the end."
        ),
        (
            lambda: Example(
                chain(_STEPS, ("lstm", "LSTM", {"units": 8, "return_sequences": True}), _OUT),
                facts_for(CLASSES, 3, (20, 3)),
            ),
            lambda: Example(chain(_PICTURE, _CONV), facts_for(CLASSES, 3, (8, 8, 1))),
        ),
    ),
}
