"""Rules about layers and parameter values that Keras does not accept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import LayerSpec, Param
from netbuilder.core.catalog.training.training_index import canonical
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.check.context import Context
from netbuilder.core.check.problems import Fix, node_name
from netbuilder.core.check.rule import Finders, Violation, make_fix, remove_layer
from netbuilder.core.check.rules.objectives import (
    TABLES,
    PlanObject,
    change_plan_objects,
    list_plan_objects,
)
from netbuilder.core.engine.networks.backbone_weights import weights_path
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
        problem = _(
            "NetBuilder has no layer '{layer}', so '{name}' is only a placeholder.",
            layer=node.layer,
            name=node.id,
        )
        yield Violation(node.id, explanation or _meant(problem, near), fix)


def nearest_name(word: str, known: Mapping[str, Any]) -> str | None:
    """Return the known name that a misspelled one most likely means."""
    exact = {name.lower(): name for name in known}
    if word.lower() in exact:
        return exact[word.lower()]
    matches = get_close_matches(word.lower(), list(exact), n=1, cutoff=0.75)
    return exact[matches[0]] if matches else None


def _meant(problem: str, near: str | None) -> str:
    return join_sentences((problem, _("Did you mean '{name}'?", name=near) if near else ""))


def _known_layers(context: Context) -> Iterator[tuple[Node, LayerSpec]]:
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is not None:
            yield node, spec


def own_layer_spec(node: Node) -> LayerSpec | None:
    """Return the catalog row of a node's layer; None if it is unknown or shared."""
    return None if node.shared is not None else LAYERS.get(node.layer)


def _unknown_param(context: Context) -> Iterable[Violation]:
    for node, spec in _known_layers(context):
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
    for node, spec in _known_layers(context):
        for name, problem in _bad_values(spec, node.params):
            yield Violation(
                node.id,
                labelled(node_name(node), problem),
                _reset(node.id, spec.by_name[name]),
                _("Invalid value of {name}", name=name),
            )


#: Checked values by identity and language: an edit replaces only the values of its node.
_Checked = tuple[Mapping[str, Any], LayerSpec, tuple[tuple[str, str], ...]]
_checked: dict[tuple[int, str], _Checked] = {}
_MAX_CHECKED = 20_000


def _bad_values(spec: LayerSpec, params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    key = id(params), language()
    cached = _checked.get(key)
    if cached is not None and cached[0] is params and cached[1] is spec:
        return cached[2]
    problems = []
    for name, value in params.items():
        row = spec.by_name.get(name)
        problem = problem_with(row, value) if row is not None else None
        if problem is not None:
            problems.append((name, problem))
    if len(_checked) >= _MAX_CHECKED:
        _checked.clear()
    _checked[key] = (params, spec, tuple(problems))
    return tuple(problems)


def _reset(node_id: str, param: Param) -> Fix:
    usual = param.start if param.required else ...
    text = _(
        "Set {name} to {value}",
        name=param.name,
        value=_text(param.start if param.required else param.default),
    )
    return make_fix(text, edits.set_params, node_id, **{param.name: usual})


def _text(value: Any) -> str:
    return "none" if value is None else f"{list(value)}" if isinstance(value, tuple) else f"{value}"


def _missing_param(context: Context) -> Iterable[Violation]:
    for node, spec in _known_layers(context):
        for param in spec.params:
            if param.required and param.name not in node.params:
                problem = _(
                    "{node} needs a value for {name}.", node=node_name(node), name=param.name
                )
                yield Violation(
                    node.id,
                    join_sentences((problem, param.explanation)),
                    _reset(node.id, param) if param.start is not None else None,
                    _("{name} is missing", name=param.name),
                )


def _unknown_choice(context: Context) -> Iterable[Violation]:
    for item in list_plan_objects(context.project.training):
        name, table = item.choice.name, TABLES[item.kind]
        if canonical(table, name) is not None:
            continue
        near = nearest_name(name, table)
        if near is not None:
            text = _("Use {name}", name=near)
        else:
            text = {"optimizer": _("Use Adam"), "loss": _("Choose automatically")}.get(
                item.kind, _("Remove")
            )
        yield Violation(
            None,
            _meant(_(_UNKNOWN[item.kind], name=name), near),
            make_fix(text, _use, item.kind, name, near),
            _("Unknown name: {place}", place=item.place),
        )


def _use(project: Project, kind: str, old: str, new: str | None) -> Project:
    return change_plan_objects(
        project,
        kind,
        lambda choice: choice.name == old,
        lambda choice: Choice(new, choice.params) if new else None,
    )


def _bad_choice(context: Context) -> Iterable[Violation]:
    for item in list_plan_objects(context.project.training):
        choice, table = item.choice, TABLES[item.kind]
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
                        place=item.place,
                        parameter=row.name,
                    ),
                    make_fix(
                        _("Set {name} to {value}", name=row.name, value=_text(row.start)),
                        _set_in,
                        item,
                        row.name,
                        row.start,
                    ),
                    _("{name} is missing", name=row.name),
                )
        for name, value in choice.params.items():
            param = spec.by_name.get(name)
            problem = (
                _("there is no parameter '{name}'.", name=name)
                if param is None
                else problem_with(param, value)
            )
            if problem is None:
                continue
            text = (
                _("Set {name} to {value}", name=name, value=_text(param.default))
                if param
                else _("Remove '{name}'", name=name)
            )
            yield Violation(
                None,
                f"{choice.name} ({item.place}): {problem}",
                make_fix(text, _set_in, item, name, ...),
                _("Invalid value: {place}", place=item.place),
            )


def _set_in(project: Project, item: PlanObject, name: str, value: Any) -> Project:
    """Set a parameter of a named object; ``...`` removes it."""
    before = item.choice.params.get(name, ...)

    def changed(choice: Choice) -> Choice:
        params = {**choice.params, name: value}
        return Choice(choice.name, {k: v for k, v in params.items() if v is not ...})

    return change_plan_objects(
        project,
        item.kind,
        lambda choice: choice.name == item.choice.name and choice.params.get(name, ...) == before,
        changed,
    )


def _weights_file(context: Context) -> Iterable[Violation]:
    for node, spec in _known_layers(context):
        if "weights_file" not in spec.by_name or node.params.get("weights") != "file":
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


FINDERS: Finders = {
    "unknown-layer": _unknown_layer,
    "unknown-parameter": _unknown_param,
    "bad-parameter": _bad_param,
    "missing-parameter": _missing_param,
    "no-weights-file": _weights_file,
    "unknown-choice": _unknown_choice,
    "bad-choice": _bad_choice,
}
