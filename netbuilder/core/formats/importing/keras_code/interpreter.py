"""Interpret a script's syntax tree as far as its text alone determines values.

Literals, arithmetic, loops, the script's own functions and calls of Keras are followed; all else is
``Unread``. Where that affects the network, a placeholder layer is inserted and the line reported.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from netbuilder.core.catalog.layers.layer_index import spec_of
from netbuilder.core.catalog.layers.pretrained import BACKBONES
from netbuilder.core.formats.importing.keras_code.calls import (
    BUILTINS,
    MAX_ITEMS,
    MAX_STEPS,
    Calls,
    ReturnError,
    calculated,
    ends_of,
    length,
)
from netbuilder.core.formats.importing.keras_code.script_data import Bunch, Rows, computed, selected
from netbuilder.core.formats.importing.keras_code.values import (
    LOOP,
    Call,
    Class,
    Dotted,
    Function,
    Layer,
    Model,
    Unread,
    family_of,
    is_included_backbone,
    kind_of,
    layers_of,
    placeholder_name,
)
from netbuilder.core.i18n import gettext as _

MAX_ROUNDS = 1_000  # per loop
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: lambda a, b: a is b,
    ast.IsNot: lambda a, b: a is not b,
}
_TRAINING_METHODS = frozenset({"train_step", "test_step", "compute_loss"})
_ROOTS = frozenset({"Model", "Functional", "Sequential", "Layer"})
_MERGES = {ast.Add: "Add", ast.Sub: "Subtract", ast.Mult: "Multiply"}


class Interpreter(Calls):
    """Interprets a script; see ``Calls`` for the results."""

    def run(self, tree: ast.Module) -> None:
        """Interpret all statements."""
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
                names[alias.asname or alias.name] = Dotted(f"{node.module}.{alias.name}")

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
        return (
            Dotted(f"{stars[-1]}.{node.id}")
            if stars and (node.id[0].isupper() or node.id == "merge")
            else NotImplemented
        )

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
            name = None if key is None else self._value(key, names)
            if not isinstance(name, str | int | float | bool):
                return NotImplemented
            items[name] = self._value(value, names)
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
            divided = isinstance(sign, ast.Div) and rows is left
            return computed(rows, node, right if rows is left else left, divided=divided)
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
