"""Handle missing values by a rule for the recipe, or one for a column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.preprocessing.cells import TRUE, as_label
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn
from netbuilder.core.data.recipe_options import require_choice
from netbuilder.core.errors import DataFix
from netbuilder.core.i18n import gettext as _, ngettext, noop as N_
from netbuilder.core.project.model import MISSING_RULES, Data
from netbuilder.core.wording import format_list, format_quoted_list, join_values

if TYPE_CHECKING:
    import pandas as pd

_TICKS = frozenset("x✓✔☑✗✘•*+")
MISSING_LABEL = "(missing)"


def missing_fixes() -> tuple[DataFix, DataFix]:
    """Return the fixes for missing numbers: leave the rows out, or fill with the mean."""
    return (
        DataFix(_("Leave those rows out"), {"missing": "drop"}),
        DataFix(_("Fill with the mean"), {"missing": "mean"}),
    )


def missing_rules(data: Data, names: Iterable[str]) -> dict[str, str]:
    """Return each column's rule for missing values; raise DataError if it does not exist."""
    general = str(data.options.get("missing", "error"))
    rules = dict.fromkeys(names, general)
    for name, choice in data.columns.items():
        if choice.missing and name in rules:
            rules[name] = choice.missing
    for rule in (general, *rules.values()):
        message = N_("There is no rule '{name}' for missing values.")
        require_choice(rule, MISSING_RULES, message, "missing_rule_unknown")
    return rules


def drop_answers(rules: Mapping[str, str], answers: Collection[str]) -> dict[str, str]:
    """Return the rules with targets never filled: their rows are dropped, or an error."""
    return {
        name: "drop" if name in answers and rule != "error" else rule
        for name, rule in rules.items()
    }


def rows_left_out(count: int) -> tuple[str, ...]:
    """Return the note about rows with missing values; () where there are none."""
    note = ngettext(
        "{count} row with missing values was left out.",
        "{count} rows with missing values were left out.",
        count,
    )
    return (note,) if count else ()


def fitting_rules(role: str, kind: str) -> tuple[str, ...]:
    """Return the rules for missing values that fit a role and a type."""
    if role == "target":
        return ("error", "drop")  # a made-up answer would teach what is not so
    if kind == "category":
        return ("error", "drop", "most_frequent", "category")
    if kind == "boolean":
        return ("error", "drop", "most_frequent")
    return ("error", "drop", "mean", "median", "most_frequent")


def rule_in_effect(role: str, kind: str, rule: str) -> str:
    """Return the effective rule: a category gets "most_frequent" where the table has "mean"."""
    if role == "target":
        return "error" if rule == "error" else "drop"
    averaged = rule in {"mean", "median"}
    return "most_frequent" if averaged and rule not in fitting_rules(role, kind) else rule


def missing_cells(table: pd.DataFrame, source: str, rule: str | Mapping[str, str]) -> None:
    """Raise one error that names every missing value, unless ``rule`` (or one by column) handles
    it.

    Raise DataError if values are missing where the rule is "error"; or a rule does not exist.
    """
    if isinstance(rule, str):
        rule = missing_rules(Data(options={"missing": rule}), [str(n) for n in table.columns])
    strict = [name for name in table.columns if rule[str(name)] == "error"]
    empty = table[strict].isna()
    counts = empty.sum()
    counts = counts[counts > 0]
    if counts.empty:
        return
    places = [
        ngettext(
            "column '{name}' in line {lines}",
            "column '{name}' in lines {lines}",
            int(count),
            name=name,
            lines=format_list(table.index[empty[name]]),
        )
        for name, count in counts.items()
    ]
    if len(places) > 3:
        # "and 2 more" right after line numbers would seem to count lines.
        rest = format_quoted_list(list(counts.index)[3:])
        more = ngettext(
            "also in column {columns}", "also in columns {columns}", len(places) - 3, columns=rest
        )
        places = [*places[:3], more]
    total = int(counts.sum())
    fill = _filling(table, [str(name) for name in counts.index])
    raise data_error(
        "values_missing:2" if fill.data["missing"] == "most_frequent" else "values_missing",
        fixes=(
            *_ticks(table, [str(name) for name in counts.index]),
            missing_fixes()[0],
            fill,
            *_as_category(table, [str(name) for name in counts.index]),
        ),
        count=total,
        file=source,
        places=join_values(places, clauses=True),
    )


def _filling(table: pd.DataFrame, holes: list[str]) -> DataFix:
    """Offer the most frequent word where only words are missing, else the mean."""
    if all(table[name].dtype.kind not in "iuf" for name in holes):
        return DataFix(_("Fill with the most frequent value"), {"missing": "most_frequent"})
    return missing_fixes()[1]


def empty_cells(count: int) -> str:
    """Return a short text about empty cells."""
    return ngettext(
        "{count} cell is empty: choose what to do",
        "{count} cells are empty: choose what to do",
        count,
    )


def _ticks(table: pd.DataFrame, holes: list[str]) -> tuple[DataFix, ...]:
    """Offer to read empty cells as "no" in columns of ticks."""
    ticked = [
        name
        for name in holes
        if all(as_label(cell).casefold() in TRUE | _TICKS for cell in table[name].dropna().unique())
        and table[name].notna().any()
    ]
    if not ticked:
        return ()
    label = _('An empty cell means "no" in {columns}', columns=format_quoted_list(ticked, 3))
    return (DataFix(label, {"empty_means": dict.fromkeys(ticked, "no")}),)


def _as_category(table: pd.DataFrame, holes: list[str]) -> tuple[DataFix, ...]:
    words = [name for name in holes if table[name].dtype.kind not in "iufb"]
    if not words:
        return ()
    label = (
        _("Use a separate category for missing values in {columns}",
          columns=format_quoted_list(words))
        if len(words) < len(holes)
        else _("Use a separate category for missing values")
    )  # fmt: skip
    return (DataFix(label, columns={name: {"missing": "category"} for name in words}),)


def fill_missing(column: FittedColumn, rule: str) -> FittedColumn:
    """Return the column with the fill value of a rule of ``MISSING_RULES``.

    Raises:
        DataError: "category" for a column of another type.
    """
    if rule in {"error", "drop"}:
        return replace(column, fill=None)
    if column.kind == "category":
        if rule != "category":
            return replace(column, fill=column.common or column.typical)
        known = tuple(category for category in column.categories if category != MISSING_LABEL)
        return replace(column, categories=(*known, MISSING_LABEL), fill=MISSING_LABEL)
    if rule == "category":
        raise data_error(
            "missing_category_not_possible"
            if column.kind == "date"
            else "missing_category_not_possible:2",
            name=column.name,
        )
    value = {"mean": column.mean, "median": column.typical, "most_frequent": column.common}[rule]
    if column.kind == "boolean" and rule == "mean":
        value = column.common
    # Models that were trained before know the median only.
    return replace(column, fill=column.typical if value is None else value)
