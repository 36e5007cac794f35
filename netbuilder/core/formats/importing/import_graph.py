"""Convert a model's config to a project, without Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS, canonical_layer
from netbuilder.core.error_texts import format_error
from netbuilder.core.formats.importing.import_params import dropped_arguments, layer_params
from netbuilder.core.formats.importing.import_training import import_training
from netbuilder.core.formats.mask_layers import tensor_places
from netbuilder.core.formats.safety.allowlist import MODELS
from netbuilder.core.formats.safety.config_check import model_layers
from netbuilder.core.formats.safety.model_file import ModelFile
from netbuilder.core.formats.safety.operations import (
    as_layer,
    is_allowed,
    is_operation,
    why_no_layer,
)
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Graph, Group, Node, Project
from netbuilder.core.wording import join_values


def project_from_model(file: ModelFile) -> Project:
    """Return the project for the graph and the training config of an imported model.

    Unknown layers become placeholder nodes with the reason in ``extra["explanation"]``, nested
    models become groups, and calls of a shared layer become nodes that share it. Raise FormatError
    if the graph does not reach its outputs.
    """
    builder = _Builder({layer.name: layer.why for layer in file.refused})
    outputs = builder.expand(file.config, None, "", None)
    graph = Graph(tuple(builder.nodes), tuple(builder.edges), tuple(builder.groups))
    return Project(
        name=file.path.stem, graph=graph, training=import_training(file.training, outputs)
    )


Place = tuple[str, int]


@dataclass
class _Builder:
    """Collects nodes and edges of a model and its nested models."""

    why: Mapping[str, str]
    nodes: list[Node] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    owners: dict[int, str] = field(default_factory=dict)

    def expand(
        self, config: Mapping[str, Any], feeds: list[str] | None, prefix: str, group: str | None
    ) -> list[str]:
        """Add a model's layers and return the ids of its output nodes.

        For a nested model, ``feeds`` are the ids of its sources, ``prefix`` is that of its node
        ids, and
        ``group`` is the id of the enclosing group.
        """
        inner = config.get("config")
        if isinstance(inner, Mapping) and "input_layers" in inner:
            return self._functional(inner, feeds, prefix, group)
        return self._sequential(config, feeds, prefix, group)

    def _sequential(
        self, config: Mapping[str, Any], feeds: list[str] | None, prefix: str, group: str | None
    ) -> list[str]:
        inner = config.get("config")
        layers = model_layers(config)
        last = list(feeds or [])
        if not last:
            last = [self._first_input(inner, layers)]
        for entry in layers:
            if entry["class_name"] != "InputLayer":
                last = self._call(entry, last, prefix, group)
        return last

    def _first_input(self, inner: Any, layers: list[Any]) -> str:
        first = layers[0].get("config") or {}
        name = first.get("name", "input") if layers[0]["class_name"] == "InputLayer" else "input"
        shape = first.get("batch_shape") or first.get("batch_input_shape")
        if shape is None and isinstance(inner, Mapping):
            shape = inner.get("build_input_shape")
        return self._input(name, shape, first.get("dtype"))

    def _input_of(self, entry: Mapping[str, Any], prefix: str) -> str:
        config = entry["config"]
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        name = entry.get("name") or config["name"]
        return self._input(prefix + name, shape, config.get("dtype"))

    def _input(self, name: str, batch_shape: Any, dtype: Any) -> str:
        params: dict[str, Any] = {}
        if isinstance(batch_shape, list) and len(batch_shape) > 0:
            params["shape"] = list(batch_shape[1:])
        if (
            isinstance(dtype, str)
            and dtype != "float32"
            and dtype in LAYERS["Input"].by_name["dtype"].choices
        ):
            params["dtype"] = dtype
        return self._add(str(name), "Input", params, group=None)

    def _functional(
        self, inner: Mapping[str, Any], feeds: list[str] | None, prefix: str, group: str | None
    ) -> list[str]:
        results: dict[Place, list[str]] = {}
        inputs = [name for name, _, _ in tensor_places(inner["input_layers"])]
        entries = {
            entry["config"].get("name", entry.get("name")): entry for entry in inner["layers"]
        }
        for entry in inner["layers"]:
            entries.setdefault(entry.get("name"), entry)
        for number, name in enumerate(inputs):
            if feeds is not None and number < len(feeds):
                results[(name, 0)] = [feeds[number]]
            elif name in entries:
                # In the model's input order, which may differ from that of its layers.
                results[(name, 0)] = [self._input_of(entries[name], prefix)]
        waiting: list[tuple[str, int, Any]] = []
        for entry in inner["layers"]:
            name = entry.get("name") or entry["config"]["name"]
            if entry["class_name"] == "InputLayer":
                if (name, 0) not in results:
                    results[(name, 0)] = [self._input_of(entry, prefix)]
                continue
            calls = entry.get("inbound_nodes", [])
            waiting.extend((name, number, call) for number, call in enumerate(calls))
        while waiting:
            left = []
            for name, number, call in waiting:
                sources = [self._source(place, results, entries) for place in tensor_places(call)]
                if not sources or any(source is None for source in sources):
                    left.append((name, number, call))
                    continue
                complete = [source for source in sources if source is not None]
                results[(name, number)] = self._call(entries[name], complete, prefix, group, call)
            if len(left) == len(waiting):
                raise format_error("graph_without_end", layer=left[0][0])
            waiting = left
        outputs = [
            self._source(place, results, entries) for place in tensor_places(inner["output_layers"])
        ]
        return [name for name in outputs if name is not None]

    def _source(
        self,
        place: tuple[str, int, int],
        results: Mapping[Place, list[str]],
        entries: Mapping[Any, Mapping[str, Any]],
    ) -> str | None:
        name, call, tensor = place
        ids = results.get((name, call))
        if not ids:
            return None
        return ids[tensor] if tensor < len(ids) else ids[0]

    def _call(
        self,
        entry: Mapping[str, Any],
        sources: list[str],
        prefix: str,
        group: str | None,
        call: Any = None,
    ) -> list[str]:
        class_name = entry["class_name"]
        config = entry.get("config") or {}
        name = prefix + str(entry.get("name") or config.get("name") or class_name.lower())
        if class_name in MODELS:
            inside = self._free(name)
            self.taken.add(inside)
            self.groups.append(Group(inside, inside, parent=group))
            return self.expand(entry, sources, f"{inside}_", inside)
        if is_operation(entry):
            return self._operation(entry, name, sources, group)
        owner = self.owners.get(id(entry))
        kind = canonical_layer(class_name) or class_name
        if owner is not None:
            node = self._add(name, kind, {}, group, shared=owner)
        else:
            why = self.why.get(str(config.get("name", class_name)), "")
            known = kind in LAYERS and not why
            params = layer_params(kind, {**config, **_call_values(kind, call)}) if known else {}
            if known and (lost := dropped_arguments(kind, config)):
                why = _(
                    "{layer} does not support these arguments, so they were left out: {names}.",
                    layer=kind,
                    names=join_values(lost),
                )
            node = self._add(name, kind if known else class_name, params, group, explanation=why)
            self.owners[id(entry)] = node
        spec = LAYERS.get(kind)
        if spec is not None and spec.ports and len(set(sources)) == 1:
            sources = sources[:1]
        self.edges.extend((source, node) for source in sources)
        return [node]

    def _operation(
        self, entry: Mapping[str, Any], name: str, sources: list[str], group: str | None
    ) -> list[str]:
        match = as_layer(entry) if is_allowed(entry) else None
        if match is None:
            # Not the bare class name: Add is a layer too, and ops.Average another function.
            layer, params, why = f"ops.{entry['class_name']}", {}, why_no_layer(entry)
        else:
            (layer, config), why = match, ""
            params = layer_params(layer, config)
        node = self._add(name, layer, params, group, explanation=why)
        self.edges.extend((source, node) for source in dict.fromkeys(sources))
        return [node]

    def _add(
        self,
        name: str,
        layer: str,
        params: dict[str, Any],
        group: str | None,
        *,
        shared: str | None = None,
        explanation: str = "",
    ) -> str:
        node_id = self._free(name)
        self.taken.add(node_id)
        extra = {"explanation": explanation} if explanation else {}
        self.nodes.append(Node(node_id, layer, params, shared=shared, group=group, extra=extra))
        return node_id

    def _free(self, name: str) -> str:
        base = name.replace("/", "_") or "layer"
        candidate, number = base, 1
        while candidate in self.taken:
            number += 1
            candidate = f"{base}_{number}"
        return candidate


def _call_values(kind: str, call: Any) -> dict[str, Any]:
    places = call if isinstance(call, list) and call and isinstance(call[0], list) else [call]
    arguments = call.get("kwargs") if isinstance(call, Mapping) else places[0] and places[0][-1]
    kwargs = arguments if isinstance(arguments, Mapping) else {}
    return {p.name: kwargs[p.name] for p in LAYERS[kind].params if p.call and p.name in kwargs}
