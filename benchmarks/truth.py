"""Tables whose values are known, written as people write them: how many columns are read wrongly?

    python benchmarks/truth.py [--tables N] [--seed N] [--scripts N] [--show N]

Each table has a seed, and habits of writing: marks, groups, signs, units, gaps, footers, headers,
encodings, separators, dates, yes and no, and a second habit in 0 to 50 % of the cells. A column is
wrong where its values are others than those that were written, or no numbers at all; it is untold
where nothing that is told or asked of the table is about that. Printed is one JSON object; to reach
are 0 columns that are wrong and untold. Every table is also read once more as new rows for the
trained model, and every ``--scripts``-th by the script that the program writes.
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
NOTHING = float("nan")
#: Decimal point and what groups thousands.
MARKS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"),
         (",", "\u202f"))  # fmt: skip
UNITS = ("", "", "", "", " kg", "kg", " €", "\u00a0€", "$", " %", "%", "€ ", "CHF ")
SIGNS = ("-", "-", "-", "−", "behind", "brackets")
GAPS = ("", "NA", "n/a", "-", "?", "#N/A", "k.A.", "NULL")
FOOTERS = ("Average", "Mittelwert", "Total", "Subtotal R0", "Summe", "Mean")
YES = ("Y", "yes", "TRUE", "1", "ja", "Yes", "true")
NO = ("N", "no", "FALSE", "0", "nein", "No", "false")
SECOND = (0.0, 0.0, 0.0, 0.0, 0.03, 0.1, 0.3, 0.5)
#: What tells or asks how the numbers, dates or rows of a column are read.
TOLD = frozenset({
    "ambiguous-numbers", "text-among-numbers", "several-units", "feet-and-inches",
    "some-without-unit", "dates-two-ways", "impossible-dates", "years-of-two-digits",
    "total-row", "strange-row", "codes", "word-for-nothing", "no-header", "title-lines",
})  # fmt: skip


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
    ))  # fmt: skip
    cells = [source.choice(known) for _ in range(rows)]
    return Column(name, "words", cells, list(cells))


KINDS: tuple[Callable[[random.Random, str, int, tuple[str, str]], Column], ...] = (
    numbers, numbers, numbers, numbers, in_two_units, in_fractions, yes_or_no, days, words,
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
    footer = source.random() < 0.15 and not again
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
        right = right and (len(found) == len(column.truth) or bool(everything & {"total-row"}))
        if right:
            count.right += 1
            count.asked_needlessly += column.name in told and column.kind == "numbers"
        elif column.name in told or everything & TOLD:
            count.told += 1
        else:
            count.wrong.append(f"seed {seed} {where} {column.name}: {column.cells[:6]}")


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
        else:
            values = pd.to_numeric(series)
    except (ValueError, TypeError, cells.DataError):
        return False
    truth = np.array(column.truth, np.float64)
    return any(
        np.allclose(values.to_numpy(np.float64), truth * scale, rtol=1e-9, equal_nan=True)
        for scale in column.scales
    )


def run(seeds: Sequence[int], folder: Path, scripts: int = 0) -> Count:
    """Read the tables of some seeds in a folder, and count."""
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
        if scripts and seed % scripts == 0:
            path.write_bytes(table.content)
            script(path, found, table, count, seed)
    return count


def _names_cells(series: Any) -> bool:
    """Whether using the column as numbers is an error that names its cells."""
    from netbuilder.core.data.preprocessing.cells import as_numbers
    from netbuilder.core.errors import DataError

    try:
        as_numbers(series, "")
    except DataError:
        return True
    return False


def script(path: Path, found: Any, table: Table, count: Count, seed: int) -> None:
    """The columns as the script that the program writes reads them."""
    import numpy as np
    import pandas as pd

    from netbuilder.core.data.load import load_dataset
    from netbuilder.core.errors import UserError
    from netbuilder.core.formats import registry
    from netbuilder.core.project.model import Choice, Data, Graph, Node, Project, Training

    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    names = [
        one.name for one in table.columns
        if one.kind == "numbers" and found[one.name].dtype.kind in "if" and one.name != "n"
    ]  # fmt: skip
    if not names or table.footer:
        return
    data = Data("csv", path=path.name, target=("n",), inputs={"input": tuple(names)},
                scaling="none", test_split=0.0, validation_split=0.0,
                options={"missing": "drop"})  # fmt: skip
    project = Project(graph=graph, data=data, training=Training(loss=Choice("mse")))
    try:
        told = load_dataset(project, path.parent).train.raw_x["input"]
        registry.save_network(project, path.parent / "out.py", path.parent)
    except UserError:
        return
    here = Path.cwd()
    space: dict[str, Any] = {}
    try:
        os.chdir(path.parent)
        text = (path.parent / "out.py").read_text("utf-8")
        exec(compile(text.split("# Build the network")[0], "out.py", "exec"), space)
        got = np.asarray(pd.DataFrame(space["x_train"]), np.float64)
    except Exception as error:  # noqa: BLE001 - a script that fails says so; it is no silent number
        count.wrong.append(f"seed {seed} script failed: {error!r:.200}")
        return
    finally:
        os.chdir(here)
    count.columns += 1
    if got.shape == told.shape and np.allclose(got, told, rtol=1e-5, equal_nan=True):
        count.right += 1
    else:
        count.wrong.append(f"seed {seed} script {names}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=5000)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--scripts", type=int, default=50)
    asked.add_argument("--show", type=int, default=10)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seeds = range(given.seed, given.seed + given.tables)
        count = run(seeds, Path(name), given.scripts)
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
