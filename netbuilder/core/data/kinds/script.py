"""Lines of scripts that several kinds share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.kind import DataCode, Fed, Question
from netbuilder.core.data.preprocessing.word_numbers import DEFAULT_WORDS
from netbuilder.core.data.readers.files_left_out import OPTION
from netbuilder.core.data.recipe_options import names
from netbuilder.core.data.tokens import CHARACTER
from netbuilder.core.project.model import Data, Graph, Project
from netbuilder.core.python_text import literal


def used_inputs(graph: Graph) -> tuple[str, ...]:
    """Ids of the Input nodes that feed something, in order: what the model takes."""
    return tuple(name for name in graph.inputs if graph.targets[name])


def made(function: Callable[..., Any]) -> list[str]:
    """Lines of a script: the text of a function that stands by itself."""
    return [*inspect.getsource(function).rstrip().split("\n"), "", ""]


def answers(task: str) -> list[str]:
    """From ``targets`` to ``y``: numbers as they are, classes by their number."""
    if task in {REGRESSION, MULTI_LABEL}:
        return ['y = targets.to_numpy("float32")']
    return [
        "labels, y = np.unique(targets, return_inverse=True)",
        "labels = [str(label) for label in labels]",
    ]


def without_files(data: Data, path: str, folder: str, *before: str) -> list[str]:
    """Lines that take the files that the recipe leaves out from ``files``.

    Args:
        data: the recipe.
        path: its file or folder, or that of its test set.
        folder: where the files start from, in the script.
        before: lines that take them from what stands beside ``files``; they know ``left_out``.
    """
    source = Path(path).name
    known = (name.partition("/") for name in names(data.options, OPTION))
    inside = [rest for first, _, rest in known if first == source or not source]
    if not inside:
        return []
    return [
        f"left_out = {{Path({literal(folder)}, name) for name in {literal(inside)}}}",
        *before,
        "files = [file for file in files if file not in left_out]",
    ]


def target_columns(data: Data) -> list[str]:
    """The target columns of a recipe, where it says them, in the order of ``y``."""
    found = list(data.target) or [one for columns in data.targets.values() for one in columns]
    found = found or [name for name, one in data.columns.items() if one.role == "target"]
    return list(dict.fromkeys(found))


def picked_columns(project: Project) -> list[str]:
    """Columns of each input where there are several; the whole table where there is one."""
    inputs = used_inputs(project.graph)
    if len(inputs) < 2:
        given = project.data.inputs.get(inputs[0] if inputs else "")
        return [f"x = x[{literal(list(given))}]"] if given else []
    lines = ["columns = {"]
    for name in inputs:
        given = project.data.inputs.get(name)
        lines.append(
            f"    {literal(name)}: {literal(list(given)) if given else 'list(x.columns)'},"
        )
    return [*lines, "}"]


#: Arguments of ``pandas.read_csv`` that scripts write; facts from a file may say anything else.
_READ_AS = (
    "sep", "decimal", "encoding", "skiprows", "header", "names", "comment", "lineterminator",
    "dtype", "usecols",
)  # fmt: skip


def csv_arguments(project: Project, facts: DataFacts | None = None, *, test: bool = False) -> str:
    """Arguments of ``pd.read_csv`` for the dialect that the recipe gives, or that was concluded.

    Args:
        project: its recipe says what was decided by hand.
        facts: what was concluded about the files, where they were read.
        test: of the test file.
    """
    options = project.data.options
    named = {"separator": "sep", "decimal": "decimal", "encoding": "encoding"}
    told = {
        named[key]: options[key] for key in named if options.get(key) and options[key] != "auto"
    }
    if facts is not None:
        concluded = facts.test_read_as if test else facts.read_as
        if isinstance(concluded, Mapping):
            told |= {key: concluded[key] for key in _READ_AS if key in concluded}
    return "".join(f", {key}={_read_value(value)}" for key, value in told.items())


def read_csv_line(question: Question) -> str:
    """From the recipe's file to the data frame ``data``."""
    project = question.project
    return (
        f"data = pd.read_csv({literal(project.data.path)}{csv_arguments(project, question.facts)})"
    )


def cells_and_targets(question: Question, option: str, guess: str) -> list[str]:
    """From ``data`` to ``column``, in which the samples stand, and ``targets``.

    Args:
        question: of a table with a sample in each cell of one column.
        option: that names the column.
        guess: an expression for it where nothing is known.
    """
    data, facts = question.project.data, question.facts
    roles = facts.column_roles if facts is not None else {}
    column = str(data.options.get(option) or "")
    column = column or next((name for name, role in roles.items() if role == "feature"), "")
    known = facts.target_names[:1] if facts is not None else ()
    target = next(iter((*data.target, *known)), "")
    lines = [f"column = {literal(column) if column else guess}"]
    if target:
        lines.append(f"data = data.dropna(subset=[column, {literal(target)}])")
    chosen = f"data[{literal(target)}]" if target else "data.drop(columns=column).iloc[:, -1]"
    return [*lines, f"targets = {chosen}"]


def _read_value(value: Any) -> str:
    return literal(list(value) if isinstance(value, tuple) else value)


def text_code(question: Question, lines: Iterable[str], *, own_test: bool = False) -> DataCode:
    """The data section about ``texts`` and ``targets`` that ``lines`` leave."""
    data, facts = question.project.data, question.facts
    layers = (node for node in question.project.graph.nodes if node.layer == "Embedding")
    room = next((node.params.get("input_dim", DEFAULT_WORDS) for node in layers), DEFAULT_WORDS)
    most = data.options.get("max_words") or min(DEFAULT_WORDS, int(room))
    known = facts.vocabulary[2:] if facts is not None else ()
    each = str(data.options.get("split") or "auto")
    each_character = each == "characters" or (
        each == "auto" and bool(known) and all(len(word) == 1 for word in known)
    )
    length = data.options.get("sequence_length")
    if length is None:
        asked = [question.project.graph.by_id[one].params.get("shape")
                 for one in used_inputs(question.project.graph)]  # fmt: skip
        length = next((int(one[0]) for one in asked if one and len(one) == 1 and one[0]), None)
    return DataCode(
        (*lines, "x = texts", *answers(question.task)),
        Fed.TEXTS,
        own_test=own_test,
        split=CHARACTER if each_character else "",
        length=length,
        most=int(most),
    )
