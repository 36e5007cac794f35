"""Rules about shapes: what Keras could not use, and what it can but the target cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.example_builder import Example, ExampleBuilder, Layer, chain, facts_for
from netbuilder.core.check.phrases import count_noun, describe_output, node_name
from netbuilder.core.check.problems import Fix, Severity
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import activation_for
from netbuilder.core.check.shapes import shape_fixes as mend
from netbuilder.core.check.shapes.shape_errors import is_recurrent, returns_sequences
from netbuilder.core.check.shapes.shapes import NodeShape
from netbuilder.core.data.data_facts import CLASSES
from netbuilder.core.project import edits
from netbuilder.core.project.model import Node, Project

_Mend = Callable[[Context, Node, NodeShape], Fix | None]


def _said(code: str, make: _Mend) -> Callable[[Context], Iterable[Violation]]:
    """Finds what the shapes themselves say under ``code``."""

    def find(context: Context) -> Iterable[Violation]:
        for node, shape in context.shape_errors.get(code, ()):
            yield Violation(node.id, shape.error or "", make(context, node, shape))

    return find


#: What a network lacks that ends in a hidden layer: mostly the hand has not come so far.
LAST_MISSING = "The last layer is missing"


def _rank(context: Context) -> Iterable[Violation]:
    yield from _said("rank-mismatch", lambda c, n, s: mend.rank_fix(c, n, s.inputs))(context)
    for end in context.ends:
        place = flatten_place(context, end)
        if place is None:
            continue
        source, node = place
        shape = context.output_of(source.id)
        assert shape is not None
        yield Violation(
            node.id,
            f"{node_name(node)} expects a list of numbers, but {node_name(source)} gives"
            f" {describe_output(shape)}."
            " Put a Flatten between them.",
            mend.insert_layer_edit(source.id, node.id, "Flatten"),
        )


def flatten_place(context: Context, end: OutputEnd) -> tuple[Node, Node] | None:
    """The wire into the first Dense behind pictures or volumes that are never made flat.

    A Dense on a picture is legal in Keras (it works on each place alone); it is a mistake where
    the network then ends in pictures too, because a target is a list of numbers.
    """
    if end.shape is None or len(end.shape) <= 2:
        return None
    found: tuple[Node, Node] | None = None
    for node in context.upward(end.node):
        sources = context.graph.sources[node.id]
        if len(sources) != 1:
            break
        given = context.output_of(sources[0])
        if given is None or len(given) <= 2 or None in given[1:]:
            break
        if node.layer == "Dense":
            source = context.graph.by_id[sources[0]]
            if len(given) > 3 or not sequence_giver(context, source):
                found = (source, node)
        elif context.output_of(node.id) is not None and found is not None:
            break
    return found


def sequence_giver(context: Context, node: Node) -> Node | None:
    """The recurrent layer that gives a sequence and stands at or just above ``node``."""
    for one in context.upward(node):
        owner = context.owner(one)
        if is_recurrent(owner.layer) and returns_sequences(owner):
            return owner
        if one.layer not in {"Dense", "Dropout", "Activation", "BatchNormalization"} and (
            not is_recurrent(owner.layer)
        ):
            return None
    return None


def _output_rank(context: Context) -> Iterable[Violation]:
    for end in context.ends:
        shape = end.shape
        if shape is None or len(shape) == 2:
            continue
        if flatten_place(context, end) is not None:
            continue  # told by rank-mismatch
        giver = sequence_giver(context, end.node)
        if giver is not None:
            yield Violation(
                giver.id,
                f"{node_name(giver)} gives an answer at every step, so the network ends in"
                f" {describe_output(shape)}, but the target is one answer for each row."
                " Turn off return_sequences.",
                mend.set_return_sequences(giver, on=False),
            )
            continue
        units, activation = end.units or 1, wanted_activation(end)
        yield Violation(
            end.node.id,
            f"The network ends in {describe_output(shape)} from {node_name(end.node)}, but the"
            f" target is"
            f" {count_noun(units, 'number')} for each row. Put a Flatten and a Dense at the end.",
            None
            if None in shape[1:]
            else make_fix("Add Flatten and Dense", _ended, end, units, activation),
            LAST_MISSING,
            beginning=True,
        )


def wanted_activation(end: OutputEnd) -> str | None:
    """The activation that suits an output's target."""
    return activation_for(end.task)


def _ended(project: Project, end: OutputEnd, units: int, activation: str | None) -> Project:
    project = edits.insert_after(project, end.node.id, "Flatten")
    flat = project.graph.nodes[-1].id
    return edits.insert_after(
        project, flat, "Dense", params={"units": units, "activation": activation}
    )


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


RULES: tuple[Rule, ...] = (
    Rule(
        "rank-mismatch", Severity.ERROR, "Shape does not fit",
        "A layer gets data of another kind than it works on: pictures where it wants a list, a"
        " list where it wants pictures or sequences.",
        "Put Flatten or Reshape between them, or use another layer.",
        _rank,
        (
            lambda: Example(chain(_PICTURE, _CONV, ("dense_1", "Dense", {"units": 3}))),
            lambda: Example(chain(_TABLE, _CONV, _FLAT, _OUT)),
            lambda: Example(chain(_TABLE, ("lstm", "LSTM", {"units": 8}), _OUT)),
            lambda: Example(chain(("input", "Input", {"shape": [64]}), _CONV, _FLAT, _OUT)),
            lambda: Example(chain(_PICTURE, ("lstm", "LSTM", {"units": 8}), _OUT)),
            lambda: Example(
                chain(("input", "Input", {"shape": [8, 8]}), _CONV, _FLAT, _OUT)
            ),
            lambda: Example(chain(_TABLE, ("pool", "MaxPooling2D", {}), _OUT)),
        ),
        needs_shapes=True,
    ),
    Rule(
        "return-sequences", Severity.ERROR, "Only the last answer",
        "A recurrent layer gives only its last answer, but the layer behind it wants a sequence.",
        "Turn on return_sequences of the first.",
        _said("return-sequences", lambda c, n, s: mend.sequences_fix(c, n)),
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
                    ("dropout", "Dropout", {"rate": 0.2}), ("gru", "GRU", {"units": 8}), _OUT,
                )
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "kernel-too-large", Severity.ERROR, "Window larger than its input",
        "A convolution or pooling window does not fit into what it slides over; pictures shrink"
        " with every such layer.",
        'Make it smaller, or set padding to "same".',
        _said("kernel-too-large", lambda c, n, s: mend.kernel_fix(c, n)),
        (
            lambda: Example(
                chain(_PICTURE, ("conv2d", "Conv2D", {"filters": 8, "kernel_size": 9}), _FLAT, _OUT)
            ),
            lambda: Example(
                chain(
                    _PICTURE, ("pool", "MaxPooling2D", {"pool_size": 9}), _FLAT, _OUT
                )
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "merge-mismatch", Severity.ERROR, "Branches do not fit together",
        "Layers that add or multiply branches need them to have the same shape; Concatenate needs"
        " it in all axes but one.",
        "Give the branches the same sizes, or bring one to the other's size with a layer.",
        _said("merge-mismatch", lambda c, n, s: mend.merge_fix(c, n, s.inputs)),
        (
            lambda: _branches(
                ("wide", "Dense", {"units": 8, "activation": "relu"}),
                ("slim", "Dense", {"units": 4, "activation": "relu"}), "Add",
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
        needs_shapes=True,
    ),
    Rule(
        "reshape-mismatch", Severity.ERROR, "Numbers do not add up",
        "Reshape only arranges numbers: the new shape must hold as many as come in.",
        "Change target_shape so that its product is the number of values that come in.",
        _said("reshape-mismatch", lambda c, n, s: mend.reshape_fix(c, n, s.inputs)),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [64]}),
                    ("reshape", "Reshape", {"target_shape": [8, 8, 3]}),
                    _CONV, _FLAT, _OUT,
                )
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "unknown-size", Severity.ERROR, "Size is not fixed",
        "A layer with weights has to know how many numbers come in, and an axis has any length.",
        "Pool over that axis first, or give Input a fixed shape.",
        _said("unknown-size", lambda c, n, s: mend.unknown_size_fix(c, n)),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [None, 3]}),
                    ("conv1d", "Conv1D", {"filters": 4, "kernel_size": 3, "activation": "relu"}),
                    _FLAT, _OUT,
                )
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "shape-error", Severity.ERROR, "Keras cannot use this",
        "Keras refuses the layer on what it is given.",
        "Read what Keras says, and change the layer or what feeds it.",
        _said("shape-error", lambda c, n, s: mend.removal_fix(c, n)),
        (
            lambda: Example(
                chain(_TABLE, ("permute", "Permute", {"dims": [2, 1]}), _OUT)
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "layer-error", Severity.ERROR, "Keras refuses the values",
        "Each value is allowed by itself, but not together: filters that groups do not divide,"
        " or strides with dilation.",
        "Change the values that the message names, or go back to Keras's own.",
        _said("layer-error", lambda c, n, s: mend.reset_fix(c, n)),
        (
            lambda: Example(
                chain(
                    ("input", "Input", {"shape": [8, 8, 4]}),
                    ("conv2d", "Conv2D", {"filters": 8, "kernel_size": 3, "groups": 3}),
                    _FLAT, _OUT,
                )
            ),
        ),
        needs_shapes=True,
    ),
    Rule(
        "shared-shape", Severity.ERROR, "Shared weights do not fit",
        "Nodes that share a layer need inputs of the same size, because the weights are the same.",
        "Give the node weights of its own, or both the same input.",
        _said("shared-shape", lambda c, n, s: mend.unshare_edit(n)),
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
        needs_shapes=True,
    ),
    Rule(
        "output-rank", Severity.ERROR, "The end is no list",
        "The network ends in sequences or pictures, and the target is a list of numbers.",
        "Turn off return_sequences of the last recurrent layer, or end with Flatten and Dense.",
        _output_rank,
        (
            lambda: Example(
                chain(_STEPS, ("lstm", "LSTM", {"units": 8, "return_sequences": True}), _OUT),
                facts_for(CLASSES, 3, (20, 3)),
            ),
            lambda: Example(chain(_PICTURE, _CONV), facts_for(CLASSES, 3, (8, 8, 1))),
        ),
        needs_facts=True, needs_shapes=True,
    ),
)  # fmt: skip
