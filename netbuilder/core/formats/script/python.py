"""Export a project as a Python script in the style of Keras's examples.

Only arguments that differ from Keras's defaults are written, and ``Sequential`` for a chain.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from textwrap import wrap

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds.kind import InputFormat
from netbuilder.core.data.kinds.scripts.script_lines import script_part, used_inputs
from netbuilder.core.engine.networks.backbone_weights import has_word_vectors
from netbuilder.core.engine.networks.word_weights import WORD_MODULE, with_word_vectors
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error, sentences_of
from netbuilder.core.escaping.python_text import format_literal, without_types
from netbuilder.core.formats.described_project import DescribedProject
from netbuilder.core.formats.script import literals as sidecar, short, training_section
from netbuilder.core.formats.script.data_section import ScriptRecipe, data_cell, script_recipe
from netbuilder.core.formats.script.literals import ScriptCell
from netbuilder.core.formats.script.model_section import model_cell
from netbuilder.core.formats.script.prepare_section import output_columns, prepare_cell
from netbuilder.core.formats.script.split_section import split_cell
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.model import Project
from netbuilder.core.wording import format_list

_sentence = sentences_of("script")

_OF_SCALERS = {
    "StandardScaler": ("1 / {0}.scale_", "-{0}.mean_ / {0}.scale_"),
    "MinMaxScaler": ("{0}.scale_", "{0}.min_"),
}
_BACK = {
    "StandardScaler": ("{0}.scale_", "{0}.mean_"),
    "MinMaxScaler": ("1 / {0}.scale_", "-{0}.min_ / {0}.scale_"),
}


def save_cell(project: Project, recipe: ScriptRecipe, stem: str) -> ScriptCell:
    """Save a model that takes raw samples and predicts in the target's units.

    The ``.h5`` takes numbers; a ``.keras`` may take texts, sounds or images as they are.
    """
    cell = ScriptCell(_("Save"))
    inputs = used_inputs(project.graph)
    several = len(inputs) > 1
    scaling = _scaling(recipe, several)
    units = _units(project, recipe)
    words = _takes_words(project, recipe, several)
    file = format_literal(f"{stem}.h5")
    cell.add(*_takes_numbers(project, recipe, several))
    if not scaling and not units and not words:
        cell.add(f"model.save({file})")
        return cell
    cell.add(
        *_comment(_sentence("raw_samples")),
        "def whole_model(raw):",
        *(f"    {line}" for line in scaling),
        *(f"    {line}" for line in _answered("scaled" if scaling else "raw", units)),
        "",
        "",
    )
    dtype = f", dtype={format_literal('int32')}" if recipe.ids else ""
    if several:
        call = f"keras.Input(tensor.shape[1:], name=name{dtype})"
        cell.add(f"raw = [{call} for name, tensor in x_train.items()]")
    else:
        cell.add(f"raw = keras.Input(x_train.shape[1:]{dtype})")
    cell.add(f"keras.Model(raw, whole_model(raw)).save({file})", *words)
    if words:
        cell.add(
            f"keras.Model(raw_inputs, whole_model(numbers)).save({format_literal(f'{stem}.keras')})"
        )
    return cell


def _answered(inputs: str, units: list[str]) -> list[str]:
    if not units:
        return [f"return model({inputs})"]
    return [f"answer = model({inputs})", *units, "return answer"]


def _scaling(recipe: ScriptRecipe, several: bool) -> list[str]:
    """Return lines from ``raw`` to ``scaled``, or none."""
    if recipe.whole and not several:
        return ["scaled = layers.Rescaling(scale=1 / scale, offset=-offset / scale)(raw)"]
    if not recipe.scaler or (several and not recipe.table):
        return []
    if not several:
        return _rescaling("scaled", "x_scaler", _OF_SCALERS[recipe.scaler], "raw")
    return [
        "scaled = []",
        "for tensor, scaler in zip(raw, x_scalers.values()):",
        *(f"    {line}" for line in
          _rescaling("tensor", "scaler", _OF_SCALERS[recipe.scaler], "tensor")),
        "    scaled.append(tensor)",
    ]  # fmt: skip


def _rescaling(name: str, scaler: str, how: tuple[str, str], value: str) -> list[str]:
    scale, offset = (template.format(scaler) for template in how)
    return [
        f"{name} = layers.Rescaling(",
        f"    scale=({scale}).tolist(), offset=({offset}).tolist()",
        f")({value})",
    ]


def _units(project: Project, recipe: ScriptRecipe) -> list[str]:
    """Return lines that convert ``answer`` to the target's units."""
    if not recipe.target_scaler:
        return []
    how = _BACK[recipe.target_scaler]
    outputs = project.graph.outputs
    if len(outputs) == 1:
        return _rescaling("answer", "y_scaler", how, "answer")
    if recipe.mixed:
        return [
            "for i, scaler in y_scalers.items():",
            *(f"    {line}" for line in _rescaling("answer[i]", "scaler", how, "answer[i]")),
        ]
    scale, offset = (template.format("y_scaler") for template in how)
    parts = "parts" if output_columns(project) else f"[slice(None)] * {len(outputs)}"
    return [
        f"scale, offset = {scale}, {offset}",
        "answer = [",
        "    layers.Rescaling(scale=scale[part].tolist(), offset=offset[part].tolist())(tensor)",
        f"    for part, tensor in zip({parts}, answer)",
        "]",
    ]


def _takes_numbers(project: Project, recipe: ScriptRecipe, several: bool) -> list[str]:
    """Return a comment on the preprocessing that no saved model does."""
    data, phrases = project.data, []
    table = recipe.table and not recipe.ids_of_numbers
    if recipe.code.takes:
        phrases.append(recipe.code.takes)
    elif recipe.code.fed is InputFormat.NUMBERS and recipe.code.fills:
        phrases.append(_("windows in which missing values are filled in"))
    elif recipe.code.input_lines and several:
        phrases.append(_("the numbers computed above"))
    if table and any(column.type == "boolean" for column in data.columns.values()):
        phrases.append(_("yes and no as 1 and 0"))
    if table and any(column.type == "date" for column in data.columns.values()):
        phrases.append(_("dates as days since 1970-01-01"))
    if not phrases:
        return []
    apart = recipe.code.input_lines and recipe.code.takes and not several
    taker = (
        N_("Both files take {what}.")
        if recipe.code.words and table
        else N_("The .h5 file takes {what}.")
        if apart
        else N_("The model takes {what}.")
    )
    return _comment(_(taker, what=format_list(phrases)))


def _comment(text: str, width: int = 88) -> list[str]:
    return wrap(text, width, initial_indent="# ", subsequent_indent="# ")


def _takes_words(project: Project, recipe: ScriptRecipe, several: bool) -> list[str]:
    """Return lines from raw texts to the numbers that the network takes, if needed."""
    if recipe.table and recipe.code.words and not recipe.shape and not recipe.ids_of_numbers:
        parts = ("columns", "gaps" if recipe.code.fills else "words", "joined")
        lines = [_(_KERAS_FILE), *(x for part in parts for x in script_part(part))]
        each = "[joined(names) for names in columns.values()]"
        return [*lines, f"numbers = {each if several else 'joined(x.columns)'}"]
    return [] if several else list(recipe.code.input_lines)


_KERAS_FILE = N_(
    "# The .keras file contains the categories too: it takes each column separately, texts as "
    "strings."
)


ERRORS_HEADING = N_("This network cannot be trained yet. Fix these errors first:")
Lines = dict[str, tuple[int, int]]
Source = TrainedModel | Project | DescribedProject


class Style(StrEnum):
    """The style of a script."""

    SHORT = "short"  # as a course would write it
    EXACT = "exact"  # with NetBuilder's own numbers, bit by bit


def script_cells(
    project: Project, facts: DataFacts | None = None, style: Style = Style.SHORT
) -> list[ScriptCell]:
    """Return the sections of the script; the first contains the imports."""
    recipe = script_recipe(project, facts, short=style == Style.SHORT)
    sections: list[ScriptCell | None]
    if style == Style.SHORT:
        sections = short.cells(project, recipe, file_stem(project.name))
    else:
        sections = _exact(project, facts, recipe)
    cells = [cell for cell in sections if cell is not None and cell.lines]
    for cell in cells:
        cell.lines = without_types("\n".join(cell.lines), join=not cell.nodes).split("\n")
    imported = _lifted(cells)
    return [_imports(project, cells, imported), *cells]


def _exact(
    project: Project, facts: DataFacts | None, recipe: ScriptRecipe
) -> list[ScriptCell | None]:
    return [
        data_cell(project, recipe),
        split_cell(project, recipe),
        prepare_cell(project, recipe),
        model_cell(project, facts, ids=recipe.ids),
        training_section.compile_cell(project, recipe),
        training_section.fit_cell(project, recipe),
        training_section.test_cell(project, recipe),
        save_cell(project, recipe, file_stem(project.name)),
    ]


def _lifted(cells: list[ScriptCell]) -> list[str]:
    """Remove the imports from the sections and return them."""
    lines: list[str] = []
    for cell in cells:
        own = [line for line in cell.lines if line.startswith(("from ", "import "))]
        if own and not cell.nodes:
            lines += own
            rest = [line for line in cell.lines if line not in own]
            while rest and not rest[0]:
                rest.pop(0)
            cell.lines = rest
    names: dict[str, set[str]] = {}
    for line in lines:
        module, _, name = line.partition(" import ")
        names.setdefault(module, set()).update(name.split(", ") if name else [])
    return [
        f"{module} import {', '.join(sorted(imported))}" if imported else module
        for module, imported in sorted(names.items())
    ]


def script_source(
    project: Project,
    facts: DataFacts | None = None,
    style: Style = Style.SHORT,
    errors: Sequence[str] = (),
) -> str:
    """Return the script; arguments as of ``listing``."""
    return listing(project, facts, style, errors)[0]


def listing(
    project: Project,
    facts: DataFacts | None = None,
    style: Style = Style.SHORT,
    errors: Sequence[str] = (),
) -> tuple[str, Lines]:
    """Return the script, and the first and last line (from 1) of each node, by its id.

    Without ``facts``, the script takes shapes from its arrays; ``errors`` are written at the top.
    """
    note = numbers_note(project, script_recipe(project, facts), style)
    title = re.sub(r'["\\\n\r]+', " ", project.name).strip() or "Untitled"
    about = _("{title}: a network made with NetBuilder.", title=title)
    lines = [f'"""{about}"""', "", *_comment(note, 96), ""]
    if errors:
        lines += _comment(_(ERRORS_HEADING), 96)
        for error in errors:
            lines += wrap(error, 96, initial_indent="# - ", subsequent_indent="#   ")
        lines.append("")
    places: Lines = {}
    for number, cell in enumerate(script_cells(project, facts, style)):
        if number:
            lines += ["", _("# {title}.", title=cell.title)]
        start = len(lines) + 1
        places.update({name: (start + a, start + b) for name, (a, b) in cell.nodes.items()})
        lines += cell.lines
    return "\n".join(lines) + "\n", places


def numbers_note(project: Project, recipe: ScriptRecipe, style: Style) -> str:
    """Return a note on whether the script reproduces NetBuilder's numbers."""
    if style == Style.SHORT and project.data.kind:
        return _sentence("results_differ")
    bodies = [n for n in project.graph.nodes if n.layer in LAYERS and LAYERS[n.layer].is_backbone]
    if any(n.params.get("weights") == "none" or n.params.get("trainable") for n in bodies):
        return _sentence("results_nearly")
    if not project.data.kind:
        return _("Insert your own data; all other settings are as in NetBuilder.")
    return _sentence("results_same", seed=project.training.seed)


def save(source_of: Source, path: Path, style: Style = Style.SHORT) -> tuple[str, ...]:
    """Write the script of a project or trained network; return notes on files beside it."""
    project, facts, errors = parts_of(source_of)
    code = typed_code(source_of) or script_source(project, facts, style, errors)
    with replace_atomically(Path(path)) as temporary:
        temporary.write_bytes(code.encode())
        verify(source_of, temporary)
    return sidecar.write_sidecars(project, Path(path).parent)


def verify(source_of: Source, path: Path) -> None:
    """Check that a script is valid Python."""
    try:
        ast.parse(Path(path).read_text("utf-8"))
    except (SyntaxError, ValueError) as error:
        raise format_error("script_invalid", reason=error) from error


def parts_of(source_of: Source) -> tuple[Project, DataFacts | None, tuple[str, ...]]:
    """Return the project, its data's facts if known, and its errors."""
    if isinstance(source_of, Project):
        return source_of, None, ()
    if isinstance(source_of, DescribedProject):
        return source_of.project, source_of.facts, source_of.errors
    known = bool(source_of.facts.input_shapes)
    return source_of.project, source_of.facts if known else None, ()


def typed_code(source_of: Source) -> str:
    """Return the script as a person edited it, or ""."""
    return source_of.code if isinstance(source_of, DescribedProject) else ""


def file_stem(name: str) -> str:
    """Return the base name of the script's model, never that of NetBuilder's own file."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "model"
    return f"{stem}_script"


def _imports(project: Project, cells: list[ScriptCell], imported: list[str]) -> ScriptCell:
    code = "\n".join(line for cell in cells for line in cell.lines)
    cell = ScriptCell(_("Imports"))
    plain = [line for line in imported if line not in ("import numpy as np", "import pandas as pd")]
    standard = [line for line in plain if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    imported = [line for line in plain if line not in standard]
    standard.sort(key=lambda line: line.startswith("from "))
    cell.add(*standard, *([""] if standard else []))
    plain = ["import keras", *(line for line in imported if line.startswith("import "))]
    plain += ["import numpy as np"] if re.search(r"\bnp\.", code) else []
    plain += ["import pandas as pd"] if re.search(r"\bpd\.", code) else []
    cell.add(*sorted(plain))
    if re.search(r"\blayers\.", code):
        cell.add("from keras import layers")
    cell.add(*[line for line in imported if line.startswith("from ")])
    used = [LAYERS[node.layer] for node in project.graph.nodes if node.layer in LAYERS]
    own = {spec.name: spec.own_module for spec in used if spec.own_module}
    if any(has_word_vectors(node) for node in project.graph.nodes):
        own[with_word_vectors.__name__] = WORD_MODULE
    for name, module in sorted(own.items()):
        text = _("# Define your own layer {name} here.", name=name)
        cell.add(text if module == "__main__" else f"from {module} import {name}")
    cell.add("", f"keras.utils.set_random_seed({project.training.seed})")
    return cell
