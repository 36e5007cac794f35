"""Windows of a series: with targets, without, and the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.modality import fill_sequences
from netbuilder.core.data.preprocessing.cells import is_numeric
from netbuilder.core.data.preprocessing.cut_windows import cut_windows
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.roles import require_model_columns, single_roles
from netbuilder.core.data.preprocessing.time_columns import counting_column, written_after
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import (
    DEFAULT_WINDOW,
    SeriesRows,
    segments_of,
    too_short_error,
)
from netbuilder.core.data.readers.table_cells import TableReading
from netbuilder.core.data.recipe_options import integer_option
from netbuilder.core.project.model import ColumnChoice, Data

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FEWEST_WINDOWS = 10


def windows(table: pd.DataFrame, target: Sequence[str], data: Data, source: str) -> Samples:
    """Cut a table whose rows follow each other in time into windows.

    "window" (14) rows of all number columns are one sample, (window, columns); the target is each
    target column in the "horizon" (1) rows that follow, named "column +1", "column +2", … where
    there are several. No window spans a gap in time. Raise DataError for too few rows, missing
    values, or a target that is no number.
    """
    import numpy as np
    import pandas as pd

    window = integer_option(data.options, "window", DEFAULT_WINDOW)
    horizon = integer_option(data.options, "horizon", 1)
    rows = segments_of(table, target, data, source)
    names = answer_names(target, horizon)
    role_of_column = ((rows.order, "order"), (rows.clock, "order"), (rows.group, "group"))
    left_out = {str(name) for name in table.columns} - {*rows.names, *target}
    roles = {
        **dict.fromkeys(sorted(left_out), "ignore"), **dict.fromkeys(target, "target"),
        **{name: role for name, role in role_of_column if name},
    }  # fmt: skip
    if sum(max(0, len(part) - window - horizon + 1) for part in rows.parts) < FEWEST_WINDOWS:
        raise too_short_error(source, rows, window, horizon)
    numbers, ahead = rows.frame.to_numpy(np.float64), rows.frame[list(target)].to_numpy(np.float64)
    x, y, ends = cut_windows(numbers, ahead, rows.times, rows.parts, window, horizon)
    days = None
    if rows.order and not is_numeric(table[rows.order]):
        time = rows.times[:, None]
        past, coming, _ends = cut_windows(time, time, rows.times, rows.parts, window, horizon)
        days = np.concatenate([past[..., 0], coming], axis=1)
    whole = len(rows.parts) == 1 and np.array_equal(rows.parts[0], np.arange(len(table)))
    return Samples(
        role="numbers",
        reading=TableReading(read_as={"in_order": True} if whole else {}),
        arrays={"series": x},
        columns=rows.names,
        targets=pd.DataFrame(y, columns=list(names), index=rows.frame.index[ends]),
        ordered=True,
        source=source,
        notes=rows.notes,
        roles=roles,
        days=days,
    )


def answer_names(target: Sequence[str], horizon: int) -> tuple[str, ...]:
    """Return the names of the outputs: the targets', or one for each step ahead."""
    if horizon == 1:
        return tuple(target)
    return tuple(f"{name} +{step}" for name in target for step in range(1, horizon + 1))


def targets_behind(names: Sequence[str], horizon: int) -> tuple[str, ...]:
    """Return the target columns of outputs with these names."""
    if horizon == 1:
        return tuple(names)
    return tuple(dict.fromkeys(name.rpartition(" +")[0] or name for name in names))


def targets_and_horizon(names: Sequence[str], data: Data) -> tuple[tuple[str, ...], int]:
    """Return the target columns of outputs with these names, and the horizon in rows."""
    horizon = integer_option(data.options, "horizon", 1)
    targets = targets_behind(names, horizon)
    return (targets, horizon) if len(targets) * horizon == len(names) else (tuple(names), 1)


def cut(frame: pd.DataFrame, window: int) -> NDArray[np.float64]:
    """Return every window of ``window`` rows, (rows - window + 1, window, columns)."""
    import numpy as np

    values = frame.to_numpy(np.float64)
    if len(values) < window:
        return np.empty((0, window, values.shape[1]))
    views = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    return np.ascontiguousarray(views.transpose(0, 2, 1))


def labelled_windows(
    table: pd.DataFrame,
    data: Data,
    preprocessing: Preprocessing,
    entry: InputPreprocessing,
    source: str,
) -> Samples:
    """Return windows with targets, of the model's columns; DataError if missing or too short."""
    horizon = integer_option(data.options, "horizon", 1)
    answers = tuple(dict.fromkeys(n for out in preprocessing.outputs.values() for n in out.columns))
    targets = targets_behind(answers, horizon)
    features = [column.name for column in entry.columns]
    used = _with_helpers(table, data, list(dict.fromkeys([*features, *targets])), source)
    as_trained = _as_features(data, features)
    as_trained = replace(as_trained, options={**data.options, "window": int(entry.shape[0] or 1)})
    samples = windows(used, targets, as_trained, source)
    where = [samples.columns.index(name) for name in features]
    return replace(samples, arrays={"series": samples.arrays["series"][..., where]})


def history(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[NDArray[np.float32], list[Any]]:
    """Return all windows without targets, and their last lines; DataError if none fits."""
    import numpy as np

    window = int(entry.shape[0] or 1)
    names, rows, parts = _long_enough(table, data, entry, source)
    cuts = [cut(rows.frame.iloc[part][names], window) for part in parts]
    lines = [line for part in parts for line in rows.frame.index[part][window - 1 :]]
    raw = fill_sequences(np.concatenate(cuts), entry.columns).astype(np.float32)
    return raw, lines


def rows_ahead(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[NDArray[np.object_], pd.DataFrame, str]:
    """Return the rows that the windows of ``history`` predict.

    Returns:
        The line of each, (windows, horizon), None where it lies in a gap; those of them after the
        last row of the file or group, with time and group; the column of time, or "".
    """
    import numpy as np
    import pandas as pd

    window, horizon = int(entry.shape[0] or 1), integer_option(data.options, "horizon", 1)
    _names, rows, parts = _long_enough(table, data, entry, source)
    groups = table[rows.group].tolist() if rows.group else [""] * len(table)
    last_of_group = {groups[part[-1]]: part for part in rows.parts}
    lines: list[list[object]] = []
    more: dict[object, dict[str, object]] = {}
    for part in parts:
        each: list[object] = table.index[part].tolist()
        ahead: list[object] = [None] * horizon
        group = groups[part[-1]]
        if last_of_group[group] is part:
            ahead = [f"{each[-1]}+{step}" for step in range(1, horizon + 1)]
            given_cells = {rows.group: group} if rows.group else {}
            when = [""] * horizon
            if rows.order:
                cells = table[rows.order].iloc[part].tolist()
                when = written_after(rows.times[part], cells, horizon)
            for label, time in zip(ahead, when, strict=True):
                more[label] = {**given_cells, rows.order: time} if rows.order else given_cells
        each += ahead
        lines += [each[end : end + horizon] for end in range(window, len(part) + 1)]
    return np.array(lines, object), pd.DataFrame([*more.values()], index=[*more]), rows.order


def latest_window(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return the last rows of a table in time, (window, columns), to predict beyond the file.

    Also their days since 1970-01-01, (window,); None where no column of dates orders the rows.
    Raise DataError if columns are missing, or no window fits.
    """
    import numpy as np

    names, rows, parts = _long_enough(table, data, entry, source)
    latest = max(reversed(parts), key=lambda part: float(rows.times[part[-1]]))
    end = latest[-int(entry.shape[0] or 1) :]
    last = rows.frame[names].iloc[end].to_numpy(np.float64)
    dated = rows.order and not is_numeric(table[rows.order])
    return fill_sequences(last[None], entry.columns)[0], rows.times[end] if dated else None


def _long_enough(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[list[str], SeriesRows, list[NDArray[np.int64]]]:
    """Return the model's columns, the table's rows, and its segments that hold a window."""
    names = [column.name for column in entry.columns]
    used = _with_helpers(table, data, names, source)
    rows = segments_of(used, (), _as_features(data, names), source)
    window = int(entry.shape[0] or 1)
    parts = [part for part in rows.parts if len(part) >= window]
    if not parts:
        raise data_error("series_too_short:2", count=len(table), file=source, window=window)
    return names, rows, parts


def _as_features(data: Data, names: Sequence[str]) -> Data:
    """Make the model's columns features, also years, which would order rows."""
    decided = {name: data.columns.get(name, ColumnChoice()) for name in names}
    roles = {name: choice if choice.role else replace(choice, role="feature")
             for name, choice in decided.items()}  # fmt: skip
    return replace(data, columns={**data.columns, **roles})


def _with_helpers(table: pd.DataFrame, data: Data, names: list[str], source: str) -> pd.DataFrame:
    """Select the columns that a model needs, and those that order and group the rows."""
    known = [str(name) for name in table.columns]
    require_model_columns(known, names, source)
    helpers = [name for name in known if name not in names and not is_numeric(table[name])]
    extra = set(single_roles(data).values())
    extra.add(counting_column(table, names))
    helpers += [name for name in known if name in extra and name not in (*names, *helpers)]
    columns = [name for name in known if name in (*names, *helpers)]
    # A counting column that orders the rows is no feature here unless the model has it.
    return table[columns]
