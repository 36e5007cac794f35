"""From a table to samples: features, targets and weights."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.cells import (
    are_compact_dates,
    as_numbers,
    is_numeric,
    labels_of,
)
from netbuilder.core.data.preprocessing.cleaning import (
    select_rows,
    unify_spelling,
    without_stand_ins,
)
from netbuilder.core.data.preprocessing.column_parser import boolean_parser, date_parser
from netbuilder.core.data.preprocessing.missing import (
    drop_answers,
    missing_cells,
    missing_rules,
    rows_left_out,
)
from netbuilder.core.data.preprocessing.roles import (
    ColumnRoles,
    require_column,
    roles_of,
    single_roles,
)
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.recipe_options import name_list_option as option_names
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import ColumnChoice, Data
from netbuilder.core.wording import format_quoted_list, shorten

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = 0, 1, 2
PART_WORDS = {
    **dict.fromkeys(("train", "training", "tr", "fit"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing", "holdout"), TEST),
}


def free_columns(data: Data, table: pd.DataFrame) -> list[str]:
    """Return columns without a decided role, which may be features."""
    roles = {
        name: choice.role
        for name, choice in data.columns.items()
        if choice.role not in {"", "feature"}
    }
    taken = {
        *roles, *data.target, *(n for names in data.targets.values() for n in names),
        *single_roles(data).values(), *option_names(data.options, "ignore"),
        table_reading(table).counting,
    }  # fmt: skip
    return [name for name in map(str, table.columns) if name not in taken]


def samples_in_column(
    data: Data, table: pd.DataFrame, column: str, source: str, *, test: bool = False
) -> Samples:
    """Return samples that are in, or named by, the cells of one column.

    Other columns have their roles as in a table, but are no features. Rows without sample or target
    are dropped. Raise DataError if a column does not exist, or there is no target, or no row has
    both.
    """
    known = [str(name) for name in table.columns]
    require_column(column, known, source)
    if len(known) < 2:
        raise data_error("table_one_column:2", file=source)
    chosen = replace(data.columns.get(column, ColumnChoice()), role="feature", missing="drop")
    columns = {name: replace(choice, missing="") for name, choice in data.columns.items()}
    options = {**data.options, "missing": "drop"}
    recipe = replace(data, options=options, columns={**columns, column: chosen}, inputs={})
    roles = roles_of(recipe, known, source, (table_reading(table).counting,), test=test)
    rest = [name for name in roles.features if name != column]
    roles = replace(roles, features=(column,), ignored=(*roles.ignored, *rest))
    samples = samples_of_table(recipe, table, source, part=True, test=test, roles=roles)
    if not len(samples):
        raise data_error("no_labelled_sample", file=source)
    return replace(samples, roles={**dict.fromkeys(rest, "ignore"), column: "feature"})


def _word_stand_ins(
    data: Data, before: pd.DataFrame, used: pd.DataFrame
) -> dict[str, dict[str, str | float]]:
    """Return what replaces words in a short script: spellings by one, yes and no by 1 and 0."""
    words: dict[str, dict[str, str | float]] = {}
    for name in option_names(data.options, "same_words"):
        if name in used:
            pairs = dict(
                zip(before[name].loc[used.index].dropna(), used[name].dropna(), strict=True)
            )
            if all(isinstance(word, str) for word in pairs):
                words[name] = {word.strip(): to for word, to in pairs.items() if word.strip() != to}
    for name, choice in data.columns.items():
        if choice.type == "boolean" and name in used and not is_numeric(used[name]):
            distinct = used[name].drop_duplicates().dropna()
            if all(isinstance(word, str) for word in distinct):
                with suppress(DataError):  # raised with its place when the column is read
                    numbers = boolean_parser(distinct, "")(distinct, "")
                    words[name] = dict(zip(distinct.str.strip(), map(float, numbers), strict=True))
    return words


def samples_of_table(
    data: Data,
    table: pd.DataFrame,
    source: str,
    *,
    part: bool = False,
    test: bool = False,
    roles: ColumnRoles | None = None,
) -> Samples:
    """Return features and targets of a table, with the recipe's rules for missing values.

    A ``part`` of a larger table may have no complete row; its ``roles`` are those of the whole. A
    ``test`` file may lack columns that only training uses. Raise DataError if a column does not
    exist, values are missing, or no row is complete.
    """
    known = [str(name) for name in table.columns]
    reading = table_reading(table)
    if roles is None:
        roles = roles_of(data, known, source, (reading.counting,), test=test, by_name=True)
    targets, features = list(roles.targets), list(roles.features)
    before = without_stand_ins(table, data.options)
    table = unify_spelling(before, data.options)
    notes: list[str] = []
    if not test:
        table, notes = select_rows(table, data, (*features, *targets), targets[0])
    _check_answers(table, targets, [] if test else features, source, test)
    rules = missing_rules(data, known)
    filled = [name for name in features if not table[name].isna().all()]
    missing_cells(
        table[list(dict.fromkeys([*filled, *targets]))], source, drop_answers(rules, targets)
    )
    # A row whose answer is unknown can teach nothing, whatever fills the features.
    holes = [*(name for name in filled if rules[name] == "drop"), *targets]
    used = table.dropna(subset=holes)
    notes += rows_left_out(len(table) - len(used))
    if used.empty and not part:
        raise data_error("no_complete_row", file=source)
    if roles.order:
        used = used.iloc[_order(used[roles.order], source)]
        notes.append(_("The rows were sorted by '{name}'.", name=roles.order))
    days = [name for name in known if name == roles.order or (
        name in data.columns and data.columns[name].type == "date")]  # fmt: skip
    forms = {name: "compact" if are_compact_dates(used[name]) else "numbers"
             for name in days if is_numeric(used[name])}  # fmt: skip
    forms = {**reading.read_as.get("forms", {}), **forms}
    words = _word_stand_ins(data, before, used)
    more = {"forms": forms, "words": words}
    more = {key: value for key, value in more.items() if value}
    reading = replace(reading, read_as={**reading.read_as, **more})
    return Samples(
        role="table",
        table=used[features],
        unused=used[list(roles.ignored)],
        targets=used[targets],
        weights=weights_of(used[roles.weight], source) if roles.weight else None,
        ordered=bool(roles.order),
        parts=parts_of(used[roles.split], source) if roles.split and not test else None,
        groups=groups_of(used[roles.group]) if roles.group and not test else None,
        source=source,
        notes=tuple(notes),
        findings=reading.findings,
        from_file=True,
        reading=reading,
    )


def _check_answers(
    table: pd.DataFrame, targets: list[str], features: list[str], source: str, test: bool
) -> None:
    """Raise ``DataError`` where a target is empty in all rows; ``features`` may replace it."""
    empty = [name for name in targets if table[name].isna().all()]
    if not empty:
        return
    others = [name for name in features if table[name].notna().any()]
    raise data_error(
        "target_empty" if test else "target_empty:2",
        name=empty[0],
        file=source,
        fixes=tuple(
            DataFix(_("Predict '{name}'", name=name), {"target": (name,)}) for name in others[-1:]
        ),
    )


def _order(series: pd.Series, source: str) -> NDArray[np.int64]:
    """Return the row order by a column of numbers, dates or, else, texts."""
    import numpy as np

    numbers = series if is_numeric(series) else None
    if numbers is None:
        try:
            numbers = date_parser(series)(series, source)
        except DataError:
            numbers = series.astype(str)
    if numbers.isna().any():
        empty = numbers.index[numbers.isna()]
        raise data_error("order_column_empty:2", name=series.name, file=source, line=empty[0])
    return np.argsort(numbers.to_numpy(), kind="stable")


def parts_of(series: pd.Series, source: str) -> NDArray[np.int8]:
    """Return each row's part, ``TRAIN``, ``VALIDATION`` or ``TEST``, or raise DataError."""
    import numpy as np

    words = labels_of(series)
    parts = words.map(lambda word: PART_WORDS.get(str(word).lower()))
    unknown = series.index[parts.isna()]
    if len(unknown):
        raise data_error(
            "split_column_invalid",
            name=series.name,
            file=source,
            line=unknown[0],
            value=shorten(series.loc[unknown[0]]),
            names=format_quoted_list(("train", "validation", "test")),
        )
    return np.asarray(parts.to_numpy(), np.int8)


def groups_of(series: pd.Series) -> NDArray[np.int64]:
    """Return the number of each row's group; rows without a word are one too."""
    return series.astype(str).factorize()[0]


def weights_of(series: pd.Series, source: str) -> NDArray[np.float32]:
    """Return the rows' weights; raise DataError if one is missing or negative, or all are 0."""
    import numpy as np

    numbers = as_numbers(series, source)
    if numbers is None or numbers.isna().any() or (numbers < 0).any() or not numbers.sum():
        raise data_error("weight_column_invalid", name=series.name, file=source)
    return np.asarray(numbers.to_numpy(), np.float32)
