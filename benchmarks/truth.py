"""Tables whose values are known, written as people write them: how many columns are read wrongly?

    python benchmarks/truth.py [--tables N] [--seed N] [--ways N] [--show N]

Each table has a seed, and habits of writing: marks, groups, signs, units, gaps, footers, headers,
encodings, separators, dates, yes and no, and a second habit in 0 to 50 % of the cells. A column is
wrong where its values are others than those that were written, or no numbers at all; it is untold
where nothing that is told or asked of the table is about that. Printed is one JSON object; to reach
are 0 columns that are wrong and untold. Every table is also read once more as new rows for the
trained model, and after every tenth come workbooks, series, texts and leaks of known truth (each
with a twin in which nothing is odd); of every ``--ways``-th the values also come back through
Predict, a predicted file, the ``.h5`` and the script.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
REACH = {"wrong_and_untold": 0}
#: Rows of a table that are typed in Predict.
_TYPED = 5
NOTHING = float("nan")
#: Decimal point and what groups thousands.
MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"),
         (",", "\u202f"))  # fmt: skip
UNITS = ("", "", "", "", " kg", "kg", " €", "\u00a0€", "$", " %", "%", "€ ", "CHF ")
SIGNS = ("-", "-", "-", "−", "behind", "brackets")
GAPS = ("", "NA", "n/a", "-", "?", "#N/A", "k.A.", "NULL")
FOOTERS = ("Average", "Mittelwert", "Total", "Subtotal R0", "Summe", "Mean", "Razem", "Totaal",
           "Moyenne générale", "Quelle: Amt", "* estimated")  # fmt: skip
YES = ("Y", "yes", "TRUE", "1", "ja", "Yes", "true")
NO = ("N", "no", "FALSE", "0", "nein", "No", "false")
SECOND = (0.0, 0.0, 0.0, 0.0, 0.03, 0.1, 0.3, 0.5)
#: What tells or asks how the numbers, dates or rows of a column are read.
TOLD = frozenset({
    "ambiguous-numbers", "text-among-numbers", "several-units", "feet-and-inches",
    "some-without-unit", "dates-two-ways", "impossible-dates", "years-of-two-digits",
    "total-row", "note-row", "strange-row", "codes", "word-for-nothing", "no-header", "title-lines",
})  # fmt: skip
#: Of these the codes that say which rows are samples: they explain words among the numbers, but no
#: wrong numbers.
OF_ROWS = frozenset({"total-row", "note-row", "strange-row", "no-header", "title-lines"})
#: Of so many tables one is followed by one of each family.
_FAMILY = 10


@dataclass
class Column:
    """A column as it is written, and what it says: ``truth`` are numbers, days, or texts."""

    name: str
    kind: str
    cells: list[str]
    truth: list[Any]
    scales: tuple[float, ...] = (1.0,)


@dataclass
class Table:
    """A table of known values; ``content`` is its file."""

    columns: list[Column]
    content: bytes
    footer: bool = False
    habits: dict[str, Any] = field(default_factory=dict)


def grouped(digits: str, mark: str) -> str:
    """Whole digits with a mark before each three from the end."""
    return f"{int(digits):,}".replace(",", mark) if mark else digits


def written(
    value: float, places: int, marks: tuple[str, str], sign: str, unit: str, strip: bool
) -> str:
    """A number as a habit writes it."""
    whole, _, decimals = f"{abs(value):.{places}f}".partition(".")
    decimals = decimals.rstrip("0") if strip else decimals
    text = grouped(whole, marks[1]) + (marks[0] + decimals if decimals else "")
    before = unit if unit[:1] in {"$"} or unit.endswith(" ") else ""
    text = f"{before}{text}{'' if before else unit}"
    if value >= 0 or float(f"{abs(value):.{places}f}") == 0:
        return text
    return {"behind": f"{text}-", "brackets": f"({text})"}.get(sign, f"{sign}{text}")


def numbers(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """A column of numbers, some in a second habit, some missing."""
    low, high = source.choice(((0, 1), (0, 60), (0, 1500), (500, 9000), (1e4, 5e6)))
    places = source.choice((0, 1, 2, 2, 3, 3))
    negative = source.choice((0, 0, 0.3))
    strip, unit, sign = source.random() < 0.5, source.choice(UNITS), source.choice(SIGNS)
    second, share = source.choice(MARKS), source.choice(SECOND)
    second_unit = source.choice((unit, unit, "", source.choice(UNITS)))
    gaps = source.choice((0, 0, 0, 0.1))
    gap = source.choice(GAPS)
    cells, truth = [], []
    for _ in range(rows):
        if source.random() < gaps:
            cells.append(gap)
            truth.append(NOTHING)
            continue
        value = round(source.uniform(low, high), places)
        value = -value if source.random() < negative else value
        other = source.random() < share
        how = (second, second_unit) if other else (marks, unit)
        cells.append(written(value, places, how[0], sign, how[1], strip))
        truth.append(value)
    return Column(name, "numbers", cells, truth)


def in_two_units(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Weights of which some stand in grams."""
    share = source.choice((0.05, 0.3, 0.5))
    truth = [round(source.uniform(0.1, 80), 2) for _ in range(rows)]
    cells = [
        written(value * 1000, 0, marks, "-", " g", False) if source.random() < share
        else written(value, 2, marks, "-", " kg", True)
        for value in truth
    ]  # fmt: skip
    return Column(name, "numbers", cells, truth, (1.0, 1000.0))


def in_fractions(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Inches as carpenters write them: 3 1/4."""
    eighths = [source.randint(8, 200) for _ in range(rows)]
    cells = []
    for value in eighths:
        whole, rest = divmod(value, 8)
        common = math.gcd(rest, 8)
        cells.append(f"{whole} {rest // common}/{8 // common}" if rest else f"{whole}")
    return Column(name, "numbers", cells, [value / 8 for value in eighths])


def coordinates(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Degrees with a direction: 6.5W, 12.25° N."""
    ends, gap = source.choice(("NS", "EW")), source.choice(("", " ", "°", "° "))
    truth = [round(source.uniform(-89, 89), 2) for _ in range(rows)]
    truth[:2] = [12.5, -12.5]
    cells = [
        written(abs(value), 2, (marks[0], ""), "-", "", False) + gap + ends[value < 0]
        for value in truth
    ]
    return Column(name, "numbers", cells, truth)


def lasting(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Durations, in hours or in seconds."""
    how = source.randrange(5)
    seconds = [source.randrange(60, 360_000) for _ in range(rows)]
    seconds[0] = 100_000
    cells, truth = [], []
    for value in seconds:
        hours, minutes, rest = value // 3600, value // 60 % 60, value % 60
        if how == 4:
            minutes, rest, tenth = value % 60, value // 60 % 60, value % 10
            cells.append(f"{minutes}:{rest:02}{marks[0]}{tenth}")
            truth.append(minutes * 60 + rest + tenth / 10)
            continue
        cells.append((
            f"{hours}h {minutes}m", f"PT{hours}H{minutes}M{rest}S",
            f"{hours}:{minutes:02}:{rest:02}",
            f"{hours // 24} days, {hours % 24:02}:{minutes:02}:{rest:02}",
        )[how])  # fmt: skip
        truth.append(hours + minutes / 60 + (rest / 3600 if how else 0))
    return Column(name, "numbers", cells, truth)


def half_days(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Hours of two halves of a day: 7 am, 12 pm."""
    truth = [source.randrange(24) for _ in range(rows)]
    gap = source.choice(("", " "))
    cells = [f"{(hour - 1) % 12 + 1}{gap}{'ap'[hour > 11]}m" for hour in truth]
    return Column(name, "numbers", cells, truth)


def clock_times(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Times of a clock without seconds: 7:05, 07:05, 7:05 pm; the truth in hours."""
    how = source.randrange(3)
    minutes = [source.randrange(1440) for _ in range(rows)]
    minutes[:2] = [23 * 60 + 59, 65]
    cells = [
        (f"{at // 60}:{at % 60:02}", f"{at // 60:02}:{at % 60:02}",
         f"{(at // 60 - 1) % 12 + 1}:{at % 60:02} {'ap'[at >= 720]}m")[how]
        for at in minutes
    ]  # fmt: skip
    return Column(name, "clocks", cells, [at / 60 for at in minutes])


def decorated(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Numbers with a power of ten, in digits of full width, or with a spreadsheet's text mark."""
    how = source.randrange(4)
    truth = [round(source.uniform(-90, 90), 2) for _ in range(rows)]
    plain = [written(value, 2, (marks[0], ""), "-", "", False) for value in truth]
    wide = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
    cells = [
        (f"{cell}×10^-3", f"{cell} × 10⁻³", cell.translate(wide), f"'{cell}")[how] for cell in plain
    ]
    return Column(name, "numbers", cells, truth, (1e-3,) if how < 2 else (1.0,))


def thousands(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Amounts of which few reach a thousand, grouped as the file groups: 2.008 beside 868."""
    group = source.choice((".", ","))
    truth = [source.randint(400, 999) for _ in range(rows)]
    truth[3], truth[11] = source.randint(1000, 3999), source.randint(1000, 3999)
    unit = source.choice((" €", "", " kg"))
    return Column(name, "numbers", [grouped(str(value), group) + unit for value in truth], truth)


def yes_or_no(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Yes and no in one to seven ways."""
    ways = source.randint(1, len(YES))
    truth = [source.randint(0, 1) for _ in range(rows)]
    cells = [source.choice((NO, YES)[one][:ways]) for one in truth]
    return Column(name, "truths", cells, truth)


def days(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Dates in one way of writing, with a day that no calendar has in some tables."""
    how = source.choice(("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%y"))
    first = date(source.choice((1931, 1990, 2019)), 1, 1)
    known = [first + timedelta(days=source.randint(0, 2000)) for _ in range(rows)]
    cells = [one.strftime(how) for one in known]
    truth: list[Any] = [(one - date(1970, 1, 1)).days for one in known]
    if source.random() < 0.2:
        cells[rows // 2], truth[rows // 2] = "9999-12-31", NOTHING
    return Column(name, "dates", cells, truth)


def words(source: random.Random, name: str, rows: int, marks: tuple[str, str]) -> Column:
    """Words, codes and ordinals: what is no amount."""
    known = source.choice((
        ("red", "None", "blue"), ("01067", "10115", "80331"), ("1st", "2nd", "3rd"),
        ("A1", "B2", "12"), ("Köln", "Ulm", "Århus"), ("9a", "9b", "10a"),
        ("1st class", "2nd class", "3rd class"), ("(1) North", "(2) East", "(3) South"),
        ("drama; action", "drama", "comedy; action"), ("Drama, Action", "Drama", "Comedy, Action"),
        ("pos", "POS", "positive", "neg"),
    ))  # fmt: skip
    cells = [source.choice(known) for _ in range(rows)]
    return Column(name, "words", cells, list(cells))


KINDS: tuple[Callable[[random.Random, str, int, tuple[str, str]], Column], ...] = (
    numbers, numbers, numbers, numbers, in_two_units, in_fractions, yes_or_no, days, words,
    coordinates, lasting, half_days, clock_times, decorated, thousands,
)  # fmt: skip


def table_of(seed: int, *, again: bool = False) -> Table:
    """The table of a seed; ``again``: other rows in the same habits."""
    source = random.Random(seed)
    rows = source.randint(30, 90)
    general = source.choice(MARKS)
    separator = source.choice((",", ",", ";", ";", "\t", "|"))
    encoding = source.choice(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"))
    columns = []
    for place in range(source.randint(2, 5)):
        marks = general if source.random() < 0.7 else source.choice(MARKS)
        kind, own = source.choice(KINDS), source.randrange(1 << 30)
        made = kind(random.Random(own), f"c{place}", rows, marks)
        if again:
            more = kind(random.Random(own), f"c{place}", rows + 20, marks)
            made = replace(more, cells=more.cells[-20:], truth=more.truth[-20:])
        columns.append(made)
    columns.append(Column("n", "numbers", [*map(str, range(len(columns[0].cells)))],
                          list(range(len(columns[0].cells)))))  # fmt: skip
    lines = [list(row) for row in zip(*(one.cells for one in columns), strict=True)]
    total = source.random() < 0.1 and not again
    if total:
        names = Column("place", "words", *([f"place {at}" for at in range(len(lines))],) * 2)
        columns.append(names)
        lines = [[*row, name] for row, name in zip(lines, names.cells, strict=True)]
        lines.append(
            [
                *[""] * (len(columns) - 2),
                str(sum(columns[-2].truth)),
                source.choice(("Total", "Summe", "合计", "Total général", "Gesamt:")),
            ]
        )
    footer = source.random() < 0.15 and not again and not total
    if footer:
        word, place = source.choice(FOOTERS), source.randrange(len(columns))
        lines.append([word if at == place else "" for at in range(len(columns))])
    if source.random() < 0.1 and not again:
        lines.insert(0, [])
        lines.insert(0, ["Table 3: what was measured"])
        lines.insert(2, [one.name for one in columns])
    else:
        lines.insert(0, [one.name for one in columns])
    held = io.StringIO()
    csv.writer(held, delimiter=separator, lineterminator="\n").writerows(lines)
    text = held.getvalue()
    content = text.encode(encoding, "replace") if encoding != "cp1252" else _cp1252(text)
    return Table(columns, content, footer, {"separator": separator, "encoding": encoding})


def _cp1252(text: str) -> bytes:
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return text.encode("utf-8")


@dataclass
class Count:
    """Columns by what became of them; ``wrong`` names those that are wrong and untold."""

    columns: int = 0
    right: int = 0
    told: int = 0
    asked_needlessly: int = 0
    wrong: list[str] = field(default_factory=list)


def judged(found: Any, told: set[str], everything: set[str], table: Table, count: Count,
           where: str, seed: int) -> None:  # fmt: skip
    """Compare a table as it was read with what is known of it."""
    for column in table.columns:
        count.columns += 1
        if column.name not in found.columns:
            right = False
        else:
            right = _is_right(found[column.name].iloc[: len(column.truth)], column)
        right = right and (
            len(found) == len(column.truth) or bool(everything & {"total-row", "note-row"})
        )
        if right:
            count.right += 1
            count.asked_needlessly += column.name in told and column.kind == "numbers"
        elif column.name in told or (everything & OF_ROWS and not _has_numbers(found, column)):
            count.told += 1
        else:
            count.wrong.append(f"seed {seed} {where} {column.name}: {column.cells[:6]}")


def _has_numbers(found: Any, column: Column) -> bool:
    return column.name in found.columns and found[column.name].dtype.kind in "iuf"


def _is_right(series: Any, column: Column) -> bool:
    import numpy as np
    import pandas as pd

    from netbuilder.core.data.preprocessing import cells

    if len(series) < len(column.truth):
        return False
    if column.kind == "words":
        known = [cells.as_label(one) for one in column.truth]
        got = [cells.as_label(one).zfill(len(k)) for one, k in zip(series, known, strict=True)]
        return got == known
    if column.kind == "truths":
        pairs = set(zip(cells.labels_of(series), column.truth, strict=True))
        return len(pairs) == len({one for _, one in pairs})
    try:
        if column.kind == "dates":
            style = "dayfirst" if cells.day_comes_first(series) else ""
            values = cells.dates_as_days(series, "", style)
        elif column.kind == "clocks" and not pd.api.types.is_numeric_dtype(series):
            values = cells.dates_as_days(series, "", "") * 24
        else:
            values = pd.to_numeric(series)
    except (ValueError, TypeError, cells.DataError):
        return False
    truth = np.array(column.truth, np.float64)
    return any(
        np.allclose(values.to_numpy(np.float64), truth * scale, rtol=1e-9, equal_nan=True)
        for scale in column.scales
    )


def run(seeds: Sequence[int], folder: Path, every: int = 0) -> Count:
    """Read the tables of some seeds in a folder, and count; of those that ``every`` divides also
    what comes back in other ways."""
    from netbuilder.core.data.readers.csv_reader import read_table
    from netbuilder.core.data.readers.table_cells import table_reading
    from netbuilder.core.errors import DataError

    count = Count()
    for seed in seeds:
        table = table_of(seed)
        path = folder / "t.csv"
        path.write_bytes(table.content)
        try:
            found = read_table(path, {})
        except DataError:
            count.columns += len(table.columns)
            count.told += len(table.columns)
            continue
        reading = table_reading(found)
        told = {one.column for one in reading.findings if one.code in TOLD}
        told |= {name for name in found if _names_cells(found[name])}
        codes = {one.code for one in reading.findings if not one.column}
        judged(found, told, codes, table, count, "file", seed)
        more = table_of(seed, again=True)
        path.write_bytes(more.content)
        try:
            new = read_table(path, reading.hints)
        except DataError:
            continue
        asked = {one.column for one in table_reading(new).findings if one.code in TOLD} | told
        asked |= {name for name in new if _names_cells(new[name])}
        judged(new, asked, codes, more, count, "new rows", seed)
        if seed % _FAMILY == 0:
            families(random.Random(seed), folder, count, seed)
        if every and seed % every == 0:
            ways(folder, found, table, count, seed)
    return count


def families(source: random.Random, folder: Path, count: Count, seed: int) -> None:
    """Files of other kinds and tables with a leak, and of each a twin in which nothing is odd."""
    for family in (sheets, odd_step, lasting_parquet, labelled_texts, decided, summed):
        count.columns += 1
        try:
            error = family(source, folder)
        except Exception as failure:  # noqa: BLE001 - it counts as wrong, with its name
            error = repr(failure)[:200]
        count.right += not error
        count.wrong += [f"seed {seed} {family.__name__}: {error}"] if error else []


def _codes(path: Path, target: str) -> dict[str, str]:
    """What is told of a table with a target: code and column."""
    from netbuilder.core.data.data_report import make_report
    from netbuilder.core.project.model import Data, Project

    project = Project(data=Data("csv", path=path.name, target=(target,)))
    return {note.code: note.column for note in make_report(project, path.parent).notes}


def sheets(source: random.Random, folder: Path) -> str:
    """A workbook in which one of two to four sheets is a table."""
    import openpyxl

    from netbuilder.core.data.readers.csv_reader import read_table
    from netbuilder.core.data.readers.table_cells import table_reading

    book, count = openpyxl.Workbook(), source.randint(2, 4)
    table, rows = source.randrange(count), source.randint(20, 60)
    for place in range(count):
        sheet = book.active if not place else book.create_sheet()
        sheet.title = f"Sheet {place}"
        lines = [["when", "load"], *([n, n * n % 17 + 0.5] for n in range(rows))]
        for line in lines if place == table else [["About"], ["Measured by hand"]][: place + 1]:
            sheet.append(line)
    book.save(folder / "t.xlsx")
    found = read_table(folder / "t.xlsx", {})
    if [*found.columns] != ["when", "load"] or found["load"].tolist() != [
        n * n % 17 + 0.5 for n in range(rows)
    ]:
        return f"sheet {table} of {count}: {[*found.columns]}"
    told = any(note.code == "sheet" for note in table_reading(found).findings)
    return "" if told or not table else "not told"


def odd_step(source: random.Random, folder: Path) -> str:
    """A dated series with one day that is repeated, missing or before its turn, or none."""
    from netbuilder.core.data.registry import recipe_for

    size, how = source.randint(40, 200), source.randrange(4)
    at, style = source.randrange(2, size - 2), source.choice(("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"))
    step = timedelta(days=source.choice((1, 7)))
    known = [date(2023, 1, 3) + n * step for n in range(size)]
    known[at : at + 2] = (known[at : at + 2], [known[at]] * 2 + [known[at + 1]], [known[at]],
                          known[at : at + 2][::-1])[how]  # fmt: skip
    rows = [f"{day.strftime(style)};{n * n % 17 + 0.5}" for n, day in enumerate(known)]
    (folder / "t.csv").write_text("when;load\n" + "\n".join(rows), encoding="utf-8")
    kind = recipe_for(folder / "t.csv", "t.csv").kind
    return "" if kind == "series" else f"way {how} at {at} of {size}, {style}: {kind}"


def lasting_parquet(source: random.Random, folder: Path) -> str:
    """A Parquet file of durations in one of three precisions: seconds."""
    import polars

    from netbuilder.core.data.readers.csv_reader import read_table

    known = [source.randrange(1, 10**6) / 2 for _ in range(40)]
    unit = source.choice(("ms", "us", "ns"))
    series = polars.Series([timedelta(seconds=value) for value in known]).cast(
        polars.Duration(unit)
    )
    polars.DataFrame({"lasts": series, "y": range(40)}).write_parquet(folder / "t.parquet")
    seen = read_table(folder / "t.parquet", {})["lasts"].tolist()
    return "" if seen == known else f"{unit}: {seen[:3]}, not {known[:3]}"


def labelled_texts(source: random.Random, folder: Path) -> str:
    """Texts with a label, long or short, in four languages; or names with a label."""
    from netbuilder.core.data.registry import recipe_for

    head, known = source.choice((
        ("text", "a really good film|the worst of all films|it was too long for me"),
        ("review", "good film|bad food|too long|nice place"),
        ("评论", "这部电影非常好看，我很喜欢它的故事|演员的表演很差，浪费了两个小时"),
        ("Text", "das Essen war gut|viel zu teuer|nie wieder"),
        ("mensaje", "muy buena comida|demasiado caro"),
        ("name", "Anna|Ben|Cem|Dora"), ("item", "red car|blue bus|old boat"),
        ("城市", "北京|上海|广州"),
    ))  # fmt: skip
    table = head in {"name", "item", "城市"}
    rows = [f'"{source.choice(known.split("|"))}{n}",{"ab"[n % 2]}' for n in range(40)]
    (folder / "t.csv").write_text(f"{head},label\n" + "\n".join(rows), encoding="utf-8")
    kind = recipe_for(folder / "t.csv", "t.csv").kind
    return "" if kind == ("csv" if table else "text") else f"{head}: {kind}"


def decided(source: random.Random, folder: Path) -> str:
    """Noise beside a group, of a word or a number, that has one target in all its rows, or not."""
    many, leak = source.choice((6, 30)), source.random() < 0.5
    names = source.choice(([f"P{n:02}" for n in range(many)], [*range(100, 100 + many)]))
    score = source.choice((lambda: round(source.gauss(50, 9), 2), lambda: source.choice("ab")))
    of_group = [score() for _ in range(many)]
    of_group[:2] = [51.25, 48.5] if isinstance(of_group[0], float) else [*"ab"]
    lines = ["who,a,b,y"]
    for n in range(240):
        noise = f"{source.gauss(0, 1):.3f},{source.gauss(0, 1):.3f}"
        lines.append(f"{names[n % many]},{noise},{of_group[n % many] if leak else score()}")
    (folder / "t.csv").write_text("\n".join(lines))
    codes = _codes(folder / "t.csv", "y")
    told = "who" in {codes.get("rows-in-groups"), codes.get("target-given-away")}
    return "" if told == leak else f"{many} of {names[0]!r} to {of_group[0]!r}, {leak=}: {codes}"


def summed(source: random.Random, folder: Path) -> str:
    """A sum of two to five whole numbers, or one with noise."""
    parts, leak = source.randint(2, 5), source.random() < 0.5
    top = source.choice((6, 15, 100))
    lines = [",".join([*(f"part{n}" for n in range(parts)), "c", "y"])]
    for _ in range(200):
        row = [source.randint(1, top) for _part in range(parts)]
        total = sum(row) + (0 if leak else source.randint(-top // 2, top // 2))
        lines.append(",".join(map(str, [*row, f"{source.random():.3f}", total])))
    (folder / "t.csv").write_text("\n".join(lines))
    codes = _codes(folder / "t.csv", "y")
    return "" if ("target-given-away" in codes) == leak else f"{parts} to {top}, {leak=}: {codes}"


def _names_cells(series: Any) -> bool:
    """Whether using the column as numbers is an error that names its cells."""
    from netbuilder.core.data.preprocessing.cells import as_numbers
    from netbuilder.core.errors import DataError

    try:
        as_numbers(series, "")
    except DataError:
        return True
    return False


def ways(folder: Path, found: Any, table: Table, count: Count, seed: int) -> None:
    """The numbers and dates of a table as a trained model gets them, in four ways: typed in
    Predict (in the form, and as a row of text), predicted for a file, predicted for it by the
    ``.h5`` that is opened again, and read by the script in both styles.

    The network gives back one of its columns: what it predicts is what was read.
    """
    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.engine.networks.assembly import assemble
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.errors import UserError
    from netbuilder.core.project.model import (
        Choice,
        ColumnChoice,
        Data,
        Graph,
        Node,
        Project,
        Training,
    )

    columns = [
        one for one in table.columns
        if one.kind in {"numbers", "dates"} and one.name != "n" and one.name in found
        and found[one.name].notna().any() and _is_right(found[one.name].iloc[: len(one.truth)], one)
    ]  # fmt: skip
    if not columns or table.footer:
        return
    names = tuple(one.name for one in columns)
    dates = {one.name: ColumnChoice("feature", "date") for one in columns if one.kind == "dates"}
    path = folder / "t.csv"
    path.write_bytes(table.content)
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    data = Data("csv", path=path.name, target=("n",), inputs={"input": names},
                scaling="none", test_split=0.0, validation_split=0.0, columns=dates,
                options={"missing": "drop"})  # fmt: skip
    project = Project(graph=graph, data=data, training=Training(loss=Choice("mse")))
    try:
        dataset = load_dataset(project, folder)
    except UserError:
        return
    core = dataset.train.raw_x["input"]
    for style in ("short", "exact"):
        script(folder, project, core, style, count, seed)
    network = _network(core.shape[1])
    whole = assemble(network, project, dataset.preprocessing, dataset.facts)
    trained = TrainedModel(project, network, whole, dataset.preprocessing, dataset.facts)
    if dataset.preprocessing.inputs["input"].shape != (len(columns),):
        return  # a column became several features
    more = table_of(seed, again=True)
    known = [one for one in more.columns if one.name in names]
    typed(trained, known, count, seed)
    path = folder / "more.csv"
    path.write_bytes(more.content)
    for where, model in (("predict FILE", trained), (".h5", _opened_again(trained, folder))):
        for place, column in enumerate(known):
            predicted(model, path, place, column, count, f"seed {seed} {where}")


def _network(width: int) -> Any:
    """A Dense layer of one unit on so many columns, one for all tables of that width."""
    import keras

    if width not in _NETWORKS:
        entry = keras.Input((width,), name="input")
        made = keras.Model(entry, keras.layers.Dense(1, name="out")(entry))
        made.compile(keras.optimizers.SGD(), keras.losses.MeanSquaredError())
        _NETWORKS[width] = made
    return _NETWORKS[width]


_NETWORKS: dict[int, Any] = {}


def _opened_again(trained: Any, folder: Path) -> Any:
    from netbuilder.cli.evaluate import load_model
    from netbuilder.core.formats import registry

    registry.save_network(trained, folder / "m.h5", folder)
    return load_model(folder / "m.h5")


def typed(trained: Any, columns: Sequence[Column], count: Count, seed: int) -> None:
    """Rows typed in Predict as the file writes them, each cell in the form, too."""
    from netbuilder.core.errors import UserError
    from netbuilder.core.results.predict import form_fields, raw_from_rows
    from netbuilder.ui.forms.parsing import read_cell

    fields = {one.name: one for one in form_fields(trained)}
    for row in range(_TYPED):
        cells = {one.name: one.cells[row] for one in columns}
        if any(one.truth[row] != one.truth[row] for one in columns):
            continue  # a gap is no value
        try:
            raw = raw_from_rows(trained, [cells])[0]["input"][0]
        except UserError:
            raw = [None] * len(columns)
        for place, one in enumerate(columns):
            got = [raw[place]]
            if fields[one.name].kind == "number":
                try:
                    got.append(read_cell(one.cells[row], fields[one.name].marks,
                                         fields[one.name].unit))  # fmt: skip
                except ValueError:
                    got.append(None)
            for value in got:
                tell(value, one, row, count, f"seed {seed} typed {one.cells[row]!r}")


def tell(value: float | None, column: Column, row: int, count: Count, where: str) -> None:
    """Count a value that a way gives for a cell; None: it says that it cannot read it."""
    count.columns += 1
    if value is None:
        count.told += 1
    elif any(math.isclose(value, column.truth[row] * one, rel_tol=1e-5, abs_tol=1e-9)
             for one in column.scales):  # fmt: skip
        count.right += 1
    else:
        count.wrong.append(f"{where} {column.name}: {value}, not {column.truth[row]}")


def predicted(model: Any, path: Path, place: int, column: Column, count: Count, where: str) -> None:
    """A file predicted by a network that gives back the column at a place."""
    import numpy as np

    from netbuilder.core.errors import UserError
    from netbuilder.core.results.predict_file import predictions_of_file

    kernel = np.zeros(model.training_model.get_weights()[0].shape, np.float32)
    kernel[place] = 1.0
    model.training_model.set_weights([kernel, np.zeros(1, np.float32)])
    try:
        found = predictions_of_file(model, path)
    except UserError:
        count.columns += 1
        count.told += 1
        return
    values = found.table[found.answers[0]].to_numpy(np.float64)
    if len(values) != len(column.truth):
        count.columns += 1
        count.wrong.append(f"{where}: {len(values)} of {len(column.truth)} rows")
        return
    scale = next((s for s in column.scales if np.allclose(
        values, np.array(column.truth, float) * s, rtol=1e-5, equal_nan=True)), None)  # fmt: skip
    if scale is not None:
        count.columns += 1
        count.right += 1
        return
    for row, value in enumerate(values):
        if column.truth[row] == column.truth[row]:
            tell(None if np.isnan(value) else value, column, row, count, where)


def script(folder: Path, project: Any, told: Any, style: str, count: Count, seed: int) -> None:
    """The columns as the script that the program writes reads them."""
    import numpy as np
    import pandas as pd

    from netbuilder.core.errors import UserError
    from netbuilder.core.formats import registry

    try:
        registry.save_network(project, folder / "out.py", folder, style)
    except UserError:
        return
    here = Path.cwd()
    space: dict[str, Any] = {}
    count.columns += 1
    try:
        os.chdir(folder)
        text = (folder / "out.py").read_text("utf-8")
        exec(compile(text.split("# Build the network")[0], "out.py", "exec"), space)
        got = np.asarray(pd.DataFrame(space["x_train"]), np.float64)
    except Exception as error:  # noqa: BLE001 - a script that fails says so; it is no silent number
        count.wrong.append(f"seed {seed} {style} script failed: {error!r:.200}")
        return
    finally:
        os.chdir(here)
    if got.shape == told.shape and np.allclose(got, told, rtol=1e-5, equal_nan=True):
        count.right += 1
    else:
        count.wrong.append(f"seed {seed} {style} script {project.data.inputs}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--ways", type=int, default=50)
    asked.add_argument("--show", type=int, default=10)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seeds = range(given.seed, given.seed + given.tables)
        count = run(seeds, Path(name), given.ways)
    for one in count.wrong[: given.show]:
        print(one, file=sys.stderr)
    result = {
        "tables": given.tables, "columns": count.columns, "right": count.right,
        "told": count.told, "asked_needlessly": count.asked_needlessly,
        "wrong_and_untold": len(count.wrong), "reach": REACH,
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
