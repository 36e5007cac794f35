"""What is written of a grading holds what was graded: points, table, workbook, page."""

import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from netbuilder.core import i18n
from netbuilder.core.errors import UserError
from netbuilder.core.grading import report, rubric, submission as submission_info
from netbuilder.core.grading.grade import common_failure
from netbuilder.core.grading.scoring import award_points, mean_points_sentence, points_sentence
from netbuilder.core.grading.similarity import (
    compare_works,
    fingerprint_of,
    graph_hash,
    mark_similar,
    recipe_hash,
)
from netbuilder.core.grading.submission import FAILED, GRADED, LATE, Fingerprint, Submission
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Graph, Node, Project

RUBRIC = """
title = "The first model"
late_after = 2026-11-25T12:00:00+01:00
late_penalty = 0.25
max_parameters = 1000
[[metric]]
name = "accuracy"
at_least = 0.9
points = 60
[steps]
points = 40
[override."eve.h5"]
points = 7
comment = "Talk to me."
"""


def _rubric(tmp_path: Path, text: str = RUBRIC) -> rubric.Rubric:
    path = tmp_path / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return rubric.read_rubric(path)


def _one(**changes: object) -> Submission:
    base = Submission(
        "ada.h5", "Ada", GRADED, metrics={"accuracy": 0.95}, steps_done=3, steps=4,
        steps_counted=4, parameters=131,
        time=datetime(2026, 11, 25, 10, 0, tzinfo=UTC),
    )  # fmt: skip
    return replace(base, **changes)


def test_points_by_rubric(tmp_path):
    rules = _rubric(tmp_path)
    assert rules.points == 100
    assert award_points(_one(), rules, 0.95).score == 60 + 30
    assert award_points(_one(metrics={"accuracy": 0.89}), rules, 0.89).score == 30
    assert award_points(_one(metrics={"accuracy": float("nan")}), rules, None).score == 30
    assert award_points(_one(parameters=1001), rules, 0.95).score == 30
    late = award_points(_one(time=datetime(2026, 11, 25, 11, 0, 1, tzinfo=UTC)), rules, 0.95)
    assert (late.status, late.score) == (LATE, 67.5)
    eve = award_points(_one(file="eve.h5", status=FAILED), rules, None)
    assert (eve.status, eve.score, eve.comment) == (GRADED, 7, "Talk to me.")
    assert award_points(_one(status=FAILED), rules, None).score is None


def test_a_rubric_is_written_as_it_is_read(tmp_path):
    rules = _rubric(tmp_path)
    rubric.write_rubric(rules, tmp_path / "again.toml")
    assert rubric.read_rubric(tmp_path / "again.toml") == rules
    assert rules.words == (
        "accuracy at least 0.9: 60 points, steps: 40 points, at most 1,000 parameters, "
        f"late after {datetime(2026, 11, 25, 11, tzinfo=UTC).astimezone():%Y-%m-%d %H:%M}"
    )
    # A day without a time lasts until its end.
    day = rubric.from_toml({"late_after": date(2026, 11, 25)}).late_after
    assert day == datetime(2026, 11, 25, 23, 59, 59).astimezone(UTC)


def test_points_without_rubric():
    assert award_points(_one(), rubric.DEFAULT_RUBRIC, 0.95).score == 95
    assert (
        award_points(_one(metrics={}), rubric.DEFAULT_RUBRIC, None).score == 75
    )  # the steps are all there is


def test_points_tell_where_they_come_from():
    right = award_points(_one(metrics={"accuracy": 0.95}), rubric.DEFAULT_RUBRIC, 0.95)
    near = award_points(_one(metrics={"r2_score": 0.891}), rubric.DEFAULT_RUBRIC, 0.891)
    worse = award_points(_one(metrics={"r2_score": -0.5}), rubric.DEFAULT_RUBRIC, 0.0)
    steps = award_points(_one(), rubric.DEFAULT_RUBRIC, None)
    assert [one.comment for one in (right, near, worse, steps)] == [
        "accuracy 0.95 × 100 points.",
        "r2_score 0.891 × 100 points.",
        "r2_score −0.5 × 100 points (below 0 counts as 0).",
        "3 of 4 steps × 100 points.",
    ]
    failed = award_points(_one(status=FAILED), rubric.DEFAULT_RUBRIC, None)
    assert points_sentence([near, failed], rubric.DEFAULT_RUBRIC) == (
        "Points are 100 × r2_score (1: every prediction is exact, 0: no better than always "
        "predicting the mean)."
    )
    assert points_sentence([failed], rubric.DEFAULT_RUBRIC) == ""
    rules = rubric.Rubric(thresholds=(rubric.Threshold("accuracy", 60, 0.9),))
    assert "accuracy at least 0.9: 60 points" in points_sentence([near], rules)
    assert mean_points_sentence([near, failed]) == "mean 89.1 points (1 of 2 files)"
    assert mean_points_sentence([failed]) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("point = 3", "'point'.*Did you mean 'points'"),
        ("points = 'ten'", "'points'.*'ten'.*number"),
        ("late_after = 'noon'", "late_after.*noon"),
        ("late_penalty = 20", "between 0 and 1"),
        ("[[metric]]\nname = 'accuracy'", "no bound"),
        ("[metric]\nname = 'accuracy'", r"\[\[metric\]\]"),
        ("points = ", "not valid TOML"),
    ],
)
def test_a_wrong_rubric_names_the_mistake(tmp_path, text, told):
    with pytest.raises(UserError, match=told):
        _rubric(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [f"points = {'9' * 5000}", f"points = {'9' * 4000}", f"title = 0x{'f' * 5000}",
     f"steps = [[{{ points = 0x{'f' * 5000} }}]]"],
)  # fmt: skip
def test_a_number_of_5000_digits_is_an_error_in_words(tmp_path, text):
    with pytest.raises(UserError) as caught:
        _rubric(tmp_path, text)
    assert caught.value.code == "rubric_number" and len(str(caught.value)) < 200


def test_hand_in_survives_a_file_and_keeps_the_work(tmp_path):
    project = Project("Mine", Graph((Node("input", "Input"),)))
    given = submission_info.with_submission_info(
        project, submission_info.SubmissionInfo(" Ada \n Lovelace ", "first-model", (True, False))
    )
    path = tmp_path / "a.netbuilder"
    files.write(given, path)
    found = submission_info.submission_info_of(files.read(path))
    assert (found.student, found.lesson, found.steps) == (
        "Ada Lovelace", "first-model", (True, False),
    )  # fmt: skip
    assert len(found.work) == 32
    again = submission_info.with_submission_info(given, submission_info.SubmissionInfo("Ada"))
    assert submission_info.work_of(again) == found.work
    for wrong in ("", " \t", "x" * 81):
        with pytest.raises(UserError):
            submission_info.check_student_name(wrong)


@pytest.mark.parametrize(
    "value", [None, 7, [], {"student": 3, "steps": "yes", "time": "noon", "work": {}}]
)
def test_a_hand_in_of_somebody_else_may_hold_anything(value):
    found = submission_info.submission_info_of(Project(extra={"hand_in": value}))
    assert found is None or (found.student, found.steps, found.time) == ("", (), None)


def _reason(one: Fingerprint, other: Fingerprint) -> str:
    found = compare_works(_one(fingerprint=one), _one(fingerprint=other))
    return found.reason if found is not None else ""


def test_sameness():
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=(9, 16)), np.zeros(16), rng.normal(size=(16, 3))]
    other = [rng.normal(size=w.shape) if w.any() else w for w in weights]
    nudged = [w + 0.001 * rng.normal(size=w.shape) for w in weights]
    graph = Graph((Node("input", "Input"), Node("d", "Dense", {"units": 3})), (("input", "d"),))
    moved = Graph(
        (Node("input", "Input", position=(9, 9)), Node("mine", "Dense", {"units": 3})),
        (("input", "mine"),),
    )
    wider = Graph((Node("input", "Input"), Node("d", "Dense", {"units": 4})), (("input", "d"),))
    assert graph_hash(graph) == graph_hash(moved) != graph_hash(wider)
    first = fingerprint_of(graph, weights, "w1")
    assert _reason(first, fingerprint_of(wider, other, "w1")) == "same_id"
    assert _reason(first, fingerprint_of(graph, weights, "w2")) == "same_weights"
    assert _reason(first, fingerprint_of(graph, nudged, "w2")) == "near_weights"
    # The same lesson with another seed is no copy, and neither are two that say nothing.
    assert not _reason(first, fingerprint_of(graph, other, "w2"))
    assert not _reason(Fingerprint(), Fingerprint())
    assert _reason(fingerprint_of(graph, [], ""), fingerprint_of(moved, [], "")) == "same_network"
    marked = mark_similar(
        [_one(fingerprint=first), _one(file="b.h5", fingerprint=first), _one(file="c")]
    )
    assert [one.same_as for one in marked] == [("b.h5",), ("ada.h5",), ()]
    assert "b.h5" in marked[0].message


def test_near_misses_are_no_copies():
    """What honest pupils have in common is no copy: the lesson, the network, the shape, zeros."""
    rng = np.random.default_rng(3)
    shape = [(9, 16), (16,), (16, 3), (3,)]
    graph = Graph((Node("input", "Input"), Node("d", "Dense", {"units": 3})), (("input", "d"),))

    def learned(spread: float = 1.0) -> list[np.ndarray]:
        return [
            spread * rng.normal(size=one) if len(one) > 1 else np.zeros(one, np.float32)
            for one in shape
        ]

    start = learned()
    one, other = ([w + step * rng.normal(size=w.shape) for w in start] for step in (0.3, 0.3))
    prints = [fingerprint_of(graph, weights, "") for weights in (start, one, other, learned())]
    for index, mine in enumerate(prints):
        for theirs in prints[index + 1 :]:
            assert not _reason(mine, theirs)  # begun alike and learned apart, or another seed
    # Other numbers of units, and the same numbers in another order of the layers.
    assert not _reason(
        prints[0], fingerprint_of(graph, [*start[:2], start[2][:, :2], start[3]], "")
    )
    assert not _reason(prints[0], fingerprint_of(graph, [start[2], *start[:2], start[3]], ""))
    # Nothing but zeros has nothing to compare; a bias alone is too little.
    zeros = [np.zeros(one, np.float32) for one in shape]
    nearly = [zeros[0], zeros[1] + 1e-9, zeros[2], zeros[3]]
    assert _reason(fingerprint_of(graph, zeros, ""), fingerprint_of(graph, zeros, "")) == (
        "same_weights"
    )
    assert not _reason(fingerprint_of(graph, start, ""), fingerprint_of(graph, nearly, ""))
    # Networks of trained works may be equal: only projects without weights are told by them.
    assert not _reason(fingerprint_of(graph, start, ""), fingerprint_of(graph, [], ""))
    other_wire = Graph(graph.nodes, ())
    assert not _reason(fingerprint_of(graph, [], ""), fingerprint_of(other_wire, [], ""))
    # Scaled weights are the same work, and so is one that was trained on a little.
    assert _reason(prints[0], fingerprint_of(graph, [w * 1.001 for w in start], "")) == (
        "near_weights"
    )


def test_equal_seed_data_and_settings_are_no_suspicion():
    """What honest twins have in common is expected, but for the id of the work."""
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=(9, 16)), rng.normal(size=(16, 3))]
    other = [rng.normal(size=w.shape) for w in weights]
    project = Project("Mine", Graph((Node("input", "Input"),)), Data("builtin", "iris"))

    def work(seed: int, epochs: int, arrays: list[np.ndarray], **more: object) -> Submission:
        mine = replace(project, training=replace(project.training, seed=seed))
        found = fingerprint_of(mine.graph, arrays, str(more.pop("id", "")), mine, epochs)
        return _one(fingerprint=found, **more)

    def alike(one: Submission, two: Submission) -> tuple[str, bool] | None:
        found = compare_works(one, two)
        return None if found is None else (found.reason, found.suspicious)

    long, short = {"loss": (5.0, 4.0, 3.0, 2.0)}, {"loss": (5.0, 4.0, 3.0)}
    assert alike(work(1, 3, weights), work(1, 3, weights)) == ("expected", False)
    assert alike(work(1, 3, weights, id="w"), work(1, 3, weights, id="w")) == ("same_id", True)
    assert alike(work(1, 3, weights), work(2, 3, weights)) == ("same_weights", True)
    assert alike(work(1, 3, weights, history=short), work(2, 4, other, history=long)) == (
        "same_beginning", True,
    )  # fmt: skip
    assert alike(work(1, 3, weights, history=short), work(1, 4, other, history=long)) == (
        "expected", False,
    )  # fmt: skip
    # A task with one best answer brings every seed there: training again confirms both.
    both = {"verified": True}
    assert alike(work(1, 3, weights, **both), work(2, 3, weights, **both)) == ("confirmed", False)
    assert alike(work(1, 3, weights), work(2, 3, other)) is None
    # The folder that the data lie in is each pupil's own.
    paths = ("data/a.csv", "C:\\Ada\\a.csv", "b.csv")
    hashes = [recipe_hash(replace(project, data=Data("csv", path=path))) for path in paths]
    assert hashes[0] == hashes[1] != hashes[2]


def test_an_id_that_most_works_have_was_handed_out():
    rng = np.random.default_rng(4)
    works = ["w", "w", "w", "w", "x", "x", ""]
    rows = [
        _one(file=f"{n}.h5", fingerprint=fingerprint_of(None, [rng.normal(size=(5, 5))], work))
        for n, work in enumerate(works)
    ]
    assert [one.same_as for one in mark_similar(rows)] == [
        (), (), (), (), ("5.h5",), ("4.h5",), (),
    ]  # fmt: skip
    assert "4 of 7 submissions started from the same template file" in common_failure(rows)
    # Three of seven with one id are copies.
    assert [len(one.same_as) for one in mark_similar(rows[1:])] == [2, 2, 2, 1, 1, 0]


def test_report(tmp_path):
    evil = _one(
        student="=HYPERLINK(1)", message="<script>alert(1)</script>", score=12.345,
        history={"loss": (2.0, 1.0, 0.5), "val_loss": (2.0, float("nan"), 1.0)},
    )  # fmt: skip
    twice = replace(evil, file="b.h5", score=None, status=FAILED)
    report.write_table([evil, twice], tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["Student"] == "'=HYPERLINK(1)"
    assert (rows[0]["Points"], rows[1]["Points"]) in {("12.35", ""), ("12.34", "")}
    assert rows[0]["accuracy"] == "0.95"
    report.write_table([evil, twice], tmp_path / "t.xlsx")
    from openpyxl import load_workbook

    sheet = load_workbook(tmp_path / "t.xlsx").active
    assert sheet["A2"].value == "=HYPERLINK(1)"
    assert sheet["A2"].data_type == "s"
    with pytest.raises(UserError, match="docx"):
        report.write_table([evil], tmp_path / "t.docx")
    report.write_html([evil, twice], tmp_path / "r.html", "Class 9b")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "Class 9b" in page
    assert page.count("<polyline") == 4
    # Links and curves are told from a dark page too.
    assert "color-scheme: light dark" in page
    assert 'class="validation"' in page
    written = report.write_feedback([evil, twice], tmp_path / "back")
    assert len({path.name for path in written}) == 2
    assert "b.h5" not in written[0].read_text(encoding="utf-8")


def test_the_curves_of_a_page_begin_behind_their_numbers():
    """Losses in dollars have eight digits: the curve does not run through them."""
    for top in (2.0, 12_345_678.0):
        picture = report.curve_svg({"loss": (top, 1.0)})
        first = float(re.findall(r'points="([\d.]+),', picture)[0])
        told = re.findall(r'<text x="(\d+)" y="14" text-anchor="end"[^>]*>([^<]+)<', picture)[0]
        assert int(told[0]) < first
        assert int(told[0]) >= 6 * len(told[1]), "the number is cut off"


def test_feedback_names_nobody_else(tmp_path):
    """A file that could not be judged is told why, and not whose it equals."""
    first = fingerprint_of(None, [np.eye(4)], "w1")
    failed = _one(status=FAILED, score=None, message="It does not fit.", fingerprint=first)
    rows = mark_similar([failed, replace(failed, file="b.h5", student="Bob")])
    assert "b.h5" in rows[0].message
    page = report.write_feedback(rows, tmp_path)[0].read_text(encoding="utf-8")
    assert "It does not fit." in page
    assert "b.h5" not in page
    assert "same ID" not in page


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
