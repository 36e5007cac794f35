"""Values of a project as Python text: literals and constructor calls."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.spec import Kind, LayerSpec, ObjectSpec, Param
from netbuilder.core.catalog.training.training_index import (
    CONSTRAINTS,
    INITIALIZERS,
    REGULARIZERS,
    SCHEDULES,
    canonical,
)
from netbuilder.core.data.kinds.scripts.script_lines import function_lines
from netbuilder.core.data.kinds.sounds.sound_files import log_mel, mel_filters
from netbuilder.core.engine.networks.backbone_weights import (
    backbone_file,
    bundled_weights,
    has_word_vectors,
)
from netbuilder.core.engine.networks.word_weights import (
    WORD_MODULE,
    read_word_vectors,
    with_word_vectors,
)
from netbuilder.core.escaping.python_text import format_call, format_literal, without_types
from netbuilder.core.formats.importing.import_params import same_value
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.model import Choice, Project
from netbuilder.core.wording import format_list


def sidecars(project: Project) -> dict[str, bytes]:
    """Return the files beside a script by name: included weights, and functions of networks."""
    modules: dict[str, tuple[Callable[..., Any], ...]] = {}
    files = {}
    for node in project.graph.nodes:
        spec, weights = LAYERS.get(node.layer), backbone_file(node)
        path = bundled_weights(weights) if weights else None
        if path is not None:
            files[path.name] = path.read_bytes()
        if has_word_vectors(node):
            modules[WORD_MODULE] = (read_word_vectors, with_word_vectors)
        elif spec is not None and spec.module.startswith("netbuilder."):
            modules[spec.own_module] = (getattr(import_module(spec.module), spec.name),)
            if spec.name == "SpeechEmbedding":  # what it hears
                modules[spec.own_module] += (mel_filters, log_mel)
    for module, functions in modules.items():
        lines = [line for function in functions for line in function_lines(function)]
        files[f"{module}.py"] = without_types("\n".join(lines[:-1])).encode()
    return files


def write_sidecars(project: Project, folder: Path) -> tuple[str, ...]:
    """Write the files beside a script and return a note; existing files are kept."""
    files = sidecars(project)
    for name, content in files.items():
        if not (folder / name).exists():
            write_bytes(folder / name, content)
    if not files:
        return ()
    return (
        _(
            "The script reads {files} from its folder: keep the files together.",
            files=format_list([*files]),
        ),
    )


@dataclass
class ScriptCell:
    """A script section or notebook cell; ``nodes``: first and last line by node id, from 0."""

    title: str
    text: str = ""
    lines: list[str] = field(default_factory=list)
    nodes: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, *texts: str, node: str | None = None) -> None:
        """Add lines; a text may contain several."""
        first = len(self.lines)
        for text in texts:
            self.lines.extend(text.split("\n"))
        if node is not None:
            self.nodes[node] = (first, len(self.lines) - 1)


_TABLES: Mapping[Kind, Mapping[str, ObjectSpec]] = {
    Kind.INITIALIZER: INITIALIZERS,
    Kind.REGULARIZER: REGULARIZERS,
    Kind.CONSTRAINT: CONSTRAINTS,
}
_TUPLES = {Kind.SIZE, Kind.SHAPE, Kind.INTS}


def arguments(params: tuple[Param, ...], values: Mapping[str, Any]) -> list[str]:
    """Return the arguments that differ from Keras's defaults, a required first one by position."""
    texts: list[str] = []
    known = {param.name: param for param in params}
    for number, param in enumerate(params):
        if param.name not in values:
            continue
        value = values[param.name]
        if not param.required and same_value(param, value):
            continue
        text = argument(param, value)
        bare = param.required and number == len(texts)
        texts.append(text if bare else f"{param.name}={text}")
    # Unknown ones, of a newer catalog or written by hand, are left to Keras.
    texts += [
        f"{key}={format_literal(value)}"
        for key, value in values.items()
        if key not in known and key.isidentifier() and not keyword.iskeyword(key)
    ]
    return texts


def argument(param: Param, value: Any) -> str:
    """Return a parameter's value as Python text."""
    if param.kind in _TABLES and value is not None:
        return _named(value, _TABLES[param.kind])
    if param.schedule and isinstance(value, Mapping):
        return _named(value, SCHEDULES)
    if param.kind is Kind.LAYER and isinstance(value, Mapping):
        return layer_call(str(value.get("layer")), value.get("params") or {})
    if param.kind is Kind.SIZE and isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return format_literal(value, tuples=param.kind in _TUPLES)


def _named(value: Any, table: Mapping[str, ObjectSpec]) -> str:
    if isinstance(value, Mapping):
        return object_call(Choice(str(value.get("name")), value.get("params") or {}), table)
    name = canonical(table, str(value))
    return format_literal(value) if name is None else object_call(Choice(name), table)


def object_call(choice: Choice, table: Mapping[str, ObjectSpec], indent: int = 0) -> str:
    """Return a call such as ``keras.optimizers.Adam(learning_rate=0.01)``."""
    name = canonical(table, choice.name)
    if name is None or not table[name].keras_class:
        return format_literal(choice.name)
    spec = table[name]
    listed = arguments(spec.params, choice.params)
    if table is REGULARIZERS and len(listed) == 1 and spec.params[0].name in choice.params:
        listed = [listed[0].partition("=")[2]]  # L2(0.001)
    return format_call(f"{spec.module}.{spec.keras_class}", listed, indent)


def layer_call(layer: str, params: Mapping[str, Any], indent: int = 0, name: str = "") -> str:
    """Return a call such as ``layers.Dense(50, activation="relu")``."""
    spec: LayerSpec = LAYERS[layer]
    called = {param.name for param in spec.params if param.call}
    listed = arguments(
        tuple(param for param in spec.params if not param.call),
        {key: value for key, value in params.items() if key not in called},
    )
    if name:
        listed.append(f"name={format_literal(name)}")
    place = "layers." if spec.module.startswith("keras.") else ""  # a class of the user's own
    return format_call(f"{place}{spec.name}", listed, indent)


def identifier(text: str, taken: set[str]) -> str:
    """Return a valid and free variable name, and add it to ``taken``."""
    base = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in text.lower())
    base = base.strip("_") or "x"
    if base[0].isdigit():
        base = f"x{base}"
    name, number = base, 1
    while name in taken or keyword.iskeyword(name):
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name
