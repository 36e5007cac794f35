"""Layers of a session's own: ``keras.Layer`` classes that Python code registers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.layers import layer_index
from netbuilder.core.catalog.params import param
from netbuilder.core.catalog.spec import Category, Kind, LayerSpec, Param
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _

if TYPE_CHECKING:
    import keras

_KINDS: dict[type, Kind] = {bool: Kind.BOOL, int: Kind.INT, float: Kind.FLOAT, str: Kind.TEXT}


def register(layer: type[keras.Layer]) -> LayerSpec:
    """Add a row for a layer class, made from its constructor.

    Returns:
        The row; that of an earlier registration is replaced.

    Raises:
        UserError: a layer of Keras has that name, or the class cannot be imported by its name.
    """
    name = layer.__name__
    held = layer_index.LAYERS.get(name)
    if held is not None and held.module.startswith("keras."):
        raise UserError(
            _("Keras already has a layer named '{name}'.", name=name),
            _("Give your class another name."),
            code="layer_name_taken",
        )
    if "<locals>" in layer.__qualname__:
        raise UserError(
            _("The class '{name}' is defined inside a function.", name=name),
            _("Define it at the top of the script, notebook or module."),
            code="layer_class_local",
        )
    params = tuple(
        found
        for one in list(inspect.signature(layer.__init__).parameters.values())[1:]
        if (found := _param(one)) is not None
    )
    doc = (inspect.getdoc(layer) or "").partition("\n")[0]
    spec = LayerSpec(
        name, Category.CORE, doc or name, params, telling=tuple(p.name for p in params[:2]),
        module=layer.__module__,
    )  # fmt: skip
    layer_index.add(spec)
    return spec


def _param(one: inspect.Parameter) -> Param | None:
    """The row of a constructor argument; None where it is none that a form can show."""
    if one.kind not in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}:
        return None
    options: dict[str, Any] = {}
    kind = _KINDS.get(type(one.default))
    if one.default is one.empty:
        kind = next((k for t, k in _KINDS.items() if one.annotation in (t, t.__name__)), Kind.INT)
        options = {"required": True, "start": {Kind.FLOAT: 1.0, Kind.TEXT: "", Kind.BOOL: False}
                   .get(kind, 1)}  # fmt: skip
        return param(one.name, kind, None, one.name, **options)
    if kind is None:
        return None
    return param(one.name, kind, one.default, one.name)
