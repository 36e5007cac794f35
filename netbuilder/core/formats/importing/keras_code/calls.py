"""Interpret calls in a script: of Keras, of models and layers, of the script's own functions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES, PixelScaling
from netbuilder.core.catalog.training.training_index import (
    ACTIVATIONS,
    CALLBACKS,
    CONSTRAINTS,
    INITIALIZERS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.engine.build.word_weights import with_word_vectors
from netbuilder.core.formats.importing.keras_code.script_data import Rows, ScriptData
from netbuilder.core.formats.importing.keras_code.values import (
    NO_WEIGHTS,
    UNREAD,
    Call,
    Class,
    Dotted,
    Function,
    KerasObject,
    Layer,
    Model,
    Partial,
    Unread,
    calls_in_order,
    family_of,
    kind_of,
    layers_of,
    make_layer,
    placeholder_name,
    plain,
    tensors_in,
)
from netbuilder.core.i18n import gettext as _

MAX_STEPS = 50_000  # in total
MAX_ITEMS = 2_000  # per list or text
MAX_DEPTH = 25  # nested calls of the script's own functions
_WORD_VECTORS = "included"  # stands for what ``with_word_vectors`` of a script returns
BUILTINS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (range, len, int, float, str, bool, dict, sorted, min, max, sum, abs, round)
} | {
    "list": lambda a=(): list(a),
    "tuple": lambda a=(): tuple(a),
    "enumerate": lambda *a: list(enumerate(*a)),
    "zip": lambda *a: list(zip(*a, strict=False)),
    "reversed": lambda a: list(a)[::-1],
}
_METHODS: dict[type, frozenset[str]] = {
    list: frozenset({"append", "extend", "insert", "pop", "index", "count", "reverse"}),
    dict: frozenset({"get", "items", "keys", "values", "update", "setdefault"}),
    str: frozenset({"lower", "upper", "split", "strip"}),
}
_ROOMS = frozenset(
    {"optimizers", "legacy", "schedules", "losses", "metrics", "initializers", "regularizers"}
    | {"constraints", "callbacks", "learning_rate_schedule", "optimizer_v2", "tf_optimizers"}
)
_LOWER_ROOMS = frozenset({"regularizers", "initializers", "constraints"})
_POLICIES = frozenset({"set_global_policy", "set_dtype_policy", "set_policy"})
_FUNCTIONS = {"concat": "Concatenate"}
# Modes of ``merge`` in Keras 1 → layers today.
_MODES = {
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum",
    "dot": "Dot", "cos": "Dot",
}  # fmt: skip
_FUNCTION_ROOMS = frozenset({"layers", "merge", "ops", "math", "tensorflow", "backend"})
_COMPILE = ("optimizer", "loss", "metrics")
_FIT = ("x", "y", "batch_size", "epochs")
_MODELS = frozenset({"Model", "Sequential", "Functional"})


class ReturnError(Exception):
    """Carries the return value of a script's function."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Calls:
    """Interprets the calls of a script.

    Attributes:
        models: all models, in order of creation.
        problems: (line, code) of relevant code that cannot be interpreted.
        remarks: (item, line, sentence) about what is changed or left out.
        precision: global dtype policy, or "".
        optimizer_line: line of the last optimizer, or 0.
        channels_first: line that puts the channels first in all layers, or 0.
        preprocessed: families of ``keras.applications`` whose ``preprocess_input`` is used.
    """

    def __init__(self, output_shape: Callable[[Call], Any] = lambda call: None) -> None:
        self._output_shape = output_shape
        self.channels_first = 0
        self.models: list[Model] = []
        self.problems: list[tuple[int, str]] = []
        self.remarks: list[tuple[str, int, str]] = []
        self.data = ScriptData()
        self.precision, self.optimizer_line = "", 0
        self.preprocessed: set[str] = set()
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._stars: list[str] = []
        self._steps = self._depth = 0

    def _block(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        raise NotImplementedError

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _of_list(self, node: ast.List, names: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _attribute(self, owner: Any, node: ast.Attribute) -> Any:
        raise NotImplementedError

    def _of_call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        args = self._of_list(ast.List(node.args, ast.Load()), names)
        if args is NotImplemented:
            args = [Unread(node.lineno, "*")]
        self._steps += sum(length(arg) for arg in args)
        kwargs = {}
        for keyword in node.keywords:
            value = self._value(keyword.value, names)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict):
                kwargs |= {str(key): inner for key, inner in value.items()}
        if not isinstance(node.func, ast.Attribute):
            target = self._value(node.func, names)
            name = getattr(node.func, "id", "")
        else:
            inner, name = node.func.value, node.func.attr
            if "__class__" in names and getattr(getattr(inner, "func", None), "id", "") == "super":
                return self._of_super(name, args, kwargs, names, node)
            # Evaluated once, however long a chain of calls is.
            owner = self._value(inner, names)
            target = self._attribute(owner, node.func) if isinstance(owner, Dotted) else None
        whole = target.path if isinstance(target, Dotted) else name
        whole = "" if isinstance(target, Function | Class) else whole
        read = self.data.read_call(node, whole, args, kwargs)
        if read is not None:
            return read
        if isinstance(node.func, ast.Attribute):
            method = self.data.call_method if isinstance(owner, Rows) else self._method
            result = method(owner, name, args, kwargs, node)
            if result is not NotImplemented:
                return result
            target = target or self._attribute(owner, node.func)
        return self._called(target, args, kwargs, node)

    def _called(self, target: Any, args: list[Any], kwargs: dict[str, Any], node: ast.Call) -> Any:
        if isinstance(target, Class | Layer | Model):
            return self._call_value(target, args, kwargs, node)
        if isinstance(target, Function):
            return self._own_function(target, args, kwargs, node)
        if isinstance(target, Partial):
            named = {**target.kwargs, **kwargs}
            return self._called(target.target, [*target.args, *args], named, node)
        if isinstance(target, Dotted):
            if target.path.startswith("builtins."):
                return self._builtin(target.last, args, kwargs)
            if target.path == "functools.partial" and args:
                return Partial(args[0], args[1:], kwargs)
            if target.is_keras:
                return self._of_keras(target, args, kwargs, node)
        tensors = list(tensors_in([*args, *kwargs.values()]))
        if tensors:
            return self._unknown_call(ast.unparse(node.func)[:40], tensors, node.lineno)
        name = getattr(node.func, "id", "") if isinstance(target, Unread) else ""
        name = target.last if isinstance(target, Dotted) else name
        if name[:1].isupper():
            return Layer(name, {}, node.lineno, notes=[ast.unparse(node)[:60]])
        return NotImplemented

    def _call_value(
        self, target: Class | Layer | Model, args: list[Any], kwargs: dict[str, Any], node: ast.Call
    ) -> Any:
        if isinstance(target, Class):
            return self._object_of(target, args, kwargs, node)
        tensors = list(tensors_in([*args, *kwargs.values()]))
        if not tensors and args and isinstance(args[0], Rows):
            return replace(args[0])  # TextVectorization or Normalization outside the network
        if isinstance(target, Model) and target.code_class is not None and tensors:
            return self._call_object(target, args, kwargs, node)
        if isinstance(target, Layer) and target.known:
            for param in LAYERS[target.kind].params:
                flat = plain(kwargs[param.name]) if param.name in kwargs else UNREAD
                if param.call and flat is not UNREAD:
                    target.config[param.name] = flat
        return self._applied(target, tensors, node) if tensors else NotImplemented

    def _builtin(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        values = [*args, *kwargs.values()]
        if name not in BUILTINS or any(isinstance(v, Unread | Call | Dotted) for v in values):
            return NotImplemented
        if name != "range" and any(length(value) > MAX_ITEMS for value in values):
            return NotImplemented
        return calculated(lambda: BUILTINS[name](*args, **kwargs))

    def _of_keras(self, name: Dotted, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        last, line = name.last, node.lineno
        if last in _MODELS:
            return self._model(last, args, kwargs, line)
        if (result := self._of_backend(last, args, kwargs, node)) is not NotImplemented:
            return result
        tensors = list(tensors_in([*args, *kwargs.values()]))
        optimizer = "optimizers" in name.path or name.room == "train"
        optimizer &= canonical(OPTIMIZERS, last.removesuffix("Optimizer")) is not None
        if optimizer or (name.room in _ROOMS and last[:1].isupper()) or (name.room in _LOWER_ROOMS):
            return self._object(name, args, kwargs, line)
        if name.room == "activations" and last == "get" and args and isinstance(args[0], str):
            return Dotted(f"keras.activations.{args[0]}")
        if last in _POLICIES and args and isinstance(args[0], str):
            self.precision = args[0]
        if kind_of(last) in BACKBONES or (last == "preprocess_input" and tensors):
            return self._pretrained(name, tensors, args, kwargs, node)
        if tensors and name.room in ("activations", "nn", "ops", "math") and last in ACTIVATIONS:
            layer = Layer("Activation", {"activation": last}, line)
            return self._call_layer(layer, tensors[:1], node)
        if tensors and last[:1].islower():  # add([a, b]), concatenate([a, b], axis=1)
            kind = kind_of(_FUNCTIONS.get(last, last.capitalize()))
            if kind and name.room in _FUNCTION_ROOMS:
                rest = {key: v for key, v in kwargs.items() if not list(tensors_in([v]))}
                return self._call_layer(make_layer(kind, [], rest, line), tensors, node)
            return self._unknown_call(last, tensors, line)
        if last == "Input":
            layer = make_layer("Input", args, kwargs, line)
            return Call(layer, (), line)
        if last[:1].isupper():
            layer = make_layer(last, args, kwargs, line)
            layer.notes += [] if layer.known else [ast.unparse(node)[:60]]
            return layer
        return NotImplemented

    def _of_backend(self, last: str, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """Return the result of a function of ``keras.backend`` or of Keras 1."""
        if last == "image_data_format":
            return "channels_first" if self.channels_first else "channels_last"
        if last == "image_dim_ordering":
            return "th" if self.channels_first else "tf"
        if last in ("set_image_data_format", "set_image_dim_ordering"):
            self.channels_first = node.lineno * (args in (["th"], ["channels_first"]))
        elif last == "int_shape" and args and isinstance(args[0], Call):
            return self.shape_of(args[0])
        elif last in ("merge", "Merge"):
            return self._merge(args, kwargs, node)
        return NotImplemented

    def _merge(self, args: list[Any], kwargs: dict[str, Any], node: Any) -> Call:
        """Return the call of a layer for ``merge`` or ``Merge`` of Keras 1."""
        values = (
            dict(zip(("layers", "mode", "concat_axis", "dot_axes"), args, strict=False)) | kwargs
        )
        parts = values.get("layers", values.get("inputs", []))
        ends = [self.ends(part)[1] if isinstance(part, Model) else part for part in parts]
        mode, tensors = values.get("mode", "sum"), list(tensors_in(ends))
        kind = _MODES.get(mode, "") if isinstance(mode, str) else ""
        if not kind:
            return self._unknown_call(ast.unparse(node)[:60], tensors, node.lineno)
        config = {"axis": values.get("concat_axis", -1)} if kind == "Concatenate" else {}
        if kind == "Dot":
            config = {"axes": plain(values.get("dot_axes", -1)), "normalize": mode == "cos"}
        return self._call_layer(Layer(kind, config, node.lineno), tensors, node)

    def shape_of(self, call: Call) -> Any:
        """Return the shape of an output with the batch axis, or ``NotImplemented``."""
        shape = call.layer.shape if call.layer.kind == "Input" else self._output_shape(call)
        return (None, *shape) if isinstance(shape, list | tuple) else NotImplemented

    def _pretrained(
        self, name: Dotted, tensors: list[Call], args: list[Any], kwargs: dict[str, Any], node: Any
    ) -> Any:
        """Return a ``keras.applications`` layer, or a placeholder for its ``preprocess_input``."""
        if name.last == "preprocess_input":
            config, text = {"family": family_of(name)}, ast.unparse(node)[:60]
            bodies = [body for body in BACKBONES.values() if body.family == config["family"]]
            if bodies and bodies[0].scaling in (PixelScaling.SWITCH, PixelScaling.ALWAYS):
                return tensors[0]  # Keras's function returns its argument
            layer = Layer(name.last, config, node.lineno, notes=[text])
            return self._call_layer(layer, tensors[:1], node)
        body = make_layer(name.last, args, kwargs, node.lineno)
        if tensors:
            self._call_layer(body, tensors[:1], node)
        return body

    def _object(self, name: Dotted, args: list[Any], kwargs: dict[str, Any], line: int) -> Any:
        tables = (OPTIMIZERS, SCHEDULES, LOSSES, METRICS, INITIALIZERS, REGULARIZERS, CONSTRAINTS)
        config: dict[str, Any] = {}
        for table in (*tables, CALLBACKS):
            spec = table.get(canonical(table, name.last.removesuffix("Optimizer")) or "")
            if spec is not None and (args or table is not LOSSES):
                config = dict(zip(spec.by_name, args, strict=False))
                break
        if canonical(OPTIMIZERS, name.last.removesuffix("Optimizer")):
            self.optimizer_line = line
        if name.last in ("l1_l2", "L1L2", "l1", "l2") and not args and not kwargs:
            config = {}
        last = name.last.removesuffix("Optimizer")  # of tf.train.AdamOptimizer
        return KerasObject(last, name.room, {**config, **kwargs}, line)

    def _model(self, kind: str, args: list[Any], kwargs: dict[str, Any], line: int) -> Model:
        model = Model(line, layers=[] if kind == "Sequential" else None)
        self._set_up(model, args, kwargs, line)
        self.models.append(model)
        return model

    def _set_up(self, model: Model, args: list[Any], kwargs: dict[str, Any], line: int) -> None:
        """Do what Keras's own ``__init__`` of a model does."""
        name = kwargs.get("name")
        model.name = name if isinstance(name, str) else ""
        if model.layers is not None:
            layers = kwargs.get("layers", args[0] if args else [])
            model.layers = list(layers) if isinstance(layers, list | tuple) else []
            if isinstance(layers, Unread):
                model.layers.append(
                    Layer(placeholder_name(layers.text), {}, line, notes=[layers.text])
                )
                self.problems.append((line, layers.text))
            for layer in model.layers:
                if isinstance(layer, Model):
                    layer.used = True
        else:
            inputs = kwargs.get("inputs", kwargs.get("input", args[0] if args else []))
            outputs = kwargs.get("outputs", kwargs.get("output", args[1] if len(args) > 1 else []))
            model.inputs, model.outputs = list(tensors_in([inputs])), list(tensors_in([outputs]))

    # --- classes of the code ---

    def _object_of(
        self, code_class: Class, args: list[Any], kwargs: dict[str, Any], node: ast.Call
    ) -> Model:
        layers: list[Any] | None = [] if code_class.root == "Sequential" else None
        model = Model(
            node.lineno, layers=layers, code_class=code_class, text=ast.unparse(node)[:60]
        )
        start = model.member("__init__")
        if isinstance(start, Function):
            self._own_function(start, args, kwargs, node)
        elif code_class.root:
            self._set_up(model, args, kwargs, node.lineno)
        if code_class.root in _MODELS:
            self.models.append(model)
        return model

    def _of_super(
        self, name: str, args: list[Any], kwargs: dict[str, Any], names: dict[str, Any], node: Any
    ) -> Any:
        code_class, model = names["__class__"], names["__self__"]
        method = Class("", "", code_class.bases).member(name)
        if isinstance(method, Function):
            return self._own_function(replace(method, owner=model), args, kwargs, node)
        if name == "__init__":
            return self._set_up(model, args, kwargs, node.lineno) if code_class.root else None
        return self._model_method(model, name, args, kwargs, node.lineno)

    def _call_object(self, model: Model, args: list[Any], kwargs: dict[str, Any], node: Any) -> Any:
        """Follow ``call`` with training=True; a layer not fully read is one placeholder."""
        assert model.code_class is not None
        model.used = True
        if model.layers is not None and model.member("call") is NotImplemented:
            return self._applied(model, list(tensors_in([*args, *kwargs.values()])), node)
        if "build" not in model.attributes:
            model.attributes["build"] = None
            if isinstance(build := model.code_class.member("build"), Function):
                shape = Unread(node.lineno, "input_shape")
                self._own_function(replace(build, owner=model), [shape], {}, node)
        follow, result = model.member("call" if model.code_class.root else "__call__"), None
        if isinstance(follow, Function):
            if "training" in follow.arguments and not isinstance(kwargs.get("training"), bool):
                kwargs = {**kwargs, "training": True}
            result = self._own_function(follow, args, kwargs, node)
        inputs, ends = list(tensors_in([*args, *kwargs.values()])), list(tensors_in([result]))
        if not ends or (
            model.code_class.root == "Layer"
            and not all(c.layer.known for c in calls_in_order(ends, inputs))
        ):
            layer = Layer(model.code_class.name, {}, model.line, notes=[model.text])
            result = self._call_layer(layer, inputs, node)
            ends = [result]
        ends[0].losses += [part for part in model.code_class.custom if part[1] == "add_loss"]
        return result

    def ends(self, model: Model) -> tuple[list[Call], list[Call]]:
        """Return the inputs and outputs of a model, calling it if needed."""
        node = ast.Pass(lineno=model.line)
        if model.layers is not None:
            if model.called != len(model.layers):
                model.called, model.inputs = len(model.layers), [_start(model)]
                model.outputs = list(
                    tensors_in([self._through(model.layers, list(model.inputs), node)])
                )
        elif not model.outputs and model.code_class is not None and model.called < 0:
            function = model.member("call")
            if not isinstance(function, Function):
                self.problems.append((model.line, model.text))
                return [], []
            names = function.arguments[1:][: -len(function.node.args.defaults) or None]
            starts = [
                Call(Layer("Input", {}, model.line, shape=model.shape), (), model.line, {})
                for name in names
                if name not in ("training", "mask")
            ]
            model.called = 0  # its own call asks for no ends
            model.outputs = list(tensors_in([self._call_object(model, list(starts), {}, node)]))
            model.called = -1
            model.inputs = [part for call in starts for part in (call.parts or {0: call}).values()]
        return model.inputs, model.outputs

    def _method(
        self, owner: Any, name: str, args: list[Any], kwargs: dict[str, Any], node: Any
    ) -> Any:
        if isinstance(owner, Model):
            if owner.member(name) is not NotImplemented:
                return NotImplemented
            return self._model_method(owner, name, args, kwargs, node.lineno)
        if isinstance(owner, Call) and name in ("get_shape", "as_list"):
            return self.shape_of(owner)
        if name == "as_list" and isinstance(owner, tuple):
            return list(owner)
        if isinstance(owner, Layer) and name == "get_layer" and owner.kind in BACKBONES:
            target = kwargs.get("name", args[0] if args else None)
            return self._calls_inside(owner).get(str(target), NotImplemented)
        if isinstance(owner, Layer) and name == "set_weights" and args == [[_WORD_VECTORS]]:
            owner.config["weights"] = _WORD_VECTORS
            return None
        for kind, names in _METHODS.items():
            if isinstance(owner, kind) and name in names:
                values = [*args, *kwargs.values()]
                if kind is str and any(isinstance(value, Unread) for value in values):
                    return NotImplemented
                if sum(len(value) for value in values if isinstance(value, list | str)) > MAX_ITEMS:
                    return NotImplemented
                result = calculated(lambda: getattr(owner, name)(*args, **kwargs))
                return list(result) if name in ("items", "keys", "values") else result
        return NotImplemented

    def _model_method(
        self, model: Model, name: str, args: list[Any], kwargs: dict[str, Any], line: int
    ) -> Any:
        if name == "add" and args and model.layers is not None:
            if isinstance(args[0], Model):
                args[0].used = True
            if isinstance(args[0], Unread):
                self.problems.append((args[0].line, args[0].text))
                args = [
                    Layer(placeholder_name(args[0].text), {}, args[0].line, notes=[args[0].text])
                ]
            model.layers.append(args[0])
        elif name == "pop" and model.layers:
            model.layers.pop()
        elif name == "get_layer":
            target = kwargs.get("name", args[0] if args else None)
            matches = [layer for layer in layers_of(model) if layer.name == target]
            return matches[0] if matches else NotImplemented
        elif name == "build":
            shape = plain(kwargs.get("input_shape", args[0] if args else None))
            model.shape = shape[1:] if isinstance(shape, list) else None
        elif name == "compile":
            model.compiled = {**dict(zip(_COMPILE, args, strict=False)), **kwargs}
            model.compiled_line = line
        elif name in ("fit", "fit_generator"):
            if model.fitted is not None:
                message = _("The model is trained again later: only the last fit is used.")
                model.remarks.append(("fit", model.fitted_line, message))
            model.fitted = {**dict(zip(_FIT, args, strict=False)), **kwargs}
            model.fitted.setdefault("x", model.fitted.pop("generator", None))
            model.fitted_line = line
            self.data.variables = self._names
            model.reads = self.data.at_fit(model.fitted)
        elif name == "load_weights":
            model.remarks.append(("weights", line, _(NO_WEIGHTS)))
        elif name in ("add_loss", "train_on_batch"):
            model.custom.append((line, name))
        else:
            return NotImplemented
        return None

    def _own_function(
        self, function: Function, args: list[Any], kwargs: dict[str, Any], node: ast.AST
    ) -> Any:
        definition, names = function.node, function.arguments
        if getattr(definition, "name", "") == with_word_vectors.__name__:
            return _WORD_VECTORS
        if self._depth >= MAX_DEPTH or self._steps > MAX_STEPS:
            return NotImplemented
        if any(isinstance(part, ast.Yield) for part in ast.walk(definition)):
            return NotImplemented
        defaults = definition.args.defaults
        scope = dict(function.scope) if function.scope is not self._names else {}
        if function.owner is not None:
            args = [function.owner, *args]
            scope |= {"__class__": function.code_class, "__self__": function.owner}
        if definition.args.vararg is not None:
            scope[definition.args.vararg.arg] = list(args[len(names) :])
        if definition.args.kwarg is not None:
            scope[definition.args.kwarg.arg] = {k: v for k, v in kwargs.items() if k not in names}
        defaulted = zip(names[len(names) - len(defaults) :], defaults, strict=True)
        scope |= {name: self._value(default, function.scope) for name, default in defaulted}
        for argument, default in zip(
            definition.args.kwonlyargs, definition.args.kw_defaults, strict=True
        ):
            if default is not None:
                scope[argument.arg] = self._value(default, function.scope)
        scope |= dict(zip(names, args, strict=False)) | kwargs
        self._depth += 1
        self._steps += 1
        try:
            if isinstance(definition, ast.Lambda):
                return self._value(definition.body, scope)
            self._block(definition.body, scope)
        except ReturnError as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _applied(self, target: Layer | Model, tensors: list[Call], node: Any) -> Any:
        if isinstance(target, Layer):
            follow = self._follow_lambda if target.kind == "Lambda" else self._call_layer
            return follow(target, tensors, node)
        target.used = True
        if target.layers is not None:
            start = tensors[0].layer
            if start.kind == "Input" and start.shape is None:
                start.shape = _start(target).layer.shape
            return self._through(target.layers, tensors, node)
        if target.code_class is not None and not target.outputs:
            return self._call_object(
                target, tensors[:1] if len(tensors) == 1 else [tensors], {}, node
            )
        done: dict[int, Call] = {
            id(start): tensor for start, tensor in zip(target.inputs, tensors, strict=False)
        }

        def replay(call: Call) -> Call:
            if id(call) not in done:
                sources = tuple(replay(source) for source in call.sources)
                copied = Call(call.layer, sources, node.lineno, losses=list(call.losses))
                done[id(call)] = copied if sources else call
                call.layer.calls.append(done[id(call)])
            return done[id(call)]

        results = [replay(output) for output in target.outputs]
        return results[0] if len(results) == 1 else results

    def _through(self, layers: list[Any], tensors: list[Call], node: Any) -> Any:
        for item in layers:
            if isinstance(item, Call) or getattr(item, "kind", "") == "Input":
                continue
            text = item.text if hasattr(item, "text") else str(item)[:40]
            layer: Layer | Model = Layer(
                "code", {}, getattr(item, "line", node.lineno), notes=[text]
            )
            if isinstance(item, Layer | Model):  # and not a number, a text, something unread
                layer = item
            tensors = list(tensors_in([self._applied(layer, tensors, node)])) or tensors
        return tensors[0] if len(tensors) == 1 else tensors

    def _follow_lambda(self, layer: Layer, tensors: list[Call], node: Any) -> Call:
        """Return what a ``Lambda`` computes, if layers can."""
        _take_shape(layer, tensors)
        argument, result = tensors[0] if len(tensors) == 1 else tensors, None
        if isinstance(layer.function, Function | Dotted):
            result = self._called(layer.function, [argument], {}, node)
        layers = [call.layer for call in calls_in_order(list(tensors_in([result])), tensors)]
        if isinstance(result, Call) and all(
            p.known or p.kind == "preprocess_input" for p in layers
        ):
            return result
        return self._call_layer(layer, tensors, node)

    def _calls_inside(self, body: Layer) -> dict[str, Layer]:
        """Return the layers inside a backbone by name, each called, as Keras builds them."""
        if isinstance(body.function, dict):
            return body.function
        from netbuilder.core.tensorflow_output import load_tensorflow

        load_tensorflow()
        import keras

        options: dict[str, Any] = {
            key: body.config[key] for key in ("alpha", "minimalistic") if key in body.config
        }
        start = ends_of(body)[0][0]
        shape = body.shape or start.layer.shape
        options |= {"input_shape": tuple(shape)} if isinstance(shape, list) else {}
        build = getattr(keras.applications, body.kind, None)
        if build is None:  # an included network
            return {}
        model = build(weights=None, include_top=bool(body.config.get("include_top")), **options)
        inside: dict[str, Layer] = {}
        for part in model.layers:
            layer = inside[part.name] = Layer(
                kind_of(type(part).__name__) or type(part).__name__,
                {**part.get_config(), "trainable": body.config.get("trainable", True)},
                body.line,
                part.name,
                function=body,
            )
            if layer.kind == "Input":
                start.layer.shape = start.layer.shape or list(part.batch_shape[1:])
                layer.calls.append(start)
                continue
            tensors = part.input if isinstance(part.input, list) else [part.input]
            names = [tensor._keras_history.operation.name for tensor in tensors]
            sources = tuple(inside[name].calls[0] for name in names)
            layer.calls.append(Call(layer, sources, body.line))
        body.function = inside
        return inside

    def _call_layer(self, layer: Layer, tensors: list[Call], node: Any) -> Call:
        body = BACKBONES.get(layer.kind)
        if body is not None and tensors[0].layer.config.get("family") == body.family:
            layer.config["preprocess"] = True
            tensors = list(tensors[0].sources)
        _take_shape(layer, tensors)
        call = Call(layer, tuple(tensors), node.lineno)
        layer.calls.append(call)
        return call if layer.then is None else self._call_layer(layer.then, [call], node)

    def _unknown_call(self, text: str, tensors: list[Call], line: int) -> Call:
        layer = Layer(placeholder_name(text), {}, line, notes=[text])
        call = Call(layer, tuple(dict.fromkeys(tensors)), line)
        layer.calls.append(call)
        return call


def ends_of(layer: Layer) -> tuple[list[Call], list[Call]]:
    """Return inputs and outputs of a layer; one that is not fed gets an Input."""
    if not layer.calls:
        start = Call(Layer("Input", {}, layer.line, shape=layer.shape), (), layer.line)
        layer.calls.append(Call(layer, (start,), layer.line))
    return list(layer.calls[-1].sources), [layer.calls[-1]]


def _take_shape(layer: Layer, tensors: list[Call]) -> None:
    """Give an Input without a shape that of the layer that it feeds."""
    for start in (tensor.layer for tensor in tensors[:1]):
        if start.kind == "Input" and start.shape is None:
            start.shape = layer.shape


def _start(model: Model) -> Call:
    """Return the input of a Sequential, which its first layer may be or name."""
    first: Any = model.layers[0] if model.layers else None
    if isinstance(first, Call):
        return first
    if isinstance(first, Layer) and first.kind == "Input":
        return Call(first, (), first.line)
    shape = model.shape
    if shape is None and isinstance(first, Model) and (first.layers or first.inputs):
        shape = (_start(first) if first.layers else first.inputs[0]).layer.shape
    return Call(Layer("Input", {}, model.line, shape=shape), (), model.line)


def length(value: Any) -> int:
    """Return the length of a value; 0 for a number."""
    try:
        return len(value)
    except TypeError:
        return 0
    except OverflowError:
        return MAX_ITEMS + 1


def calculated(function: Callable[..., Any], *values: Any) -> Any:
    """Return the result, or ``NotImplemented`` if Python raises an error."""
    try:
        return function(*values)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return NotImplemented
