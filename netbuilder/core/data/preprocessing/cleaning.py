"""Apply the recipe's cleaning: missing markers, spellings, excluded lines, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.cells import as_label, is_numeric, labels_of
from netbuilder.core.data.recipe_options import name_list_option, require_choice
from netbuilder.core.i18n import ngettext, noop as N_
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_quoted_list

if TYPE_CHECKING:
    import pandas as pd


_LISTS, _MOST_LABELS = 2_000, 60


def without_stand_ins(table: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    """Replace markers for missing values (option "missing_values") by NaN.

    The option names values by column: ``{"age": [-999]}``; other columns are ignored. Option
    "empty_means" names what an empty cell means: ``{"glasses": "no"}``, where a tick means yes.
    Raise DataError if the option has another form.
    """
    cells = options.get("missing_values") or {}
    if not isinstance(cells, Mapping):
        raise data_error(
            "missing_values_invalid", value=f"{cells!r:.60}", example='{"age": [-999]}'
        )
    changed: dict[str, pd.Series] = {}
    for name, values in cells.items():
        if name in table.columns:
            listed = values if isinstance(values, list | tuple) else [values]
            wrong = {as_label(value) for value in listed}
            series: pd.Series = table[str(name)]
            labels = labels_of(series)
            changed[name] = series.mask(labels.isin(wrong))
    meant = options.get("empty_means") or {}
    if not isinstance(meant, Mapping):
        raise data_error("empty_means_invalid", value=f"{meant!r:.60}", example='{"glasses": "no"}')
    for name in (column for column in map(str, table.columns) if column in meant):
        series = changed[name] if name in changed else table[name]
        filled = 0 if is_numeric(series) else str(meant[name])
        changed[name] = series.where(series.notna(), filled)
    return table.assign(**changed) if changed else table


# Scripts carry this function.
def normalize_word(word: str) -> str:
    """Return a word without what spelling alone makes different: case, spaces, and how the result
    of a test is shortened."""
    folded = " ".join(word.casefold().split())
    short = {"positive": "pos", "pos.": "pos", "negative": "neg", "neg.": "neg"}
    return short.get(folded, folded)


# Scripts carry this function.
def one_spelling(cells: pd.Series) -> pd.Series:
    """Write each word in its most frequent spelling."""
    words = cells.astype("string").str.strip()
    common: dict[str, str] = {}
    for word in words.value_counts().index:
        common.setdefault(normalize_word(word), word)
    return words.map(lambda word: common[normalize_word(word)], na_action="ignore").astype(object)


# Scripts carry this function.
def split_labels(table: pd.DataFrame, name: str, separator: str, labels: list[str]) -> pd.DataFrame:
    """Return the table with a column of 0 and 1 for each label, in place of one of lists."""
    import pandas as pd

    if name not in table:
        return table
    lists = table[name].fillna("").astype(str).str.split(separator, regex=False)
    known = lists.map(lambda parts: {part.strip() for part in parts})
    columns = {}
    for column in table:
        if column != name:
            columns[column] = table[column]
            continue
        for label in labels:
            columns[f"{name}: {label}"] = known.map(lambda parts, label=label: int(label in parts))
    return pd.DataFrame(columns, index=table.index)


def with_split_labels(table: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    """Split the columns of option "labels" (separator and labels by name)."""
    for name, how in dict(options.get("labels") or {}).items():
        table = split_labels(table, name, str(how["separator"]), list(how["labels"]))
    return table


def label_separator(cells: pd.Series) -> str:
    """Return the separator of cells that list several of a few labels, or ""."""
    texts = cells.dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    for mark in (";", "|", ","):
        lists = [[part.strip() for part in text.split(mark)] for text in texts.head(_LISTS)]
        parts = [part for row in lists for part in row]
        known = set(parts)
        several = sum(len(row) > 1 for row in lists)
        if several * 5 < len(lists) or not 3 <= len(known) <= min(_MOST_LABELS, len(parts) // 4):
            continue
        if not all(part and len(part) <= 30 and any(map(str.isalpha, part)) for part in known):
            continue
        # "Paris, France" is a place: each part has its own words.
        places = [{row[at] for row in lists if at < len(row)} for at in range(2)]
        if len({len(row) for row in lists}) > 1 or places[0] & places[1]:
            return mark
    return ""


def unify_spelling(table: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    """Give each word of the columns of option "same_words" its most frequent spelling."""
    changed: dict[str, pd.Series] = {}
    for name in name_list_option(options, "same_words"):
        if name not in table.columns or is_numeric(table[name]):
            continue
        spelt = one_spelling(labels_of(table[name]))
        changed[name] = spelt.where(spelt.notna(), float("nan"))
    return table.assign(**changed) if changed else table


def _without_lines(table: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    lines = options.get("skip_lines") or ()
    return table[~table.index.isin(list(lines) if isinstance(lines, list | tuple) else [lines])]


def apply_cleaning(table: pd.DataFrame, options: Mapping[str, Any]) -> pd.DataFrame:
    """Apply missing markers, spellings and excluded lines of the recipe."""
    table = unify_spelling(without_stand_ins(table, options), options)
    return _without_lines(table, options) if options.get("skip_lines") else table


def drops_duplicates(options: Mapping[str, Any]) -> bool:
    """Return whether option "duplicates" drops rows; raise DataError if it is invalid."""
    rule = str(options.get("duplicates") or "keep")
    message = N_("There is no rule '{name}' for duplicate rows.")
    require_choice(rule, ("keep", "drop"), message, "duplicates_rule_unknown")
    return rule == "drop"


def duplicates_left_out(count: int) -> tuple[str, ...]:
    """Return the note about dropped duplicates; () where there are none."""
    note = ngettext(
        "{count} duplicate row was left out.", "{count} duplicate rows were left out.", count
    )
    return (note,) if count else ()


def select_rows(
    table: pd.DataFrame, data: Data, used: Iterable[str], target: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return the used rows of a training file, and notes about the others.

    Excluded are the lines of option "skip_lines", classes of option "leave_out_classes", and,
    where option "duplicates" is "drop", rows that equal an earlier one in the columns ``used``.

    Raises:
        DataError: option "duplicates" is something else.
    """
    options, notes = data.options, []
    if options.get("skip_lines"):
        rows = _without_lines(table, options)
        notes.append(
            ngettext(
                "{count} line was left out as chosen.",
                "{count} lines were left out as chosen.",
                len(table) - len(rows),
            )
        )
        table = rows
    classes = name_list_option(options, "leave_out_classes")
    if classes and target in table.columns:
        rows = table[~labels_of(table[target]).isin(classes)]
        notes.append(
            ngettext(
                "{count} row of the class {classes} was left out.",
                "{count} rows of the classes {classes} were left out.",
                len(table) - len(rows),
                classes=format_quoted_list(classes),
            )
        )
        table = rows
    if drops_duplicates(options):
        rows = table[~table.duplicated(subset=list(dict.fromkeys(used)))]
        notes += duplicates_left_out(len(table) - len(rows))
        table = rows
    return table, notes
