"""Cells that were read wrongly without a word: each with its truth, and with what stays quiet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netbuilder.core.data.preprocessing.number_text import number_style, parse_numbers
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.table_cells import table_reading

ROWS = 40
COUNT = np.arange(ROWS)


def read(
    folder: Path, cell: Callable[[int], str], name: str = "v"
) -> tuple[pd.Series, str, set[str]]:
    """Return a column as it is read, its unit, and the codes of what is told of it."""
    rows = [f'"{cell(n)}";{n}' for n in range(ROWS)]
    (folder / "d.csv").write_text(f"{name};y\n" + "\n".join(rows), encoding="utf-8")
    table = read_table(folder / "d.csv", {})
    reading = table_reading(table)
    codes = {finding.code for finding in reading.findings if finding.column == name}
    return table[name], reading.units.get(name, ""), codes


@pytest.mark.parametrize(
    ("name", "cell", "truth", "unit"),
    [
        ("lon", lambda n: f"{n + 0.5}W", -(COUNT + 0.5), "°"),
        ("v", lambda n: f"{n + 0.5}{'SN'[n % 2]}", (COUNT + 0.5) * np.where(COUNT % 2, 1, -1), "°"),
        ("v", lambda n: f"{n}.25° W", -(COUNT + 0.25), "°"),
        ("lamp", lambda n: f"{n + 0.5}W", COUNT + 0.5, "W"),
        ("v", lambda n: f"{n % 12 + 1} {'ap'[n // 12 % 2]}m",
         (COUNT % 12 + 1) % 12 + 12 * (COUNT // 12 % 2), "h"),
        ("v", lambda n: f"{n}h {n + 10}m" if n % 3 else f"{n}h",
         COUNT + np.where(COUNT % 3, COUNT + 10, 0) / 60, "h"),
        ("v", lambda n: f"PT{n}H{n}M", COUNT + COUNT / 60, "h"),
        ("v", lambda n: f"{n}:{n + 10}.{n % 10}", COUNT * 60 + COUNT + 10 + COUNT % 10 / 10, "s"),
        ("v", lambda n: f"{n + 5}:{n + 10}:30", COUNT + 5 + (COUNT + 10.5) / 60, "h"),
        ("v", lambda n: f"{n % 3} days, 01:30:00", 24 * (COUNT % 3) + 1.5, "h"),
        ("v", lambda n: f"'{n}.28", COUNT + 0.28, ""),
        ("v", lambda n: f"{n}.5×10^-3", (COUNT + 0.5) / 1000, ""),
        ("v", lambda n: f"{n}.5 × 10⁻³", (COUNT + 0.5) / 1000, ""),
        ("v", lambda n: f"{n}.5".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
         COUNT + 0.5, ""),
    ],
)  # fmt: skip
def test_numbers_are_read_as_meant(
    tmp_path: Path, name: str, cell: Callable[[int], str], truth: np.ndarray, unit: str
) -> None:
    series, seen, codes = read(tmp_path, cell, name)
    assert series.to_numpy(float) == pytest.approx(truth)
    assert seen == unit
    assert bool(codes) == bool(unit), "what was concluded is told"


@pytest.mark.parametrize(
    "cell",
    [
        lambda n: f"{'123'[n % 3]}{('st', 'nd', 'rd')[n % 3]} class",
        lambda n: f"({n % 4 + 1}) {('North', 'East', 'South', 'West')[n % 4]}",
        lambda n: f"{n % 24:02}:{n + 10}",
        lambda n: f"{n}:{n % 7}",
    ],
)
def test_what_is_no_amount_stays_text_without_a_word(
    tmp_path: Path, cell: Callable[[int], str]
) -> None:
    series, unit, codes = read(tmp_path, cell)
    assert (series.dtype.kind, unit, codes) == ("O", "", set())


@pytest.mark.parametrize("proven", ["", "."])
@pytest.mark.parametrize("sign", [" €", ""])
def test_thousands_beside_hundreds_are_no_decimals(proven: str, sign: str) -> None:
    cells = [f"{600 + 7 * n}{sign}" for n in range(30)] + [f"2.008{sign}", f"1.450{sign}"]
    style = number_style(cells, proven)
    assert style is not None and style.readings == (",", "."), "it is asked"
    assert parse_numbers(pd.Series(cells), style).max() == 2008
    petrol = [f"1.4{n:02}{sign}" for n in range(30)] + [f"2{sign}"]
    style = number_style(petrol, ".")
    assert style is not None and parse_numbers(pd.Series(petrol), style).max() == 2
    known = number_style(cells, ",")
    assert known is not None and known.readings == (), "the rest of the file says it"
