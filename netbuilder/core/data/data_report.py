"""How a recipe's data was understood: columns, parts, classes, findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netbuilder.core.data.data_facts import REGRESSION, DataFacts
from netbuilder.core.data.findings import (
    ERROR,
    INFO,
    Finding,
    column_finding,
    data_fix,
    finding_from_error,
)
from netbuilder.core.data.prepare.prepared_data import prepare_data, read_samples, seen_before
from netbuilder.core.data.preprocessing.cells import (
    are_dates,
    as_label,
    as_numbers,
    format_clock,
    has_times_only,
    is_numeric,
    labels_of,
    number_summary,
    sort_labels,
)
from netbuilder.core.data.preprocessing.cleaning import apply_cleaning
from netbuilder.core.data.preprocessing.column_parser import date_parser
from netbuilder.core.data.preprocessing.missing import rule_in_effect
from netbuilder.core.data.preprocessing.roles import ColumnRoles, roles_of
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.large_csv import LOOKED_AT, sampled_row_count
from netbuilder.core.data.readers.table_cells import table_reading
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.data.registry import kind_of
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import ColumnChoice, Data, Project
from netbuilder.core.wording import format_number, shorten

if TYPE_CHECKING:
    import pandas as pd

BINS = 20
MOST_CLASSES = 10
_COMMON = 12
_EXAMPLES = 3
#: In the name of a training file; that of the test file has another word there.
_TRAIN = re.compile(r"(?i)(?<![a-z])train(ing)?(?![a-z])")


@dataclass(frozen=True)
class Histogram:
    """Counts of values between ``edges`` (bins + 1), by class; "" where there are none."""

    edges: tuple[float, ...]
    counts: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class ColumnFacts:
    """One column as the program understands it.

    Attributes:
        role: one of ``COLUMN_ROLES``; "ignore" also where it was excluded automatically.
        type: one of ``COLUMN_TYPES``.
        missing: number of empty cells.
        missing_rule: one of ``MISSING_RULES``.
        unique: number of different values.
        minimum, maximum, mean: of numbers, None for others; of dates in days since 1970.
        examples: first different values, as text.
        unit: of the numbers ("kg"), or "".
        histogram: of numbers, by class where there are a few; None for others.
        common: most frequent values with their rows, for columns without numbers.
        decided: which of "role", "type" and "missing" a person decided; the others are detected.
    """

    name: str
    role: str
    type: str
    missing: int = 0
    missing_rule: str = "error"
    unique: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    examples: tuple[str, ...] = ()
    unit: str = ""
    histogram: Histogram | None = None
    common: tuple[tuple[str, int], ...] = ()
    decided: frozenset[str] = frozenset()

    @property
    def ends(self) -> tuple[str, str] | None:
        """The smallest and the largest value, dates as dates; None where there is none."""
        if self.minimum is None or self.maximum is None:
            return None
        written = format_number if self.type != "date" else _day
        if self.type == "date" and has_times_only(self.minimum, self.maximum):
            written = format_clock
        return written(self.minimum), written(self.maximum)

    @property
    def span(self) -> str:
        """From the smallest to the largest value; "" where there is none."""
        if self.ends is None:
            return ""
        return _("{low} to {high}", low=self.ends[0], high=self.ends[1])


def _day(days: float) -> str:
    """Format days since 1970 as ISO, with the time where there is one."""
    try:
        when = datetime(1970, 1, 1) + timedelta(days=days)
    except OverflowError:
        return format_number(days)
    midnight = days == int(days)
    return when.date().isoformat() if midnight else when.isoformat(" ", "minutes")


@dataclass(frozen=True)
class DataReport:
    """How a recipe's data was understood.

    ``rows`` by part ("train", "validation", "test"); ``classes`` rows of each class of the first
    output over all parts of the file; ``notes`` errors first; ``facts`` are None where the data
    cannot be trained on.
    """

    kind: str
    rows: Mapping[str, int]
    columns: tuple[ColumnFacts, ...] = ()
    classes: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()
    facts: DataFacts | None = None


def make_report(project: Project, base: Path) -> DataReport:
    """Describe a project's data; problems become notes. Raise DataError if it cannot be read."""
    report = seen_before("report", project, base, lambda: _look(project, base))
    # What lies beside the file comes and goes without it.
    notes = (*_test_file_beside(project.data, base), *report.notes)
    return replace(report, notes=tuple(sorted(notes, key=lambda note: note.severity != ERROR)))


def _test_file_beside(data: Data, base: Path) -> Iterator[Finding]:
    tables = kind_of(data).tables
    match = _TRAIN.search(Path(data.path).name)
    split = data.test_path or any(choice.role == "split" for choice in data.columns.values())
    if match is None or split or tables.read is None or not tables.used(data):
        return
    path = base / data.path
    word = "TEST" if match[0].isupper() else "Test" if match[0].istitle() else "test"
    for ending in ("", "ING" if word == "TEST" else "ing"):
        name = f"{path.name[: match.start()]}{word}{ending}{path.name[match.end() :]}"
        other = path.with_name(name)
        if not other.is_file():
            continue
        try:
            known, columns = ({*tables.read(data, file, 20).columns} for file in (path, other))
        except UserError:
            return
        if known != columns:
            continue
        label, short = (
            _("Use {file} as test data", file=text) for text in (name, shorten(name, 24))
        )
        written = data.path.removesuffix(path.name) + name
        yield column_finding(
            "test-file-beside",
            "",
            replace(data_fix(label, test_path=written), short=short),
            file=name,
        )
        return


def _look(project: Project, base: Path) -> DataReport:
    data = project.data
    table = read_raw_table(data, base)
    notes: list[Finding] = []
    facts: DataFacts | None = None
    try:
        facts = prepare_data(project, base).facts
    except UserError as error:
        if table is None:
            raise
        notes.append(finding_from_error(error))
        if table is not None:
            notes += table_reading(table).findings
    if facts is not None:
        notes += facts.findings
        messages = {finding.message for finding in facts.findings}
        notes += [Finding("done", INFO, note) for note in facts.notes if note not in messages]
    source = Path(data.path).name or data.name or _("the data")
    if (
        table is not None
        and data.path
        and sampled_row_count(base / data.path)
        and len(table) >= LOOKED_AT
    ):
        notes.append(column_finding("beginning", count=format_number(LOOKED_AT, ",")))
    columns: tuple[ColumnFacts, ...] = ()
    if table is not None:
        try:
            roles: ColumnRoles | None = roles_of(
                data,
                [str(n) for n in table.columns],
                source,
                (table_reading(table).counting,),
                by_name=kind_of(data).tables.target_by_name,
            )
        except DataError:
            roles = None  # it is among the notes
        columns = make_column_facts(data, table, roles, facts)
    rows = {"train": 0 if table is None else len(table), "validation": 0, "test": 0}
    if facts is not None:
        rows = {
            "train": facts.rows, "validation": facts.validation_rows, "test": facts.test_rows
        }  # fmt: skip
    return DataReport(
        data.kind, rows, columns, _classes(data, base, facts),
        tuple(notes), facts,
    )  # fmt: skip


def read_raw_table(data: Data, base: Path) -> pd.DataFrame | None:
    """Return the table of the file or set before preparation; None for other data."""
    import pandas as pd

    if data.path and kind_of(data).tables.used(data):
        table = read_table(
            base / data.path, reading_options(data), sampled_row_count(base / data.path)
        )
        return apply_cleaning(table, data.options)
    # Of a built-in set also the columns that the recipe leaves out.
    options = {name: value for name, value in data.options.items() if name != "ignore"}
    plain = replace(data, columns={}, target=(), targets={}, options=options)
    samples, _ = read_samples(data if data.path else plain, base)
    if samples.table is None:
        return None
    more = [name for name in samples.targets.columns if name not in samples.table.columns]
    return pd.concat([samples.table, samples.targets[more]], axis=1)


def make_column_facts(
    data: Data, table: pd.DataFrame, roles: ColumnRoles | None, facts: DataFacts | None
) -> tuple[ColumnFacts, ...]:
    """Return the facts of each column of a table, in its order."""
    left_out = {
        finding.column
        for finding in (facts.findings if facts is not None else ())
        if finding.code == "column-left-out"
    }
    reading = table_reading(table)
    groups = _groups(table, roles, facts)
    general = str(data.options.get("missing", "error"))
    facts_of_columns = []
    for name in map(str, table.columns):
        choice = data.columns.get(name, ColumnChoice())
        role = choice.role or ("feature" if roles is None else roles.of(name))
        listed = {*data.target, *(n for names in data.targets.values() for n in names)}
        # A built-in set has targets of its own, as linnerud its three, where none is listed.
        own = facts.target_names if facts is not None and not listed else ()
        if (name in data.target or name in own) and not choice.role:
            role = "target"
        if facts is not None and not choice.role:
            role = facts.column_roles.get(name, role)
        if name in left_out and role == "feature":
            role = "ignore"
        decided = {key for key in ("role", "type", "missing") if getattr(choice, key)}
        if name in listed or name in _names(data.options.get("ignore")):
            decided.add("role")
        kind = choice.type or _type_of(table[name], data, name, role == "target", facts)
        if "missing" in data.options and table[name].isna().any():
            decided.add("missing")  # for all columns at once
        rule = rule_in_effect(role, kind, choice.missing or general)
        facts_of_columns.append(
            _facts_of(
                table[name], role, kind, rule, frozenset(decided), groups,
                reading.units.get(name, ""),
            )
        )  # fmt: skip
    return tuple(facts_of_columns)


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(map(str, value or ()))


def _type_of(
    series: pd.Series, data: Data, name: str, target: bool, facts: DataFacts | None
) -> str:
    if series.dtype.kind == "b":
        return "boolean"
    if target and facts is not None and facts.task != REGRESSION and len(facts.target_names) == 1:
        return "category"
    if name in _names(data.options.get("categories")):
        return "category"
    if facts is not None and facts.column_types.get(name) == "category":
        return "category"
    if is_numeric(series):
        return "number"
    if series.isna().all():
        return "text"
    try:
        if as_numbers(series, "") is not None:
            return "number"
    except DataError:
        return "number"
    if are_dates(series):
        return "date"
    distinct = series.nunique()
    return "category" if distinct <= min(50, max(10, series.notna().sum() // 2)) else "text"


def _groups(
    table: pd.DataFrame, roles: ColumnRoles | None, facts: DataFacts | None
) -> Mapping[str, Any]:
    """Return the rows of each class of the first target, where it has a few."""
    few = facts is not None and 2 <= len(facts.classes) <= MOST_CLASSES
    if not few or roles is None or len(roles.targets) != 1:
        return {"": np.ones(len(table), bool)}
    assert facts is not None
    labels = labels_of(table[roles.targets[0]])
    return {label: (labels == label).to_numpy() for label in facts.classes}


def _facts_of(
    series: pd.Series,
    role: str,
    kind: str,
    rule: str,
    decided: frozenset[str],
    groups: Mapping[str, Any],
    unit: str,
) -> ColumnFacts:
    summary = number_summary(series) if is_numeric(series) else None
    present = series.dropna()
    facts: dict[str, Any] = {
        "missing": len(series) - len(present),
        "missing_rule": rule,
        "unique": int(present.nunique()) if summary is None else summary.distinct,
        "examples": tuple(_text(value) for value in present.head(1000).unique()[:_EXAMPLES]),
        "unit": unit,
        "decided": decided,
    }
    name = str(series.name)
    values = column_values(series, kind)
    if values is None:
        counts = labels_of(present).value_counts()
        common = tuple((str(key), int(count)) for key, count in counts.head(_COMMON).items())
        return ColumnFacts(name, role, kind, common=common, **facts)
    known = values[np.isfinite(values)]
    if not len(known):
        return ColumnFacts(name, role, kind, **facts)
    return ColumnFacts(
        name, role, kind,
        minimum=float(known.min()), maximum=float(known.max()), mean=float(known.mean()),
        histogram=_histogram(values, known, int(facts["unique"]), groups), **facts,
    )  # fmt: skip


def _histogram(
    values: Any, known: Any, distinct: int, groups: Mapping[str, Any]
) -> Histogram | None:
    """Count the values; None where they are so large that no bins fit between them."""
    try:
        edges = np.histogram_bin_edges(known, bins=min(BINS, max(1, distinct)))
    except ValueError:
        return None
    counts = {
        label: tuple(int(n) for n in np.histogram(_finite(values[rows]), edges)[0])
        for label, rows in groups.items()
    }
    return Histogram(tuple(edges.tolist()), counts)


def _finite(values: Any) -> Any:
    return values[np.isfinite(values)]


def column_values(series: pd.Series, kind: str) -> Any:
    """Return a column of a type as numbers, (rows,), dates in days; None where it has none."""
    if kind == "date":
        try:
            days = date_parser(series)(series, "")
        except DataError:
            return None
        return days.to_numpy(np.float64)
    if kind not in {"number", "boolean"}:
        return None
    if is_numeric(series):
        return series.to_numpy(np.float64)
    if kind == "boolean":
        return None
    import pandas as pd

    return pd.to_numeric(series, errors="coerce").to_numpy(np.float64)


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating):
        size = float(value)
        return format_number(size) if abs(size) >= 1e15 else format_number(size, ".6g")
    return as_label(value)


def _classes(data: Data, base: Path, facts: DataFacts | None) -> dict[str, int]:
    if facts is None or facts.task == REGRESSION or not facts.classes:
        return {}
    if facts.streamed:
        return dict(zip(facts.classes, facts.class_counts, strict=False))
    samples, _ = read_samples(data, base)
    if len(facts.target_names) > 1:
        sums = {name: int(samples.targets[name].sum()) for name in facts.target_names}
        return {str(name): count for name, count in sums.items()}
    name = facts.target_names[0] if facts.target_names else samples.targets.columns[0]
    labels = samples.targets[name] if name in samples.targets else samples.targets.iloc[:, 0]
    counts = labels_of(labels).value_counts()
    order = facts.classes or sort_labels(str(key) for key in counts.index)
    return {label: int(counts.get(label, 0)) for label in order}
