"""Draw the data of the lesson "bias_by_group": ``resources/lessons/falls.xlsx``.

The truth is known, because this file makes it: each row is one minute of somebody with a fall
sensor, drawn from a known movement. In the first study almost everybody is young, and older people
fall more softly and lie still for longer. ``python scripts/falls_data.py FILE`` writes it again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = ("impact", "still", "turn", "group", "group_weight", "part", "movement")
#: Impact in g, seconds without movement after it, degrees that the body turned: mean and spread.
MOVEMENTS = {
    "young": {
        "walk": ((1.3, 0.3), (0.6, 0.4), (10, 6)),
        "jump": ((4.0, 0.9), (0.5, 0.4), (14, 9)),
        "rest": ((1.7, 0.4), (20, 10), (50, 22)),
        "fall": ((6.0, 1.1), (5, 3), (70, 16)),
    },
    "older": {
        "walk": ((1.2, 0.2), (0.8, 0.5), (9, 5)),
        "sit": ((2.3, 0.5), (25, 11), (26, 11)),
        "nap": ((1.4, 0.3), (60, 22), (80, 9)),
        "fall": ((2.6, 0.5), (30, 13), (66, 13)),
    },
}
#: Of the training rows, the share that are falls: they are rare. Half of the test rows are.
FALLS, TEST_ROWS = 0.1, 200
STUDIES = {"first study": {"young": 975, "older": 25}, "second study": {"young": 975, "older": 500}}


def people(random: np.random.Generator, group: str, rows: int, falls: int) -> list[list[Any]]:
    """Return rows (impact, still, turn, group, movement), ``falls`` of which are falls."""
    kinds = MOVEMENTS[group]
    others = [name for name in kinds if name != "fall"]
    made = []
    for number in range(rows):
        name = "fall" if number < falls else others[int(random.integers(len(others)))]
        values = [max(0.0, float(random.normal(*at))) for at in kinds[name]]
        label = "fall" if name == "fall" else "no fall"
        made.append([round(values[0], 2), round(values[1], 1), round(values[2]), group, label])
    return made


def sheets() -> dict[str, list[list[Any]]]:
    """Return the rows of each sheet; the second has those of the first, and the same test rows."""
    random = np.random.default_rng(7)
    drawn = {
        group: people(random, group, most, round(FALLS * most))
        for group, most in STUDIES["second study"].items()
    }
    for rows in drawn.values():
        random.shuffle(rows)
    test = [one for group in MOVEMENTS for one in people(random, group, TEST_ROWS, TEST_ROWS // 2)]
    found = {}
    for name, counts in STUDIES.items():
        rows = [[one, "train", counts] for g, count in counts.items() for one in drawn[g][:count]]
        random.shuffle(rows)
        rows += [[one, "test", counts] for one in test]
        found[name] = [
            [*one[:4], round(counts["young"] / counts[one[3]], 2), part, one[4]]
            for one, part, counts in rows
        ]
    return found


def write(path: Path) -> None:
    """Write the workbook."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets().items():
        sheet = book.create_sheet(name)
        for row in (COLUMNS, *rows):
            sheet.append(row)
    book.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
