"""A rubric by form: what is filled in is what grades, and what is wrong is said on the form."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from netbuilder.core.grading import rubric as rubrics
from netbuilder.core.grading.rubric import Override, Rubric, Threshold
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.submission import GRADED, LATE, Submission
from netbuilder.ui.grading.rubric_form import RubricForm

FULL = Rubric(
    title="The first model",
    points=100.0,
    thresholds=(
        Threshold("accuracy", 60.0, at_least=0.9),
        Threshold("mean_absolute_error", 10.0, at_most=5.0),
    ),
    steps_points=30.0,
    max_parameters=5000,
    late_after=datetime(2026, 11, 25, 11, 0, tzinfo=UTC),
    late_penalty=0.2,
    overrides={"ada.h5": Override(95.0, "Well explained.")},
)


def _type(qtbot: QtBot, field: QWidget, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


@pytest.mark.parametrize("rubric", [FULL, Rubric(), Rubric(points=20.0)])
def test_what_the_form_shows_is_what_it_says(qtbot, rubric):
    form = RubricForm(rubric)
    qtbot.addWidget(form)
    assert form.made() == rubric


def test_a_rubric_is_filled_in_and_gives_points(qtbot):
    form = RubricForm()
    qtbot.addWidget(form)
    form.show()
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(form.add, left)
    row = form.thresholds[0]
    _type(qtbot, row.value, "0,9")
    _type(qtbot, row.points, "60")
    _type(qtbot, form.steps, "40")
    form.late.setFocus()
    qtbot.keyClick(form.late, Qt.Key.Key_Space)
    form.late_after.setDateTime(QDateTime.fromSecsSinceEpoch(1_764_068_400))
    _type(qtbot, form.penalty, "50")
    _type(qtbot, form.parameters, "many")
    qtbot.mouseClick(form.use, left)
    assert form.isVisible()
    assert "'max_parameters' in the form is 'many'" in form.complaint.text()
    _type(qtbot, form.parameters, "1000")
    qtbot.mouseClick(form.use, left)
    assert not form.isVisible()
    work = Submission(
        "a.h5", "A", GRADED, metrics={"accuracy": 0.9}, steps_done=2, steps=4,
        steps_counted=4, parameters=1000,
        time=datetime.fromtimestamp(1_764_068_400, UTC),
    )  # fmt: skip
    graded = award_points(work, form.rubric, 0.9)
    assert (graded.status, graded.score) == (GRADED, 80)
    second = datetime.fromtimestamp(1_764_068_401, UTC)
    late = award_points(Submission(**{**work.__dict__, "time": second}), form.rubric, 0.9)
    assert (late.status, late.score) == (LATE, 40)


def test_an_error_is_bounded_from_above(qtbot):
    form = RubricForm()
    qtbot.addWidget(form)
    form.add_threshold()
    row = form.thresholds[0]
    assert row.bound.currentText() == "at least"
    row.name.setCurrentText("mean_absolute_error")
    assert row.bound.currentText() == "at most"
    qtbot.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert form.thresholds == []
    assert form.made() == Rubric()


def test_it_is_kept_as_toml(qtbot, tmp_path, monkeypatch):
    from PySide6.QtWidgets import QFileDialog

    path = tmp_path / "mine.toml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    form = RubricForm(FULL)
    qtbot.addWidget(form)
    form.save_as()
    assert rubrics.read_rubric(path) == FULL
