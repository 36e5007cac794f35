"""``docs/layers.md`` and ``docs/training.md``, made from the catalog's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netbuilder.core.catalog.layers.layer_index import catalog_rows
from netbuilder.core.catalog.spec import Category, LayerSpec, ObjectSpec, Param
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
)

_MADE = "<!-- Made from the catalog's rows: python scripts/write_doc_pages.py docs -->"


def layers_page() -> str:
    """All layers by category, as Markdown: what each does, and its parameters."""
    layers = catalog_rows()
    lines = [
        _MADE,
        "# Layers",
        "",
        f"The {len(layers)} layers that you can add to the canvas. Names and parameters are "
        "those of Keras. The inspector shows the parameters in the tables first, the others under "
        "**More**. **Bold** layers are in the palette; to find the others, type a name or a word "
        'such as "picture" into the search.',
    ]
    for category in Category:
        rows = [spec for spec in layers if spec.category is category]
        lines += ["", f"## {category.value}", ""]
        lines += [_contents(rows)]
        for spec in rows:
            lines += ["", f"### {spec.name}", "", spec.explanation, *_layer_facts(spec)]
            lines += _params(spec.params)
    return "\n".join(lines) + "\n"


def training_page() -> str:
    """Losses, optimizers and all else that training offers, as Markdown."""
    lines = [_MADE, "# Training options"]
    sections: tuple[tuple[str, Mapping[str, ObjectSpec]], ...] = (
        ("Losses", LOSSES),
        ("Metrics", METRICS),
        ("Optimizers", OPTIMIZERS),
        ("Learning-rate schedules", SCHEDULES),
        ("Callbacks", CALLBACKS),
        ("Initializers", INITIALIZERS),
        ("Regularizers", REGULARIZERS),
        ("Constraints", CONSTRAINTS),
    )
    for title, table in sections:
        lines += ["", f"## {title}"]
        for spec in table.values():
            lines += ["", f"### {spec.name}", "", spec.explanation]
            if spec.tasks:
                lines += ["", f"For: {', '.join(spec.tasks).replace('_', ' ')}."]
            lines += _params(spec.params)
    lines += ["", "## Activations", "", "| name | what it does |", "|---|---|"]
    lines += [f"| `{name}` | {_cell(text)} |" for name, text in ACTIVATIONS.items()]
    return "\n".join(lines) + "\n"


def _contents(rows: Iterable[LayerSpec]) -> str:
    return " · ".join(
        f"[**{spec.name}**](#{spec.name.lower()})"
        if spec.teaching
        else f"[{spec.name}](#{spec.name.lower()})"
        for spec in rows
    )


def _layer_facts(spec: LayerSpec) -> list[str]:
    facts = []
    if spec.ports:
        facts.append(f"Inputs: {', '.join(spec.ports)}; a single connection is query and value.")
    elif spec.max_inputs is None:
        facts.append(f"Inputs: {spec.min_inputs} or more.")
    elif spec.max_inputs > 1:
        facts.append(f"Inputs: {spec.max_inputs}.")
    if spec.ranks:
        dims = ", ".join(f"{rank}D" for rank in spec.ranks)
        facts.append(f"Takes {dims} arrays, counting the batch.")
    return ["", " ".join(facts)] if facts else []


def _params(params: tuple[Param, ...]) -> list[str]:
    first = [param for param in params if not param.more]
    rest = [param for param in params if param.more]
    lines: list[str] = []
    if first:
        lines += ["", "| parameter | default | |", "|---|---|---|"]
        lines += [f"| `{p.name}` | {_default(p)} | {_cell(_help(p))} |" for p in first]
    if rest:
        lines += ["", "More: " + ", ".join(f"`{p.name}` ({_default(p)})" for p in rest) + "."]
    return lines


def _help(param: Param) -> str:
    words = f" One of: {', '.join(param.choices)}." if param.choices else ""
    return param.explanation + words


def _default(param: Param) -> str:
    if param.required:
        return f"required, starts as {_value(param.start)}"
    return _value(param.default)


def _value(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple | list):
        return "(" + ", ".join(_value(item) for item in value) + ")"
    if isinstance(value, Mapping):
        return str(value.get("layer") or value.get("name"))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
