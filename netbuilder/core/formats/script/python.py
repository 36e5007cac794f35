"""The project as a Python script in the style of Keras's own examples.

Generated from the catalog's rows: only arguments that differ from Keras's defaults are written,
``Sequential`` where the network is a chain. The script runs as it is beside its data: it loads,
builds, trains, tests and saves.
"""

from __future__ import annotations

import ast
import re
import textwrap
from enum import StrEnum
from pathlib import Path

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError
from netbuilder.core.formats.described_project import DescribedProject
from netbuilder.core.formats.script import short, sidecar, training_section
from netbuilder.core.formats.script.data_section import ScriptRecipe, data_cell, script_recipe
from netbuilder.core.formats.script.model_section import model_cell
from netbuilder.core.formats.script.prepare_section import prepare_cell
from netbuilder.core.formats.script.save_section import save_cell
from netbuilder.core.formats.script.script_cell import ScriptCell
from netbuilder.core.formats.script.split_section import split_cell
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.model import Project

Lines = dict[str, tuple[int, int]]
_TYPES = re.compile(
    r"(?m)^\s*(?:def .*|\) -> .*|\w+: .*)\b(?:Any|NDArray|Mapping|Sequence|Iterable|Callable)\b"
)
Source = TrainedModel | Project | DescribedProject


class Style(StrEnum):
    """How a script is written."""

    SHORT = "short"  # as a course would write it
    EXACT = "exact"  # with NetBuilder's own numbers, bit by bit


def script_cells(
    project: Project, facts: DataFacts | None = None, style: Style = Style.SHORT
) -> list[ScriptCell]:
    """The sections of the script, in order; the first holds the imports."""
    recipe = script_recipe(project, facts)
    wanted: list[ScriptCell | None]
    if style == Style.SHORT:
        wanted = short.cells(project, facts, recipe, file_stem(project.name))
    else:
        wanted = _exact(project, facts, recipe)
    found = [cell for cell in wanted if cell is not None and cell.lines]
    imported = _lifted(found)
    return [_imports(project, found, imported), *found]


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


def _lifted(found: list[ScriptCell]) -> list[str]:
    """Take the imports out of the sections, for the top."""
    lines: list[str] = []
    for cell in found:
        own = [line for line in cell.lines if line.startswith(("from ", "import "))]
        if own and not cell.nodes:
            lines += own
            kept = [line for line in cell.lines if line not in own]
            while kept and not kept[0]:
                kept.pop(0)
            cell.lines = kept
    return sorted(set(lines))


def script_source(
    project: Project, facts: DataFacts | None = None, style: Style = Style.SHORT
) -> str:
    """Return the script; arguments as of ``listing``."""
    return listing(project, facts, style)[0]


def listing(
    project: Project, facts: DataFacts | None = None, style: Style = Style.SHORT
) -> tuple[str, Lines]:
    """Return the script, and first and last line (from 1) of each node, by its id.

    Args:
        project: what to write.
        facts: about its data, where they are known; without them shapes are taken from the
            arrays when the script runs.
        style: short, as a course would write it, or with NetBuilder's exact numbers.
    """
    note = numbers_note(project, script_recipe(project, facts), style)
    lines = [f'"""{_title(project)}: a network made with NetBuilder."""', ""]
    lines += [*textwrap.wrap(note, 96, initial_indent="# ", subsequent_indent="# "), ""]
    places: Lines = {}
    for number, cell in enumerate(script_cells(project, facts, style)):
        if number:
            lines += ["", f"# {cell.title}."]
        start = len(lines) + 1
        places.update({name: (start + a, start + b) for name, (a, b) in cell.nodes.items()})
        lines += cell.lines
    return "\n".join(lines) + "\n", places


def numbers_note(project: Project, recipe: ScriptRecipe, style: Style) -> str:
    """Whether the script gives NetBuilder's own numbers, and if not, why."""
    if style == Style.SHORT and project.data.kind:
        return _(
            "The same data, network and settings as in NetBuilder. The results differ a little, "
            "as with another random seed."
        )
    if any(
        LAYERS[node.layer].module == "keras.applications"
        for node in project.graph.nodes
        if node.layer in LAYERS
    ):
        return _(
            "The same rows, order and initial weights as in NetBuilder, but the results differ a"
            " little: the layers inside a pretrained model start with other weights."
        )
    if not project.data.kind:
        return _("Insert your own data; all other settings are as in NetBuilder.")
    return _(
        "The same rows, initial weights and order as in NetBuilder with seed {seed}: the same "
        "versions of Keras and TensorFlow give the same results, up to rounding.",
        seed=project.training.seed,
    )


def save(source_of: Source, path: Path, style: Style = Style.SHORT) -> tuple[str, ...]:
    """Write the script of a project, or of a trained network's project; what lies beside it now.

    Raises:
        UserError: the place cannot be written.
    """
    project, facts = project_and_facts(source_of)
    with replace_atomically(Path(path)) as temporary:
        temporary.write_bytes(script_source(project, facts, style).encode())
        verify(source_of, temporary)
    return sidecar.write_sidecars(project, Path(path).parent)


def verify(source_of: Source, path: Path) -> None:
    """Read the script at ``path`` as Python does before it runs one.

    Raises:
        FormatError: it is no valid Python.
    """
    try:
        ast.parse(Path(path).read_text("utf-8"))
    except (SyntaxError, ValueError) as error:
        raise FormatError(
            _("The script is not valid Python and was not saved: {reason}.", reason=error),
            _("Give the layers simple names, and save the network as .h5."),
            code="script_invalid",
        ) from error


def project_and_facts(source_of: Source) -> tuple[Project, DataFacts | None]:
    """Project and, where they are known, the facts about its data."""
    if isinstance(source_of, Project):
        return source_of, None
    if isinstance(source_of, DescribedProject):
        return source_of.project, source_of.facts
    known = bool(source_of.facts.input_shapes)
    return source_of.project, source_of.facts if known else None


def file_stem(name: str) -> str:
    """What a script calls the model that it saves: small letters, digits and underlines.

    Never as NetBuilder suggests for its own file, which holds the project and the curves too: a
    script that is run beside it would write over what is to be handed in.
    """
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "model"
    return f"{stem}_script"


def _title(project: Project) -> str:
    return re.sub(r'["\\\n\r]+', " ", project.name).strip() or "Untitled"


def _imports(project: Project, found: list[ScriptCell], imported: list[str]) -> ScriptCell:
    code = "\n".join(line for cell in found for line in cell.lines)
    cell = ScriptCell(_("Imports"))
    if _TYPES.search(code):
        # The program's own functions name types that a script does not import.
        cell.add("from __future__ import annotations", "")
    cell.add(*[line for line in imported if line.startswith("import ")])
    cell.add("import keras")
    if re.search(r"\bnp\.", code):
        cell.add("import numpy as np")
    if re.search(r"\bpd\.", code):
        cell.add("import pandas as pd")
    if re.search(r"\blayers\.", code):
        cell.add("from keras import layers")
    cell.add(*[line for line in imported if line.startswith("from ")])
    cell.add("", f"keras.utils.set_random_seed({project.training.seed})")
    return cell
