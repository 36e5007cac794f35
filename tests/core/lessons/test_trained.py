"""``trained: true`` means: as it stands now, not as it stood before something was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netbuilder.core.lessons.check_words import WORDS
from netbuilder.core.lessons.lesson_state import LessonState, ObservedRun
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice, Project

PLAN = {
    "loss": Choice("mean_squared_error"),
    "optimizer": Choice("SGD"),
    "batch_size": 7,
    "callbacks": (Choice("EarlyStopping"),),
    "class_weight": "balanced",
}


def _missing(project: Project, trained: Project) -> str:
    state = LessonState(project, run=ObservedRun(trained, 3))
    return WORDS["trained"].missing(state, True, 1)


@pytest.mark.parametrize("name", PLAN)
def test_another_plan_has_to_be_trained_again(name: str) -> None:
    before = Project()
    assert _missing(before, before) == ""
    after = edits.set_training(before, **{name: PLAN[name]})
    assert _missing(after, before)
    assert _missing(after, after) == ""


def test_how_long_and_from_which_seed_is_no_other_network() -> None:
    before = Project()
    after = edits.set_training(before, epochs=99, seed=99)
    assert _missing(after, before) == ""


def test_a_loss_that_was_chosen_by_itself_is_the_one_of_the_run() -> None:
    plan = Project()
    run = edits.set_training(plan, loss=Choice("binary_crossentropy"))
    assert plan.training.loss is None
    assert _missing(plan, run) == ""
    chosen = replace(plan, training=replace(plan.training, loss=Choice("mean_squared_error")))
    assert "(loss)" in _missing(chosen, run)
