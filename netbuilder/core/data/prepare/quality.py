"""What looks wrong with the values of a table before anything is learned from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_facts import BINARY, CLASSES, REGRESSION
from netbuilder.core.data.dataset import SplitIndices
from netbuilder.core.data.findings import (
    INFO,
    WARNING,
    ColumnNote,
    Finding,
    column_fix,
    data_fix,
    exclude_columns_fix,
    option_fix,
)
from netbuilder.core.data.prepare.leaks import GROUPS, given_away, groups
from netbuilder.core.data.prepare.outliers import outliers
from netbuilder.core.data.preprocessing.cells import (
    are_compact_dates,
    are_dates,
    are_sentences,
    as_label,
    is_numeric,
    labels_of,
)
from netbuilder.core.data.preprocessing.cleaning import normalize_word
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.data.preprocessing.odd_rows import TOTAL_ROW
from netbuilder.core.data.preprocessing.roles import likely_target, single_roles
from netbuilder.core.data.readers.csv_dialect import CODES
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.data.readers.table_cells import AMBIGUOUS, OTHER_UNIT, TWO_WAYS
from netbuilder.core.data.registry import kind_of
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Data
from netbuilder.core.wording import format_count, format_number, format_quoted_list, shorten

if TYPE_CHECKING:
    import pandas as pd

# Values that people write where they know none.
STAND_INS = tuple(
    sign * value for value in (9, 99, 999, 9999, 99999, 999999, 8888, 7777) for sign in (-1, 1)
)
_ID = re.compile(
    r"(?i:^(id|nr|no|s\.?no|sl\.? ?no|serial|number|index|idx|key|uuid|guid|row|rownum|row_?names?|"
    r"record|#|unnamed.*)\.?$|[-_. ]id$|^id[-_. ])|[a-z]I[dD]$"
)
_CODE = re.compile(
    r"(?i)(^|[^a-z])(zip|zip.?code|plz|postal|post.?code|postleitzahl|phone|telephone|telefon|tel|"
    r"fax|mobile|ssn|iban|isbn|ean|barcode|area.?code|matrikel.*|(patient|customer|subject|account|"
    r"invoice|order|student|member|product|item)[-_. ]?(id|no|nr|num|number|code))([^a-z]|$)"
)
_MOST_CODES = 50
_SEEN_ROWS = 200_000
_FEW = 20
_CHANCE = "It may be by chance: not many different rows are possible."


def table_findings(
    samples: Samples, test: Samples | None, rows: SplitIndices, task: str, *, from_file: bool
) -> tuple[Finding, ...]:
    """Everything that looks wrong with a table.

    Args:
        samples: features and targets of the training file.
        test: those of the test file, or None.
        rows: how the training file is cut.
        task: of the first output.
        from_file: the table is a person's own; of sets that come along rows that stand twice
            are no news.
    """
    if samples.table is None:
        return ()
    table, targets = samples.table.head(_SEEN_ROWS), samples.targets.head(_SEEN_ROWS)
    found = [
        *_tells_the_target(table, targets, task),
        *_ids(table),
        *_stand_ins(table),
        *_spellings(table, targets),
        *_constant(table),
        *_days_as_numbers(table),
        *_many_classes(targets, task),
    ]
    if from_file:
        alike = (
            list(groups(table, targets)) if samples.groups is None and not samples.ordered else []
        )
        found += alike
        copies = {one.column for one in found if one.code == "target-in-features"}
        others = table[[name for name in table.columns if name not in copies]]
        found += given_away(others, targets, task)
        found += _codes_by_name(table, {one.column for one in (*alike, *samples.findings)
                                        if one.code in {GROUPS, CODES}})  # fmt: skip
    if task in {BINARY, CLASSES}:
        found += _class_of_one(targets)
    if from_file:
        # A row of totals is far outside by nature, and is told as one already.
        if not any(one.code == TOTAL_ROW for one in samples.findings):
            found += outliers(table)
            if task == REGRESSION:
                found += outliers(targets)
        found += _twice(samples, rows)
        found += _test_rows(samples, test)
    return tuple(found)


def _tells_the_target(table: pd.DataFrame, targets: pd.DataFrame, task: str) -> Iterator[Finding]:
    if len(table) < 10:
        return
    for target in targets.columns:
        answers = targets[target]
        for name in table.columns:
            series = table[name]
            if task == REGRESSION:
                same = _nearly_equal(series, answers)
            else:
                same = _one_to_one(series, answers)
            if same:
                yield Finding(
                    "target-in-features", WARNING,
                    f"Column '{name}' {same} the target '{target}': the network would only copy "
                    "it, and know nothing where it is not given.",
                    str(name), (exclude_columns_fix(str(name)),),
                )  # fmt: skip


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
        return "equals"
    return "nearly equals" if float(off.mean()) < 0.01 * spread else ""


def _one_to_one(series: pd.Series, answers: pd.Series) -> str:
    """Whether each value stands for one class and each class for one value."""
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
    return "equals" if (pairs["x"] == pairs["y"]).all() else "says the same as"


def _ids(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        if len(series) < _FEW or series.dtype.kind not in "iu" or not series.is_unique:
            continue
        steps = np.diff(series.to_numpy())
        counts = bool((steps == 1).all())
        if _ID.search(str(name)) or (counts and str(name).lower().startswith("column ")):
            yield Finding(
                "id-column", WARNING,
                f"Column '{name}' has another whole number in every row"
                f"{' and counts them' if counts else ''}: it names the row and says nothing "
                "about it.",
                str(name), (exclude_columns_fix(str(name)),),
            )  # fmt: skip


def _codes_by_name(table: pd.DataFrame, told: set[str]) -> Iterator[Finding]:
    """Whole numbers that a name calls codes: postcodes, telephone and patient numbers."""
    for name in map(str, table.columns):
        series = table[name]
        if name in told or series.dtype.kind not in "iuf" or len(series) < _FEW:
            continue
        known = series.dropna()
        code = bool(_CODE.search(name))
        named = code or bool(_ID.search(name))
        whole = series.dtype.kind in "iu" or bool((known == known.round()).all())
        if not named or not whole or known.nunique() < 3:
            continue
        if known.is_unique and not code:
            continue  # told as the name of the row
        category = column_fix(_("Use '{name}' as a category", name=name), [name], type="category")
        out, amount = (
            exclude_columns_fix(name),
            column_fix(_("It is an amount"), [name], type="number"),
        )
        few = known.nunique() <= min(_MOST_CODES, len(known) // 3)
        yield Finding(
            CODES, WARNING,
            _(
                "Column '{name}' seems to hold codes or numbers of things, such as {example}: they "
                "name something, and {more} is not more than {less}. It is read as an amount.",
                name=name, example=as_label(known.iloc[0]), more=as_label(known.max()),
                less=as_label(known.min()),
            ),
            name, (category, amount, out) if few else (out, category, amount),
        )  # fmt: skip


def _stand_ins(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        if series.dtype.kind not in "iuf":
            continue
        values = series.to_numpy(np.float64)
        values = values[~np.isnan(values)]
        yield from _cannot_be(str(name), values)
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
            yield Finding(
                "stand-in", WARNING,
                f"Column '{name}' holds {stand_in} in {format_count(times, 'row')}, while all"
                f" others "
                f"run from {format_number(low)} to {format_number(high)}: it seems to stand for a"
                f" missing value.",
                str(name),
                (option_fix(f"Treat {stand_in} as missing", "missing_values",
                             {str(name): [stand_in]}),),
            )  # fmt: skip
            break


def _cannot_be(name: str, values: NDArray[np.float64]) -> Iterator[Finding]:
    """0 and -1 where all other values are far above: no body has a mass index of 0."""
    for odd in (0.0, -1.0):
        times, others = int((values == odd).sum()), np.unique(values[values != odd])
        if times < 2 or times > 0.6 * len(values) or len(others) < 10 or others[0] <= 0:
            continue
        # Counts go on down to 0; so do amounts that are often small.
        step = float(np.median(np.diff(others)))
        far = others[0] - odd > 5 * step and others[0] > 0.05 * float(np.median(others))
        if far or (odd < 0 and step > 0):
            yield Finding(
                "stand-in", WARNING,
                _(
                    "Column '{name}' holds {value} in {count} rows, while all others run from "
                    "{low} to {high}: it seems to stand for a missing value.",
                    name=name, value=f"{odd:g}", count=f"{times:,}",
                    low=format_number(float(others[0])),
                    high=format_number(float(others[-1])),
                ),
                name,
                (
                    option_fix(
                        _("Treat {value} as missing", value=f"{odd:g}"), "missing_values",
                        {name: [int(odd)]},
                    ),
                ),
            )  # fmt: skip


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
                yield Finding(
                    "same-word-twice", WARNING,
                    f"Column '{name}' writes the same word in several ways:"
                    f" {format_quoted_list(twice[0])}. "
                    "They count as different.",
                    str(name),
                    (option_fix("Count them as one", "same_words", [str(name)]),),
                )  # fmt: skip


def _constant(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        if len(series) < 2 or series.iloc[0] != series.iloc[1]:
            continue
        if series.nunique(dropna=False) == 1 and series.notna().any():
            yield Finding(
                "same-value", INFO,
                f"Column '{name}' has the same value in every row, '{shorten(series.iloc[0])}': "
                "nothing can be learned from it.",
                str(name), (exclude_columns_fix(str(name)),),
            )  # fmt: skip


def _days_as_numbers(table: pd.DataFrame) -> Iterator[Finding]:
    for name in table.columns:
        series = table[name]
        # Of amounts a few may look like days by chance.
        if series.dtype.kind not in "iuf" or series.nunique() < 3 or not are_compact_dates(series):
            continue
        yield Finding(
            "days-as-numbers", WARNING,
            f"Column '{name}' writes days as one number, such as {int(series.dropna().iloc[0])}. "
            "It is read as an amount, in which a month is 100 and a year 10,000 long.",
            str(name),
            (column_fix(f"Use '{name}' as a date", [str(name)], type="date"),
             exclude_columns_fix(str(name))),
        )  # fmt: skip


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
    yield Finding(
        "whole-number-target", INFO,
        f"The target '{series.name}' holds {len(distinct)} whole numbers, from "
        f"{distinct[0]:g} to {distinct[-1]:g}, and is learned as an amount. If they are names "
        "of classes, learn it as classes.",
        str(series.name),
        (column_fix(f"Learn '{series.name}' as classes", [str(series.name)], type="category"),),
    )  # fmt: skip


def _class_of_one(targets: pd.DataFrame) -> Iterator[Finding]:
    series = targets.iloc[:, 0]
    counts = labels_of(series.dropna()).value_counts()
    single = [str(label) for label in counts.index[counts == 1]]
    if single:
        verb, them = ("has", "it") if len(single) == 1 else ("have", "each of them")
        yield Finding(
            "class-of-one", WARNING,
            f"Class{'es' if len(single) > 1 else ''} {format_quoted_list(single)} of"
            f" '{series.name}' {verb} "
            f"one row only: {them} cannot be both learned and tested.",
            str(series.name),
            (option_fix("Leave out rows of such classes", "leave_out_classes", list(single)),),
        )  # fmt: skip


def _hashes(samples: Samples, like: Samples | None = None) -> NDArray[np.uint64]:
    import pandas as pd

    assert samples.table is not None
    frame = pd.concat(
        [samples.table, samples.targets.drop(columns=[
            name for name in samples.targets.columns if name in samples.table.columns
        ])], axis=1,
    )  # fmt: skip
    if like is not None:
        assert like.table is not None
        frame = frame[[n for n in (*like.table.columns, *like.targets.columns) if n in frame]]
        frame = frame.loc[:, ~frame.columns.duplicated()]
    frame = frame.head(_SEEN_ROWS)
    plain = {
        name: frame[name].astype("float64") if is_numeric(frame[name])
        else labels_of(frame[name])
        for name in frame.columns
    }  # fmt: skip
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(plain), index=False), np.uint64)


def _by_chance(samples: Samples) -> bool:
    """Whether so few different rows are possible that some are equal by chance."""
    assert samples.table is not None
    possible = 1.0
    for name in samples.table.columns:
        possible *= max(1, samples.table[name].nunique())
        if possible >= 20 * len(samples):
            return False
    return True


def _twice(samples: Samples, rows: SplitIndices) -> Iterator[Finding]:
    hashes = _hashes(samples)
    _values, first, counts = np.unique(hashes, return_index=True, return_counts=True)
    again = len(hashes) - len(first)
    if again < max(2, 0.005 * len(hashes)):
        return
    one = int(first[counts > 1][0])
    other = int(np.flatnonzero(hashes == hashes[one])[1])
    index = samples.targets.index
    message = (
        f"{format_count(again, 'row')} of {samples.source} stand there twice or more, such as"
        f" lines "
        f"{index[one]} and {index[other]}."
    )
    parts = np.zeros(len(samples), np.int8)
    parts[rows.validation], parts[rows.test] = 1, 2
    parts = parts[: len(hashes)]
    held = np.isin(hashes[parts > 0], hashes[parts == 0]).sum()
    chance = _by_chance(samples)
    if held:
        message += (
            f" {format_count(int(held), 'row')} kept for validation or the test also "
            f"stand{'s' if held == 1 else ''} among the training rows"
        )
        message += "." if chance else ": the result looks better than it is."
    if chance:
        message += f" {_CHANCE}"
    yield Finding(
        "rows-twice", INFO if chance else WARNING, message,
        fixes=() if chance else (data_fix("Use each row once", duplicates="drop"),),
    )  # fmt: skip


def _test_rows(samples: Samples, test: Samples | None) -> Iterator[Finding]:
    if test is None or test.table is None or not len(test):
        return
    assert samples.table is not None
    if any(name not in test.table.columns for name in samples.table.columns):
        return  # other columns: no row can be compared
    ours, theirs = _hashes(samples), _hashes(test, samples)
    known = int(np.isin(theirs, ours).sum())
    chance = _by_chance(samples)
    whole = len(theirs) == len(ours) and np.array_equal(np.sort(theirs), np.sort(ours))
    if known == len(theirs) and known >= min(len(ours), 10) and (whole or not chance):
        same = "is the training file" if len(theirs) == len(ours) else "is a part of it"
        yield Finding(
            "test-is-training", WARNING,
            f"All {format_count(known, 'row')} of the test file {test.source} also stand in "
            f"{samples.source}: it {same}, and the test says nothing about new data.",
            fixes=(data_fix("Keep rows of the training file for the test", test_path=""),),
        )  # fmt: skip
    elif known:
        many = known > max(1, 0.05 * len(theirs)) and not chance
        ending = ": the result looks better than it is." if many else "."
        if chance:
            ending += f" {_CHANCE}"
        yield Finding(
            "test-rows-known", WARNING if many else INFO,
            f"{format_count(known, 'row')} of the {len(theirs):,} of the test file {test.source}"
            f" also "
            f"stand{'s' if known == 1 else ''} in {samples.source}{ending}",
        )  # fmt: skip


def open_questions(
    samples: Samples, test: Samples | None, preprocessing: Preprocessing, data: Data
) -> tuple[Finding, ...]:
    """What the readers concluded; a question only where its answer changes what is learned."""
    numbers = {
        column.name
        for entry in preprocessing.inputs.values()
        for column in entry.columns
        if column.kind != "category"
    }
    for entry in preprocessing.outputs.values():
        if entry.task == REGRESSION:
            numbers |= set(entry.columns)
    dates = {
        c.name for entry in preprocessing.inputs.values() for c in entry.columns if c.kind == "date"
    }
    single = single_roles(data)
    dates.add(single.get("order", ""))
    numbers |= {single.get("weight", ""), single.get("order", "")}
    asked: set[str] = set()
    kept = []
    for one in (*samples.findings, *(test.findings if test is not None else ())):
        if one.code == AMBIGUOUS and one.column in numbers - asked:
            asked.add(one.column)
            kept.append(one)
        if one.code == OTHER_UNIT and test is not None and one not in samples.findings:
            message = one.message.replace("Column", f"In {test.source} column", 1)
            kept.append(replace(one, message=message))
    said = (
        one
        for one in samples.findings
        if one.code != AMBIGUOUS
        and (one.code != TWO_WAYS or one.column in dates or samples.table is None)
        and (one.code != CODES or (one.column in numbers and not _typed(data, one.column)))
    )
    return (
        *kept,
        *said,
        *_dates_as_words(samples, preprocessing),
        *_default_target(samples, preprocessing, data),
    )


def _default_target(
    samples: Samples, preprocessing: Preprocessing, data: Data
) -> Iterator[Finding]:
    """Which column was taken for the target, and why, where nobody said it."""
    said = [*data.target, *data.targets, *(one for one in data.columns.values()
                                           if one.role == "target")]  # fmt: skip
    if said or samples.table is None or not samples.from_file or not kind_of(data).target_by_name:
        return
    name = next((one.columns[0] for one in preprocessing.outputs.values() if one.columns), "")
    others = [str(one) for one in samples.table.columns if str(one) != name]
    by_name = likely_target([*others, name])[1]
    if name.casefold() in {"y", "target", "label", "class"}:
        return  # these leave no question
    other = others[-1] if others else ""
    message = (
        _(
            "Column '{name}' is taken for the target, because its name is that of something to "
            "predict.", name=name,
        )
        if by_name
        else _("Column '{name}' is taken for the target, because it is the last one.", name=name)
    )  # fmt: skip
    yield Finding(
        "default-target", INFO, message, "",
        tuple(
            data_fix(_("Predict '{name}' instead", name=one), target=(one,))
            for one in (other,) if one
        ),
    )  # fmt: skip


def _dates_as_words(samples: Samples, preprocessing: Preprocessing) -> Iterator[Finding]:
    """A few dates that stand often are words like any others, unless somebody says otherwise."""
    columns = (column for entry in preprocessing.inputs.values() for column in entry.columns)
    for name in dict.fromkeys(one.name for one in columns if one.kind == "category"):
        if samples.table is not None and are_dates(samples.table[name]):
            yield Finding(
                "dates-as-words", INFO,
                f"Column '{name}' holds dates: each is taken for a category of its own.", name,
                (
                    column_fix(f"Use '{name}' as a date", [name], type="date"),
                    exclude_columns_fix(name),
                ),
            )  # fmt: skip


def _typed(data: Data, column: str) -> bool:
    return column in data.columns and bool(data.columns[column].type)


def excluded_column_findings(
    notes: tuple[str, ...], table: pd.DataFrame | None, used: set[str], task: str
) -> tuple[Finding, ...]:
    """The notes about columns that were left out, as findings with a fix.

    A number that stands beside dates may be a series of them; ``task`` is the first output's.
    """
    if table is None:
        return ()
    found = []
    for note in notes:
        if not isinstance(note, ColumnNote) or note.column in used:
            continue
        name = note.column
        fixes = [exclude_columns_fix(name)]
        if note.category:
            fixes.insert(0, column_fix(f"Use '{name}' as a category", [name], type="category"))
            if are_dates(table[name]):
                # Asked on its row, which calls it a date already.
                label = f"Use '{name}' as a date"
                fixes.insert(0, column_fix(label, [name], "Use it", type="date"))
                if task == REGRESSION:
                    fixes.insert(1, data_fix("Learn it as a series", kind="series"))
            elif are_sentences(table[name]):
                label = f"Learn from the texts in '{name}'"
                fixes.insert(1, data_fix(label, kind="text", text=name))
        found.append(Finding("column-left-out", INFO, note, name, tuple(fixes)))
    return tuple(found)
