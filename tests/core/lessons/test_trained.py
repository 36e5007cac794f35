"""``trained: true`` means: as it stands now, not as it stood before something was changed."""

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
def test_another_plan_has_to_be_trained_again(name):
    before = Project()
    assert _missing(before, before) == ""
    after = edits.set_training(before, **{name: PLAN[name]})
    assert _missing(after, before)
    assert _missing(after, after) == ""


def test_how_long_and_from_which_seed_is_no_other_network():
    before = Project()
    after = edits.set_training(before, epochs=99, seed=99)
    assert _missing(after, before) == ""


def test_a_loss_that_was_chosen_by_itself_is_the_one_of_the_run():
    plan = Project()
    run = edits.set_training(plan, loss=Choice("binary_crossentropy"))
    assert plan.training.loss is None
    assert _missing(plan, run) == ""
    chosen = replace(plan, training=replace(plan.training, loss=Choice("mean_squared_error")))
    assert "(loss)" in _missing(chosen, run)


@pytest.mark.parametrize(
    ("word", "lacking", "holding"),
    [("trained", True, True), ("epochs_run", ">= 9", ">= 3"), ("metric", "loss < 0.1", "loss < 1")],
)
def test_while_a_training_runs_the_one_before_it_is_not_judged(word, lacking, holding):
    plan = Project()
    row = WORDS[word]
    of_before = ObservedRun(edits.set_training(plan, batch_size=7), 3, {"loss": (0.5,)})
    ended = LessonState(plan, run=of_before)
    running = replace(ended, training=True)
    lack = row.parse(lacking) if isinstance(lacking, str) else lacking
    hold = row.parse(holding) if isinstance(holding, str) else holding
    assert row.missing(ended, lack, 1) != row.missing(running, lack, 1)
    assert row.missing(running, lack, 1) == WORDS["trained"].missing(running, True, 1) != ""
    if word != "trained":
        assert row.missing(running, hold, 1) == ""
