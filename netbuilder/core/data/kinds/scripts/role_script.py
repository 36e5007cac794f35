"""Lines of a script for column roles: features, targets, part, group and weight of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.data.kinds.kind import DataCode, ScriptRequest
from netbuilder.core.data.kinds.scripts import table_script
from netbuilder.core.data.kinds.scripts.script_lines import input_columns, target_columns
from netbuilder.core.data.preprocessing.roles import single_roles
from netbuilder.core.data.readers.table_samples import PART_WORDS
from netbuilder.core.data.recipe_options import MAX_CATEGORIES, name_list_option
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.python_text import format_literal


@dataclass(frozen=True)
class RoleLines:
    """``lines`` of a script, and the attributes of ``DataCode`` that they stand for."""

    lines: tuple[str, ...] = ()
    flags: Mapping[str, Any] = field(default_factory=dict)


def role_lines(data: Data) -> RoleLines:
    """Return lines for the columns' roles; ``table_script.column_lines`` sorts the rows."""
    single = single_roles(data)
    lines: list[str] = []
    flags: dict[str, Any] = {"ordered": "order" in single}
    if "split" in single:
        flags["parts"] = "column"
        lines += [
            f"parts = {format_literal(PART_WORDS)}",
            f"part_of = data[{format_literal(single['split'])}]"
            ".astype(str).str.strip().str.lower()",
            "part_of = part_of.map(parts).to_numpy()",
        ]
    if "group" in single:
        flags["groups"] = True
        lines.append(
            f"groups = pd.factorize(data[{format_literal(single['group'])}].astype(str))[0]"
        )
    if "weight" in single:
        flags["weighted"] = True
        lines.append(f'row_weights = data[{format_literal(single["weight"])}].to_numpy("float32")')
    return RoleLines(tuple(lines), flags)


def table_code(question: ScriptRequest, reading: Iterable[str]) -> DataCode:
    """Return the data section for a table, from the columns' roles on.

    ``reading``: lines that leave the table in ``data``, and that of the test file in ``test``.
    """
    project, data = question.project, question.project.data
    targets = target_columns(data) or list(question.facts.target_names if question.facts else ())
    known = list(question.facts.column_types) if question.facts is not None else []
    other = table_script.unused(data)
    gone = f"[*targets, *{format_literal(other)}]" if other else "targets"
    features = format_literal(known) if known else f"[name for name in data if name not in {gone}]"
    roles = role_lines(data)
    lines = [
        *reading,
        f"targets = {format_literal(targets) if targets else '[data.columns[-1]]'}",
        f"features = {features}",
        *(() if known else _few_words(data)),
        *table_script.row_lines(data, table_script.frames_of(data)),
        *roles.lines,
        "x = data[features]",
        *table_script.answer_lines(question),
        *(["x_test = test[features]"] if data.test_path else []),
        *input_columns(project, known),
    ]
    types = question.facts.column_types.values() if question.facts is not None else ("category",)
    return DataCode(
        tuple(lines),
        own_test=bool(data.test_path),
        words="category" in types,
        fills=table_script.fill_lines(data),
        **roles.flags,
    )


def _few_words(data: Data) -> list[str]:
    """Drop columns of texts that hardly repeat, unless decided to be categories."""
    categories = [name for name, choice in data.columns.items() if choice.type == "category"]
    categories += name_list_option(data.options, "categories")
    other = f" or name in {format_literal(categories)}" if categories else ""
    return [
        _("# Text columns with many distinct values are not used as categories."),
        f"most = min({MAX_CATEGORIES}, max(10, len(data) // 2))",
        'numbers = list(data.select_dtypes(["number", "bool"]))',
        "features = [",
        "    name for name in features",
        f"    if name in numbers or data[name].nunique() <= most{other}",
        "]",
    ]


def sample_role_lines(
    question: ScriptRequest, option: str, guess: str, train: Sequence[str], test: Sequence[str]
) -> RoleLines:
    """Return lines for a table with a sample in each cell of one column.

    They leave ``x`` and ``y``, and of a test file ``x_test`` and ``y_test``.

    ``option``: names the column; ``guess``: an expression for the column without that option;
    ``train``: lines from ``data`` and ``column`` to ``x``; ``test``: lines from ``test`` to
    ``x_test``.
    """
    data, facts = question.project.data, question.facts
    columns = facts.column_roles if facts is not None else {}
    column = str(data.options.get(option) or "")
    column = column or next((name for name, role in columns.items() if role == "feature"), "")
    known = facts.target_names[:1] if facts is not None else ()
    target = next(iter((*data.target, *known)), "")
    rest = "[[name for name in data if name != column][-1]]"
    # Rows without the sample or its answer are left out, whatever the recipe says of gaps.
    dropping = replace(data, options={**data.options, "missing": "drop"})
    roles = role_lines(data)
    lines = [
        *table_script.reading_lines(question),
        f"column = {format_literal(column) if column else guess}",
        f"features, targets = [column], {format_literal([target]) if target else rest}",
        *table_script.row_lines(dropping, table_script.frames_of(data)),
        *train,
        *roles.lines,
        *(test if data.test_path else ()),
        *table_script.answer_lines(question),
    ]
    return RoleLines(tuple(lines), {**roles.flags, "own_test": bool(data.test_path)})
