"""Check a model's config, as plain JSON: only Keras's own layers and objects are allowed.

Keras looks up ``{"class_name": ..., "module": ...}`` in the module that the file names, so every
name is compared with an allowlist first.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.error_texts import format_error
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.safety import allowlist, keras2_modernize, operations
from netbuilder.core.formats.safety.model_file import RefusedLayer
from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import join_sentences, shorten

# Base64 of marshalled code (Keras 2's Lambda) and of pickles.
_CODE_TEXT = re.compile(
    r"\s*(4[wQ][A-Za-z0-9+/]{6}|gA[JMNQRSTUV][A-Za-z0-9+/]{4})[A-Za-z0-9+/\s]*=*\s*"
)
_CODE_KEYS = frozenset({"__reduce__", "py/object", "py/reduce", "function_type"})
_MIN_CODE_TEXT = 60

# Arguments that Keras treats as names of files to read.
_FILE_ARGUMENTS = dict.fromkeys(
    ("StringLookup", "IntegerLookup", "TextVectorization", "IndexLookup"),
    ("vocabulary", "idf_weights"),
)


def check_model(config: Mapping[str, Any], name: str) -> tuple[RefusedLayer, ...]:
    """Return the unknown layers of a well-formed config; FormatError if no model or dangerous."""
    if config["class_name"] not in allowlist.MODELS and not _looks_like_model(config):
        raise format_error(
            "model_class_in_python", file=name, class_name=shorten(config["class_name"], 60)
        )
    refused: list[RefusedLayer] = []
    _check_model_object(config, name, refused)
    return tuple(refused)


def refusal(where: str, problem: str) -> FormatError:
    """Return the error for a dangerous part of a file: the part, and a sentence about it."""
    return format_error("model_unsafe", where=where, problem=problem)


def model_layers(config: Mapping[str, Any]) -> list[Any]:
    """Return the layer entries of a model's config; Keras 1 and 2.0 wrote a bare list."""
    inner = config.get("config")
    if isinstance(inner, Mapping):
        inner = inner.get("layers", [])
    return list(inner) if isinstance(inner, list) else []


def without_plans(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config without compile settings, which nested models may have too."""
    result = {key: value for key, value in config.items() if key != "compile_config"}
    inner = result.get("config")
    if isinstance(inner, Mapping) and isinstance(inner.get("layers"), list):
        layers = [without_plans(v) if isinstance(v, Mapping) else v for v in inner["layers"]]
        result["config"] = {**inner, "layers": layers}
    return result


def _looks_like_model(config: Mapping[str, Any]) -> bool:
    """Return whether the graph is in the file, as for some subclasses of ``Model``."""
    inner = config.get("config")
    return isinstance(inner, Mapping) and isinstance(inner.get("layers"), list)


def _check_model_object(config: Mapping[str, Any], name: str, refused: list[RefusedLayer]) -> None:
    where = f"'{name}'"
    class_name = config["class_name"]
    if class_name in allowlist.MODELS:
        _check_module(config, where)
    else:
        refused.append(
            RefusedLayer(
                str(class_name),
                str(class_name),
                _("Its model class '{class_name}' is not part of Keras.", class_name=class_name),
            )
        )
    layers = model_layers(config)
    if not layers:
        raise format_error("network_without_layers", where=where)
    for entry in layers:
        _check_layer(entry, name, refused)
    inner = config.get("config")
    if isinstance(inner, Mapping):
        rest = {key: value for key, value in inner.items() if key != "layers"}
        _check_value(rest, where)
    _check_value({k: v for k, v in config.items() if k not in _OBJECT_KEYS}, where)


_OBJECT_KEYS = frozenset({"class_name", "config", "module", "registered_name"})


def _check_layer(entry: Any, name: str, refused: list[RefusedLayer]) -> None:
    class_name = entry["class_name"]
    inner = entry.get("config")
    own_name = str(inner.get("name", class_name)) if isinstance(inner, Mapping) else class_name
    where = _(
        "Layer '{layer}' ({class_name}) of '{file}'",
        layer=shorten(own_name, 80),
        class_name=shorten(class_name, 80),
        file=name,
    )
    if keras2_modernize.is_harmless(entry):
        refuse_code({k: v for k, v in entry.items() if k != "class_name"}, where)
        refused.append(RefusedLayer(own_name, class_name, keras2_modernize.why_no_layer(entry)))
        return
    _refuse_dangerous(class_name, where)
    if class_name in allowlist.MODELS:
        _check_model_object(entry, name, refused)
        return
    if operations.is_operation(entry):
        why = "" if operations.is_allowed(entry) else operations.why_no_layer(entry)
    else:
        why = _unknown_layer(entry, where)
    if why:
        # It is not built, but code in it is still reported.
        refuse_code(entry, where)
        refused.append(RefusedLayer(own_name, class_name, why))
        return
    if not operations.is_operation(entry):
        _check_module(entry, where)
    _check_files(class_name, inner, where)
    _check_value({k: v for k, v in entry.items() if k not in _OBJECT_KEYS}, where)
    _check_value(inner, where)


def _unknown_layer(entry: Mapping[str, Any], where: str) -> str:
    """Return why a layer is not one of Keras's, or ""; raise for Python modules."""
    class_name = entry["class_name"]
    module = entry.get("module")
    registered = entry.get("registered_name")
    root = str(module).partition(".")[0] if module else ""
    if root in sys.stdlib_module_names and root != "__main__":
        raise refusal(
            where, _("It would call the Python module '{module}', which is not a layer.",
                     module=module),
        )  # fmt: skip
    if isinstance(registered, str) and ">" in registered and registered.split(">")[0] != "keras":
        return _(
            "{where} is registered as '{name}': it is a layer of another program.",
            where=where,
            name=shorten(registered, 80),
        )
    if module and module not in allowlist.MODULES and root != "keras":
        return _(
            "{where} comes from '{module}', not from Keras.", where=where, module=f"{module!s:.80}"
        )
    if class_name not in allowlist.layer_names():
        return _("{where} is unknown to NetBuilder.", where=where)
    return ""


def _refuse_dangerous(class_name: Any, where: str) -> None:
    if class_name in allowlist.DANGEROUS:
        harm = _("This could do anything on this computer when the file is opened.")
        raise refusal(where, join_sentences((_(allowlist.DANGEROUS[class_name]), harm)))
    if class_name in ("__lambda__", "__typespec__", "CompositeTensor"):
        raise refusal(where, _("It contains Python code ({name}).", name=class_name))


def _check_module(entry: Mapping[str, Any], where: str) -> None:
    module = entry.get("module")
    if module is not None and module not in allowlist.MODULES:
        raise refusal(
            where, _("It names the module {module}, which has no layers.", module=f"{module!r:.80}")
        )
    registered = entry.get("registered_name")
    if registered and registered not in (entry.get("class_name"), f"keras>{entry['class_name']}"):
        raise refusal(
            where,
            _("It is registered as {name}, which is not its class.", name=f"{registered!r:.80}"),
        )


def _check_files(class_name: str, inner: Any, where: str) -> None:
    if not isinstance(inner, Mapping):
        return
    for argument in _FILE_ARGUMENTS.get(class_name, ()):
        if isinstance(inner.get(argument), str):
            raise refusal(
                where,
                _("It would read the file {name} of this computer.",
                  name=f"{inner[argument]!r:.80}"),
            )  # fmt: skip


def objects(value: Any) -> Iterator[Any]:
    """Yield a value and every value nested in it."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, Mapping):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def refuse_code(value: Any, where: str) -> None:
    """Raise if a value contains Python code, as text or as an object."""
    for item in objects(value):
        if isinstance(item, str):
            if len(item) >= _MIN_CODE_TEXT and _CODE_TEXT.fullmatch(item):
                raise refusal(where, _("It contains compiled Python code as text."))
        elif isinstance(item, Mapping):
            keys = _CODE_KEYS & item.keys()
            if keys:
                raise refusal(where, _("It contains Python code ({name}).", name=f"'{min(keys)}'"))
            _refuse_dangerous(item.get("class_name"), where)


def _check_value(value: Any, where: str) -> None:
    """Require that all nested objects are Keras's own and contain no code."""
    refuse_code(value, where)
    for item in objects(value):
        if isinstance(item, Mapping) and "class_name" in item:
            _check_object(item, where)


def _check_object(item: Mapping[str, Any], where: str) -> None:
    class_name = item["class_name"]
    if not isinstance(class_name, str):
        raise refusal(where, _("It contains an object without a name."))
    if class_name in allowlist.PLAIN:
        return
    if class_name == "function":
        name = item.get("config")
        named = isinstance(name, str) and name.isidentifier()
        if item.get("module") not in allowlist.FUNCTION_MODULES or not named:
            raise refusal(
                where,
                _(
                    "It would call the function {name} of the module {module}.",
                    name=f"{name!r:.60}",
                    module=f"{item.get('module')!r:.60}",
                ),
            )
        return
    # Wrapped layers (the LSTM in a Bidirectional, the cells in an RNN) are objects too.
    if class_name not in allowlist.object_names() and class_name not in allowlist.layer_names():
        if class_name in allowlist.MODELS:
            _check_module(item, where)
            return
        raise refusal(
            where,
            _(
                "It contains a '{class_name}' of the module {module}, which is not a "
                "known part of Keras.",
                class_name=shorten(class_name, 80), module=f"{item['module']!r:.60}",
            )
            if item.get("module")
            else _(
                "It contains a '{class_name}', which is not a known part of Keras.",
                class_name=shorten(class_name, 80),
            ),
        )  # fmt: skip
    _check_module(item, where)
    _check_files(class_name, item.get("config"), where)
