"""Interpret a script's syntax tree as far as its text alone determines values.

Literals, arithmetic, loops, the script's own functions and calls of Keras are followed; all else is
``Unread``. Where that affects the network, a placeholder layer is inserted and the line reported.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, spec_of
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
from netbuilder.core.engine.networks.word_weights import WORD_MODULE, with_word_vectors
from netbuilder.core.folders import resource_json
from netbuilder.core.formats.importing.keras_code.script_data import (
    Bunch,
    Rows,
    ScriptData,
    computed,
    selected,
)
from netbuilder.core.formats.importing.keras_code.values import (
    LOOP,
    UNREAD,
    Call,
    Class,
    Dotted,
    Function,
    KerasObject,
    Layer,
    Model,
    Partial,
    Undefined,
    Unread,
    calls_in_order,
    family_of,
    is_included_backbone,
    kind_of,
    layers_of,
    make_layer,
    placeholder_name,
    plain,
    tensors_in,
)
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import did_you_mean, join_sentences

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


MAX_ROUNDS = 1_000  # per loop
# Classes of pandas that turn times into numbers.
# Classes of ``ast`` → functions of ``operator``.
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    getattr(ast, name): getattr(operator, function)
    for name, function in resource_json("keras_names.json")["operators"].items()
} | {ast.In: lambda a, b: a in b, ast.NotIn: lambda a, b: a not in b}
_TRAINING_METHODS = frozenset({"train_step", "test_step", "compute_loss"})
_ROOTS = frozenset({"Model", "Functional", "Sequential", "Layer"})
_MERGES = {ast.Add: "Add", ast.Sub: "Subtract", ast.Mult: "Multiply"}


class Interpreter:
    """Interprets a script.

    Attributes:
        models: all models, in order of creation.
        problems: (line, code) of relevant code that cannot be interpreted.
        remarks: (item, line, sentence) about what is changed or left out.
        precision: global dtype policy, or "".
        optimizer_line: line of the last optimizer, or 0.
        channels_first: line that puts the channels first in all layers, or 0.
        loaded: (model or layer, line) whose weights come from a file.
        preprocessed: families of ``keras.applications`` whose ``preprocess_input`` is used.
    """

    def __init__(self, output_shape: Callable[[Call], Any] = lambda call: None) -> None:
        self._output_shape = output_shape
        self.channels_first = 0
        self.models: list[Model] = []
        self.problems: list[tuple[int, str]] = []
        self.remarks: list[tuple[str, int, str]] = []
        self.loaded: list[tuple[Model | Layer, int]] = []
        self.data = ScriptData()
        self.precision, self.optimizer_line = "", 0
        self.preprocessed: set[str] = set()
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._stars: list[str] = []
        self._defined: set[str] = set()
        self._steps = self._depth = 0

    def run(self, tree: ast.Module) -> None:
        """Interpret all statements."""
        self._defined = {*dir(builtins), *_defined_names(tree)}
        self._block(tree.body, self._names)
        if not any(model.layers or model.outputs for model in self.models):
            self._call_builders()
        self.data.variables = self._names
        for statement in tree.body:
            loops = [*_loops_in(statement)]
            used = {
                getattr(inner, "id", getattr(inner, "attr", "")) for inner in ast.walk(statement)
            }
            trained = [model for model in self.models if model.variable in used]
            for model in trained or [m for m in self.models if m.fitted is None]:
                model.custom += loops

    def _call_builders(self) -> None:
        """Call the script's own functions, which another package would call to build a model."""
        for name, function in list(self._names.items()):
            if isinstance(function, Function) and isinstance(function.node, ast.FunctionDef):
                line, before = function.node.lineno, len(self.models)
                args = [Unread(line, argument) for argument in function.arguments]
                args = args[: len(args) - len(function.node.args.defaults)]
                self._own_function(function, args, {}, function.node)
                if len(self.models) > before:
                    note = _("'{name}' is read with its default values.", name=name)
                    self.remarks.append((name, line, note))

    # --- statements ---

    def _block(self, body: list[ast.stmt], names: dict[str, Any]) -> None:
        for statement in body:
            self._steps += 1
            follow = getattr(self, f"_do_{type(statement).__name__.lower()}", None)
            if follow is not None:
                follow(statement, names)

    def _do_import(self, node: ast.Import, names: dict[str, Any]) -> None:
        for alias in node.names:
            path = alias.name if alias.asname else alias.name.split(".")[0]
            names[alias.asname or path] = Dotted(path)

    def _do_importfrom(self, node: ast.ImportFrom, names: dict[str, Any]) -> None:
        for alias in node.names:
            if alias.name == "*":
                self._stars.append(str(node.module))
            else:
                spec = LAYERS.get(alias.name)
                beside = spec is not None and spec.is_backbone and spec.own_module == node.module
                module = "keras.applications" if beside else node.module
                names[alias.asname or alias.name] = Dotted(f"{module}.{alias.name}")

    def _do_functiondef(self, node: ast.FunctionDef, names: dict[str, Any]) -> None:
        names[node.name] = Function(node, names)
        if is_included_backbone(node):
            names[node.name] = Dotted(f"keras.applications.{node.name}")

    def _do_classdef(self, node: ast.ClassDef, names: dict[str, Any]) -> None:
        bases = [self._value(base, names) for base in node.bases]
        classes = [base for base in bases if isinstance(base, Class)]
        roots = [base.root for base in classes if base.root]
        for base in bases:
            keras = isinstance(base, Dotted) and base.is_keras and base.last in _ROOTS
            if base not in classes and getattr(base, "last", "") != "object":
                roots.append(base.last if keras else "other")
        names[node.name] = Dotted(f"__main__.{node.name}")
        if len(roots) <= 1 and roots != ["other"]:
            custom = [part for base in classes for part in base.custom] + _custom_training(node)
            cls = names[node.name] = Class(node.name, "".join(roots), classes, custom=custom)
            self._block(node.body, cls.names)
            for value in cls.names.values():
                if isinstance(value, Function) and isinstance(value.node, ast.FunctionDef):
                    marks = {getattr(mark, "id", "") for mark in value.node.decorator_list}
                    value.scope, value.code_class = names, None if "staticmethod" in marks else cls

    def _do_return(self, node: ast.Return, names: dict[str, Any]) -> None:
        raise ReturnError(None if node.value is None else self._value(node.value, names))

    def _do_expr(self, node: ast.Expr, names: dict[str, Any]) -> None:
        self._value(node.value, names)

    def _do_assign(self, node: ast.Assign, names: dict[str, Any]) -> None:
        value = self._value(node.value, names)
        for target in node.targets:
            if not self.data.converts(target, node.value):
                self._store(target, value, names)

    def _do_annassign(self, node: ast.AnnAssign, names: dict[str, Any]) -> None:
        if node.value is not None:
            self._store(node.target, self._value(node.value, names), names)

    def _do_augassign(self, node: ast.AugAssign, names: dict[str, Any]) -> None:
        before = self._value(node.target, names)
        after = self._combined(node.op, before, self._value(node.value, names), node)
        self._store(node.target, after, names)

    def _do_delete(self, node: ast.Delete, names: dict[str, Any]) -> None:
        for target in node.targets:
            owner = self._value(target.value, names) if isinstance(target, ast.Subscript) else None
            if isinstance(owner, Rows) and isinstance(target, ast.Subscript):
                self.data.call_method(owner, "pop", [self._value(target.slice, names)], {}, node)

    def _do_with(self, node: ast.With, names: dict[str, Any]) -> None:
        for item in node.items:
            value = self._value(item.context_expr, names)
            if item.optional_vars is not None:
                self._store(item.optional_vars, value, names)
        self._block(node.body, names)

    def _do_try(self, node: ast.Try, names: dict[str, Any]) -> None:
        self._block([*node.body, *node.orelse, *node.finalbody], names)

    def _do_if(self, node: ast.If, names: dict[str, Any]) -> None:
        condition = self._value(node.test, names)
        if isinstance(condition, Unread | Dotted):
            self._give_up([*node.body, *node.orelse], node, names)
        else:
            self._block(node.body if condition else node.orelse, names)

    def _do_while(self, node: ast.While, names: dict[str, Any]) -> None:
        self._give_up(node.body, node, names)

    def _do_for(self, node: ast.For, names: dict[str, Any]) -> None:
        rounds = self._rounds(self._value(node.iter, names))
        called = _called(node.body) if rounds is None else set()
        if "fit" in called and called & {"Sequential", "Model"}:  # a network for each fold
            text = ast.unparse(node).split("\n")[0].rstrip(":")
            note = _("'{code}' creates several networks: one is imported.", code=text[:80])
            self.remarks.append(("loop", node.lineno, note))
            rounds = [Unread(node.lineno, text)]
        if rounds is None:
            self._give_up(node.body, node, names)
            return
        for value in rounds:
            if self._steps > MAX_STEPS:
                self._give_up(node.body, node, names)
                return
            self._store(node.target, value, names)
            self._block(node.body, names)

    def _rounds(self, value: Any) -> list[Any] | None:
        """Return the values of a loop, or None if unknown or too many."""
        if isinstance(value, Model):
            return None
        if isinstance(value, dict | str | list | tuple | range) and length(value) <= MAX_ROUNDS:
            self._steps += len(value)
            return list(value) if self._steps < MAX_STEPS else None
        return None

    def _give_up(self, body: list[ast.stmt], node: ast.stmt, names: dict[str, Any]) -> None:
        """Mark what a block changes as unread; insert placeholders for layers that it adds."""
        first_line = ast.unparse(node).split("\n")[0].rstrip(":")
        line, text = node.lineno, first_line[:80]
        kind = LOOP if isinstance(node, ast.For | ast.While) else placeholder_name(text)
        changed: list[Any] = []
        for inner in (child for statement in body for child in ast.walk(statement)):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                before = names.get(inner.id)
                if isinstance(before, Call):
                    if before not in changed:
                        names[inner.id] = self._unknown_call(text, [before], line)
                        names[inner.id].layer.kind = kind
                        changed.append(names[inner.id])
                elif not isinstance(before, Model | Layer | Dotted | Function):
                    names[inner.id] = Unread(line, text)
            if isinstance(inner, ast.Attribute) and inner.attr == "trainable":
                layer = self._value(inner.value, names)
                if isinstance(layer, Layer) and isinstance(inner.ctx, ast.Store):
                    layer.notes += [] if text in layer.notes else [text]
            if isinstance(inner, ast.Subscript) and isinstance(inner.ctx, ast.Store):
                _forget(inner.value, names, Unread(line, text))
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                model = self._give_up_call(inner, inner.func, Unread(line, text), names)
                if model is not None and model.layers is not None and model not in changed:
                    model.layers.append(Layer(kind, {}, line, notes=[text]))
                    changed.append(model)
        if changed:
            self.problems.append((line, text))

    def _give_up_call(
        self, node: ast.Call, function: ast.Attribute, unread: Unread, names: dict[str, Any]
    ) -> Model | None:
        """Mark a list that a call changes; follow ``fit``. Return the model to which it adds."""
        owner, name = function.value, function.attr
        if name in ("append", "add", "extend", "insert", "update", "setdefault"):
            _forget(owner, names, unread)
        model = self._value(owner, names)
        if isinstance(model, Model) and name in ("compile", "fit", "fit_generator"):
            self._value(node, names)
            message = _("'{code}' cannot be read.", code=unread.text)
            model.remarks.append((name, unread.line, message))
        return model if isinstance(model, Model) and name == "add" else None

    def _store(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
            if isinstance(value, Model) and (names is self._names or not value.variable):
                value.variable = target.id
        elif isinstance(target, ast.Tuple | ast.List):
            self._store_parts(target, value, names)
        elif isinstance(target, ast.Attribute):
            owner = self._value(target.value, names)
            if isinstance(owner, Model) and owner.code_class is not None:
                owner.attributes[target.attr] = value
                if isinstance(value, Model):
                    value.variable = value.variable or target.attr
            if target.attr == "trainable" and isinstance(value, bool):
                for layer in layers_of(owner):
                    layer.config["trainable"] = value
        elif isinstance(target, ast.Subscript):
            owner, key = self._value(target.value, names), self._value(target.slice, names)
            if isinstance(owner, Rows) and isinstance(key, str):
                self.data.stored_columns.append((key, target.lineno, value))
            elif isinstance(owner, dict) or (isinstance(owner, list) and isinstance(key, int)):
                with suppress(IndexError, TypeError):
                    operator.setitem(owner, key, value)

    def _store_parts(self, target: ast.Tuple | ast.List, value: Any, names: dict[str, Any]) -> None:
        parts = target.elts
        if isinstance(value, Call) and value.parts is not None:
            value = [value.part(place) for place in range(len(parts))]
        if isinstance(value, tuple | list | range) and len(value) == len(parts):
            for part, item in zip(parts, value, strict=True):
                self._store(part, item, names)
        else:  # several results of one layer are unread, apart from a recurrent layer's first
            states = isinstance(value, Call) and value.layer.config.get("return_state")
            for number, part in enumerate(parts):
                item = value if isinstance(value, Call) else Unread(target.lineno, "…")
                if states and number:
                    text = f"{value.layer.kind}(return_state=True)"
                    item = self._unknown_call(text, [value], target.lineno)
                self._store(part, item, names)

    # --- expressions ---

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        find = getattr(self, f"_of_{type(node).__name__.lower()}", None)
        value = find(node, names) if find is not None else None
        if find is None or value is NotImplemented:
            return Unread(node.lineno, ast.unparse(node)[:60])
        return value

    def _of_constant(self, node: ast.Constant, names: dict[str, Any]) -> Any:
        return node.value

    def _of_name(self, node: ast.Name, names: dict[str, Any]) -> Any:
        for scope in (names, self._names):
            if node.id in scope:
                value = scope[node.id]
                if isinstance(value, Dotted) and value.last == "preprocess_input":
                    self.preprocessed.add(family_of(value))
                return value
        if node.id in ("True", "False", "None"):
            return {"True": True, "False": False, "None": None}[node.id]
        if node.id in BUILTINS:
            return Dotted(f"builtins.{node.id}")
        # After "from keras.layers import *", or if the import was not followed.
        if kind_of(node.id.capitalize() if node.id[:1].islower() else node.id):
            return Dotted(f"keras.layers.{node.id}")
        stars = [star for star in self._stars if Dotted(star).is_keras]
        if stars and (node.id[0].isupper() or node.id == "merge"):
            return Dotted(f"{stars[-1]}.{node.id}")
        if not self._stars and node.id not in self._defined:
            return Undefined(node.lineno, node.id)
        return NotImplemented

    def _of_list(self, node: ast.List, names: dict[str, Any]) -> Any:
        items: list[Any] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                inner = self._rounds(self._value(element.value, names))
                if inner is None:
                    return NotImplemented
                items += inner
            else:
                items.append(self._value(element, names))
        return items

    def _of_tuple(self, node: ast.Tuple, names: dict[str, Any]) -> Any:
        items = self._of_list(ast.List(node.elts, node.ctx), names)
        return tuple(items) if isinstance(items, list) else items

    def _of_dict(self, node: ast.Dict, names: dict[str, Any]) -> Any:
        items: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            inner = self._value(value, names)
            if key is None and isinstance(inner, dict):
                items |= inner
                continue
            # What cannot be read is kept by its code: gaps are filled so.
            name = getattr(inner, "text", None) if key is None else self._value(key, names)
            if not isinstance(name, str | int | float | bool):
                return NotImplemented
            items[name] = inner
        return items

    def _of_joinedstr(self, node: ast.JoinedStr, names: dict[str, Any]) -> Any:
        parts = []
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self._value(inner, names)
            if not isinstance(value, str | int | float):
                return NotImplemented
            parts.append(str(value))
        return "".join(parts)[:MAX_ITEMS]

    def _of_lambda(self, node: ast.Lambda, names: dict[str, Any]) -> Any:
        return Function(node, names)

    def _of_ifexp(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        condition = self._value(node.test, names)
        if isinstance(condition, Unread | Dotted):
            return NotImplemented
        return self._value(node.body if condition else node.orelse, names)

    def _of_boolop(self, node: ast.BoolOp, names: dict[str, Any]) -> Any:
        value: Any = None
        for operand in node.values:
            value = self._value(operand, names)
            if isinstance(value, Unread | Dotted):
                return NotImplemented
            if bool(value) == isinstance(node.op, ast.Or):
                break
        return value

    def _of_unaryop(self, node: ast.UnaryOp, names: dict[str, Any]) -> Any:
        value = self._value(node.operand, names)
        if isinstance(node.op, ast.Not):
            return NotImplemented if isinstance(value, Unread | Dotted) else not value
        if isinstance(value, int | float):
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(value, Call) and isinstance(node.op, ast.USub):
            return self._call_layer(Layer("Rescaling", {"scale": -1.0}, node.lineno), [value], node)
        return NotImplemented

    def _of_compare(self, node: ast.Compare, names: dict[str, Any]) -> Any:
        left = self._value(node.left, names)
        if isinstance(left, Rows):
            return computed(left, node)
        for sign, right in zip(node.ops, node.comparators, strict=True):
            other = self._value(right, names)
            if any(isinstance(v, Unread | Call | Dotted) for v in (left, other)):
                return NotImplemented
            if not calculated(_OPERATORS[type(sign)], left, other):
                return False
            left = other
        return True

    def _of_binop(self, node: ast.BinOp, names: dict[str, Any]) -> Any:
        left, right = self._value(node.left, names), self._value(node.right, names)
        return self._combined(node.op, left, right, node)

    def _combined(self, sign: ast.operator, left: Any, right: Any, node: Any) -> Any:
        if isinstance(left, Call) or isinstance(right, Call):
            return self._of_tensors(sign, left, right, node)
        rows = next((v for v in (left, right) if isinstance(v, Rows)), None)
        if rows is not None:
            other = right if rows is left else left
            divided = isinstance(sign, ast.Div) and rows is left
            return computed(rows, node, other, divided=divided)
        function = _OPERATORS.get(type(sign))
        if function is None or any(isinstance(v, Unread) for v in (left, right)):
            return Unread(node.lineno, ast.unparse(node)[:60])
        if not _is_small(sign, left, right):
            return Unread(node.lineno, ast.unparse(node)[:60])
        result = calculated(function, left, right)
        return Unread(node.lineno, ast.unparse(node)[:60]) if result is NotImplemented else result

    def _of_tensors(self, sign: ast.operator, left: Any, right: Any, node: Any) -> Any:
        """Return a layer for ``a + b``, ``x * 0.5`` and the like."""
        kind, tensor = _MERGES.get(type(sign)), left if isinstance(left, Call) else right
        if isinstance(left, Call) and isinstance(right, Call):
            if kind is not None:
                return self._call_layer(Layer(kind, {}, node.lineno), [left, right], node)
            return self._unknown_call(ast.unparse(node)[:40], [left, right], node.lineno)
        number = right if tensor is left else left
        config: dict[str, Any] = {}
        if isinstance(number, int | float) and not isinstance(number, bool):
            if kind == "Multiply":
                config = {"scale": float(number)}
            elif kind == "Add":
                config = {"scale": 1.0, "offset": float(number)}
            elif kind == "Subtract":
                last = tensor is left
                config = {"scale": 1.0 if last else -1.0, "offset": -number if last else number}
            elif isinstance(sign, ast.Div) and tensor is left and number:
                config = {"scale": 1.0 / number}
        if not config:
            return self._unknown_call(ast.unparse(node)[:40], [tensor], node.lineno)
        before = tensor.layer
        if before.kind == "Rescaling" and before.function is ast.BinOp:  # (x - 1) / 2 is one layer
            factor, tensor = config["scale"], tensor.sources[0]
            offset = before.config.get("offset", 0.0) * factor + config.get("offset", 0.0)
            config = {"scale": before.config["scale"] * factor, "offset": offset}
        layer = Layer("Rescaling", config, node.lineno, function=ast.BinOp)
        return self._call_layer(layer, [tensor], node)

    def _of_listcomp(self, node: ast.ListComp | ast.GeneratorExp, names: dict[str, Any]) -> Any:
        items: list[Any] = []
        inner = dict(names)

        def rounds(number: int) -> bool:
            if number == len(node.generators):
                items.append(self._value(node.elt, inner))
                return len(items) <= MAX_ROUNDS
            part = node.generators[number]
            values = self._rounds(self._value(part.iter, inner))
            if values is None:
                return False
            for value in values:
                self._store(part.target, value, inner)
                tests = [self._value(test, inner) for test in part.ifs]
                if any(isinstance(test, Unread) for test in tests):
                    return False
                if all(tests) and not rounds(number + 1):
                    return False
            return True

        return items if rounds(0) else NotImplemented

    _of_generatorexp = _of_listcomp

    def _of_dictcomp(self, node: ast.DictComp, names: dict[str, Any]) -> Any:
        pair = ast.copy_location(ast.Tuple([node.key, node.value], ast.Load()), node)
        pairs = self._of_listcomp(ast.ListComp(pair, node.generators), names)
        if pairs is NotImplemented or not all(isinstance(key, str | int) for key, _value in pairs):
            return NotImplemented
        return dict(pairs)

    def _of_subscript(self, node: ast.Subscript, names: dict[str, Any]) -> Any:
        shaped = _shaped(node.value)
        if shaped is not None and isinstance(node.slice, ast.UnaryOp):
            tensor = self._value(shaped, names)
            if isinstance(tensor, Call) and self._value(node.slice, names) == -1:
                size = _channels(tensor)
                shape = self.shape_of(tensor) if size is None else [size]
                return NotImplemented if shape is NotImplemented else shape[-1]
        owner = self._value(node.value, names)
        if isinstance(owner, Call):
            states = bool(owner.layer.config.get("return_state"))
            place = self._value(node.slice, names) if states or owner.parts is not None else None
            if isinstance(place, str | int) and (owner.parts is not None or place == 0):
                return owner.part(place)
            return self._unknown_call(ast.unparse(node)[:40], [owner], node.lineno)
        if isinstance(owner, Rows):
            last = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) else node.slice
            key = self._key(last, names)
            if key is None or key is Ellipsis or getattr(key, "last", "") == "newaxis":
                return replace(owner)
            return selected(owner, key, last is not node.slice, node)
        if not isinstance(owner, list | tuple | dict | str):
            return NotImplemented
        if isinstance(node.slice, ast.Slice):
            part = self._key(node.slice, names)
            if isinstance(owner, dict) or part is NotImplemented:
                return NotImplemented
            if isinstance(node.value, ast.Attribute) and node.value.attr == "layers":
                body = owner[0] if owner else None
                if isinstance(body, Layer) and body.kind in BACKBONES:
                    body.notes.append(ast.unparse(node))  # its layers are not listed
                    return []
            return owner[part]
        key = self._value(node.slice, names)
        if not isinstance(key, str | int):
            return NotImplemented
        return calculated(operator.getitem, owner, key)

    def _key(self, node: ast.expr, names: dict[str, Any]) -> Any:
        if not isinstance(node, ast.Slice):
            return self._value(node, names)
        sides = (node.lower, node.upper, node.step)
        parts = [None if side is None else self._value(side, names) for side in sides]
        return slice(*parts) if all(isinstance(p, int | None) for p in parts) else NotImplemented

    def _of_attribute(self, node: ast.Attribute, names: dict[str, Any]) -> Any:
        return self._attribute(self._value(node.value, names), node)

    def _attribute(self, owner: Any, node: ast.Attribute) -> Any:
        value = self._attribute_of(owner, node)
        return Unread(node.lineno, ast.unparse(node)[:60]) if value is NotImplemented else value

    def _attribute_of(self, owner: Any, node: ast.Attribute) -> Any:
        if isinstance(owner, Bunch):
            return calculated(operator.getitem, owner, node.attr)
        if isinstance(owner, Dotted):
            name = Dotted(f"{owner.path}.{node.attr}")
            if name.last == "preprocess_input":
                self.preprocessed.add(family_of(name))
            return name
        if isinstance(owner, Rows):
            return self.data.get_attribute(owner, node)
        if isinstance(owner, Class | Model):
            member = owner.member(node.attr)
            if member is not NotImplemented:
                return member
        if node.attr == "layers" and isinstance(owner, Layer | Model):
            return self._layers_in(owner)
        if node.attr == "shape" and isinstance(owner, Call):
            return self.shape_of(owner)
        if node.attr in ("input", "output", "inputs", "outputs"):
            if isinstance(owner, Model):
                ends = self.ends(owner)
            elif isinstance(owner, Layer):
                ends = ends_of(owner)
            else:
                return NotImplemented
            tensors = ends[node.attr.startswith("output")]
            return tensors if node.attr.endswith("s") or len(tensors) != 1 else tensors[0]
        return NotImplemented

    def _layers_in(self, owner: Layer | Model) -> Any:
        if isinstance(owner, Layer):  # the layers of a backbone are treated as a whole
            return [owner] if owner.kind in BACKBONES else NotImplemented
        self.ends(owner)  # so that each layer has been called
        layers = list(layers_of(owner))
        return layers if owner.layers is None else [v for v in layers if v.kind != "Input"]

    # --- calls ---

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
            if isinstance(owner, Unread) and not isinstance(owner, Rows):
                result = self.data.call_unread(owner, name, args or [*kwargs.values()], node)
            else:
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
            if target.path == f"{WORD_MODULE}.{with_word_vectors.__name__}":
                return _WORD_VECTORS
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
        tensors = list(tensors_in(self._with_placeholders([*args, *kwargs.values()])))
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
            model.inputs = list(tensors_in([inputs]))
            model.outputs = list(tensors_in(self._with_placeholders([outputs])))

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
        if isinstance(owner, Layer | Model) and name == "load_weights":
            self.loaded.append((owner, node.lineno))
            return None
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
        if isinstance(owner, Layer) and name == "adapt" and owner.kind == "Normalization":
            note = _("'{code}': choose the scaling on the Data page.", code=ast.unparse(node)[:60])
            self.data.remarks.append(("scaling", node.lineno, note))
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
        from netbuilder.core.process.tensorflow_output import load_tensorflow

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

    def _with_placeholders(self, values: list[Any]) -> list[Any]:
        """Return values with a placeholder for each name that the code defines nowhere: dropped in
        silence, it would leave out all layers before it."""
        filled: list[Any] = []
        for value in values:
            if isinstance(value, Undefined):
                call = self._unknown_call(value.text, [], value.line)
                reason = _("'{name}' is not defined.", name=value.text)
                near = did_you_mean(value.text, list(self._names))
                call.layer.reason = join_sentences((reason, near))
                filled.append(call)
            elif isinstance(value, list | tuple):
                filled.append(self._with_placeholders(list(value)))
            else:
                filled.append(value)
        return filled

    def _unknown_call(self, text: str, tensors: list[Call], line: int) -> Call:
        layer = Layer(placeholder_name(text), {}, line, notes=[text])
        call = Call(layer, tuple(dict.fromkeys(tensors)), line)
        layer.calls.append(call)
        return call


def _defined_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a script defines somewhere, whether or not the line is reached."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        else:  # a function, a class, an exception that is caught, a pattern
            yield str(getattr(node, "name", ""))


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


def _called(body: list[ast.stmt]) -> set[str]:
    """Return the names of the functions and methods that a block calls."""
    calls = (part for statement in body for part in ast.walk(statement))
    return {ast.unparse(c.func).rpartition(".")[2] for c in calls if isinstance(c, ast.Call)}


def _forget(node: ast.expr, names: dict[str, Any], unread: Unread) -> None:
    """Mark a list or dict as unread, which a block that is not followed changes."""
    if isinstance(node, ast.Name) and isinstance(names.get(node.id), list | dict):
        names[node.id] = unread


def _custom_training(node: ast.ClassDef) -> list[tuple[int, str]]:
    """Return line and name of each part of a class that changes the training."""
    steps = [
        (part.lineno, part.name)
        for part in node.body
        if isinstance(part, ast.FunctionDef) and part.name in _TRAINING_METHODS
    ]
    added = [
        (part.lineno, part.func.attr)
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and part.func.attr == "add_loss"
    ]
    return steps + added + ([] if steps else [*_loops_in(node)])


def _loops_in(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of the code that trains without ``fit``."""
    if isinstance(node, ast.ClassDef) and any(
        isinstance(part, ast.FunctionDef) and part.name in _TRAINING_METHODS for part in node.body
    ):
        return
    names = [
        (part.lineno, part.attr if isinstance(part, ast.Attribute) else part.id)
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute | ast.Name)
    ]
    applied = {"apply_gradients", "minimize", "stateless_apply", "assign_sub"} & {
        n for _, n in names
    }
    for line, name in names:
        if name == "train_on_batch" or (applied and name in ("GradientTape", "value_and_grad")):
            yield line, name


def _is_small(sign: ast.operator, left: Any, right: Any) -> bool:
    """Return whether a result stays small: short numbers, short lists."""
    if isinstance(sign, ast.Mod) and isinstance(left, str):
        return False
    if isinstance(sign, ast.Add):
        return length(left) + length(right) <= MAX_ITEMS
    if not isinstance(sign, ast.Mult | ast.Pow):
        return True
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if isinstance(sign, ast.Pow):
        return numbers and bool(abs(left) < 2**31 and abs(right) <= 32)
    if numbers:
        return bool(abs(left) < 2**63 and abs(right) < 2**63)
    sizes = [len(v) if isinstance(v, list | tuple | str) else v for v in (left, right)]
    whole = all(isinstance(v, int) for v in sizes)
    return whole and bool(abs(sizes[0] * sizes[1]) <= MAX_ITEMS)


def _shaped(node: ast.expr) -> ast.expr | None:
    """Return the tensor whose shape ``x.shape`` or ``K.int_shape(x)`` is."""
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return node.value
    if isinstance(node, ast.Call) and len(node.args) == 1:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return node.args[0] if name == "int_shape" else None
    return None


def _channels(call: Call) -> int | None:
    """Return the last side of an output shape, or None if only Keras can compute it."""
    while True:
        config = call.layer.config
        if call.layer.kind == "Input":
            shape = call.layer.shape
            return shape[-1] if isinstance(shape, list) and isinstance(shape[-1], int) else None
        units = config.get("filters", config.get("units"))
        if units is not None or not call.sources:
            return units if isinstance(units, int) else None
        spec = spec_of(call.layer.kind)
        keeps = spec.training_only or spec.activation or spec.any_order or "Pooling" in spec.name
        if not keeps and spec.name not in ("BatchNormalization", "Activation", "ZeroPadding2D"):
            return None
        call = call.sources[0]
