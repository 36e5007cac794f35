"""Rows of a series in time order: sorted, by group, split at gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.cells import is_numeric
from netbuilder.core.data.preprocessing.column_parser import fit_parser
from netbuilder.core.data.preprocessing.cut_windows import gaps, stretches
from netbuilder.core.data.preprocessing.missing import drop_answers, missing_cells, missing_rules
from netbuilder.core.data.preprocessing.roles import require_column, single_roles
from netbuilder.core.data.preprocessing.time_columns import (
    clock_column,
    counting_column,
    date_column,
    few_repeats,
    odd_times,
    times_of,
)
from netbuilder.core.data.recipe_options import name_list_option as option_names
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.model import ColumnChoice, Data
from netbuilder.core.wording import format_number, join_sentences

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# Steps that a window looks back, where nobody says.
DEFAULT_WINDOW = 14
_FEW_GROUPS = 0.5


@dataclass(frozen=True, eq=False)
class SeriesRows:
    """The rows of a table in time order.

    ``frame`` holds the numbers of all rows, its index the lines of the file; a cell is NaN only
    where it will be filled. ``times`` orders windows of several groups, ``parts`` are the places of
    gapless segments.
    """

    frame: pd.DataFrame
    times: NDArray[np.float64]
    parts: list[NDArray[np.int64]]
    notes: tuple[str, ...]
    order: str = ""
    group: str = ""
    clock: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of numbers used for learning."""
        return tuple(map(str, self.frame.columns))


def segments_of(table: pd.DataFrame, targets: Sequence[str], data: Data, source: str) -> SeriesRows:
    """Return the rows of a table in time order.

    Args:
        table: as read; its index is the lines.
        data: the recipe. Roles: "order": the column of time (dates are detected automatically);
            "group": the column that tells several series apart.

    Raises:
        DataError: values are missing, a target is text, or a column does not exist.
    """
    import numpy as np

    known = [str(name) for name in table.columns]
    notes: list[str] = []
    single = single_roles(data)
    for role in ("order", "group"):
        if single.get(role):
            require_column(single[role], known, source)
    group = single.get("group", "")
    order, clock, times = _order_of(table, targets, data, source)
    repeats = repeated_times(times) if order and not group else np.zeros(0, np.int64)
    if len(repeats):
        group = _group_column(table, times, targets, {order, clock})
        if not group and odd_times(times[repeats], len(times)) <= few_repeats(len(times)):
            if np.diff(times).min() > -1 / 20:  # the second hour of autumn comes after the first
                times = np.maximum.accumulate(times)
            notes.append(
                ngettext(
                    "{count} row repeats a '{name}', such as '{value}': both rows are used.",
                    "{count} rows repeat a '{name}', such as '{value}': all rows are used.",
                    len(repeats), name=order, value=table[order].iloc[repeats[0]],
                )
            )  # fmt: skip
        elif group:
            notes.append(
                _(
                    "Each value of '{name}' is a separate series, because each time occurs "
                    "only once in it.",
                    name=group,
                )
            )
        else:
            raise data_error(
                "series_times_repeat",
                file=source,
                name=order,
                value=table[order].iloc[repeats[0]],
                fixes=(
                    DataFix(_("Keep the order of the rows"), columns={order: {"role": "ignore"}}),
                ),
            )
    if clock:
        notes.append(
            _("'{clock}' is read as the time of day of '{order}'.", clock=clock, order=order)
        )
    frame = _numbers(table, targets, data, source, {order, group, clock}, notes)
    out = _left_out(frame, targets, data, source)
    if out.any():
        notes.append(
            ngettext(
                "{count} row with missing values was left out: no window spans it.",
                "{count} rows with missing values were left out: no window spans them.",
                int(out.sum()),
            )
        )
    groups = table[group].astype(str).to_numpy() if group else np.zeros(len(frame), int)
    parts = stretches(times, groups, out, timed=bool(order))
    each = [times[groups == name] for name in dict.fromkeys(groups)]
    if any((np.diff(times) < 0).any() for times in each):
        notes.append(_("The rows were sorted by '{name}'.", name=order))
    jumps = sum(int(gaps(np.sort(times)).sum()) for times in each) if order else 0
    if jumps:
        notes.append(
            ngettext(
                "'{name}' has {count} gap: no window spans a gap.",
                "'{name}' has {count} gaps: no window spans a gap.",
                jumps,
                name=order,
            )
        )
    return SeriesRows(frame, times, parts, tuple(notes), order, group, clock)


def _order_of(
    table: pd.DataFrame, targets: Sequence[str], data: Data, source: str
) -> tuple[str, str, NDArray[np.float64]]:
    """Return the undecided column of time, the one with the time of day, and the times."""
    import numpy as np

    chosen = single_roles(data).get("order", "")
    taken = {*targets, *option_names(data.options, "ignore")}
    taken |= {name for name, choice in data.columns.items() if choice.role not in {"", "order"}}
    order = chosen or date_column(table, taken)
    if not order:
        order = counting_column(table, taken)
        times = times_of(table[order], source) if order else np.arange(len(table), dtype=float)
        # Years of several rows (of months, say) order nothing, but for series side by side.
        alone = not order or single_roles(data).get("group")
        if (
            not alone
            and len(repeated_times(times))
            and not _group_column(table, times, targets, {order})
        ):
            return "", "", np.arange(len(table), dtype=float)
        return order, "", times
    times = times_of(table[order], source)
    clock = ""
    if (
        not is_numeric(table[order])
        and len(repeated_times(times))
        and (times == np.round(times)).all()
    ):
        clock = clock_column(table, {*taken, order})
    return order, clock, times + times_of(table[clock], source) if clock else times


def repeated_times(times: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places of times that occurred before."""
    import numpy as np

    _, first = np.unique(times, return_index=True)
    return np.setdiff1d(np.arange(len(times)), first)


def _group_column(
    table: pd.DataFrame, times: NDArray[Any], targets: Sequence[str], order: set[str]
) -> str:
    """Return a column of few values that makes times unique within each, or ""."""
    import pandas as pd

    for name in table.columns:
        if name in targets or name in order:
            continue
        values = table[name].astype(str)
        if values.nunique() > _FEW_GROUPS * len(values) or values.nunique() < 2:
            continue
        if not pd.DataFrame({"group": values.to_numpy(), "time": times}).duplicated().any():
            return str(name)
    return ""


def _numbers(
    table: pd.DataFrame,
    targets: Sequence[str],
    data: Data,
    source: str,
    special: set[str],
    notes: list[str],
) -> pd.DataFrame:
    ignored = {*option_names(data.options, "ignore"), *single_roles(data).values(), *special}
    ignored |= {name for name, choice in data.columns.items() if choice.role == "ignore"}
    numbers: dict[str, pd.Series] = {}
    for name in map(str, table.columns):
        if name not in targets and name in ignored:
            continue
        column = _as_decided(table[name], data.columns.get(name, ColumnChoice()).type, source)
        if column is not None:
            numbers[name] = column
        elif name in targets:
            raise data_error("series_target_text", name=name, file=source)
        else:
            notes.append(
                _("Column '{name}' contains text and was left out of the series.", name=name)
            )
    return table.__class__(numbers)


def _as_decided(series: pd.Series, kind: str, source: str) -> pd.Series | None:
    """Return a column as numbers, by the decided type; None where it has none."""
    parser = fit_parser(series, source, kind)
    # A time of the day that nobody decided on belongs to the order of the rows.
    if parser is None or (parser.kind == "date" and kind != "date"):
        return None
    return parser(series, source)


def _left_out(
    frame: pd.DataFrame, targets: Sequence[str], data: Data, source: str
) -> NDArray[np.bool_]:
    """Return which rows are excluded; targets are never filled. DataError for undecided gaps."""
    import numpy as np

    names = [str(name) for name in frame.columns]
    rules = drop_answers(missing_rules(data, names), targets)
    missing_cells(frame, source, rules)
    holes = [name for name in names if rules[name] == "drop"]
    if not holes:
        return np.zeros(len(frame), bool)
    return np.asarray(frame[holes].isna().any(axis=1).to_numpy(), bool)


def too_short_error(source: str, rows: SeriesRows, window: int, horizon: int) -> DataError:
    """Return the error about a series shorter than its windows need."""
    lengths = [len(part) for part in rows.parts]
    fit = sum(max(0, length - window - horizon + 1) for length in lengths)
    message = ngettext(
        "The {rows} rows of {file} give only {count} window of {window} rows.",
        "The {rows} rows of {file} give only {count} windows of {window} rows.",
        fit, rows=format_number(sum(lengths), ","), file=source, window=window,
    )  # fmt: skip
    if len(lengths) > 1:
        gaps = _(
            "They consist of {count} parts without a gap; the longest has {longest} rows.",
            count=format_number(len(lengths)), longest=max(lengths),
        )  # fmt: skip
        message = join_sentences((message, gaps))
    return DataError(
        message,
        _("Use a longer file, or a window shorter than {window}.", window=window),
        code="series_too_short",
    )
