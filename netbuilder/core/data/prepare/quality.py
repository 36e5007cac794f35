"""Find problems with the values of a table before training."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.dataset import SplitIndices
from netbuilder.core.data.findings import (
    INFO,
    WARNING,
    ColumnNote,
    DataEdit,
    Finding,
    column_finding,
    column_fix,
    data_fix,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.prepare.leaks import GROUPS, determined, given_away, groups
from netbuilder.core.data.prepare.outliers import outliers
from netbuilder.core.data.prepare.repeated_rows import known_test_rows, repeated_rows
from netbuilder.core.data.preprocessing.cells import (
    are_compact_dates,
    are_dates,
    are_sentences,
    as_label,
    is_numeric,
    labels_of,
)
from netbuilder.core.data.preprocessing.cleaning import label_separator, normalize_word
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.odd_rows import TOTAL_ROW
from netbuilder.core.data.preprocessing.roles import likely_target, single_roles
from netbuilder.core.data.preprocessing.time_columns import is_time_name
from netbuilder.core.data.readers.csv_dialect import CODES
from netbuilder.core.data.readers.samples import FOLDER, Samples
from netbuilder.core.data.readers.table_cells import AMBIGUOUS, OTHER_UNIT, TWO_WAYS
from netbuilder.core.data.registry import kind_of
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.edits import set_data
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number, format_quoted_list, join_sentences, shorten

if TYPE_CHECKING:
    import pandas as pd

# Values that people write where they know none.
STAND_INS = tuple(
    sign * value for value in (9, 99, 999, 9999, 99999, 999999, 8888, 7777) for sign in (-1, 1)
)
_ID = re.compile(
    r"(?i:^(id|nr|no|s\.?no|sl\.? ?no|serial|number|index|idx|key|uuid|guid|row|rownum|row_?names?|"
    r"record|#|unnamed.*)\.?$|[-_. ](id|nr|no|num)\.?$|nummer$|^id[-_. ])|[a-z]I[dD]$"
)
_RANK = re.compile(r"(?i)(^|[^a-z])(rank|ranking|place|position|rang|platz|order)([^a-z]|$)|^x$")
_CODE = re.compile(
    r"(?i)(^|[^a-z])(zip|zip.?code|plz|postal|post.?code|postleitzahl|phone|telephone|telefon|tel|"
    r"fax|mobile|ssn|iban|isbn|ean|barcode|area.?code|matrikel.*|(patient|customer|subject|account|"
    r"invoice|order|student|member|product|item)[-_. ]?(id|no|nr|num|number|code))([^a-z]|$)"
)
_CLASS_WORDS = frozenset(resource_json("tables.json")["class_words"])
_COUNT_WORDS = frozenset(resource_json("tables.json")["count_words"])
_MOST_CODES = 50
_SEEN_ROWS = 200_000
_FEW = 20
_EQUAL = N_("Column '{name}' equals the target '{target}'.")
_NEARLY_EQUAL = N_("Column '{name}' nearly equals the target '{target}'.")
_ONE_TO_ONE = N_("Each value of column '{name}' corresponds to one class of the target '{target}'.")


def table_findings(
    samples: Samples,
    test: Samples | None,
    rows: SplitIndices,
    task: str,
    data: Data,
    *,
    from_file: bool,
) -> tuple[Finding, ...]:
    """Return all problems of a table.

    ``task``: of the first output; ``from_file``: the table is a person's own; repeated rows of
    bundled sets are not reported.
    """
    if samples.table is None:
        return ()
    table, targets = samples.table.head(_SEEN_ROWS), samples.targets.head(_SEEN_ROWS)
    findings = [
        *_tells_the_target(table, targets, task),
        *_ids(table, targets, task),
        *_stand_ins(table),
        *_spellings(table, targets),
        *_lists_of_labels(table, targets),
        *_constant(table),
        *_days_as_numbers(table),
        *_many_classes(targets, task),
    ]
    if from_file:
        copies = {finding.column for finding in findings if finding.code == "target-in-features"}
        others = table.drop(columns=list(copies))
        leaks = [*given_away(others, targets, task)]
        alike: list[Finding] = []
        if samples.groups is None and not samples.ordered:
            unused = targets[[]] if samples.unused is None else samples.unused.head(_SEEN_ROWS)
            names = {finding.column for finding in leaks}
            alike = [
                finding
                for finding in determined(others, unused, targets)
                if finding.column not in names
            ]
            if not any(finding.code == GROUPS for finding in alike):
                alike += groups(table, unused)
            used = {name for name, choice in data.columns.items() if choice.role == "feature"}
            alike = [
                finding for finding in alike if finding.code != GROUPS or finding.column not in used
            ]
        findings += (*alike, *leaks)
        known = {finding.column for finding in (*findings, *samples.findings)
                 if finding.code in {GROUPS, CODES, "id-column"}}  # fmt: skip
        findings += _codes_by_name(table, known)
    if task in {BINARY, CLASSES}:
        findings += _class_of_one(targets)
    if from_file:
        # A row of totals is far outside by nature, and is told as one already.
        if not any(
            (finding.code, finding.severity) == (TOTAL_ROW, WARNING) for finding in samples.findings
        ):
            findings += outliers(table)
            if task == REGRESSION:
                findings += outliers(targets)
        findings += repeated_rows(samples, rows)
        findings += known_test_rows(samples, test)
    return tuple(findings)


def _tells_the_target(table: pd.DataFrame, targets: pd.DataFrame, task: str) -> Iterator[Finding]:
    if len(table) < 10:
        return
    for target in targets.columns:
        answers = targets[target]
        for name in table.columns:
            series = table[name]
            if task == REGRESSION:
                pattern = _nearly_equal(series, answers)
            else:
                pattern = _one_to_one(series, answers)
            if pattern:
                effect = _(
                    "The network would only copy this column, and could not predict rows "
                    "in which the column is unknown."
                )
                message = join_sentences((_(pattern, name=name, target=target), effect))
                fixes = (exclude_columns_fix(str(name)),)
                yield Finding("target-in-features", WARNING, message, str(name), fixes)


def _nearly_equal(series: pd.Series, answers: pd.Series) -> str:
    if not (is_numeric(series) and is_numeric(answers)):
        return ""
    x, y = series.to_numpy(np.float64), answers.to_numpy(np.float64)
    known = ~(np.isnan(x) | np.isnan(y))
    if known.sum() < 10:
        return ""
    off, spread = np.abs(x[known] - y[known]), float(np.std(y[known]))
    if not spread:
        return ""
    if (off <= 1e-9 * np.maximum(1, np.abs(y[known]))).mean() > 0.99:
        return _EQUAL
    return _NEARLY_EQUAL if float(off.mean()) < 0.01 * spread else ""


def _one_to_one(series: pd.Series, answers: pd.Series) -> str:
    import pandas as pd

    if series.nunique() != answers.nunique() or series.nunique() < 2:
        return ""
    pairs = pd.DataFrame({"x": series.map(as_label), "y": answers.map(as_label)}).dropna()
    many = len(pairs.drop_duplicates())
    if many != pairs["x"].nunique() or many != pairs["y"].nunique():
        return ""
    # Of a few rows two columns may agree by chance.
    if pairs["y"].value_counts().min() < 3:
        return ""
    return _EQUAL if (pairs["x"] == pairs["y"]).all() else _ONE_TO_ONE


def _ids(table: pd.DataFrame, targets: pd.DataFrame, task: str) -> Iterator[Finding]:
    """Find ID columns: whole numbers without a gap in any order, or with such a name."""
    for name in table.columns:
        series = table[name]
        if len(series) < _FEW or series.dtype.kind not in "iu" or not series.is_unique:
            continue
        values = series.to_numpy()
        counts = bool((np.diff(values) == 1).all())
        gapless = int(values.max()) - int(values.min()) == len(values) - 1
        alone = len(table.columns) < 2 or is_time_name(str(name))
        orders = alone or _RANK.search(str(name)) or _goes_with(values, targets, task)
        if _ID.search(str(name)) or (gapless and not orders):
            yield column_finding(
                "id-column" if counts else "id-column:2", str(name), exclude_columns_fix(str(name))
            )


def _goes_with(values: NDArray[np.int64], targets: pd.DataFrame, task: str) -> bool:
    """Return whether a number changes smoothly, as over time, which IDs do not."""
    if task != REGRESSION or not all(is_numeric(targets[name]) for name in targets.columns):
        return False
    for name in targets.columns:
        steps = targets[name].to_numpy(np.float64)[np.argsort(values)]
        steps = steps[~np.isnan(steps)]
        rises = np.diff(steps)
        if len(steps) < _FEW or not steps.std() or (rises >= 0).all() or (rises <= 0).all():
            continue
        if float(np.corrcoef(steps[:-1], steps[1:])[0, 1]) > 0.5:
            return True
    return False


def _codes_by_name(table: pd.DataFrame, skipped: set[str]) -> Iterator[Finding]:
    """Find whole numbers whose name calls them codes: postcodes, patient numbers."""
    for name in map(str, table.columns):
        series = table[name]
        if name in skipped or series.dtype.kind not in "iuf" or len(series) < _FEW:
            continue
        code = bool(_CODE.search(name))
        if not code and (not _ID.search(name) or name.lower() in {"no", "number", "nr"}):
            continue  # a number of things may be called so, and NO is a gas
        known = series.dropna()
        whole = series.dtype.kind in "iu" or bool((known == known.round()).all())
        if not whole or known.nunique() < 3:
            continue
        if known.is_unique and not code:
            continue  # told as the name of the row
        category = column_fix(_("Use '{name}' as a category", name=name), [name], type="category")
        out, amount = (
            exclude_columns_fix(name),
            column_fix(_("Use as a number"), [name], type="number"),
        )
        few = known.nunique() <= min(_MOST_CODES, len(known) // 3)
        yield column_finding(
            CODES,
            name,
            *(category, amount, out) if few else (out, category, amount),
            example=as_label(known.iloc[0]),
            more=as_label(known.max()),
            less=as_label(known.min()),
        )


def _stand_ins(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        if series.dtype.kind not in "iuf":
            continue
        values = series.to_numpy(np.float64)
        values = values[~np.isnan(values)]
        impossible = list(_cannot_be(str(name), values))
        # Asked second: it compares the column with every other.
        if impossible and not _zero_is_measured(table, str(name)):
            yield from impossible
        if not np.isin(values, STAND_INS).any():
            continue
        for stand_in in STAND_INS:
            times = int((values == stand_in).sum())
            others = values[values != stand_in]
            if times < 2 or len(others) < 10:
                continue
            low, high = float(others.min()), float(others.max())
            gap = low - stand_in if stand_in < 0 else stand_in - high
            # Negative numbers among amounts, or far beyond all others.
            odd = stand_in < 0 <= low or gap > 0.5 * (high - low)
            if gap <= 0 or not odd or (abs(stand_in) < 90 and gap < 2 * (high - low)):
                continue
            yield _stand_in(str(name), stand_in, times, low, high)
            break


def _cannot_be(name: str, values: NDArray[np.float64]) -> Iterator[Finding]:
    """Find 0 and -1 where all other values are far above, as with a body mass index."""
    for odd in (0, -1):
        times, others = int((values == odd).sum()), np.unique(values[values != odd])
        if not 0 < times <= 0.6 * len(values) or len(others) < 10 or others[0] <= 0:
            continue
        # Counts go on down to 0; so do amounts that are often small.
        step = float(np.median(np.diff(others)))
        far = others[0] - odd > 5 * step and others[0] > 0.05 * float(np.median(others))
        alone = times == 1 and others[0] - odd <= others[-1] - others[0]
        if not alone and (far or (odd < 0 and step > 0)):
            yield _stand_in(name, odd, times, float(others[0]), float(others[-1]))


def _zero_is_measured(table: pd.DataFrame, name: str) -> bool:
    """Return whether 0 is plausible: one period, or predicted by correlated columns."""
    values = table[name].to_numpy(np.float64)
    zero = values == 0
    if not zero.any() or zero.all():
        return False
    starts = int((np.diff(np.append(False, zero).astype(int)) == 1).sum())
    if zero.sum() >= 5 and starts * 3 <= zero.sum():
        return True
    least = float(np.nanmin(np.abs(values[~zero])))
    for other in table.columns:
        if other == name or table[other].dtype.kind not in "iuf":
            continue
        x = table[other].to_numpy(np.float64)
        known = ~(np.isnan(values) | np.isnan(x) | zero)
        if known.sum() < 10 or not x[known].std() or not values[known].std():
            continue
        if abs(float(np.corrcoef(x[known], values[known])[0, 1])) < 0.9:
            continue
        slope, base = np.polyfit(x[known], values[known], 1)
        if np.nanmedian(np.abs(slope * x[zero] + base)) < 0.5 * least:
            return True
    return False


def _stand_in(name: str, value: int, times: int, low: float, high: float) -> Finding:
    return column_finding(
        "stand-in",
        name,
        option_fix(_("Treat {value} as missing", value=value), "missing_values", {name: [value]}),
        count=times,
        value=value,
        low=format_number(low),
        high=format_number(high),
    )


def _spellings(table: pd.DataFrame, targets: pd.DataFrame) -> Iterator[Finding]:
    for frame in (table, targets):
        for name in frame.columns:
            if is_numeric(frame[name]):
                continue
            words = labels_of(frame[name].dropna()).value_counts()
            if len(words) > 1000:
                continue
            by_fold: dict[str, list[str]] = {}
            for word in words.index:
                by_fold.setdefault(normalize_word(word), []).append(word)
            twice = [same for same in by_fold.values() if len(same) > 1]
            if twice:
                yield column_finding(
                    "same-word-twice",
                    str(name),
                    option_fix(_("Merge into one category"), "same_words", [str(name)]),
                    words=format_quoted_list(twice[0]),
                )


def _lists_of_labels(table: pd.DataFrame, targets: pd.DataFrame) -> Iterator[Finding]:
    for name in (*table.columns, *targets.columns):
        cells = (table if name in table else targets)[name]
        mark = "" if is_numeric(cells) else label_separator(cells)
        if not mark:
            continue
        lists = cells.dropna().astype(str).str.split(mark, regex=False).explode().str.strip()
        labels = sorted(set(lists) - {""})
        yield column_finding(
            "lists-of-labels",
            str(name),
            DataEdit(
                _("Use each of the {count} labels of '{name}'", count=len(labels), name=name),
                partial(
                    _with_labels, name=str(name), mark=mark, labels=labels, target=name in targets
                ),
            ),
            cell=shorten(next(cell for cell in cells.dropna() if mark in str(cell))),
        )


def _with_labels(
    project: Project, name: str, mark: str, labels: list[str], *, target: bool
) -> Project:
    """Give each label a column of its own; those of a target are all predicted."""
    data = project.data
    columns = {column: choice for column, choice in data.columns.items() if column != name}
    how = {**data.options.get("labels", {}), name: {"separator": mark, "labels": labels}}
    split = [f"{name}: {label}" for label in labels]
    targets = [column for column in data.target if column != name] + (split if target else [])
    return set_data(project, columns=columns, target=tuple(targets), labels=how)


def _constant(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        if len(series) < 2 or series.iloc[0] != series.iloc[1]:
            continue
        if series.nunique(dropna=False) == 1 and series.notna().any():
            yield column_finding(
                "same-value",
                str(name),
                exclude_columns_fix(str(name)),
                value=shorten(series.iloc[0]),
            )


def _days_as_numbers(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        # Of amounts a few may look like days by chance.
        if series.dtype.kind not in "iuf" or not are_compact_dates(series) or series.nunique() < 3:
            continue
        yield column_finding(
            "days-as-numbers",
            str(name),
            column_fix(_("Use '{name}' as a date", name=name), [str(name)], type="date"),
            exclude_columns_fix(str(name)),
            example=int(series.dropna().iloc[0]),
        )


def _many_classes(targets: pd.DataFrame, task: str) -> Iterator[Finding]:
    if task != REGRESSION or len(targets.columns) != 1:
        return
    series = targets.iloc[:, 0]
    if not is_numeric(series):
        return
    values = series.to_numpy(np.float64)
    values = values[~np.isnan(values)]
    distinct = np.unique(values)
    if len(distinct) * 5 > len(values) or not np.array_equal(distinct, np.round(distinct)):
        return
    if len(distinct) < 2 or len(distinct) > 1000:
        return
    yield column_finding(
        "whole-number-target",
        str(series.name),
        column_fix(
            _("Predict '{name}' as classes", name=series.name), [str(series.name)], type="category"
        ),
        count=len(distinct),
        low=format_number(distinct[0], "g"),
        high=format_number(distinct[-1], "g"),
    )


def _class_of_one(targets: pd.DataFrame) -> Iterator[Finding]:
    series = targets.iloc[:, 0]
    counts = labels_of(series.dropna()).value_counts()
    single = [str(label) for label in counts.index[counts == 1]]
    if single:
        yield column_finding(
            "class-of-one",
            str(series.name),
            option_fix(_("Leave out rows of such classes"), "leave_out_classes", list(single)),
            count=len(single),
            labels=format_quoted_list(single),
        )


def open_questions(
    samples: Samples, test: Samples | None, preprocessing: Preprocessing, data: Data
) -> tuple[Finding, ...]:
    """Return what the readers detected; a question only where its answer matters."""
    numbers = {column.name for column in preprocessing.columns if column.kind != "category"}
    for entry in preprocessing.outputs.values():
        if entry.task == REGRESSION:
            numbers |= set(entry.columns)
    dates = {column.name for column in preprocessing.columns if column.kind == "date"}
    single = single_roles(data)
    dates.add(single.get("order", ""))
    numbers |= {single.get("weight", ""), single.get("order", "")}
    questioned: set[str] = set()
    open_findings = []
    for finding in (*samples.findings, *(test.findings if test is not None else ())):
        if finding.code == AMBIGUOUS and finding.column in numbers - questioned:
            questioned.add(finding.column)
            open_findings.append(finding)
        if finding.code == OTHER_UNIT and test is not None and finding not in samples.findings:
            message = _("{file}: {message}", file=test.source, message=finding.message)
            open_findings.append(replace(finding, message=message))
    notes = (
        finding
        for finding in samples.findings
        if finding.code != AMBIGUOUS
        and (finding.code != TWO_WAYS or finding.column in dates or samples.table is None)
        and (
            finding.code != CODES
            or (finding.column in numbers and not _typed(data, finding.column))
        )
    )
    return (
        *open_findings,
        *notes,
        *_dates_as_words(samples, preprocessing),
        *_default_target(samples, preprocessing, data),
        *_class_numbers(samples, preprocessing, data),
    )


def _default_target(
    samples: Samples, preprocessing: Preprocessing, data: Data
) -> Iterator[Finding]:
    named = [*data.target, *data.targets, *(choice for choice in data.columns.values()
                                            if choice.role == "target")]  # fmt: skip
    name = next((entry.columns[0] for entry in preprocessing.outputs.values() if entry.columns), "")
    others = [str(column) for column in _columns(samples) if str(column) != name]
    if named or not data.path or not name or not others:
        return
    by_name = kind_of(data).tables.target_by_name and likely_target([*others, name])[1]
    best, _rank = likely_target(others)
    yield column_finding(
        "default-target" if by_name else "default-target:2",
        "",
        *tuple(
            data_fix(_("Predict '{name}' instead", name=column), target=(column,))
            for column in dict.fromkeys((best, others[-1]))
        ),
        name=name,
    )


def _columns(samples: Samples) -> list[str]:
    parts = [part for part in (samples.table, samples.unused) if part is not None]
    names = [name for part in parts for name in part.columns if not part[name].isna().all()]
    return [*map(str, names), *samples.columns]


def _class_numbers(samples: Samples, preprocessing: Preprocessing, data: Data) -> Iterator[Finding]:
    """Say that whole numbers are read as classes, where they may be an amount."""
    if not data.path or samples.targets.index.name == FOLDER:
        return
    if str(data.options.get("task") or "auto") != "auto":
        return
    for entry in preprocessing.outputs.values():
        if entry.task not in {BINARY, CLASSES} or len(entry.columns) != 1:
            continue
        name = entry.columns[0]
        series = samples.targets[name]
        if _typed(data, name) or not is_numeric(series) or series.dtype.kind == "b":
            continue
        low, high, count = series.min(), series.max(), len(entry.classes)
        numbered = high - low == count - 1 and low in {0, 1}
        if (low, high, count) == (-1, 1, 2) or (numbered and (count == 2 or _names_classes(name))):
            continue
        yield column_finding(
            "class-numbers",
            name,
            column_fix(_("Predict '{name}' as a number", name=name), [name], type="number"),
            count=count,
            low=as_label(low),
            high=as_label(high),
        )


def _names_classes(name: str) -> bool:
    """Return whether a column's name calls its numbers classes, rather than their number or size.

    As whole words: "Kinder" and "n_types" are amounts.
    """
    parts = re.split(r"[\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).casefold())
    return any(
        word in _CLASS_WORDS or word.endswith(("klasse", "gruppe", "kategorie")) for word in parts
    ) and not _COUNT_WORDS & {*parts}


def _dates_as_words(samples: Samples, preprocessing: Preprocessing) -> Iterator[Finding]:
    columns = preprocessing.columns
    for name in dict.fromkeys(column.name for column in columns if column.kind == "category"):
        if samples.table is not None and are_dates(samples.table[name]):
            yield column_finding(
                "dates-as-words",
                name,
                column_fix(_("Use '{name}' as a date", name=name), [name], type="date"),
                exclude_columns_fix(name),
            )


def _typed(data: Data, column: str) -> bool:
    return column in data.columns and bool(data.columns[column].type)


def excluded_column_findings(
    notes: tuple[str, ...], table: pd.DataFrame | None, used: set[str], task: str
) -> tuple[Finding, ...]:
    """Convert notes about excluded columns to findings with a fix."""
    if table is None:
        return ()
    findings = []
    for note in notes:
        if not isinstance(note, ColumnNote) or note.column in used:
            continue
        name = note.column
        fixes = [exclude_columns_fix(name)]
        if note.category:
            fixes.insert(
                0, column_fix(_("Use '{name}' as a category", name=name), [name], type="category")
            )
            if are_dates(table[name]):
                # Asked on its row, which calls it a date already.
                label = _("Use '{name}' as a date", name=name)
                fixes.insert(0, column_fix(label, [name], _("Use as a date"), type="date"))
                if task == REGRESSION:
                    fixes.insert(1, data_fix(_("Treat the rows as a series"), kind="series"))
            elif are_sentences(table[name]):
                label = _("Train on the texts in '{name}'", name=name)
                fixes.insert(1, data_fix(label, kind="text", text=name))
        findings.append(Finding("column-left-out", INFO, note, name, tuple(fixes)))
    return tuple(findings)
