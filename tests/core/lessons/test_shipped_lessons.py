"""Each shipped lesson can be done to its last tick, and its data are as it says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import falls_data
import pandas as pd
import pytest

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.engine.session import Computation, Session
from netbuilder.core.folders import resource
from netbuilder.core.formats.registry import save_network
from netbuilder.core.lessons import library
from netbuilder.core.lessons.lesson import EMPTY, LEVELS
from netbuilder.core.lessons.lesson_files import observe_project
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.lessons.lesson_state import ObservedRun
from netbuilder.core.lessons.step_check import check_steps
from netbuilder.core.project.model import Project
from netbuilder.core.results.evaluate import evaluate
from tests.core.lessons import solutions

QUICK = ("what_is_a_network", "first_model", "scaling")


def _train(project: Project, base: Path) -> ObservedRun:
    dataset = load_dataset(project, base)
    trained = Session(project, dataset, computation=Computation("graph")).run()
    assert dataset.test is not None
    test = evaluate(trained, dataset.test).metrics
    return ObservedRun(project, trained.epochs, trained.history, test)


def test_twelve_lessons_ship_over_the_arc_and_each_has_a_solution():
    shipped = library.lesson_folders()[0]
    assert shipped.broken == ()
    assert len(shipped.lessons) >= 12
    assert {one.name for one in shipped.lessons} == set(solutions.SOLUTIONS)
    assert [one.name for one in shipped.lessons] == list(library.ORDER)
    assert {one.level for one in shipped.lessons} == set(LEVELS)
    for one in shipped.lessons:
        assert not any(step.reading for step in one.steps), one.name
        assert 5 <= len(one.steps) <= 12
        assert all(step.text or step.question for step in one.steps)
        assert one.minutes in (15, 30, 45)
        assert [bool(step.explore) for step in one.steps] == [False] * (len(one.steps) - 1) + [True]
        for question in (step.question for step in one.steps if step.question is not None):
            if question.kind == "prediction":
                continue
            assert question.why and question.wrong, question.ask
            # After a wrong answer another question is asked, with another answer.
            other = question.another
            assert other is not None and other.why and other.wrong, question.ask
            assert other.ask != question.ask and other.answer != question.answer, question.ask


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in solutions.SOLUTIONS
    ],
)
def test_a_lesson_is_done_by_its_solution_step_by_step(name):
    lesson = library.find_lesson(name)
    project = library.start_project(lesson)
    base = library.start_path(lesson).parent if lesson.start != EMPTY else Path()
    steps = solutions.SOLUTIONS[name]
    assert len(steps) == len(lesson.steps)
    run: ObservedRun | None = None
    record = LessonRecord(lesson.name)

    def results() -> tuple[Any, ...]:
        known = load_facts(project, base) if project.data.kind else None
        return check_steps(
            lesson, observe_project(lesson, with_record(project, record), known, run)
        )

    assert not any(result.done for result in results()), "a step is done at the start"
    for number, actions in enumerate(steps, 1):
        before = results()[number - 1]
        assert not before.done, f"step {number} is done before it is its turn"
        assert before.missing
        ticked = False
        for action in solutions.changes(actions):
            was = project, run, record
            if action == solutions.TRAIN:
                run = _train(project, base)
            elif isinstance(action, solutions.Event):
                record = replace(record, events=record.events | {action.name})
            elif isinstance(action, solutions.Answer):
                record = replace(record, answers={**record.answers, number: action.text})
            else:
                project = action(project)
            if (project, run, record) == was:
                continue  # the palette's own value is what is asked for
            # Whatever was done before this change did not do: 32 units are not the 16 asked for.
            assert not ticked, f"step {number} ticks before its last change"
            ticked = results()[number - 1].done
        after = results()[number - 1]
        assert after.done, f"step {number} '{after.title}': {after.missing}"
        record = replace(record, done=record.done | {number})
    assert all(result.done for result in results())


def test_the_python_that_a_lesson_shows_runs(tmp_path, monkeypatch, capsys):
    """Whoever types it in must get what the lesson promises."""
    step = library.find_lesson("taking_it_away").steps[2]
    project = library.start_project(library.find_lesson("taking_it_away"))
    trained = Session(project, load_dataset(project, Path()), on_event=lambda _event: None).run()
    save_network(trained, tmp_path / "iris.h5")
    monkeypatch.chdir(tmp_path)
    code = step.text.split("```python")[1].split("```")[0]
    exec(compile(code, "lesson", "exec"), {})
    answer = capsys.readouterr().out.splitlines()[-1]
    assert [round(float(one)) for one in answer.strip("[]").split()] == [1, 0, 0]


@pytest.mark.slow
def test_the_vectors_of_the_word_lesson_are_what_its_answers_say():
    """The answers to its questions are those that the network of its solution gives."""
    from netbuilder.core.results.layer_values import weights_of
    from netbuilder.core.results.word_vectors import WordVectors, token_table

    lesson = library.find_lesson("word_vectors")
    project, base = library.start_project(lesson), library.start_path(lesson).parent
    for actions in solutions.SOLUTIONS["word_vectors"][:3]:
        for action in solutions.changes(actions):
            if not isinstance(action, solutions.Event | solutions.Answer):
                project = action(project)
    dataset = load_dataset(project, base)
    trained = Session(project, dataset, on_event=lambda _event: None).run()
    matrix = weights_of(trained, "embedding")["embeddings"]
    words = {"input": dataset.facts.vocabulary}
    assert len(matrix) == len(words["input"]), "as many rows as the text has words"
    table = token_table(project.graph, "embedding", len(matrix), words, dataset)
    vectors = WordVectors.of(matrix, table)
    first = lambda found: vectors.tokens.names[found[0][0]]  # noqa: E731
    assert first(vectors.neighbours("hot")) == "cold"
    assert first(vectors.neighbours("soup")) == "milk"
    for words_in, answer in (
        (("king", "man", "woman"), "queen"),
        (("queen", "woman", "girl"), "princess"),
        (("prince", "boy", "man"), "king"),
        (("girl", "princess", "queen"), "woman"),
        (("doctor", "man", "woman"), "nurse"),
    ):
        assert first(vectors.analogy(*words_in)) == answer


def test_the_file_is_what_the_script_draws_and_what_the_lesson_says():
    shipped = pd.read_excel(resource("lessons") / "falls.xlsx", sheet_name=None, engine="calamine")
    drawn = falls_data.sheets()
    assert list(shipped) == list(drawn) == ["first study", "second study"]
    for name, rows in drawn.items():
        assert shipped[name].to_numpy().tolist() == rows
    first, second = shipped.values()
    train = first[first.part == "train"]
    older = train[train.group == "older"]
    assert (len(train), len(older), len(first)) == (1000, 25, 1400)
    assert (older.movement == "fall").sum() == 1
    assert (train.movement == "fall").sum() == 99
    assert set(older.group_weight) == {39.0}
    assert older.group_weight.sum() == (train.group == "young").sum()
    more = second[second.part == "train"]
    assert (more.group == "older").sum() == 500
    # The second study has all rows of the first, and the same test rows.
    features = ["impact", "still", "turn", "group", "movement"]
    assert len(more[features].merge(train[features])) >= len(train)
    tests = [one[one.part == "test"][features].reset_index(drop=True) for one in (first, second)]
    assert tests[0].equals(tests[1])
    assert tests[0].groupby(["group", "movement"]).size().tolist() == [100] * 4
