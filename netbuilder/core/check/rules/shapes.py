"""Rules about shapes that Keras or the target cannot use."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netbuilder.core.check.context import Context, OutputEnd
from netbuilder.core.check.problems import Fix, describe_output, node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix
from netbuilder.core.check.rules.output_helpers import activation_for
from netbuilder.core.check.shapes import shape_fixes as fixes
from netbuilder.core.check.shapes.shape_errors import is_recurrent, returns_sequences
from netbuilder.core.check.shapes.shapes import NodeShape
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.model import Node, Project

_MakeFix = Callable[[Context, Node, NodeShape], Fix | None]


def _errors(code: str, make: _MakeFix) -> Callable[[Context], Iterable[Violation]]:
    def find(context: Context) -> Iterable[Violation]:
        for node, shape in context.shape_errors.get(code, ()):
            yield Violation(node.id, shape.error or "", make(context, node, shape))

    return find


#: Title for a network that ends in a hidden layer, mostly an unfinished one.
LAST_MISSING = N_("The last layer is missing")


def _rank(context: Context) -> Iterable[Violation]:
    yield from _errors("rank-mismatch", lambda c, n, s: fixes.rank_fix(c, n, s.inputs))(context)
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
            fixes.insert_layer_edit(source.id, node.id, "Flatten"),
        )


def flatten_place(context: Context, end: OutputEnd) -> tuple[Node, Node] | None:
    """Return the nodes around a missing Flatten: a source of images and the first Dense after it.

    Keras applies a Dense to each position of an image; it is a mistake only if the network then
    ends in images, because a target is a list of numbers.
    """
    if end.shape is None or len(end.shape) <= 2:
        return None
    place: tuple[Node, Node] | None = None
    for node in context.upward(end.node):
        sources = context.graph.sources[node.id]
        if len(sources) != 1:
            break
        shape = context.output_of(sources[0])
        if shape is None or len(shape) <= 2 or None in shape[1:]:
            break
        if node.layer == "Dense":
            source = context.graph.by_id[sources[0]]
            if len(shape) > 3 or not sequence_giver(context, source):
                place = (source, node)
        elif context.output_of(node.id) is not None and place is not None:
            break
    return place


def sequence_giver(context: Context, node: Node) -> Node | None:
    """Return the recurrent layer that returns a sequence, at or just above ``node``."""
    for ancestor in context.upward(node):
        owner = context.owner(ancestor)
        if is_recurrent(owner.layer) and returns_sequences(owner):
            return owner
        if ancestor.layer not in {"Dense", "Dropout", "Activation", "BatchNormalization"} and (
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
            continue  # see rank-mismatch
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
                fixes.set_return_sequences(giver, on=False),
            )
            continue
        units, activation = end.units or 1, activation_for(end.task)
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


def _ended(project: Project, end: OutputEnd, units: int, activation: str | None) -> Project:
    project = edits.insert_after(project, end.node.id, "Flatten")
    params = {"units": units, "activation": activation}
    return edits.insert_after(project, project.graph.nodes[-1].id, "Dense", params=params)


#: Fixes of what Keras reports, by the code of the report.
_FIXES: dict[str, _MakeFix] = {
    "return-sequences": lambda c, n, _s: fixes.sequences_fix(c, n),
    "kernel-too-large": lambda c, n, _s: fixes.kernel_fix(c, n),
    "merge-mismatch": lambda c, n, s: fixes.merge_fix(c, n, s.inputs),
    "reshape-mismatch": lambda c, n, s: fixes.reshape_fix(c, n, s.inputs),
    "unknown-size": lambda c, n, _s: fixes.unknown_size_fix(c, n),
    "shape-error": lambda c, n, _s: fixes.removal_fix(c, n),
    "layer-error": lambda c, n, _s: fixes.reset_fix(c, n),
    "shared-shape": lambda _c, n, _s: fixes.unshare_edit(n),
}

FINDERS: Finders = {
    "rank-mismatch": _rank,
    **{code: _errors(code, make) for code, make in _FIXES.items()},
    "output-rank": _output_rank,
}
