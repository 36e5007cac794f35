"""The data section of a script, which defines ``x_train``, ``y_train``, ``x_test`` and ``y_test``.

``x`` is an array, or a dict for several inputs; ``y`` is an array, or a list for several outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netbuilder.core.catalog.training.training_index import LOSSES, canonical
from netbuilder.core.data.data_facts import (
    BINARY,
    CLASSES,
    MULTI_LABEL,
    REGRESSION,
    TASKS,
    DataFacts,
)
from netbuilder.core.data.kinds.arrays import takes_pictures
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import used_inputs
from netbuilder.core.data.registry import KINDS
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.formats.script.literals import ScriptCell
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.graph_ends import byte_input_layer, feeds_embedding
from netbuilder.core.project.model import Data, Project


@dataclass
class ScriptRecipe:
    """What the sections of a script share.

    Attributes:
        task: of the (first) output.
        code: lines written by the kind of data.
        facts: about the data, None if unknown.
        scaler: scikit-learn class that scales the columns of the inputs, or "".
        whole: scaling of whole samples: "pixels" (by their range), "bytes" (to 0 to 255), "range"
            (by minimum and maximum), "standard", or "".
        target_scaler: scikit-learn class that scales the targets, or "".
        tasks: of each output, if known.
        shape: of a sample, if the rows of a table are reshaped.
        ids_of_numbers: integers of a table are word ids.
        own_test: the test set has its own file.
        one_hot: classes are one-hot encoded.
        watched: there is a validation set.
        short: the script has what these files need and no more.
    """

    task: str
    code: DataCode
    facts: DataFacts | None = None
    scaler: str = ""
    whole: str = ""
    target_scaler: str = ""
    tasks: Mapping[str, str] = field(default_factory=dict)
    shape: tuple[int, ...] = ()
    ids_of_numbers: bool = False
    own_test: bool = False
    one_hot: bool = False
    watched: bool = False
    short: bool = False

    @property
    def table(self) -> bool:
        """Whether the inputs are rows of a data frame."""
        return self.code.fed is InputFormat.TABLE

    @property
    def texts(self) -> bool:
        """Whether the inputs are texts that the script tokenizes."""
        return self.code.fed is InputFormat.TEXTS

    @property
    def ids(self) -> bool:
        """Whether the network takes word ids."""
        return self.code.fed in {InputFormat.IDS, InputFormat.TEXTS} or self.ids_of_numbers

    @property
    def ordered(self) -> bool:
        """Whether samples are in order of time."""
        return self.code.ordered

    @property
    def mixed(self) -> bool:
        """Whether outputs have different tasks."""
        return len(set(self.tasks.values())) > 1


_SCALERS = {
    "auto": "StandardScaler", "standard": "StandardScaler", "bins": "StandardScaler",
    "minmax": "MinMaxScaler",
}  # fmt: skip


def script_recipe(
    project: Project, facts: DataFacts | None, *, short: bool = False
) -> ScriptRecipe:
    """Derive the recipe from the project and, if known, the facts about its data.

    ``short``: the data section has what these files need and no more.
    """
    data = project.data
    kind = KINDS.get(data.kind)
    tasks = _tasks(project, facts)
    task = next(iter(tasks.values()), REGRESSION)
    if facts is None and kind is not None:
        known = kind.task(data)
        task = known if known and not (known == CLASSES and task == BINARY) else task
    if data.options.get("task") in TASKS:
        task = str(data.options["task"])
    question = ScriptRequest(project, facts, task, tasks, short)
    code = kind.code(question) if kind is not None else _none(question)
    inputs = used_inputs(project.graph)
    taken = any(byte_input_layer(project.graph, key) for key in inputs)
    numbered = code.fed in {InputFormat.TABLE, InputFormat.NUMBERS} and any(
        feeds_embedding(project.graph, key) for key in inputs
    )
    arranged = _arranged(project, code)
    return ScriptRecipe(
        task=task,
        code=code,
        facts=facts,
        scaler=""
        if numbered or arranged or (taken and data.scaling == "auto")
        else _scaler(code, data.scaling),
        whole=_whole(code, data.scaling, taken, bool(arranged) and not numbered),
        target_scaler=_SCALERS.get(data.scaling, "")
        if REGRESSION in {task, *tasks.values()}
        else "",
        tasks=tasks,
        shape=arranged,
        ids_of_numbers=numbered,
        own_test=code.own_test,
        one_hot=bool(data.options.get("one_hot")),
        watched=_watched(data, facts),
        short=short,
    )


def _watched(data: Data, facts: DataFacts | None) -> bool:
    """Return whether there is a validation set, which a column or folders may name."""
    if facts is not None and facts.rows:
        return facts.validation_rows > 0
    return data.validation_split > 0


def _scaler(code: DataCode, scaling: str) -> str:
    return _SCALERS.get(scaling, "") if code.fed in {InputFormat.TABLE, InputFormat.NUMBERS} else ""


def _whole(code: DataCode, scaling: str, taken: bool, arranged: bool) -> str:
    if scaling == "none":
        return ""
    if code.fed is InputFormat.PIXELS:
        if scaling == "auto" and taken:
            return "" if code.pixels == "0, 255" else "bytes"
        return "standard" if scaling == "standard" else "pixels"
    if code.fed is InputFormat.WHOLE:
        # Waves are between -1 and 1: they are only scaled on request.
        how = code.scaling if scaling == "auto" else scaling
        return {"minmax": "range", "standard": "standard"}.get(how, "")
    if arranged and not (scaling == "auto" and taken):
        return "standard" if scaling == "standard" else "range"
    return ""


def _arranged(project: Project, code: DataCode) -> tuple[int, ...]:
    """Return the shape of the only Input if it is not a table row, else ()."""
    inputs = used_inputs(project.graph)
    shape = project.graph.by_id[inputs[0]].params.get("shape") if len(inputs) == 1 else None
    if code.fed is not InputFormat.TABLE or not shape or len(shape) < 2:
        return ()
    return tuple(int(side) for side in shape) if all(isinstance(s, int) for s in shape) else ()


def _tasks(project: Project, facts: DataFacts | None) -> dict[str, str]:
    if facts is not None:
        return dict(facts.tasks) or dict.fromkeys(project.graph.outputs[:1], facts.task)
    return {name: _task(project, name) for name in project.graph.outputs}


def _task(project: Project, output: str) -> str:
    training = project.training
    own = training.outputs.get(output)
    chosen = own.loss if own is not None and own.loss is not None else training.loss
    loss = canonical(LOSSES, chosen.name) if chosen else None
    params = project.graph.by_id[output].params
    activation = params.get("activation")
    if loss and "categorical" in loss:
        return CLASSES
    if (loss and loss.startswith("binary")) or activation == "sigmoid":
        return BINARY if params.get("units", 1) == 1 else MULTI_LABEL
    return CLASSES if activation == "softmax" and not loss else REGRESSION


def data_cell(project: Project, recipe: ScriptRecipe) -> ScriptCell:
    """Write the section that reads the data."""
    cell = ScriptCell(_("Load the data"))
    cell.add(*recipe.code.lines)
    return cell


def _none(question: ScriptRequest) -> DataCode:
    return DataCode(
        (
            _("# This project has no data: put your own arrays here."),
            f"raise SystemExit({format_literal(_('Put your data into x and y first.'))})",
        ),
        InputFormat.PIXELS if takes_pictures(question) else InputFormat.TABLE,
    )
