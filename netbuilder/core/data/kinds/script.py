"""Lines of scripts that several kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.kind import Question
from netbuilder.core.project.graph_ends import byte_taker
from netbuilder.core.project.model import Graph, Project
from netbuilder.core.python_text import call, literal


def used_inputs(graph: Graph) -> tuple[str, ...]:
    """Ids of the Input nodes that feed something, in order: what the model takes."""
    return tuple(name for name in graph.inputs if graph.targets[name])


def answers(task: str) -> list[str]:
    """From ``targets`` to ``y``: numbers as they are, classes by their number."""
    if task in {REGRESSION, MULTI_LABEL}:
        return ['y = targets.to_numpy("float32")']
    return [
        "labels = sorted(targets.astype(str).unique())",
        "y = targets.astype(str).map({label: i for i, label in enumerate(labels)}).to_numpy()",
    ]


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


def word_numbers(question: Question) -> list[str]:
    """From ``texts`` to ``x``: numbers of words."""
    options = question.project.data.options
    words = options.get("max_words")
    if not words:
        layers = (node for node in question.project.graph.nodes if node.layer == "Embedding")
        words = next((node.params.get("input_dim", 10_000) for node in layers), 10_000)
    listed = [f"max_tokens={words}"]
    if options.get("sequence_length"):
        listed.append(f"output_sequence_length={options['sequence_length']}")
    return [
        f"vectorize = {call('layers.TextVectorization', listed)}",
        "vectorize.adapt(texts)",
        'x = vectorize(texts).numpy().astype("int32")',
    ]


def divisor(question: Question, brightest: int = 255) -> str:
    """`` / 255`` after pixels from 0 to 255, unless the network scales them itself."""
    divided = divided_by(question, brightest)
    return f" / {divided}" if divided > 1 else ""


def divided_by(question: Question, brightest: int = 255) -> int:
    """What pixels up to ``brightest`` are divided by: 1 where the network scales them itself."""
    data, graph = question.project.data, question.project.graph
    raw = data.scaling == "none" or (
        data.scaling == "auto" and any(byte_taker(graph, key) for key in graph.inputs)
    )
    return 1 if raw else brightest
