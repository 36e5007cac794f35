"""Rules about single rows of the catalog: layers and values that Keras would not take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import LayerSpec, Param
from netbuilder.core.catalog.training.training_index import canonical
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, Severity, node_name
from netbuilder.core.check.rule import Rule, Violation, make_fix, remove_layer
from netbuilder.core.check.rules.objectives import (
    TABLES,
    PlanObject,
    change_plan_objects,
    list_plan_objects,
)
from netbuilder.core.engine.build.backbone_weights import weights_path
from netbuilder.core.i18n import gettext as _, language, noop as N_
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Node, Project
from netbuilder.core.wording import join_sentences, labelled

_UNKNOWN = {
    "optimizer": N_("NetBuilder has no optimizer '{name}'."),
    "loss": N_("NetBuilder has no loss '{name}'."),
    "metric": N_("NetBuilder has no metric '{name}'."),
    "callback": N_("NetBuilder has no callback '{name}'."),
}


def _unknown_layer(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        if node.layer in LAYERS:
            continue
        near = nearest_name(node.layer, LAYERS)
        if near is not None:
            fix = make_fix(_("Use {name}", name=near), edits.replace_layer, node.id, near)
        else:
            fix = remove_layer(node.id)
        explanation = str(node.extra.get("explanation", ""))
        said = _(
            "NetBuilder has no layer '{layer}', so '{name}' is only a placeholder.",
            layer=node.layer,
            name=node.id,
        )
        yield Violation(node.id, explanation or _meant(said, near), fix)


def nearest_name(word: str, known: Mapping[str, Any]) -> str | None:
    """The known name that a misspelled one most likely means."""
    exact = {name.lower(): name for name in known}
    if word.lower() in exact:
        return exact[word.lower()]
    found = get_close_matches(word.lower(), list(exact), n=1, cutoff=0.75)
    return exact[found[0]] if found else None


def _meant(said: str, near: str | None) -> str:
    return join_sentences((said, _("Did you mean '{name}'?", name=near) if near else ""))


def own_layer_spec(node: Node) -> LayerSpec | None:
    """The row of a node's layer; None if it is unknown or another node's."""
    return None if node.shared is not None else LAYERS.get(node.layer)


def _unknown_param(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is None:
            continue
        for name in node.params:
            if name in spec.by_name:
                continue
            near = nearest_name(name, spec.by_name)
            if near in node.params:
                near = None
            yield Violation(
                node.id,
                _meant(
                    _("{node} has no parameter '{name}'.", node=node_name(node), name=name), near
                ),
                _renamed_param(node, name, near),
            )


def _renamed_param(node: Node, name: str, near: str | None) -> Fix:
    if near is None:
        return make_fix(_("Remove '{name}'", name=name), edits.set_params, node.id, **{name: ...})
    value = node.params[name]
    return make_fix(
        _("Rename to '{name}'", name=near), edits.set_params, node.id, **{name: ..., near: value}
    )


def _bad_param(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is None:
            continue
        for name, said in _bad_values(spec, node.params):
            yield Violation(
                node.id,
                labelled(node_name(node), said),
                _reset(node.id, spec.by_name[name]),
                _("Invalid value of {name}", name=name),
            )


#: Values that were checked, by the identity of what holds them and the language: an edit makes
#: new values for the node that it changes and leaves the others as they are.
_seen: dict[tuple[int, str], tuple[Mapping[str, Any], LayerSpec, tuple[tuple[str, str], ...]]] = {}
_SEEN_AT_MOST = 20_000


def _bad_values(spec: LayerSpec, params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and sentence of each value that the layer cannot take."""
    key = id(params), language()
    known = _seen.get(key)
    if known is not None and known[0] is params and known[1] is spec:
        return known[2]
    found = []
    for name, value in params.items():
        row = spec.by_name.get(name)
        said = problem_with(row, value) if row is not None else None
        if said is not None:
            found.append((name, said))
    if len(_seen) >= _SEEN_AT_MOST:
        _seen.clear()
    _seen[key] = (params, spec, tuple(found))
    return tuple(found)


def _reset(node_id: str, param: Param) -> Fix:
    usual = param.start if param.required else ...
    text = _(
        "Set {name} to {value}",
        name=param.name,
        value=_shown(param.start if param.required else param.default),
    )
    return make_fix(text, edits.set_params, node_id, **{param.name: usual})


def _shown(value: Any) -> str:
    return "none" if value is None else f"{list(value)}" if isinstance(value, tuple) else f"{value}"


def _missing_param(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is None:
            continue
        for param in spec.params:
            if param.required and param.name not in node.params:
                said = _("{node} needs a value for {name}.", node=node_name(node), name=param.name)
                yield Violation(
                    node.id,
                    join_sentences((said, param.explanation)),
                    _reset(node.id, param) if param.start is not None else None,
                    _("{name} is missing", name=param.name),
                )


def _unknown_choice(context: Context) -> Iterable[Violation]:
    for one in list_plan_objects(context.project.training):
        name, table = one.choice.name, TABLES[one.kind]
        if canonical(table, name) is not None:
            continue
        near = nearest_name(name, table)
        if near is not None:
            text = _("Use {name}", name=near)
        else:
            text = {"optimizer": _("Use Adam"), "loss": _("Choose automatically")}.get(
                one.kind, _("Remove")
            )
        yield Violation(
            None,
            _meant(_(_UNKNOWN[one.kind], name=name), near),
            make_fix(text, _use, one.kind, name, near),
            _("Unknown name: {place}", place=one.place),
        )


def _use(project: Project, kind: str, old: str, new: str | None) -> Project:
    return change_plan_objects(
        project,
        kind,
        lambda choice: choice.name == old,
        lambda choice: Choice(new, choice.params) if new else None,
    )


def _bad_choice(context: Context) -> Iterable[Violation]:
    for one in list_plan_objects(context.project.training):
        choice, table = one.choice, TABLES[one.kind]
        known = canonical(table, choice.name)
        if known is None:
            continue
        spec = table[known]
        for row in spec.params:
            if row.required and row.name not in choice.params:
                yield Violation(
                    None,
                    _(
                        "{name} ({place}) needs a value for {parameter}.",
                        name=choice.name,
                        place=one.place,
                        parameter=row.name,
                    ),
                    make_fix(
                        _("Set {name} to {value}", name=row.name, value=_shown(row.start)),
                        _set_in,
                        one,
                        row.name,
                        row.start,
                    ),
                    _("{name} is missing", name=row.name),
                )
        for name, value in choice.params.items():
            param = spec.by_name.get(name)
            said = (
                _("there is no parameter '{name}'.", name=name)
                if param is None
                else problem_with(param, value)
            )
            if said is None:
                continue
            text = (
                _("Set {name} to {value}", name=name, value=_shown(param.default))
                if param
                else _("Remove '{name}'", name=name)
            )
            yield Violation(
                None,
                f"{choice.name} ({one.place}): {said}",
                make_fix(text, _set_in, one, name, ...),
                _("Invalid value: {place}", place=one.place),
            )


def _set_in(project: Project, one: PlanObject, name: str, value: Any) -> Project:
    """Set a parameter of a named object; ``...`` takes it away."""
    before = one.choice.params.get(name, ...)

    def changed(choice: Choice) -> Choice:
        params = {**choice.params, name: value}
        return Choice(choice.name, {key: kept for key, kept in params.items() if kept is not ...})

    return change_plan_objects(
        project,
        one.kind,
        lambda choice: choice.name == one.choice.name and choice.params.get(name, ...) == before,
        changed,
    )


def _weights_file(context: Context) -> Iterable[Violation]:
    """A body that is to take its weights from a file, and there is none."""
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is None or "weights_file" not in spec.by_name:
            continue
        if node.params.get("weights") != "file":
            continue
        name = node.params.get("weights_file")
        if name and (context.base is None or weights_path(str(name), context.base).is_file()):
            continue
        if name:
            message = _(
                "{node} loads its weights from the file '{name}', which does not exist.",
                node=node_name(node), name=name,
            )  # fmt: skip
        else:
            message = _(
                "{node} loads its weights from a file, but no file is chosen.", node=node_name(node)
            )
        yield Violation(
            node.id,
            message,
            make_fix(_("Start with random weights"), edits.set_params, node.id, weights="none"),
        )


RULES: tuple[Rule, ...] = (
    Rule("unknown-layer", Severity.ERROR, N_("Unknown layer"), _unknown_layer),
    Rule("unknown-parameter", Severity.ERROR, N_("Unknown parameter"), _unknown_param),
    Rule("bad-parameter", Severity.ERROR, N_("Invalid value"), _bad_param),
    Rule("missing-parameter", Severity.ERROR, N_("Value missing"), _missing_param),
    Rule(
        "no-weights-file", Severity.ERROR, N_("No weights file"),
        _weights_file, field="weights_file",
    ),
    Rule(
        "unknown-choice", Severity.ERROR, N_("Unknown name in the training settings"),
        _unknown_choice,
    ),
    Rule("bad-choice", Severity.ERROR, N_("Invalid value in the training settings"), _bad_choice),
)  # fmt: skip
