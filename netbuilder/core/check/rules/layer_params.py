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
from netbuilder.core.check.example_builder import Example, chain
from netbuilder.core.check.phrases import node_name
from netbuilder.core.check.problems import Fix, Severity
from netbuilder.core.check.rule import Rule, Violation, make_fix
from netbuilder.core.check.rules.plan_objects import (
    TABLES,
    PlanObject,
    change_plan_objects,
    list_plan_objects,
)
from netbuilder.core.engine.build.backbone_weights import weights_path
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Node, Project, Training

_SOFTMAX = {"units": 3, "activation": "softmax"}


def _unknown_layer(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        if node.layer in LAYERS:
            continue
        near = nearest_name(node.layer, LAYERS)
        if near is not None:
            fix = make_fix(
                f"Use {near}",
                edits.replace_layer,
                node.id,
                near,
            )
        else:
            fix = make_fix(
                f"Remove '{node.id}'",
                edits.remove_nodes,
                [node.id],
            )
        hint = f" Did you mean {near}?" if near else ""
        yield Violation(
            node.id,
            f"NetBuilder has no layer called {node.layer!r}, so '{node.id}' only keeps its place."
            f"{hint}",
            fix,
        )


def nearest_name(word: str, known: Mapping[str, Any]) -> str | None:
    """The known name that a misspelled one most likely means."""
    exact = {name.lower(): name for name in known}
    if word.lower() in exact:
        return exact[word.lower()]
    found = get_close_matches(word.lower(), list(exact), n=1, cutoff=0.75)
    return exact[found[0]] if found else None


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
                f"{node_name(node)} has no parameter '{name}'."
                + (f" Did you mean '{near}'?" if near else ""),
                _renamed_param(node, name, near),
            )


def _renamed_param(node: Node, name: str, near: str | None) -> Fix:
    if near is None:
        return make_fix(f"Remove '{name}'", edits.set_params, node.id, **{name: ...})
    value = node.params[name]
    return make_fix(
        f"Rename to '{near}'",
        edits.set_params,
        node.id,
        **{name: ..., near: value},
    )


def _bad_param(context: Context) -> Iterable[Violation]:
    for node in context.graph.nodes:
        spec = own_layer_spec(node)
        if spec is None:
            continue
        for name, said in _bad_values(spec, node.params):
            yield Violation(
                node.id,
                f"{node_name(node)}: {said}",
                _reset(node.id, spec.by_name[name]),
                f"Bad value of {name}",
            )


#: Values that were looked at, by the identity of what holds them: an edit makes new values of
#: the node that it changes and leaves the others as they are.
_seen: dict[int, tuple[Mapping[str, Any], LayerSpec, tuple[tuple[str, str], ...]]] = {}
_SEEN_AT_MOST = 20_000


def _bad_values(spec: LayerSpec, params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name and sentence of each value that the layer cannot take."""
    known = _seen.get(id(params))
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
    _seen[id(params)] = (params, spec, tuple(found))
    return tuple(found)


def _reset(node_id: str, param: Param) -> Fix:
    usual = param.start if param.required else ...
    text = f"Set {param.name} to {_shown(param.start if param.required else param.default)}"
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
                helped = f" ({param.help.rstrip('.')})" if param.help else ""
                yield Violation(
                    node.id,
                    f"{node_name(node)} needs a value for {param.name}{helped}.",
                    _reset(node.id, param) if param.start is not None else None,
                    f"{param.name} is missing",
                )


def _unknown_choice(context: Context) -> Iterable[Violation]:
    for one in list_plan_objects(context.project.training):
        name, table = one.choice.name, TABLES[one.kind]
        if canonical(table, name) is not None:
            continue
        near = nearest_name(name, table)
        if near is not None:
            text = f"Use {near}"
        else:
            text = {"optimizer": "Use Adam", "loss": "Choose it from the data"}.get(
                one.kind, "Remove it"
            )
        yield Violation(
            None,
            f"NetBuilder knows no {one.kind} called '{name}'."
            + (f" Did you mean {near}?" if near else ""),
            make_fix(text, _use, one.kind, name, near),
            f"Unknown {one.place}",
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
                    f"{choice.name} ({one.place}) needs a value for {row.name}.",
                    make_fix(
                        f"Set {row.name} to {_shown(row.start)}", _set_in, one, row.name, row.start
                    ),
                    f"{row.name} is missing",
                )
        for name, value in choice.params.items():
            param = spec.by_name.get(name)
            said = (
                f"there is no parameter '{name}'." if param is None else problem_with(param, value)
            )
            if said is None:
                continue
            text = f"Set {name} to {_shown(param.default)}" if param else f"Remove '{name}'"
            yield Violation(
                None,
                f"{choice.name} ({one.place}): {said}",
                make_fix(text, _set_in, one, name, ...),
                f"Bad value in the {one.place}",
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


def _with(params: dict[str, Any], layer: str = "Dense") -> Example:
    return Example(
        chain(("input", "Input", {}), ("one", layer, params), ("out", "Dense", _SOFTMAX))
    )


def _planned(**plan: Any) -> Example:
    good = {"units": 3, "activation": "softmax"}
    return Example(chain(("input", "Input", {}), ("out", "Dense", good), training=Training(**plan)))


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
        said = f"there is no file '{name}'" if name else "no file is chosen"
        yield Violation(
            node.id,
            f"{node_name(node)} is to take its weights from a file, and {said}.",
            make_fix("Begin with random weights", edits.set_params, node.id, weights="none"),
        )


RULES: tuple[Rule, ...] = (
    Rule(
        "unknown-layer", Severity.ERROR, "Unknown layer",
        "The file names a layer that is not in the catalog: misspelled, or someone's own.",
        "Replace it by a layer that NetBuilder knows, or remove it.",
        _unknown_layer,
        (lambda: _with({"units": 8, "activation": "relu"}, "Dens"),
         lambda: _with({}, "MyOwnThing")),
    ),
    Rule(
        "unknown-parameter", Severity.ERROR, "Unknown parameter",
        "The layer has no argument of this name, so Keras would refuse it.",
        "Correct the name, or remove the parameter.",
        _unknown_param,
        (lambda: _with({"units": 8, "activaton": "relu"}),
         lambda: _with({"units": 8, "activation": "relu", "colour": 3})),
    ),
    Rule(
        "bad-parameter", Severity.ERROR, "Bad value",
        "A parameter has a value that the layer cannot take.",
        "Set a value of the kind and range that the form shows.",
        _bad_param,
        (lambda: _with({"units": -8, "activation": "relu"}),
         lambda: _with({"units": True, "activation": "relu"}),
         lambda: _with({"rate": 1.5}, "Dropout")),
    ),
    Rule(
        "missing-parameter", Severity.ERROR, "Value missing",
        "The layer cannot be made without this parameter.",
        "Set it.",
        _missing_param,
        (lambda: _with({"activation": "relu"}),),
    ),
    Rule(
        "no-weights-file", Severity.ERROR, "No file with weights",
        "A pretrained body takes what it knows from a file, and without the file it knows nothing.",
        "Choose the file at weights_file, or set weights to imagenet or none.",
        _weights_file,
        (lambda: _with({"weights": "file", "pooling": "avg"}, "MobileNet"),),
        field="weights_file",
    ),
    Rule(
        "unknown-choice", Severity.ERROR, "Unknown name in the plan",
        "Loss, optimizer, metric or callback has a name that NetBuilder does not know.",
        "Choose one from the list in the Training tab.",
        _unknown_choice,
        (lambda: _planned(optimizer=Choice("Adan")),
         lambda: _planned(optimizer=Choice("MyOwnThing")),
         lambda: _planned(metrics=(Choice("acuracy"),)),
         lambda: _planned(loss=Choice("nothing_known"))),
    ),
    Rule(
        "bad-choice", Severity.ERROR, "Bad value in the plan",
        "Loss, optimizer, metric or callback has a parameter value that it cannot take.",
        "Set a value in the range that the form shows.",
        _bad_choice,
        (lambda: _planned(optimizer=Choice("Adam", {"learning_rate": -1.0})),
         lambda: _planned(optimizer=Choice("Adam", {"speed": 2.0})),
         lambda: _planned(metrics=(Choice("mean_io_u"),))),
    ),
)  # fmt: skip
