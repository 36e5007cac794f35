"""Lines of a script for what columns of a table say of rows: their part, group and weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.kinds.scripts import table_script
from netbuilder.core.data.preprocessing.roles import single_roles
from netbuilder.core.data.readers.table_samples import PART_WORDS
from netbuilder.core.project.model import Data
from netbuilder.core.python_text import format_literal


@dataclass(frozen=True)
class RoleLines:
    """``lines`` of a script, and the attributes of ``DataCode`` that they stand for."""

    lines: tuple[str, ...] = ()
    flags: Mapping[str, Any] = field(default_factory=dict)


def role_lines(data: Data) -> RoleLines:
    """What columns of the data frame ``data`` say of its rows.

    The order of rows is no line here: ``table.column_lines`` puts them in it.
    """
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


def sample_role_lines(
    question: ScriptRequest,
    option: str,
    guess: str,
    train: Sequence[str],
    test: Sequence[str],
) -> RoleLines:
    """Lines about a table with a sample in each cell of one column.

    They leave ``x`` and ``y``, and of a test file ``x_test`` and ``y_test``.

    Args:
        question: about the table.
        option: that names the column.
        guess: an expression for it where nothing is known.
        train: lines from ``data`` and ``column`` to ``x``.
        test: lines from ``test`` to ``x_test``.
    """
    data, facts = question.project.data, question.facts
    columns = facts.column_roles if facts is not None else {}
    column = str(data.options.get(option) or "")
    column = column or next((name for name, role in columns.items() if role == "feature"), "")
    known = facts.target_names[:1] if facts is not None else ()
    target = next(iter((*data.target, *known)), "")
    rest = "[[name for name in data if name != column][-1]]"
    # Rows without the sample or its answer are left out, whatever the recipe says of gaps.
    told = replace(data, options={**data.options, "missing": "drop"})
    roles = role_lines(data)
    lines = [
        *table_script.reading_lines(question),
        f"column = {format_literal(column) if column else guess}",
        f"features, targets = [column], {format_literal([target]) if target else rest}",
        *table_script.row_lines(told, table_script.frames_of(data)),
        *train,
        *roles.lines,
        *(test if data.test_path else ()),
        *table_script.answer_lines(question),
    ]
    return RoleLines(tuple(lines), {**roles.flags, "own_test": bool(data.test_path)})
