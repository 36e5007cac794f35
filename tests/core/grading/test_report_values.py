"""What is written of a grading holds what was graded: table, workbook, page, feedback."""

import csv
import re
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from netbuilder.core import i18n
from netbuilder.core.grading import report
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Submission

ADA = Submission(
    "in/ada.h5", "Ada", GRADED, 91.25, {"accuracy": 0.9125, "loss": 0.25}, 3, 4,
    comment="Well done.", parameters=131, verified=True,
    time=datetime(2026, 11, 25, 10, 0, tzinfo=UTC), history={"loss": (2.0, 1.0)},
    svg="<svg id='ada'></svg>",
)  # fmt: skip
BOB = Submission(
    "bob.h5", "Bob", LATE, 40.0, {"mean_absolute_error": 2.5, "r2_score": 0.4}, 0, 4,
    same_as=("eve.h5",), message="Equal weights: eve.h5.", same_words="Equal weights: eve.h5.",
    time=datetime(2026, 11, 25, 13, 30, tzinfo=UTC),
)  # fmt: skip
EVE = Submission("eve.h5", "Eve", FAILED, message="The file is empty (0 bytes).")
ROWS = (ADA, BOB, EVE)
EXPECTED = [
    ["Bob", 40.0, "◷ late", 0, 4, 0, None, "suspicious", "eve.h5", "Equal weights: eve.h5.", None,
     None, BOB.time, "bob.h5", 2.5, 0.4, None, None],
    ["Ada", 91.25, "✓ graded", 3, 4, 0, "yes", None, None, None, "Well done.", 131, ADA.time,
     "in/ada.h5", None, None, 0.9125, 0.25],
    ["Eve", None, "✕ failed", None, None, None, None, None, None, "The file is empty (0 bytes).",
     None, None, None, "eve.h5", None, None, None, None],
]  # fmt: skip
METRICS = ["mean_absolute_error", "r2_score", "accuracy", "loss"]
NAMES = ["Student", "Points", "Status", "Steps done", "Steps", "Steps not verified", "Verified",
         "Copy", "Similarity", "To check", "Comment", "Parameters", "Time", "File",
         *METRICS]  # fmt: skip


@pytest.mark.parametrize(("language", "separator", "point"), [("en", ",", "."), ("de", ";", ",")])
def test_the_table(tmp_path, language, separator, point):
    before = i18n.language()
    i18n.set_language(language)
    try:
        report.write_table(ROWS, tmp_path / "grades.csv")
        titles = [i18n.gettext(name) for name in NAMES[:2]]
        late = i18n.gettext("◷ late")
    finally:
        i18n.set_language(before)
    with (tmp_path / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(file, delimiter=separator)
    assert names[:2] == titles
    assert (names == NAMES) is (language == "en")
    assert names[-4:] == METRICS
    assert [row[0] for row in rows] == ["Bob", "Ada", "Eve"], "those to check stand on top"
    assert (rows[0][2], rows[1][1], rows[1][-2]) == (late, f"91{point}25", f"0{point}9125")
    assert rows[1][12] == f"{ADA.time.astimezone():%Y-%m-%d %H:%M}"
    assert rows[0][9] == "Equal weights: eve.h5.", "a file's name keeps its point"


def test_the_workbook_holds_numbers_as_numbers(tmp_path):
    report.write_table(ROWS, tmp_path / "grades.xlsx")
    sheet = load_workbook(tmp_path / "grades.xlsx").active
    names, *rows = sheet.iter_rows(values_only=True)
    assert list(names) == NAMES
    assert [[None if cell == "" else cell for cell in row] for row in rows] == [
        [cell.astimezone().replace(tzinfo=None) if isinstance(cell, datetime) else cell
         for cell in row] for row in EXPECTED
    ]  # fmt: skip


def test_the_page(tmp_path):
    report.write_html(ROWS, tmp_path / "grades.html", "Class 9b", "Points are < 100.")
    page = (tmp_path / "grades.html").read_text(encoding="utf-8")
    body = re.findall(r"<tbody>(.*?)</tbody>", page, re.S)[0]
    cells = [
        [
            re.sub("<[^>]+>", "", cell).replace("\xa0", " ")
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        ]
        for row in re.findall(r"<tr.*?</tr>", body, re.S)
    ]
    assert cells == [
        ["Ada", "91.2", "✓ graded", "3/4", "accuracy 0.9125", ""],
        ["Bob", "40", "◷ late", "0/4", "mean_absolute_error 2.5, r2_score 0.4",
         "Equal weights: eve.h5."],
        ["Eve", "–", "✕ failed", "", "", "The file is empty (0 bytes)."],
    ]  # fmt: skip
    # The mean is of those that have points, and each pupil has network, curve and numbers.
    assert "3 files · mean 65.63 points (2 of 3 files)" in page
    assert "Points are &lt; 100." in page
    ada = page[page.index('<section id="s0"') : page.index('<section id="s1"')]
    for words in ("<svg id='ada'>", "Loss over 2 epochs", "131 parameters", "Well done.", "0.25"):
        assert words in ada, words


def test_the_feedback(tmp_path):
    written = report.write_feedback(ROWS, tmp_path / "back", "Class 9b")
    assert [path.name for path in written] == ["Ada.html", "Bob.html", "Eve.html"]
    ada, bob, eve = (path.read_text(encoding="utf-8") for path in written)
    assert "<b>91.2</b> points. Well done." in ada
    assert 'class="late"' in bob
    assert "eve.h5" not in bob
    assert "The file is empty (0 bytes)." in eve
    for page, others in ((ada, ("Bob", "Eve")), (bob, ("Ada", "Eve")), (eve, ("Ada", "Bob"))):
        assert not any(name in page for name in others)
