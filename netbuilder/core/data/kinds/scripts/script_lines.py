"""Lines of scripts that several kinds share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION, DataFacts
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.preprocessing.word_encoding import DEFAULT_WORDS
from netbuilder.core.data.readers.excluded_files import OPTION
from netbuilder.core.data.recipe_options import name_list_option
from netbuilder.core.data.tokens import CHARACTER
from netbuilder.core.escaping.python_text import format_literal, translated_source
from netbuilder.core.folders import resource
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Data, Graph, Project


def used_inputs(graph: Graph) -> tuple[str, ...]:
    """Return the ids of the Input nodes that feed something, in order."""
    return tuple(name for name in graph.inputs if graph.targets[name])


def function_lines(function: Callable[..., Any]) -> list[str]:
    """Return the text of a self-contained function, after its imports."""
    lines = translated_source(inspect.getsource(function)).rstrip().split("\n")
    imports = [line for line in lines if line.startswith(("    import ", "    from "))]
    body = "\n".join(line for line in lines if line not in imports)
    if imports:
        body = body.replace('"""\n\n', '"""\n', 1)
    return [*(line.strip() for line in imports), *body.split("\n"), "", ""]


@cache
def _script_parts() -> Mapping[str, str]:
    text = resource("script_parts.txt").read_text(encoding="utf-8")
    parts = re.split(r"^--- (\w+).*\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def script_part(name: str, **values: object) -> list[str]:
    """Return the lines of a part of ``resources/script_parts.txt``, with values for its $names."""
    text = Template(_script_parts()[name]).safe_substitute(values)
    return text.removesuffix("\n").split("\n")


def commented(lines: Sequence[str]) -> list[str]:
    """Mark the first of the lines as a translatable comment."""
    return [_(lines[0]), *lines[1:]]


def target_lines(task: str, targets: str) -> list[str]:
    """Return lines from targets to ``y``: numbers unchanged, classes by number."""
    if task in {REGRESSION, MULTI_LABEL}:
        return [f'y = {targets}.astype("float32")']
    return [f"labels, y = np.unique({targets}, return_inverse=True)"]


def left_out_lines(data: Data, path: str, folder: str, *after: str) -> list[str]:
    """Return lines about the files that the recipe leaves out; none where it leaves out none.

    ``path``: the recipe's file or folder, or that of its test set; ``folder``: base folder of the
    files, in the script; ``after``: lines that use ``left_out``.
    """
    source = Path(path).name
    known = (name.partition("/") for name in name_list_option(data.options, OPTION))
    inside = [rest for first, _, rest in known if first == source or not source]
    if not inside:
        return []
    return [
        f"left_out = {{Path({format_literal(folder)}, name) for name in {format_literal(inside)}}}",
        *after,
    ]


def target_columns(data: Data) -> list[str]:
    """Return the target columns that the recipe names, in the order of ``y``."""
    names = list(data.target) or [column for columns in data.targets.values() for column in columns]
    names = names or [name for name, choice in data.columns.items() if choice.role == "target"]
    return list(dict.fromkeys(names))


def input_columns(project: Project, known: Collection[str] | None = None) -> list[str]:
    """Return the columns of each input where there are several, else all of the table.

    ``known``: the columns that are features, None: all. Without any, the script finds them.
    """

    def taken(name: str) -> str:
        columns = project.data.inputs.get(name, ())
        if not columns:
            return "list(x.columns)"
        if known or known is None:
            return format_literal(
                [column for column in columns if known is None or column in known]
            )
        return f"[name for name in {format_literal(list(columns))} if name in x]"

    inputs = used_inputs(project.graph)
    if len(inputs) < 2:
        return [
            f"x = x[{taken(node_id)}]" for node_id in inputs if project.data.inputs.get(node_id)
        ]
    return [
        "columns = {",
        *(f"    {format_literal(node_id)}: {taken(node_id)}," for node_id in inputs),
        "}",
    ]


#: Arguments of ``pandas.read_csv`` that scripts write; facts from a file may say anything else.
_READ_AS = (
    "sep", "decimal", "encoding", "skiprows", "header", "names", "comment", "lineterminator",
    "dtype", "usecols", "na_values",
)  # fmt: skip


def csv_arguments(
    project: Project,
    facts: DataFacts | None = None,
    *,
    test: bool = False,
    numbers: Collection[str] = (),
) -> str:
    """Return the arguments of ``pd.read_csv`` for the decided or detected dialect.

    ``facts``: what was detected in the files, where they were read; ``test``: of the test file;
    ``numbers``: columns that are read as numbers, although their cells were kept as texts.
    """
    options = project.data.options
    named = {"separator": "sep", "decimal": "decimal", "encoding": "encoding"}
    arguments = {
        named[key]: options[key] for key in named if options.get(key) and options[key] != "auto"
    }
    if facts is not None:
        concluded = facts.test_read_as if test else facts.read_as
        if isinstance(concluded, Mapping):
            arguments |= {key: concluded[key] for key in _READ_AS if key in concluded}
    if numbers and isinstance(kinds := arguments.pop("dtype", None), Mapping):
        texts = {name: kind for name, kind in kinds.items() if name not in numbers}
        arguments |= {"dtype": texts} if texts else {}
    lines = lines_left_out(project, facts, test=test)
    if lines:
        arguments["skiprows"] = [
            *range(int(arguments.get("skiprows") or 0)),
            *(line - 1 for line in lines),
        ]
    return "".join(f", {key}={_read_value(value)}" for key, value in arguments.items())


def lines_left_out(
    project: Project, facts: DataFacts | None = None, *, test: bool = False
) -> list[int]:
    """Return the lines of a file that are no samples: by decision, or totals."""
    lines = project.data.options.get("skip_lines") or []
    lines = list(lines) if isinstance(lines, list | tuple) else [lines]
    chosen = [] if test or project.data.kind == "series" else lines
    concluded = {} if facts is None else facts.test_read_as if test else facts.read_as
    return sorted({*chosen, *concluded.get("left_out", ())})


def _read_value(value: Any) -> str:
    return format_literal(list(value) if isinstance(value, tuple) else value)


def text_code(question: ScriptRequest, lines: Iterable[str], **more: Any) -> DataCode:
    """Return the data section of texts; ``lines`` leave the texts in ``x``, and ``y``."""
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
        shapes = [question.project.graph.by_id[node_id].params.get("shape")
                 for node_id in used_inputs(question.project.graph)]  # fmt: skip
        length = next(
            (int(shape[0]) for shape in shapes if shape and len(shape) == 1 and shape[0]), None
        )
    return DataCode(
        tuple(lines),
        InputFormat.TEXTS,
        split=CHARACTER if each_character else "",
        length=length,
        most=int(most),
        input_lines=tuple(script_part("raw_texts", about=_(_TEXTS))),
        **more,
    )


_TEXTS = N_("# The .keras file contains the vocabulary too: it takes texts in lower case.")
