"""Rules about shapes: what Keras could not use, and what it can but the target cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.problems import Fix, Severity, describe_output, node_name
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import activation_for
from netbuilder.core.check.shapes import shape_fixes as mend
from netbuilder.core.check.shapes.shape_errors import is_recurrent, returns_sequences
from netbuilder.core.check.shapes.shapes import NodeShape
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
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
LAST_MISSING = N_("The last layer is missing")


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
            _(
                "{node} expects a list of numbers, but {source} returns {output}. Insert a "
                "Flatten between them.",
                node=node_name(node),
                source=node_name(source),
                output=describe_output(shape),
            ),
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
                _(
                    "{node} returns a value at every step, so the network returns {output}, but "
                    "the target has one value for each row. Turn off return_sequences.",
                    node=node_name(giver),
                    output=describe_output(shape),
                ),
                mend.set_return_sequences(giver, on=False),
            )
            continue
        units, activation = end.units or 1, wanted_activation(end)
        yield Violation(
            end.node.id,
            ngettext(
                "The network ends in {node} and returns {output}, but the target is {count} "
                "number for each row. Add a Flatten and a Dense at the end.",
                "The network ends in {node} and returns {output}, but the target is {count} "
                "numbers for each row. Add a Flatten and a Dense at the end.",
                units,
                node=node_name(end.node),
                output=describe_output(shape),
            ),
            None
            if None in shape[1:]
            else make_fix(_("Add Flatten and Dense"), _ended, end, units, activation),
            _(LAST_MISSING),
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


RULES: tuple[Rule, ...] = (
    Rule("rank-mismatch", Severity.ERROR, N_("Shape does not fit"), _rank, needs_shapes=True),
    Rule(
        "return-sequences", Severity.ERROR, N_("Only the last step is returned"),
        _said("return-sequences", lambda c, n, s: mend.sequences_fix(c, n)), needs_shapes=True,
    ),
    Rule(
        "kernel-too-large", Severity.ERROR, N_("Window larger than its input"),
        _said("kernel-too-large", lambda c, n, s: mend.kernel_fix(c, n)), needs_shapes=True,
    ),
    Rule(
        "merge-mismatch", Severity.ERROR, N_("Branches do not fit together"),
        _said("merge-mismatch", lambda c, n, s: mend.merge_fix(c, n, s.inputs)), needs_shapes=True,
    ),
    Rule(
        "reshape-mismatch", Severity.ERROR, N_("Reshape does not fit"),
        _said("reshape-mismatch", lambda c, n, s: mend.reshape_fix(c, n, s.inputs)),
        needs_shapes=True,
    ),
    Rule(
        "unknown-size", Severity.ERROR, N_("Size is not fixed"),
        _said("unknown-size", lambda c, n, s: mend.unknown_size_fix(c, n)), needs_shapes=True,
    ),
    Rule(
        "shape-error", Severity.ERROR, N_("Keras cannot use this input"),
        _said("shape-error", lambda c, n, s: mend.removal_fix(c, n)), needs_shapes=True,
    ),
    Rule(
        "layer-error", Severity.ERROR, N_("Invalid combination of values"),
        _said("layer-error", lambda c, n, s: mend.reset_fix(c, n)), needs_shapes=True,
    ),
    Rule(
        "shared-shape", Severity.ERROR, N_("Shared weights do not fit"),
        _said("shared-shape", lambda c, n, s: mend.unshare_edit(n)), needs_shapes=True,
    ),
    Rule(
        "output-rank", Severity.ERROR, N_("The output has the wrong shape"),
        _output_rank, needs_facts=True, needs_shapes=True,
    ),
)  # fmt: skip
