"""Rules about the data and how it fits the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.spec import Category
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix, remove_layer
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.registry import is_chosen
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.graph_ends import byte_input_layer, downstream, takes_bytes
from netbuilder.core.project.model import Data, Node, Project
from netbuilder.core.wording import format_number, format_quoted_list

_sentence = sentences_of("check")


def _find(code: str, severity: str) -> Callable[[Context], Iterable[Violation]]:
    def find(context: Context) -> Iterable[Violation]:
        assert context.facts is not None
        for finding in context.facts.findings:
            if finding.code != code or finding.severity != severity:
                continue
            # Facts may be outdated: a fix that changes nothing was already applied.
            if not finding.fixes or finding.fixes[0].edit(context.project) != context.project:
                fixes = tuple(make_fix(fix.label, fix.edit) for fix in finding.fixes)
                yield Violation(
                    None, finding.message, fixes[0] if fixes else None, others=fixes[1:]
                )

    return find


#: Rules that hand on a finding about the data.
_FINDINGS = (
    "target-in-features", "id-column", "stand-in", "same-word-twice", "class-of-one", "rows-twice",
    "test-is-training", "test-rows-known", "test-column-empty", "total-row",
)  # fmt: skip


def _data_and_network(context: Context) -> Iterable[Violation]:
    data = context.project.data
    if data.scaling not in {"minmax", "standard"}:
        return
    for key in context.graph.inputs:
        taker = byte_input_layer(context.graph, key)
        if taker is None:
            continue
        node = context.graph.by_id[taker]
        yield Violation(
            taker,
            _sentence("scaled_before", node=node_name(node), scaling=data.scaling),
            make_fix(_("Let the network scale the data"), edits.set_data, scaling="auto"),
        )


def _layer_and_layer(context: Context) -> Iterable[Violation]:
    graph = context.graph
    for node in graph.nodes:
        if node.layer != "Rescaling" or not takes_bytes(graph, node):
            continue
        second = byte_input_layer(graph, node.id)
        if second is not None:
            yield Violation(
                node.id,
                _sentence(
                    "scales_twice", node=node_name(node), other=node_name(graph.by_id[second])
                ),
                remove_layer(node.id),
            )


#: Built-in data by the shape of an Input.
_BY_SHAPE = {
    (8, 8, 1): "digits", (10,): "diabetes", (13,): "wine", (30,): "breast_cancer", (2,): "moons",
    (40, 1): "waves", (4,): "iris", (9,): "sales", (1,): "sine",
}  # fmt: skip
#: Larger inputs do not suit initial weights, which expect about 1.
_LARGE = 10.0


def no_data(context: Context) -> Iterable[Violation]:
    """Yield a violation if no data is chosen."""
    if is_chosen(context.project.data):
        return
    shape: tuple[Any, ...] = ()
    for node_id in context.graph.inputs:
        axes = context.graph.by_id[node_id].params.get("shape")
        shape = tuple(axes) if isinstance(axes, (list, tuple)) else ()
        break
    # Suggest only data of the Input's shape, and to imported code only the data that it reads.
    data = context.project.data
    name = _BY_SHAPE.get(shape, "" if shape else "iris")
    new = Data(kind="builtin", name=name)
    if data.name and not data.kind:
        name = data.name if data.name in BUILTINS else ""
        new = replace(data, kind="builtin")
    yield Violation(
        None,
        _("No data is chosen. Choose a file or a built-in data set on the Data page."),
        make_fix(_("Use the {name} data", name=name.replace("_", " ")), edits.set_data, new)
        if name
        else None,
    )


def _input_shape(context: Context) -> Iterable[Violation]:
    assert context.facts is not None
    for node_id in context.graph.inputs:
        node = context.graph.by_id[node_id]
        own, actual = node.params.get("shape"), context.facts.input_shapes.get(node_id)
        if not isinstance(own, (list, tuple)) or actual is None or _agree(own, actual):
            continue
        yield Violation(
            node_id,
            _sentence(
                "other_sample_shape", node=node_name(node), given=_axes(own), found=_axes(actual)
            ),
            make_fix(_("Use the shape of the data"), edits.set_params, node_id, shape=...),
        )


def _agree(first: Iterable[object], second: Iterable[object]) -> bool:
    mine, theirs = tuple(first), tuple(second)
    return len(mine) == len(theirs) and all(
        a is None or b is None or a == b for a, b in zip(mine, theirs, strict=True)
    )


def _axes(shape: Iterable[object]) -> str:
    axes = ["?" if n is None else str(n) for n in shape]
    return f"({', '.join(axes)})" if len(axes) != 1 else f"({axes[0]},)"


def _unscaled(context: Context) -> Iterable[Violation]:
    facts, data = context.facts, context.project.data
    assert facts is not None
    low, high = facts.value_range
    if data.scaling != "none":
        return  # the user's choice; the facts may be outdated
    if facts.units_scaled or max(abs(low), abs(high)) <= _LARGE or not context.graph.inputs:
        return
    bare = [i for i in context.graph.inputs if _meets_weights(context, i, facts.input_dtypes)]
    if not bare:
        return
    yield Violation(
        bare[0],
        _sentence("unscaled_inputs", low=format_number(low, "g"), high=format_number(high, "g")),
        make_fix(_("Scale the inputs"), edits.set_data, scaling="auto"),
    )


def _meets_weights(context: Context, node_id: str, dtypes: object) -> bool:
    """Return whether values of an Input reach weights without being scaled."""
    if isinstance(dtypes, dict) and dtypes.get(node_id) == "int32":
        return False

    def scales(node: Node) -> bool:
        return spec_of(node.layer).scales or context.of_category(node, Category.PRETRAINED)

    def passes(node: Node) -> bool:
        return not scales(node) and context.of_category(node, Category.SHAPE, Category.PREPROCESS)

    following = downstream(context.graph, node_id, passes)
    return any(not scales(node) and not passes(node) for node in following)


def _vocabulary(context: Context) -> Iterable[Violation]:
    facts = context.facts
    assert facts is not None
    for node in context.graph.nodes:
        if node.layer != "Embedding" or node.shared is not None:
            continue
        need = len(facts.vocabulary)
        have = node.params.get("input_dim")
        if type(have) is not int or not need or have >= need or not _fed_by_words(context, node):
            continue
        yield Violation(
            node.id,
            _sentence(
                "too_few_rows_for_words",
                count=have,
                node=node_name(node),
                need=format_number(need, ","),
            ),
            make_fix(
                _("Set {name} to {value}", name="input_dim", value=need),
                edits.set_params,
                node.id,
                input_dim=need,
            ),
        )


def _fed_by_words(context: Context, node: Node) -> bool:
    assert context.facts is not None
    return any(
        ancestor.layer == "Input" and context.facts.input_dtypes.get(ancestor.id) == "int32"
        for ancestor in context.upward(node)
    )


def _embedding_numbers(context: Context) -> Iterable[Violation]:
    facts = context.facts
    assert facts is not None
    data = context.project.data
    for node in context.graph.nodes:
        sources = context.graph.sources[node.id]
        if node.layer != "Embedding" or not sources:
            continue
        source = sources[0]
        if facts.input_dtypes.get(source) != "float32":
            continue
        columns = data.inputs.get(source, tuple(facts.column_types))
        words = [name for name in columns if facts.column_types.get(name) == "category"]
        if words:
            yield Violation(
                node.id,
                _sentence(
                    "one_hot_into_embedding",
                    node=node_name(node),
                    columns=format_quoted_list(words, 3),
                ),
                make_fix(
                    _("Replace '{name}' with a Dense without bias", name=node.id),
                    _dense_for_embedding,
                    node.id,
                ),
            )
            continue
        if data.scaling == "none" and facts.value_range[0] >= 0:
            continue  # probably columns of word indices
        yield Violation(
            node.id,
            _sentence("decimals_into_embedding", node=node_name(node), source=source),
            remove_layer(node.id),
        )


def _dense_for_embedding(project: Project, node_id: str) -> Project:
    graph = project.graph
    joins = [name for name in graph.targets[node_id] if graph.by_id[name].layer in _JOINS]
    size = graph.by_id[node_id].params.get("output_dim", 8)
    project = edits.set_params(project, node_id, output_dim=...)
    project = edits.remove_nodes(project, joins)
    before = {node.id for node in project.graph.nodes}
    project = edits.replace_layer(project, node_id, "Dense")
    added = {node.id for node in project.graph.nodes} - before
    return edits.set_params(
        project, added.pop() if added else node_id, units=size, use_bias=False, activation=...
    )


_JOINS = frozenset({"Flatten", "GlobalAveragePooling1D", "GlobalMaxPooling1D"})


FINDERS: Finders = {
    "input-shape": _input_shape,
    "embedding-vocabulary": _vocabulary,
    "embedding-numbers": _embedding_numbers,
    "unscaled-inputs": _unscaled,
    **{code: _find(code, "warning") for code in _FINDINGS},
    "ambiguous-numbers": _find("ambiguous-numbers", "error"),
    "scaled-twice": _data_and_network,
    "two-rescalings": _layer_and_layer,
}
