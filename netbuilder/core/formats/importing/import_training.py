"""Training settings from the config of an imported model: loss, optimizer and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.catalog.training.training_index import LOSSES, METRICS, OPTIMIZERS, canonical
from netbuilder.core.formats.importing.import_params import object_params
from netbuilder.core.project.model import Choice, OutputSettings, Training

_OLD_NAMES = {"lr": "learning_rate", "rho": "rho"}


def import_training(training: Mapping[str, Any] | None, outputs: list[str]) -> Training:
    """Return the settings for the outputs; missing or unknown ones follow from the data."""
    config = training or {}
    optimizer = _optimizer(config.get("optimizer_config") or config.get("optimizer"))
    losses = _for_outputs(config.get("loss"), outputs)
    metrics = _metrics(config.get("metrics"), outputs)
    weights = [weight if isinstance(weight, int | float) else 1.0
               for weight in _for_outputs(config.get("loss_weights"), outputs)]  # fmt: skip
    if len(outputs) <= 1:
        loss = _choice(losses[0], LOSSES) if losses else None
        return Training(loss=loss, optimizer=optimizer, metrics=metrics[0] if metrics else None)
    settings = {
        name: OutputSettings(
            _choice(losses[number], LOSSES) if number < len(losses) else None,
            metrics[number] if number < len(metrics) else None,
            float(weights[number]) if number < len(weights) else 1.0,
        )
        for number, name in enumerate(outputs)
    }
    return Training(optimizer=optimizer, outputs=settings)


def _optimizer(value: Any) -> Choice:
    if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
        inner = {_OLD_NAMES.get(key, key): argument for key, argument in value["config"].items()}
        value = {**value, "config": inner}
    return _choice(value, OPTIMIZERS) or Choice("Adam")


def _choice(value: Any, table: Mapping[str, ObjectSpec]) -> Choice | None:
    """Return the choice for a name or for ``{"class_name": ..., "config": ...}``, or None."""
    if isinstance(value, Mapping):
        config = value.get("config")
        if value.get("class_name") == "function":
            return _choice(config, table)
        if value.get("class_name") == "MeanMetricWrapper" and isinstance(config, Mapping):
            return _choice(config.get("name"), table)
        name = canonical(table, str(value.get("class_name", "")))
        if name is None:
            return None
        params = object_params(table[name], config) if isinstance(config, Mapping) else {}
        return Choice(name, params)
    name = canonical(table, value) if isinstance(value, str) else None
    return None if name is None else Choice(name)


def _for_outputs(value: Any, outputs: list[str]) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and "class_name" not in value:
        named = set(value) <= set(outputs)
        return [value.get(name) for name in outputs] if named else list(value.values())
    return [value] * max(len(outputs), 1)


def _metrics(value: Any, outputs: list[str]) -> list[tuple[Choice, ...]]:
    if not value:
        return []
    if isinstance(value, Mapping) and "class_name" not in value:
        value = [
            metric if isinstance(metric, list) else [metric] * (metric is not None)
            for metric in _for_outputs(value, outputs)
        ]
    if not isinstance(value, list):
        value = [value]
    nested = any(isinstance(metric, list) for metric in value)
    rows = value if nested else [value] * max(len(outputs), 1)
    metrics = []
    for row in rows:
        choices = [_choice(metric, METRICS) for metric in (row if isinstance(row, list) else [row])]
        metrics.append(tuple(choice for choice in choices if choice is not None))
    return metrics
