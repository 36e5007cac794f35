"""Series: predict the next values of columns from a window of the values before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.arrays import fill_sequences
from netbuilder.core.data.kinds.csv import ENDINGS
from netbuilder.core.data.kinds.csv import read_table as preview_table
from netbuilder.core.data.kinds.kind import (
    PARTS,
    SCALING,
    TABLE_FILE,
    DataKind,
)
from netbuilder.core.data.kinds.scripts.series_script import series_code
from netbuilder.core.data.preprocessing.cells import is_numeric
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.roles import roles_of, single_roles
from netbuilder.core.data.preprocessing.time_columns import counting_column
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.series_rows import (
    DEFAULT_WINDOW,
    Segment,
    segments_of,
    too_short_error,
)
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.readers.table_samples import parts_of, weights_of
from netbuilder.core.data.recipe_options import integer_option, reading_options
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data
from netbuilder.core.wording import did_you_mean, format_count, format_list

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

_FEWEST = 10


def windows(table: pd.DataFrame, target: Sequence[str], data: Data, source: str) -> Samples:
    """Cut a table whose rows follow each other in time into windows.

    "window" (14) rows of all number columns are one sample, (window, columns); the answer is
    each target in the "horizon" (1) rows that follow, named "column +1", "column +2", … where
    there are several. No window spans a gap in time.

    Raises:
        DataError: too few rows, missing values, or a target that is no number.
    """
    import numpy as np
    import pandas as pd

    window = integer_option(data.options, "window", DEFAULT_WINDOW)
    horizon = integer_option(data.options, "horizon", 1)
    rows = segments_of(table, target, data, source)
    names = answer_names(target, horizon)
    found = ((rows.order, "order"), (rows.clock, "order"), (rows.group, "group"))
    left_out = {str(name) for name in table.columns} - {*rows.names, *target}
    roles = {
        **dict.fromkeys(sorted(left_out), "ignore"), **dict.fromkeys(target, "target"),
        **{name: role for name, role in found if name},
    }  # fmt: skip
    x, y, times, lines = [], [], [], []
    for segment in rows.segments:
        count = len(segment.frame) - window - horizon + 1
        if count < 1:
            continue
        ahead = cut(segment.frame[list(target)].iloc[window:], horizon)
        x.append(cut(segment.frame, window)[:count])
        # Each target with all its steps, one after the other.
        y.append(ahead[:count].transpose(0, 2, 1).reshape(count, -1))
        times.append(segment.times[window + horizon - 1 :])
        lines += segment.frame.index[window + horizon - 1 :].tolist()
    if sum(len(part) for part in x) < _FEWEST:
        raise too_short_error(source, rows, window, horizon)
    # Series of several groups are cut into parts by time, not group by group.
    order = np.argsort(np.concatenate(times), kind="stable")
    index = pd.Index(np.array(lines)[order], name=table.index.name)
    return Samples(
        role="numbers",
        arrays={"series": np.concatenate(x)[order]},
        columns=rows.names,
        targets=pd.DataFrame(np.concatenate(y)[order], columns=list(names), index=index),
        ordered=True,
        source=source,
        notes=rows.notes,
        roles=roles,
    )


def answer_names(target: Sequence[str], horizon: int) -> tuple[str, ...]:
    """Names of the answers: the targets', or one for each step ahead."""
    if horizon == 1:
        return tuple(target)
    return tuple(f"{name} +{step}" for name in target for step in range(1, horizon + 1))


def targets_behind(names: Sequence[str], horizon: int) -> tuple[str, ...]:
    """The target columns that answers of these names are about."""
    if horizon == 1:
        return tuple(names)
    return tuple(dict.fromkeys(name.rpartition(" +")[0] or name for name in names))


def cut(frame: pd.DataFrame, window: int) -> NDArray[np.float64]:
    """Every window of ``window`` rows, (rows - window + 1, window, columns)."""
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
    """Windows with answers, of the columns that a trained model takes.

    Raises:
        DataError: columns are missing, or the table is too short.
    """
    horizon = integer_option(data.options, "horizon", 1)
    answers = tuple(dict.fromkeys(n for out in preprocessing.outputs.values() for n in out.columns))
    targets = targets_behind(answers, horizon)
    features = [column.name for column in entry.columns]
    used = _with_helpers(table, data, list(dict.fromkeys([*features, *targets])), source)
    asked = _as_features(data, features)
    asked = replace(asked, options={**data.options, "window": int(entry.shape[0] or 1)})
    found = windows(used, targets, asked, source)
    where = [found.columns.index(name) for name in features]
    return replace(found, arrays={"series": found.arrays["series"][..., where]})


def history(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[NDArray[np.float32], list[Any], str]:
    """Every window of a table without answers, the line on which each ends, and a note.

    Raises:
        DataError: columns are missing, or no window fits.
    """
    import numpy as np

    window = int(entry.shape[0] or 1)
    names, segments = _long_enough(table, data, entry, source)
    parts = [cut(one.frame[names], window) for one in segments]
    lines = [line for one in segments for line in one.frame.index[window - 1 :]]
    horizon = integer_option(data.options, "horizon", 1)
    ahead = "the next row" if horizon == 1 else f"the next {horizon} rows"
    note = f"Each answer stands where its {window} rows end, and is about {ahead}."
    raw = fill_sequences(np.concatenate(parts), entry.columns).astype(np.float32)
    return raw, lines, note


def latest_window(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> NDArray[np.float64]:
    """The rows with which a table ends in time, (window, columns): what follows is in no file.

    The windows that are learned from end earlier, for their answers stand in the file.

    Raises:
        DataError: columns are missing, or no window fits.
    """
    import numpy as np

    names, segments = _long_enough(table, data, entry, source)
    last = max(reversed(segments), key=lambda one: float(one.times[-1]))
    rows = last.frame[names].iloc[-int(entry.shape[0] or 1) :].to_numpy(np.float64)
    found: NDArray[np.float64] = fill_sequences(rows[None], entry.columns)[0]
    return found


def _long_enough(
    table: pd.DataFrame, data: Data, entry: InputPreprocessing, source: str
) -> tuple[list[str], list[Segment]]:
    """The columns that a model takes, and the stretches of a table into which a window fits."""
    names = [column.name for column in entry.columns]
    used = _with_helpers(table, data, names, source)
    rows = segments_of(used, (), _as_features(data, names), source)
    window = int(entry.shape[0] or 1)
    segments = [one for one in rows.segments if len(one.frame) >= window]
    if not segments:
        raise DataError(
            f"{source} has {format_count(len(table), 'row')}, the model looks back {window}.",
            f"Give at least {window} rows.",
        )
    return names, segments


def _as_features(data: Data, names: Sequence[str]) -> Data:
    """The recipe in which what the model takes is a feature: also years, which would order rows."""
    decided = {name: data.columns.get(name, ColumnChoice()) for name in names}
    roles = {name: one if one.role else replace(one, role="feature")
             for name, one in decided.items()}  # fmt: skip
    return replace(data, columns={**data.columns, **roles})


def _with_helpers(table: pd.DataFrame, data: Data, names: list[str], source: str) -> pd.DataFrame:
    """The columns that a model needs, and those that order and group the rows."""
    known = [str(name) for name in table.columns]
    lost = [name for name in names if name not in known]
    if lost:
        hint = did_you_mean(lost[0], known) if len(lost) == 1 else ""
        raise DataError(
            f"{source} lacks the column{'' if len(lost) == 1 else 's'} {format_list(lost, 8)} that "
            "the model needs.",
            f"{hint} It has {format_list(known, 12)}.".strip(),
        )
    helpers = [name for name in known if name not in names and not is_numeric(table[name])]
    extra = set(single_roles(data).values())
    extra.add(counting_column(table, names))
    helpers += [name for name in known if name in extra and name not in (*names, *helpers)]
    kept = [name for name in known if name in (*names, *helpers)]
    # A counting column that orders the rows is no feature here unless the model has it.
    return table[kept]


def _read(data: Data, path: Path, test: bool) -> Samples:
    table = read_table(path, reading_options(data))
    reading = table_reading(table)
    known = [str(name) for name in table.columns]
    roles = roles_of(data, known, path.name, (reading.counting,), answers_teach=True)
    table = table.drop(columns=[n for n in roles.ignored if n == reading.counting])
    found = windows(table, roles.targets, data, path.name)
    # A window belongs where its last answer stands.
    ends = table.loc[found.targets.index]
    return replace(
        found,
        weights=weights_of(ends[roles.weight], path.name) if roles.weight else None,
        parts=parts_of(ends[roles.split], path.name) if roles.split and not test else None,
        findings=reading.findings,
        hints=reading.hints,
        read_as=reading.read_as,
        units=reading.units,
        marks=reading.marks,
        factors=reading.factors,
    )


KIND = DataKind(
    name="series",
    title="Series",
    help="a series: rows follow each other in time",
    noun="series",
    options=(
        Param("window", Kind.INT, DEFAULT_WINDOW, "steps that it looks back", 1),
        Param("horizon", Kind.INT, 1, "steps that it predicts", 1),
        Param(
            "order_by", Kind.TEXT, None, "column of time: found by itself", optional=True, more=True
        ),
        Param("group", Kind.TEXT, None, "column that tells series apart", optional=True, more=True),
        SCALING,
        *PARTS,
        *TABLE_FILE,
    ),
    readings=(
        (
            "a column of dates, or of days with the time in another; years, 20241231, seconds "
            "since 1970",
            "rows are put in its order, with a note; option order_by names another",
        ),
        (
            "several series one below the other",
            "told apart by the column within which each time occurs once, with a note; where "
            "there is none it is asked",
        ),
        (
            "gaps in time, rows without values",
            "no window spans them; weekends and months of 28 to 31 days are no gaps",
        ),
        (
            "missing features",
            "asked; what is filled in comes from the training rows, and a target is never filled",
        ),
    ),
    read=_read,
    code=series_code,
    endings=ENDINGS,
    tabular=lambda data: True,
    table=preview_table,
    task=lambda data: "regression",
)
