"""Check the training config of a model from elsewhere: unknown parts are left out.

It becomes settings and is never given to Keras, so only code in it is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from netbuilder.core.catalog.training.training_index import LOSSES, METRICS, OPTIMIZERS, canonical
from netbuilder.core.formats.safety import allowlist
from netbuilder.core.formats.safety.config_check import objects, refusal, refuse_code
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import did_you_mean, join_sentences, join_values, shorten

# Prefix of optimizers in Keras 2.11 to 2.15 and tf_keras.
_PREFIX = "Custom>"
_OPTIMIZER = N_("The optimizer {names} of '{file}' is unknown to NetBuilder and was left out.")
_LOSS = N_("The loss {names} of '{file}' is unknown to NetBuilder and was left out.")
_METRICS = N_("The metrics {names} of '{file}' are unknown to NetBuilder and were left out.")
_PARTS = (
    ("optimizer_config", _OPTIMIZER, OPTIMIZERS),
    ("optimizer", _OPTIMIZER, OPTIMIZERS),
    ("loss", _LOSS, LOSSES),
    ("metrics", _METRICS, METRICS),
    ("weighted_metrics", _METRICS, METRICS),
)
# Names that wrap a function, or are resolved from the targets.
_WRAPPERS = frozenset({"MeanMetricWrapper", "SumOverBatchSizeMetricWrapper", "CompileMetrics"})


def check_training_config(config: Any, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a training config's usable part, and notes; FormatError if it contains code."""
    where = _("The training config of '{file}'", file=name)
    refuse_code(config, where)
    _refuse_system(config, where)
    if not isinstance(config, Mapping):
        return {}, (
            _("The training settings of '{file}' cannot be read and were left out.", file=name),
        )
    known: dict[str, Any] = dict(_without_prefix(config))
    notes = []
    for key, message, table in _PARTS:
        unknown = sorted({n for n in _names(known.get(key)) if not _is_known(n, table)})
        if unknown:
            del known[key]
            listed = join_values(f"'{n:.60}'" for n in unknown)
            choose = _("Choose the settings on the Settings page.")
            hint = did_you_mean(unknown[0], list(table), choose)
            notes.append(join_sentences((_(message, names=listed, file=name), hint)))
    return known, tuple(notes)


def _refuse_system(config: Any, where: str) -> None:
    for item in objects(config):
        if isinstance(item, Mapping) and isinstance(item.get("module"), str):
            root = item["module"].partition(".")[0]
            if root in sys.stdlib_module_names and root not in ("__main__", "builtins"):
                raise refusal(
                    where,
                    _("It would call the Python module '{module}'.",
                      module=shorten(item['module'], 60)),
                )  # fmt: skip


def _without_prefix(value: Any) -> Any:
    """Return ``Adam`` for ``Custom>Adam``, if that is one of Keras's names."""
    if isinstance(value, list):
        return [_without_prefix(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    result = {key: _without_prefix(item) for key, item in value.items()}
    for key in ("class_name", "registered_name"):
        text = result.get(key)
        if isinstance(text, str) and text.startswith(_PREFIX):
            bare = text.removeprefix(_PREFIX)
            if bare in allowlist.object_names():
                result[key] = bare
    return result


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, Mapping):
        class_name = value.get("class_name")
        if not isinstance(class_name, str):
            for item in value.values():
                yield from _names(item)
            return
        module = value.get("module")
        foreign = bool(module) and module not in allowlist.MODULES | allowlist.FUNCTION_MODULES
        registered = value.get("registered_name")
        inner = value.get("config")
        if class_name == "function":
            yield f"{module}.{inner}" if foreign else str(inner)
        elif class_name in _WRAPPERS and isinstance(inner, Mapping) and not foreign:
            yield from _names(inner.get("fn") or inner.get("name"))
        elif foreign:
            yield f"{module}.{class_name}"
        elif registered not in (None, "", class_name, f"keras>{class_name}"):
            yield str(registered)
        else:
            yield class_name


def _is_known(name: str, table: Mapping[str, Any]) -> bool:
    return canonical(table, name) is not None or name in allowlist.object_names()
