"""The data section of a script: ends with ``x_train``, ``y_train``, ``x_test``, ``y_test``.

``x`` is an array, or a dict of arrays where the network has several inputs; ``y`` is an array,
or a list of them where it has several outputs. Each kind of data writes its own lines.
"""

from __future__ import annotations

from dataclasses import dataclass

from netbuilder.core.catalog.training.index import canonical
from netbuilder.core.catalog.training.losses import LOSSES
from netbuilder.core.data.data_facts import (
    BINARY,
    CLASSES,
    MULTI_LABEL,
    REGRESSION,
    TASKS,
    DataFacts,
)
from netbuilder.core.data.kinds.arrays import takes_pictures
from netbuilder.core.data.kinds.kind import DataCode, Fed, Question
from netbuilder.core.data.registry import KINDS
from netbuilder.core.formats.script.cell import Cell
from netbuilder.core.project.graph_ends import byte_taker
from netbuilder.core.project.model import Project


@dataclass
class Recipe:
    """What the sections of a script must know of each other.

    ``task`` of the (first) output; ``code``: what the kind of data wrote; ``scaler``: class of
    scikit-learn that scales the inputs, or ""; ``raw``: values go in as they
    are; ``own_test``: rows for testing are read apart.
    """

    task: str
    code: DataCode
    scaler: str = ""
    raw: bool = False
    own_test: bool = False
    one_hot: bool = False
    y_scaler: str = ""

    @property
    def table(self) -> bool:
        """The inputs are rows of a data frame."""
        return self.code.fed is Fed.TABLE

    @property
    def ids(self) -> bool:
        """The inputs are whole numbers that stand for words."""
        return self.code.fed is Fed.IDS

    @property
    def raw_pixels(self) -> bool:
        """The inputs are pictures as arrays, to be scaled in the script."""
        return self.code.fed is Fed.RAW_PIXELS

    @property
    def ordered(self) -> bool:
        """Samples follow each other in time."""
        return self.code.ordered


_SCALERS = {"auto": "StandardScaler", "standard": "StandardScaler", "minmax": "MinMaxScaler"}


def recipe_of(project: Project, facts: DataFacts | None) -> Recipe:
    """What the project says, with the facts about its data where they are known."""
    data = project.data
    kind = KINDS.get(data.kind)
    task = facts.task if facts is not None else (kind.task(data) if kind else "") or _task(project)
    if data.options.get("task") in TASKS:
        task = str(data.options["task"])
    question = Question(project, facts, task)
    code = kind.code(question) if kind is not None else _none(question)
    taken = any(byte_taker(project.graph, key) for key in project.graph.inputs)
    raw = data.scaling == "none" or (data.scaling == "auto" and taken)
    scaled = code.fed in {Fed.TABLE, Fed.NUMBERS}
    return Recipe(
        task=task,
        code=code,
        scaler=_SCALERS.get(data.scaling, "") if scaled and not raw else "",
        raw=raw,
        y_scaler=_SCALERS.get(data.scaling, "") if task == REGRESSION else "",
        own_test=code.own_test,
        one_hot=bool(data.options.get("one_hot")),
    )


def _task(project: Project) -> str:
    """The task that loss and last layer speak of."""
    training = project.training
    loss = canonical(LOSSES, training.loss.name) if training.loss else None
    last = [project.graph.by_id[name].params for name in project.graph.outputs[:1]]
    activation = last[0].get("activation") if last else None
    if loss and "categorical" in loss:
        return CLASSES
    if (loss and loss.startswith("binary")) or activation == "sigmoid":
        units = last[0].get("units", 1) if last else 1
        return BINARY if units == 1 else MULTI_LABEL
    return CLASSES if activation == "softmax" and not loss else REGRESSION


def data_cell(project: Project, recipe: Recipe) -> Cell:
    """The section that reads the data and cuts it into parts."""
    cell = Cell("Load the data")
    cell.add(*recipe.code.lines)
    return cell


def _none(question: Question) -> DataCode:
    """No data is chosen: random numbers would teach nothing, so say what is missing."""
    return DataCode(
        (
            "# No data is chosen in this project: put your own arrays here.",
            'raise SystemExit("Put your data into x and y first.")',
        ),
        Fed.RAW_PIXELS if takes_pictures(question) else Fed.TABLE,
    )
