"""A ticked step that is taken back is told; one that a later step takes further is not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson_files import observe_project
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.lessons.lesson_state import LessonState
from netbuilder.core.lessons.step_check import check_steps
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Project
from tests.core.lessons import solutions


def _undone(
    lesson: str, project: Project, done: int, answers: Mapping[int, str] | None = None
) -> dict[int, tuple[str, ...]]:
    state = LessonState(project, done=frozenset(range(1, done + 1)), answers=answers or {})
    return {r.number: r.undone for r in check_steps(library.find_lesson(lesson), state) if r.undone}


@pytest.mark.parametrize("name", solutions.SOLUTIONS)
def test_whoever_does_a_lesson_as_it_is_written_undoes_nothing(name):
    project = library.start_project(library.find_lesson(name))
    for number, actions in enumerate(solutions.SOLUTIONS[name]):
        for action in solutions.changes(actions):
            if callable(action):
                project = action(project)
                # In the midst of a step the canvas may be anything that leads to it.
                assert not _undone(name, project, number), f"while step {number + 1} is done"
        assert not _undone(name, project, number + 1), f"behind step {number + 1}"


def test_the_last_answer_counts():
    lesson = library.find_lesson("what_is_a_network")
    begun, question = library.start_project(lesson), lesson.steps[0].question
    assert question is not None and question.another is not None
    assert not _undone(lesson.name, begun, 1, {1: question.answer})
    assert list(_undone(lesson.name, begun, 1, {1: "77"})) == [1]
    assert not _undone(lesson.name, begun, 1, {1: f"77\n{question.another.answer}"})


def test_what_is_taken_back_is_told_until_it_is_there_again():
    begun = library.start_project(library.find_lesson("first_model"))
    begun = edits.set_data(begun, Data(kind="builtin", name="iris"))
    first = edits.append_layer(begun, "Dense", params={"units": 16, "activation": "relu"})
    whole = edits.append_layer(first, "Dense", params={"units": 3, "activation": "softmax"})
    assert _undone("first_model", whole, 3) == {}
    wider = edits.set_params(whole, "dense", units=32)
    assert _undone("first_model", wider, 3) == {2: ("dense has units 32; the lesson asks for 16.",)}
    headless = edits.remove_nodes(whole, ["dense_1"])
    assert list(_undone("first_model", headless, 3)) == [3]
    assert list(_undone("first_model", edits.set_data(whole, Data()), 3)) == [1]
    # What is counted for the pupil stays counted.
    record = with_record(headless, replace(LessonRecord("first_model"), done=frozenset({1, 2, 3})))
    lesson = library.find_lesson("first_model")
    assert [one.done for one in check_steps(lesson, observe_project(lesson, record, None))][:4] == [
        True, True, True, False,
    ]  # fmt: skip
