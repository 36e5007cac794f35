"""Search space: paths into a project, each with values or a range."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Category, Kind, Param
from netbuilder.core.catalog.training.training_index import LOSSES, OPTIMIZERS
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.engine.runs.differences import setting_words
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import did_you_mean, format_list

#: Parameters that are worth it, with values; "{half}" and so on come from what stands there.
_VALUES: dict[str, str] = resource_json("keras_names.json")["search_values"]

#: Layers without which the network may be tried too.
_LEFT_OUT = frozenset({Category.CORE, Category.CONVOLUTION, Category.RECURRENT})


def suggestions(project: Project) -> tuple[str, ...]:
    """Return lines "path=values", the most important first."""
    sizes: list[str] = []
    rest: list[str] = []
    without: list[str] = []
    for node in project.graph.nodes:
        spec = LAYERS.get(node.layer)
        if spec is None or node.layer == "Input" or node.shared:
            continue
        last = node.id in project.graph.outputs
        for name, values in _VALUES.items():
            if name not in spec.by_name or last:
                continue
            words = values
            here = node.params.get(name, spec.by_name[name].default)
            if spec.by_name[name].kind is Kind.INT:
                if not isinstance(here, int) or isinstance(here, bool):
                    continue
                words = values.format(half=max(here // 2, 1), here=here, double=here * 2)
                if here < 2:
                    words = f"{here},{here * 2},{here * 4}"
            target = sizes if name in {"units", "filters"} else rest
            target.append(f"{node.id}.{name}={words}")
        if spec.category is Category.REGULARIZE:
            rest.append(f"{node.id}.on=yes,no")
        elif spec.category in _LEFT_OUT and not last and len(node_inputs(project, node.id)) == 1:
            without.append(f"{node.id}.on=yes,no")
    rate = "training.optimizer.learning_rate=log:1e-4:1e-1"
    plan = ("training.optimizer=Adam,SGD,RMSprop", "training.batch_size=16,32,64")
    return (rate, *sizes, *rest, *plan, *without)


def node_inputs(project: Project, node: str) -> list[str]:
    """Return the nodes before a node; a layer with a single one can be left out."""
    return [start for start, end in project.graph.edges if end == node]


GRID_POINTS = 5
#: Fields of the plan that may be varied: name → least value.
_PLAN = {"epochs": 1, "batch_size": 1, "seed": 0}
#: "dense.on=yes,no" takes the layer away and joins what it stood between.
ON = "on"
_NUMBERS = frozenset({Kind.INT, Kind.FLOAT, Kind.SIZE})


@dataclass(frozen=True)
class SearchDimension:
    """A path and its values.

    Attributes:
        path: "node.param", "node.on", "training.optimizer", "training.optimizer.param",
            "training.loss", or "training." with "epochs", "batch_size" or "seed".
        values: to choose from; empty for a range.
        low, high: ends of a range, both included.
        log: whether the range is logarithmic.
        whole: only whole numbers.
    """

    path: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def grid(self) -> tuple[Any, ...]:
        """Return the values of a grid: those listed, or five even steps of a range."""
        if self.values:
            return self.values
        return tuple(dict.fromkeys(self.at(i / (GRID_POINTS - 1)) for i in range(GRID_POINTS)))

    def at(self, part: float) -> Any:
        """Return the value at a part (0 to 1) of the range or list."""
        if self.values:
            return self.values[min(int(part * len(self.values)), len(self.values) - 1)]
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            value = math.exp(low + part * (high - low))
        else:
            value = self.low + part * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else float(f"{value:.6g}")

    def place(self, value: Any) -> float:
        """Return the position of a value, 0 to 1."""
        if self.values:
            return self.values.index(value) / max(len(self.values) - 1, 1)
        if self.log:
            low, high, here = math.log(self.low), math.log(self.high), math.log(value)
        else:
            low, high, here = self.low, self.high, float(value)
        return min(max((here - low) / (high - low), 0.0), 1.0)


def parse_dimension(text: str, project: Project) -> SearchDimension:
    """Parse ``dense.units=16,32,64`` or ``training.optimizer.learning_rate=log:1e-4:1e-1``.

    ``a:b`` is an even range. Items of a list are parsed as JSON if possible.
    """
    path, equals, words = text.partition("=")
    path, words = path.strip(), words.strip()
    if not equals or not words or not path:
        raise user_error("dimension_syntax", text=text)
    param = _param_of(path, project)
    parts = words.split(":")
    if len(parts) in {2, 3} and not words.startswith(("[", "{", '"')):
        return _range(path, param, parts, words)
    values = tuple(_value(path, param, word) for word in split_values(words))
    for value in values:
        problem = problem_with(param, value)
        if problem:
            raise UserError(f"{path}: {problem}", _("Choose other values."), code="dimension_value")
    if len(values) != len({json.dumps(value) for value in values}):
        raise user_error("dimension_value_twice", words=words, path=path)
    return SearchDimension(path, values)


def format_dimension(dimension: SearchDimension) -> str:
    """Return the text that ``parse_dimension`` reads."""
    if dimension.values:
        return f"{dimension.path}={','.join(_word(value) for value in dimension.values)}"
    ends = [
        int(end) if end.is_integer() else end
        for end in (float(dimension.low), float(dimension.high))
    ]
    return f"{dimension.path}={'log:' if dimension.log else ''}{ends[0]!r}:{ends[1]!r}"


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def holds_number(path: str, project: Project) -> bool:
    """Return whether a path may have a range."""
    return _param_of(path, project).kind in _NUMBERS


def display_name(path: str, project: Project) -> str:
    """Return a path's name: "learning rate", "Dense · units", "Dropout · with and without".

    The id of one of several layers of a type follows: Dense “dense_1” · units.
    """
    _param_of(path, project)
    if path.startswith("training."):
        return setting_words(path.rpartition(".")[2])
    graph = project.graph
    node = graph.by_id[max((n for n in graph.by_id if path.startswith(f"{n}.")), key=len)]
    alike = sum(other.layer == node.layer for other in graph.nodes)
    layer = node.layer if alike == 1 else f"{node.layer} “{node.id}”"
    name = path[len(node.id) + 1 :]
    part = _("with and without") if name == ON else name
    return f"{layer} · {part}"


def split_values(words: str, between: str = ",") -> list[str]:
    """Split a list at commas outside brackets."""
    items, depth = [""], 0
    for letter in words:
        depth += (letter in "[{") - (letter in "]}")
        if letter == between and depth == 0:
            items.append("")
        else:
            items[-1] += letter
    return [word.strip() for word in items]


def _range(path: str, param: Param, parts: Sequence[str], words: str) -> SearchDimension:
    log = parts[0].strip() == "log"
    if len(parts) == 3 and parts[0].strip() not in {"log", "lin"}:
        raise user_error("range_syntax", words=words)
    try:
        low, high = (float(part) for part in parts[-2:])
    except ValueError:
        raise user_error("range_syntax:2", words=words, path=path) from None
    if param.kind not in _NUMBERS:
        raise user_error("range_of_no_number", path=path)
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high or (log and low <= 0):
        raise user_error("range_empty:2" if log else "range_empty", words=words, path=path)
    whole = param.kind in {Kind.INT, Kind.SIZE}
    for end in (low, high):
        problem = problem_with(param, int(end) if whole else end)
        if problem:
            raise UserError(
                f"{path}={words}: {problem}", _("Choose another range."), code="range_out_of_bounds"
            )
    return SearchDimension(path, (), low, high, log, whole)


def _param_of(path: str, project: Project) -> Param:
    head, _unused, rest = path.partition(".")
    if head == "training":
        return _training_param(path, rest, project)
    graph = project.graph
    nodes = [node.id for node in graph.nodes if node.layer != "Input"]
    node_id = max((n for n in nodes if path.startswith(f"{n}.")), key=len, default="")
    if not node_id:
        raise _unknown(_("There is no layer '{name}' to tune.", name=head), head, nodes)
    name = path[len(node_id) + 1 :]
    node = graph.by_id[node_id]
    owner = graph.by_id.get(node.shared or "", node)
    spec = LAYERS.get(owner.layer)
    if name == ON:
        return Param(ON, Kind.BOOL)
    if spec is None or name not in spec.by_name:
        sentence = _("{kind} '{layer}' has no parameter '{name}'.",
                     kind=owner.layer, layer=node_id, name=name)  # fmt: skip
        raise _unknown(sentence, name, [*(spec.by_name if spec is not None else ()), ON])
    return spec.by_name[name]


def _unknown(sentence: str, name: str, known: Sequence[str]) -> UserError:
    """Return an error about an unknown name, which suggests the closest known one."""
    names = _("Known names: {names}.", names=format_list(known, 12))
    return UserError(sentence, did_you_mean(name, known, names))


def _training_param(path: str, rest: str, project: Project) -> Param:
    if rest in _PLAN:
        return Param(rest, Kind.INT, minimum=_PLAN[rest])
    if rest == "optimizer":
        return Param(rest, Kind.CHOICE, choices=tuple(OPTIMIZERS))
    if rest == "loss":
        return Param(rest, Kind.CHOICE, choices=tuple(LOSSES))
    start, _unused, name = rest.partition(".")
    if start == "optimizer":
        spec = OPTIMIZERS.get(project.training.optimizer.name)
        if spec is not None and name in spec.by_name:
            return spec.by_name[name]
        kind = project.training.optimizer.name
        sentence = _("{kind} has no parameter '{name}'.", kind=kind, name=name)
        raise _unknown(sentence, name, list(spec.by_name) if spec is not None else [])
    known = [*_PLAN, "loss", "optimizer", "optimizer.learning_rate"]
    raise _unknown(_("'{path}' cannot be tuned.", path=path), rest, known)


_WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


def _value(path: str, param: Param, word: str) -> Any:
    if param.kind is Kind.BOOL:
        return _WORDS.get(word.lower(), word)
    if param.kind in {Kind.CHOICE, Kind.TEXT, Kind.ACTIVATION}:
        return None if word.lower() in {"none", "null"} and param.optional else word.strip('"')
    try:
        value = json.loads(word.lower() if word.lower() in {"none", "true", "false"} else word)
    except ValueError:
        value = None if word.lower() == "none" else word
    if param.kind is Kind.FLOAT and isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # Keras takes no whole number as a rate
    whole = param.kind in {Kind.INT, Kind.SIZE}
    return int(value) if whole and isinstance(value, float) and value.is_integer() else value


def apply_values(project: Project, values: dict[str, Any]) -> Project:
    """Return the project with these values; layers are removed last."""
    off = []
    for path, value in values.items():
        _param_of(path, project)
        if path.startswith("training."):
            project = replace(project, training=_planned(project, path[9:], value))
            continue
        nodes = [n for n in project.graph.by_id if path.startswith(f"{n}.")]
        node = max(nodes, key=len)
        name = path[len(node) + 1 :]
        if name != ON:
            project = edits.set_params(project, node, **{name: value})
        elif not value:
            off.append(node)
    return edits.remove_nodes(project, off) if off else project


def _planned(project: Project, rest: str, value: Any) -> Any:
    training = project.training
    if rest in _PLAN:
        return replace(training, **{rest: value})
    if rest == "loss":
        return replace(training, loss=Choice(value))
    old = training.optimizer
    if rest == "optimizer":
        # Common parameters, such as the learning rate, are kept.
        common = {k: v for k, v in old.params.items() if k in OPTIMIZERS[value].by_name}
        return replace(training, optimizer=Choice(value, common))
    return replace(
        training, optimizer=Choice(old.name, {**old.params, rest.removeprefix("optimizer."): value})
    )


def needs_other_data(varied: Sequence[SearchDimension], project: Project) -> bool:
    """Return whether trials need differently prepared data: other losses or outputs."""
    ends = (*project.graph.outputs, *project.graph.inputs)
    heads = tuple(f"{node}." for node in ends)
    return any(
        dimension.path == "training.loss"
        or dimension.path.startswith(heads)
        or dimension.path.endswith(f".{ON}")
        for dimension in varied
    )


def penalties_differ(varied: Sequence[SearchDimension], project: Project) -> bool:
    """Return whether trials differ in weight penalties, so that training losses do not compare."""
    by_id = project.graph.by_id
    return any(
        dimension.path.endswith("_regularizer")
        or (dimension.path.rpartition(".")[0] in by_id
            and by_id[dimension.path.rpartition(".")[0]].layer == "ActivityRegularization")
        for dimension in varied
    )  # fmt: skip
