"""Import the model that Keras code trains, with its settings of compile and fit."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from math import prod
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.catalog.training.training_index import CALLBACKS, OPTIMIZERS, canonical
from netbuilder.core.catalog.validate import problem_with
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.kinds.builtin import BUILTINS, data_set
from netbuilder.core.data.kinds.builtin.keras_sets import is_downloaded
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import DataError, FormatError
from netbuilder.core.formats.importing.import_params import (
    dropped_arguments,
    layer_params,
    object_params,
    project_value,
)
from netbuilder.core.formats.importing.import_training import import_training
from netbuilder.core.formats.importing.keras_code.carried_data import carried_data
from netbuilder.core.formats.importing.keras_code.interpreter import Interpreter
from netbuilder.core.formats.importing.keras_code.script_data import (
    PICTURE_SETS,
    Rows,
    ScriptData,
    rows_in,
    sources_in,
)
from netbuilder.core.formats.importing.keras_code.source import Source, read_source
from netbuilder.core.formats.importing.keras_code.values import (
    LOOP,
    NO_WEIGHTS,
    UNREAD,
    Call,
    KerasObject,
    Layer,
    Model,
    calls_in_order,
    layers_of,
    plain,
    unread_texts,
)
from netbuilder.core.formats.importing.report import AS_IS, LEFT_OUT, REPLACED, Imported, ReportItem
from netbuilder.core.formats.safety.model_file import snake_case
from netbuilder.core.formats.safety.training_config import check_training_config
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    did_you_mean,
    format_percent,
    join_sentences,
    join_values,
    labelled,
)

MAX_LAYERS = 10_000
# Names of arguments in Keras 1 and 2 → names today.
_OLD = {"lr": "learning_rate", "nb_epoch": "epochs"}
_SETTINGS = ("epochs", "batch_size", "shuffle")
# Arguments of fit that projects do not support.
_UNUSED = ("sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps")


def import_code(path: Path, model: str = "") -> Imported:
    """Import a model of a ``.py`` or ``.ipynb`` without running it.

    ``model`` is its name or its number in the file; "": the trained model is preferred, then the
    last compiled, then the last created. Raise FormatError if no Python, no such model in it, or a
    network of more than 10,000 layers.
    """
    return import_source(read_source(path), path, model)


def import_source(source: Source, path: Path, model: str = "") -> Imported:
    """Import a parsed script that lies, or would lie, at ``path``; as ``import_code``."""
    walk = Interpreter(_output_shapes(source))
    walk.data.folder = path.parent
    try:
        walk.run(source.tree)
        for candidate in walk.models:
            if not candidate.used:
                walk.ends(candidate)
        candidates = _candidates(walk.models)
        chosen = _chosen(candidates, walk.models, model, source, path)
        builder = _Builder(source, walk.preprocessed)
        ends = walk.ends(chosen)
        first = _channels_last(calls_in_order([*ends[0], *ends[1]]), walk.channels_first)
        outputs = builder.build(*ends)
    except RecursionError as error:
        raise format_error("code_too_deep", path) from error
    if first:
        message = _("The channels are the last axis here, as in the data.")
        builder.tell("data_format", REPLACED, first, message)
    wrappers = _wrappers(chosen, [model for model in walk.models if model not in candidates])
    if len(candidates) == 1 or wrappers:  # otherwise a problem may be another model's
        for line, text in walk.problems:
            if line not in builder.loops and not any(text in e.message for e in builder.report):
                builder.tell("code", LEFT_OUT, line, _("'{code}' cannot be read.", code=text))
    reads = chosen.reads or walk.data
    others = [
        sources_in(other.fitted) for other in candidates if other is not chosen and other.fitted
    ]
    reads = reads.only(chosen.fitted or {}, set().union(*others))
    for item, line, sentence in dict.fromkeys((*walk.remarks, *chosen.remarks, *reads.remarks)):
        builder.tell(item, LEFT_OUT, line, sentence)
    builder.report_weights(chosen, walk.loaded)
    by_loop = walk.optimizer_line if len(candidates) == 1 else 0
    training, split = builder.settings(chosen, outputs, reads, by_loop)
    training = builder.custom_training(training, [chosen, *wrappers])
    if walk.precision in ("mixed_float16", "mixed_bfloat16"):
        training = replace(training, precision=walk.precision)
    if walk.data.seed is not None:
        seed, line = walk.data.seed
        training = replace(training, seed=seed)
        builder.tell("seed", AS_IS, line, str(seed))
    several = len(candidates) > 1
    data = builder.data(reads, path.parent, chosen, training, split, several=several)
    data = replace(data, scaling="bins") if builder.binned else data
    for number, other in enumerate(candidates, 1):
        if other is not chosen:
            title = f"{other.title} ({number})"
            builder.tell(title, LEFT_OUT, other.line, _("Another model in the file."))
    graph = Graph(tuple(builder.nodes), tuple(builder.edges))
    project = Project(name=path.stem, graph=graph, data=data, training=training)
    models = tuple(f"{other.title} – {source.where(other.line)}" for other in candidates)
    return Imported(
        project,
        tuple(builder.report),
        models=models,
        chosen=candidates.index(chosen),
        lines=builder.lines,
    )


def _output_shapes(source: Source) -> Callable[[Call], Any]:
    """Return a function that gives the shape of a call's output, without the batch axis."""
    cache = ShapeCache()

    def output_shape(call: Call) -> Any:
        builder = _Builder(source, ())
        (name,) = builder.build([], [call])
        if any(node.layer not in LAYERS for node in builder.nodes):
            return None
        shapes = cache.compute(Graph(tuple(builder.nodes), tuple(builder.edges)))
        shape = shapes.by_node[name].output
        return None if shape is None else shape[1:]

    return output_shape


def _channels_last(calls: list[Call], line: int) -> int:
    """Bring layers whose first axis is that of the channels into NetBuilder's order.

    ``line`` of the code that chooses that order for all layers, or 0. Return the line of the
    choice, also of a layer's own, or 0 if the channels come last already.
    """
    layers = list(dict.fromkeys(call.layer for call in calls))
    orders = [(layer.line, layer.config.pop("data_format", "")) for layer in layers]
    own = [at for at, order in orders if order in ("th", "channels_first")]
    shapes = [layer.shape for layer in layers if layer.kind == "Input"]
    whole = [shape for shape in shapes if isinstance(shape, list) and len(shape) == 3]
    old = [layer.line for layer in layers if layer.keras_1]
    if old and any(None not in s and s[0] in (1, 3) and min(s[1:]) > 4 for s in whole):
        own += old  # the default of Keras 1
    line = line or (min(own) if own else 0)
    for layer in layers if line else ():
        if layer.kind == "Input" and layer.shape in whole:
            layer.shape = [*layer.shape[1:], layer.shape[0]]
        target = layer.config.get("target_shape")
        if isinstance(target, list) and len(target) == 3:
            layer.config["target_shape"] = [*target[1:], target[0]]
        if layer.config.get("axis") == 1 and whole:
            layer.config["axis"] = -1
    return line


def _wrappers(model: Model, others: list[Model]) -> list[Model]:
    """Return the models that cannot be read and train this one, which takes over their epochs."""
    wrappers = [other for other in others if model in other.attributes.values()]
    for wrapper in wrappers:
        if model.fitted is None and wrapper.fitted is not None:
            model.fitted = {key: wrapper.fitted.get(key) for key in _SETTINGS}
            model.fitted_line = wrapper.fitted_line
    return wrappers


def _candidates(models: list[Model]) -> list[Model]:
    """Return the models that can be imported, in file order: not parts of others."""
    built = [model for model in models if model.layers or model.outputs]
    own = [m for m in built if not m.used or m.fitted is not None or m.compiled is not None]
    by_place = {(model.line, model.title): model for model in own or built}
    return sorted(by_place.values(), key=lambda model: model.line)


def _chosen(
    candidates: list[Model], models: list[Model], choice: str, source: Source, path: Path
) -> Model:
    if not candidates:
        places = [(model.line, model.title) for model in models]
        if not places:  # where Keras is imported, or the first line
            code = [(part.lineno, ast.unparse(part)[:60]) for part in source.tree.body]
            imports = [part for part in code if re.search("keras|tensorflow", part[1])]
            places = (imports or code)[:1]
        lines = [labelled(capitalize_first(source.where(line)), code) for line, code in places]
        raise FormatError(
            join_sentences((_("'{file}' does not create a Keras model.", file=path.name), *lines)),
            _(
                "NetBuilder reads keras.Sequential, the functional API (keras.Model with inputs and"
                " outputs), and classes whose call method connects layers."
            ),
            path=str(path),
            code="code_without_model",
        )
    titles = [model.title for model in candidates]
    if choice:
        named = [model for model in candidates if model.title == choice]
        if choice.isdecimal() and 0 < int(choice) <= len(candidates):
            named = [candidates[int(choice) - 1]]
        if len(named) == 1:
            return named[0]
        names = (f"{number} ({title})" for number, title in enumerate(titles, 1))
        raise format_error("code_model_unknown", path, name=choice, names=join_values(names))
    choices = (
        [model for model in candidates if model.fitted is not None],
        [model for model in candidates if model.compiled is not None],
        candidates,
    )
    return next(choice for choice in choices if choice)[-1]


def _scale_pixels(layer: Layer) -> None:
    """Turn a ``preprocess_input`` into the layer that computes the same, if there is one."""
    scalings = [b.scaling for b in BACKBONES.values() if b.family == layer.config["family"]]
    if PixelScaling.UNIT in scalings:
        layer.kind, layer.config = "Rescaling", {"scale": 1 / 127.5, "offset": -1.0}
    elif PixelScaling.TORCH in scalings:
        means, spreads = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        variance = [(255 * spread) ** 2 for spread in spreads]
        config = {"mean": [255 * mean for mean in means], "variance": variance}
        layer.kind, layer.config = "Normalization", config
    layer.notes = layer.notes if layer.kind == "preprocess_input" else []


def _unbinned(call: Call) -> Call:
    """Return the Input whose bins the two layers of an exported script compute, or the call."""
    if call.layer.kind != "ReLU" or not call.sources:
        return call
    bins = call.sources[0]
    own = bins.layer.name.endswith("_bins") and bins.layer.config.get("trainable") is False
    return bins.sources[0] if own and "units" not in bins.layer.config else call


def _members(value: Any) -> list[Any]:
    """Return the members of nested lists and dicts; a single value is its own member."""
    if isinstance(value, dict):
        return _members(list(value.values()))
    if isinstance(value, list):
        return [member for item in value for member in _members(item)]
    return [value]


class _Builder:
    """Builds the nodes, the edges and the report of a model."""

    def __init__(self, source: Source, preprocessed: Collection[str]) -> None:
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str]] = []
        self.report: list[ReportItem] = []
        self._source, self._preprocessed = source, preprocessed
        self._losses: list[tuple[int, str]] = []
        self._ids: dict[int, str] = {}
        self._owners: dict[int, str] = {}
        self._taken: set[str] = set()
        self._bodies: list[Any] = []  # pretrained models that are cut
        self.binned = False
        self.loops: set[int] = set()
        self.lines: dict[str, int] = {}

    def tell(self, item: str, taken: str, line: int, message: str) -> None:
        """Add to the report, with the line in front if it is known."""
        if line:
            where = self._source.where(line)
            message = labelled(capitalize_first(where), message) if message else where
        self.report.append(ReportItem(item, taken, message, line))

    def build(self, inputs: list[Call], outputs: list[Call]) -> list[str]:
        """Add the nodes of a model and return the ids of its outputs."""
        calls = calls_in_order([*inputs, *outputs])
        scaled = {c.layer.config["family"] for c in calls if c.layer.kind == "preprocess_input"}
        self._preprocessed = set(self._preprocessed) - scaled
        cut = {id(body := call.layer.function): body for call in calls
               if isinstance(call.layer.function, Layer)}  # fmt: skip
        for call in calls:
            if id(call.layer) in cut:  # the whole backbone: its last layer
                end = list(call.layer.function.values())[-1]
                call.layer, call.sources = Layer("Identity", {}, call.line), (end.calls[0],)
        for call in calls_in_order([*inputs, *outputs]):
            self.binned |= any(source is not _unbinned(source) for source in call.sources)
            call.sources = tuple(_unbinned(source) for source in call.sources)
        for call in calls_in_order([*inputs, *outputs]):
            self._add(call)
        self._bodies += cut.values()
        for body in cut.values():
            if body.config.get("weights") != "none":
                self.tell("weights", LEFT_OUT, body.line, _(NO_WEIGHTS))
        return [self._ids[id(call)] for call in outputs]

    def _add(self, call: Call) -> None:
        layer = call.layer
        self._losses += call.losses
        name = self._ids[id(call)] = self._free_id(layer.name or snake_case(layer.kind))
        owner = self._owners.get(id(layer)) if layer.kind != "Input" else None
        self.lines[name] = layer.line if owner is None else call.line
        if owner is not None:
            self.nodes.append(Node(name, layer.kind, shared=owner))
            self.tell(name, AS_IS, call.line, _("Shares the weights of '{layer}'.", layer=owner))
        else:
            self._owners[id(layer)] = name
            self._new(name, layer)
        sources = list(dict.fromkeys(self._ids[id(source)] for source in call.sources))
        self.edges += [(source, name) for source in sources]
        if len(self.nodes) > MAX_LAYERS:
            problem = _("The network has more than {count} layers.", count=MAX_LAYERS)
            raise FormatError(
                labelled(capitalize_first(self._source.where(call.line)), problem),
                _("Check the loops of the file."),
                code="code_too_many_layers",
            )

    def _free_id(self, base: str) -> str:
        name, number = base.replace("/", "_"), 0
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        return name

    def _new(self, name: str, layer: Layer) -> None:
        if layer.kind == "preprocess_input":
            _scale_pixels(layer)
        if not layer.known:
            self._placeholder(name, layer)
            return
        body = BACKBONES.get(layer.kind)
        if body is not None and "preprocess" in LAYERS[layer.kind].by_name:
            # Pixels that the script scales outside the network are scaled in its layer.
            layer.config["preprocess"] |= body.family in self._preprocessed
        layer.config.pop("return_state", None)  # another state than the output is a placeholder
        params = layer_params(layer.kind, layer.config)
        reasons = []
        if layer.kind == "Input":
            if isinstance(layer.shape, list):
                params["shape"] = layer.shape
            elif layer.shape is UNREAD:
                reasons.append(_("the shape comes from the data"))
        known = LAYERS[layer.kind].by_name
        wrong = {
            key: problem
            for key in layer.config.keys() & known.keys() - params.keys()
            if (problem := problem_with(known[key], project_value(known[key], layer.config[key])))
        }
        lacking = [p.name for p in known.values() if p.required and p.name not in params]
        reasons += [
            _("{arguments} not supported", arguments=note)
            if ".layers" in note and body is not None
            else _("{argument} cannot be read", argument=note)
            for note in layer.notes
        ]
        absent = [name for name in lacking if name not in wrong]
        if absent:
            reasons.append(_("{arguments} must be given", arguments=join_values(absent)))
        dropped = [key for key in dropped_arguments(layer.kind, layer.config) if key not in lacking]
        if "trainable" in dropped and "trainable" not in LAYERS[layer.kind].by_name:
            dropped.remove("trainable")  # it has no weights
        sentences = [wrong[key] for key in lacking if key in wrong]
        if reasons:
            sentences.insert(
                0, as_sentence(labelled(layer.kind, join_values(reasons, clauses=True)))
            )
        taken = LEFT_OUT if lacking else REPLACED if reasons else AS_IS
        self.tell(name, taken, layer.line, join_sentences(sentences) or layer.kind)
        explanations = [self.report[-1].message] if sentences else []
        for key in dropped:
            problem = wrong.get(key) or _(
                "The argument '{argument}' of {layer} is not supported here.",
                argument=key,
                layer=layer.kind,
            )
            if key not in known and get_close_matches(key, known, 1, 0.85):  # a misspelling
                problem = _("{layer} has no argument '{argument}'.", layer=layer.kind, argument=key)
                problem = join_sentences((problem, did_you_mean(key, list(known))))
            self.tell(key, LEFT_OUT, layer.line, problem)
            explanations.append(self.report[-1].message)
        extra = {"explanation": join_sentences(explanations)} if explanations else {}
        self.nodes.append(Node(name, layer.kind, params, extra=extra))

    def _placeholder(self, name: str, layer: Layer) -> None:
        """Add a node for a layer that cannot be read, with the reason."""
        code = layer.notes[0] if layer.notes else layer.kind
        why = layer.reason or _("'{code}' cannot be read: replace this layer.", code=code)
        if layer.kind == LOOP:
            self.loops.add(layer.line)
            why = _(
                "The loop in {line} makes several layers that cannot be counted without "
                "running it: add them yourself.",
                line=self._source.where(layer.line),
            )
        self.tell(name, LEFT_OUT, 0 if layer.kind == LOOP else layer.line, why)
        extra = {"explanation": self.report[-1].message}
        self.nodes.append(Node(name, layer.kind, extra=extra))

    # --- settings ---

    def settings(
        self, model: Model, outputs: list[str], reads: ScriptData, trained_by: int = 0
    ) -> tuple[Training, float | None]:
        """Return the training settings and the validation split.

        ``reads`` may provide what ``fit`` lacks; ``trained_by`` is the line of an optimizer that a
        custom training loop may use.
        """
        training = Training()
        if model.compiled is not None:
            training = import_training(self._plan(model), outputs)
        elif trained_by:
            note = _("The model is not compiled: choose loss and optimizer on the Settings page.")
            self.tell("training", LEFT_OUT, trained_by, note)
        fit_args = {_OLD.get(key, key): value for key, value in (model.fitted or {}).items()}
        if reads.batch_size and fit_args:
            fit_args.setdefault("batch_size", reads.batch_size)
        for key in _SETTINGS:
            value = fit_args.get(key)
            if isinstance(value, bool | int) and (value or key == "shuffle"):
                chosen: dict[str, Any] = {key: value}
                training = replace(training, **chosen)
                self.report.append(ReportItem(key, AS_IS, str(value)))
            elif value is not None:
                self._unread(key, value, model.fitted_line)
        callbacks = tuple(self._callbacks(fit_args.get("callbacks"), model.fitted_line))
        training = replace(training, callbacks=callbacks)
        key = "sample_weight" if reads.balanced and "sample_weight" in fit_args else "class_weight"
        if self._are_balanced(fit_args.pop(key, None), reads.balanced, model.fitted_line):
            training = replace(training, class_weight="balanced")
        for key in _UNUSED:
            if fit_args.get(key) is not None:
                message = _("NetBuilder does not use the argument '{argument}'.", argument=key)
                self.tell(key, LEFT_OUT, model.fitted_line, message)
        if fit_args.get("validation_data") is not None:
            parts = {rows.part for rows in rows_in(fit_args["validation_data"])}
            if parts != {"validation"}:
                message = _("The validation split of the project is used instead.")
                self.tell("validation_data", LEFT_OUT, model.fitted_line, message)
        split = fit_args.get("validation_split")
        split = float(split) if isinstance(split, float) and 0 < split < 1 else None
        if fit_args.get("x") is not None and not (
            split or reads.validation_split or "validation_data" in fit_args
        ):
            share = format_percent(Data().validation_split, 0)
            message = _("The code has no validation set: {share} is held out.", share=share)
            self.tell("validation_split", REPLACED, model.fitted_line, message)
        return training, split

    def report_weights(self, model: Model, loaded: list[tuple[Model | Layer, int]]) -> None:
        """Report the weights that the model, or a part of it, loads from a file."""
        parts = {id(layer) for layer in (*layers_of(model), *self._bodies)}
        for owner, line in loaded:
            if owner is model or any(id(layer) in parts for layer in layers_of(owner)):
                self.tell("weights", LEFT_OUT, line, _(NO_WEIGHTS))

    def custom_training(self, training: Training, models: list[Model]) -> Training:
        """Report the code that changes the training; add the sentences for the settings."""
        classes = [m.code_class for m in models if m.code_class is not None]
        parts = [*self._losses, *(part for model in models for part in model.custom)]
        parts += [part for code_class in classes for part in code_class.custom]
        sentences = []
        for line, name in dict.fromkeys(parts):
            message = _("'{code}' changes the training: NetBuilder trains without it.", code=name)
            self.tell("training", LEFT_OUT, line, message)
            sentences.append(self.report[-1].message)
        if not sentences:
            return training
        return replace(training, extra={"explanation": join_sentences(sentences)})

    def _are_balanced(self, weights: Any, computed: bool, line: int) -> bool:
        """Return whether to balance the classes: scikit-learn computes weights, or they differ."""
        same = isinstance(weights, dict) and len({*map(str, weights.values())}) == 1 < len(weights)
        if weights is None or same:
            return False
        if isinstance(weights, dict):
            message = _("Balanced class weights replace those of the code.")
            self.tell("class_weight", REPLACED, line, message)
        elif computed:
            self.tell("class_weight", AS_IS, line, "balanced")
        else:
            message = _("The class weights cannot be read: choose them on the Settings page.")
            self.tell("class_weight", LEFT_OUT, line, message)
        return computed or isinstance(weights, dict)

    def _plan(self, model: Model) -> dict[str, Any]:
        plan: dict[str, Any] = {}
        compiled, line = model.compiled or {}, model.compiled_line
        for key in ("optimizer", "loss", "metrics", "loss_weights"):
            value = compiled.get(key)
            for member in _members(value):
                if plain(member) is UNREAD:
                    self._unread(key, member, line)
                self._unread_arguments(key, member, line)
            if isinstance(value, dict):
                value = {name: part for name, part in value.items() if plain(part) is not UNREAD}
            elif key == "metrics" and isinstance(value, list):
                value = [metric for metric in value if plain(metric) is not UNREAD]
            flat = plain(value)
            if flat is not UNREAD and flat is not None:
                plan[key] = flat
        optimizer = plan.pop("optimizer", None)
        if optimizer is not None:
            plan["optimizer_config"] = optimizer
            self._check_optimizer(optimizer, line)
        checked, notes = check_training_config(plan, self._source.name)
        for note in notes:
            self.tell("training", LEFT_OUT, line, note)
        for key, item in (
            ("optimizer_config", "optimizer"),
            ("loss", "loss"),
            ("metrics", "metrics"),
        ):
            if checked.get(key):
                self.report.append(ReportItem(item, AS_IS))
        return checked

    def _unread_arguments(self, item: str, value: Any, line: int) -> None:
        for argument in value.config.values() if isinstance(value, KerasObject) else ():
            if plain(argument) is UNREAD:
                self._unread(item, argument, line)
            self._unread_arguments(item, argument, line)

    def _check_optimizer(self, value: Any, line: int) -> None:
        if not isinstance(value, dict):
            return
        spec = OPTIMIZERS.get(canonical(OPTIMIZERS, value["class_name"]) or "")
        for key, argument in value["config"].items():
            known = spec is None or _OLD.get(key, key) in spec.by_name
            if not known and key != "name" and argument not in (0, 0.0, None):
                message = _(
                    "The argument '{argument}' of the optimizer is not supported.", argument=key
                )
                self.tell("optimizer", LEFT_OUT, line, message)

    def _callbacks(self, value: Any, line: int) -> Iterator[Choice]:
        for item in value if isinstance(value, list | tuple) else [] if value is None else [value]:
            name = canonical(CALLBACKS, item.name) if isinstance(item, KerasObject) else None
            if name is None or not isinstance(item, KerasObject):
                self._unread("callbacks", item, line)
                continue
            config = {
                key: flat for key, v in item.config.items() if (flat := plain(v)) is not UNREAD
            }
            self._unread_arguments(name, item, line)
            params = object_params(CALLBACKS[name], config)
            lost = [key for key in item.config if key not in params and key != "verbose"]
            lost = [key for key in lost if key not in CALLBACKS[name].by_name]
            message = _("{arguments} not supported", arguments=join_values(lost)) if lost else ""
            self.tell(name, REPLACED if lost else AS_IS, item.line, message)
            yield Choice(name, params)

    def _unread(self, item: str, value: Any, line: int = 0) -> None:
        """Report a value that cannot be read, with its own code if known, else with ``line``."""
        unread = unread_texts(value)
        node = getattr(value, "node", None)  # a function of the script
        line = unread[0].line if unread else getattr(node or value, "lineno", 0) or line
        named = (
            getattr(value, "text", "") or getattr(value, "name", "") or getattr(node, "name", "")
        )
        text = unread[0].text if unread else named or getattr(value, "kind", item)
        self.tell(item, LEFT_OUT, line, _("'{code}' cannot be read.", code=text))

    def data(
        self,
        reads: ScriptData,
        folder: Path,
        model: Model,
        training: Training,
        split: float | None,
        *,
        several: bool,
    ) -> Data:
        """Return the recipe for the data that the code reads; report data that is not used.

        With ``several`` models, a model has no other data than that of its own ``fit``.
        """
        data, fitted = Data(), model.fitted or {}
        shares: dict[str, Any] = {"validation_split": split or reads.validation_split}
        shares |= {"test_split": reads.test_split, "scaling": reads.scaling}
        chosen = {key: value for key, value in shares.items() if value}
        data = replace(data, **chosen)
        if training.loss is not None and training.loss.name == "categorical_crossentropy":
            data = replace(data, options={"one_hot": True})
        graph = Graph(tuple(self.nodes), tuple(self.edges))
        carried = carried_data(self._source.tree, Project("", graph, data, training))
        if carried is not None:  # an exported script, whose parts are those of the recipe
            self.report = [item for item in self.report if item.item != "validation_data"]
            self.report.append(ReportItem("data", AS_IS, carried.name))
            return carried
        x = [] if reads.calls else unread_texts(fitted.get("x"))
        if x and (several or not x[0].text.isidentifier()):
            message = _("'{code}': choose this data on the Data page.", code=x[0].text)
            self.tell("data", LEFT_OUT, model.fitted_line, message)
            return replace(data, name=x[0].text)
        line, kind, path = reads.data_file(folder)
        if path and kind == "builtin":
            return self._built_in(reads, replace(data, name=path), fitted, line)
        if path:
            self.tell("data", AS_IS, line, path)
            data = replace(data, kind=kind, path=path)
            if kind != "csv":
                chosen = {**data.options, **reads.options}
                if kind == "sounds":
                    chosen |= self._representation_options(chosen)
                data = replace(data, options=chosen)
                return self._scaling(reads, data, fitted, pictures=True)
            header: tuple[str, ...] = ()
            with suppress(DataError):
                header = sniff(folder / data.path, {}).names
            table = self._columns(reads, data, header, fitted, line)
            if reads.missing:
                table = replace(table, options={**table.options, "missing": reads.missing})
            if reads.windows is not None:
                horizon = reads.variables.get("horizon")
                options: dict[str, Any] = {"horizon": horizon if isinstance(horizon, int) else 1}
                options |= {**data.options, "window": reads.windows[2]}
                self.report = [item for item in self.report if item.item != "validation_data"]
                return replace(table, kind="series", columns={}, options=options)
            if not reads.options:
                return self._scaling(reads, table, fitted, pictures=False)
            texts = self._named(reads.features_and_targets(fitted)[0], header)
            column = {"text": texts[0]} if len(texts) == 1 else {}
            options = {**data.options, **reads.options, **column}
            return replace(table, kind="text", columns={}, options=options)
        for line, kind, name, code in reads.calls:
            message = _("'{code}': choose this data on the Data page.", code=code)
            if name and kind != "builtin" and not (folder / name).exists():
                message = _("'{name}' is missing: choose the data on the Data page.", name=name)
            self.tell("data", LEFT_OUT, line, message)
            data = replace(data, name=data.name or name or code)  # suggest no other data
        return data

    def _representation_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the length of sounds, and what they become for this network."""
        rate = options.get("sample_rate", 16_000)
        known = {"seconds": options["seconds"] / rate} if "seconds" in options else {}
        shapes = [node.params.get("shape") or () for node in self.nodes if node.layer == "Input"]
        if any(node.layer == "SpeechEmbedding" for node in self.nodes):
            return {**known, "representation": "speech"}
        waves = any(list(shape[1:]) == [1] for shape in shapes)
        return {**known, "representation": "waveform"} if waves else known

    def _built_in(
        self, reads: ScriptData, data: Data, fitted: Mapping[str, Any], line: int
    ) -> Data:
        """Return the recipe for a built-in set; one that must be downloaded is only reported."""
        code, shape = reads.calls[0][3], PICTURE_SETS.get(data.name, [])
        sizes = [n.params.get("shape") or [None] for n in self.nodes if n.layer == "Input"]
        if shape and not any(None in size or prod(size) == prod(shape) for size in sizes):
            message = _("'{code}': choose this data on the Data page.", code=code)
            self.tell("data", LEFT_OUT, line, message)
            return replace(data, name=code)
        if data.name not in BUILTINS:
            note = _("NetBuilder does not include the data of '{code}': choose a file.", code=code)
            self.tell("data", LEFT_OUT, line, note)
            return data
        if BUILTINS[data.name].fetched and not is_downloaded(data.name):
            message = _(
                "The data set '{name}' must be downloaded first: choose it on the Data page.",
                name=data.name,
            )
            self.tell("data", LEFT_OUT, line, message)
        else:
            self.tell("data", AS_IS, line, data.name)
            data = replace(data, kind="builtin")
        if data.name == "imdb":
            return replace(data, options={**data.options, **reads.options})
        if data.name in PICTURE_SETS:
            self._bring_to_shape(PICTURE_SETS[data.name], line)
        data = self._scaling(reads, data, fitted, pictures=data.name in PICTURE_SETS)
        x, _y = reads.features_and_targets(fitted)
        if not any(rows.names or rows.positions for rows in x):
            return data
        table = data_set(data.name).make(data.options).table
        header = () if table is None else (*map(str, table.columns), "target")
        updated = self._columns(reads, data, header, fitted, line)
        starts = [node.id for node in self.nodes if node.layer == "Input"]
        if updated.columns and len(starts) == 1:  # only some columns are used
            used = tuple(column for column in header[:-1] if column not in updated.columns)
            updated = replace(updated, inputs={starts[0]: used})
        return replace(updated, target=(), columns={})

    def _bring_to_shape(self, shape: list[int], line: int) -> None:
        """Insert a Flatten or Reshape if the Input has another shape than the images."""
        starts = [node for node in self.nodes if node.layer == "Input"]
        sides = starts[0].params.get("shape") if len(starts) == 1 else None
        if not sides or list(sides) == shape or None in sides or prod(sides) != prod(shape):
            return
        start, layer = starts[0], "Flatten" if len(sides) == 1 else "Reshape"
        name = self._free_id(snake_case(layer))
        params = {} if layer == "Flatten" else {"target_shape": list(sides)}
        self.nodes[self.nodes.index(start)] = replace(
            start, params={**start.params, "shape": shape}
        )
        self.nodes.append(Node(name, layer, params))
        self.edges = [(name if source == start.id else source, to) for source, to in self.edges]
        self.edges.append((start.id, name))
        message = _(
            "{layer} replaces the code that reshapes samples from {shape} to {given}.",
            layer=layer,
            shape=shape,
            given=list(sides),
        )
        self.tell(name, REPLACED, line, message)

    def _scaling(
        self, reads: ScriptData, data: Data, fitted: Mapping[str, Any], *, pictures: bool
    ) -> Data:
        """Return the recipe with the scaling that the code computes; report other computations."""
        features, _targets = reads.features_and_targets(fitted, tables=False)
        shapes = [node.params.get("shape") or () for node in self.nodes if node.layer == "Input"]
        arranged = any(len(shape) > 1 for shape in shapes)
        for line, code, scaling in dict.fromkeys(x.computed for x in features if x.computed):
            how, _slash, divisor = scaling.partition("/")
            if not how:
                message = _(
                    "'{code}' is not computed: the features are the columns of the data.", code=code
                )
                self.tell("features", LEFT_OUT, line, message)
                continue
            data = replace(data, scaling=how)
            # Rows that are arranged as images are scaled as a whole.
            if divisor and not ((pictures or arranged) and divisor in ("255", "16")):
                message = _("'{code}' is replaced by a scaling from 0 to 1.", code=code)
                self.tell("scaling", REPLACED, line, message)
            else:
                self.tell("scaling", AS_IS, line, code)
        return data

    def _columns(
        self,
        reads: ScriptData,
        data: Data,
        header: tuple[str, ...],
        fitted: Mapping[str, Any],
        line: int,
    ) -> Data:
        x, y = reads.features_and_targets(fitted)
        for name, where, value in reads.stored_columns:
            same = isinstance(value, Rows) and value.names == (name,) and value.computed is None
            if not same:
                message = _("The column '{name}' is taken as it is in the file.", name=name)
                if name not in header:
                    message = _("The file has no column '{name}': the code computes it.", name=name)
                self.tell(name, LEFT_OUT, where, message)
        target = self._named(y, header)
        if not target:
            message = _("The target was not found in the code: choose it on the Data page.")
            self.tell("target", LEFT_OUT, line, message)
            return data
        for rows in y:
            if rows.computed is not None:
                where, code, _scaling = rows.computed
                message = _("'{code}' is not computed: the target is the column itself.", code=code)
                self.tell("target", LEFT_OUT, where, message)
        self.tell("target", AS_IS, y[0].line, join_values(target))
        features = self._named(x, header)
        ignored = [column for column in header if features and column not in (*features, *target)]
        roles = dict.fromkeys(ignored, "ignore")
        roles |= {reads.order: "order"} if reads.order in header else {}
        dates = [name for name in reads.dates if name in header and name != reads.order]
        choices = {column: ColumnChoice(role=role) for column, role in roles.items()}
        for column in header:
            rule, kind = reads.missing_rules.get(column, ""), "date" if column in dates else ""
            if (rule or kind) and column not in roles and column not in target:
                choices[column] = ColumnChoice(type=kind, missing=rule)
        starts = [node.id for node in self.nodes if node.layer == "Input"]
        several = len(x) > 1 and len(x) == len(starts) and not isinstance(fitted["x"], dict)
        return replace(
            data,
            target=tuple(target),
            columns=choices,
            inputs={
                start: tuple(self._named([rows], header))
                for start, rows in zip(starts, x, strict=False)
            }
            if several
            else {},
        )

    @staticmethod
    def _named(rows: list[Rows], header: tuple[str, ...]) -> list[str]:
        names = dict.fromkeys(name for rows in rows for name in rows.columns(header))
        return [name for name in names if not header or name in header]
