"""Steps: what is missing, what was undone, what counts as trained."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netbuilder.core.catalog.training.training_index import CALLBACKS
from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.load import load_facts
from netbuilder.core.lessons import library
from netbuilder.core.lessons.check_words import WORDS
from netbuilder.core.lessons.conditions import parse_condition
from netbuilder.core.lessons.layer_check import LayerCheck
from netbuilder.core.lessons.lesson import Lesson
from netbuilder.core.lessons.lesson_files import observe_project
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.lessons.lesson_state import LessonState, ObservedRun
from netbuilder.core.lessons.step_check import breaks_lesson, check_steps
from netbuilder.core.project import card_answers, edits
from netbuilder.core.project.edits_data import set_columns
from netbuilder.core.project.model import Choice, Data, Project
from tests.core.lessons import solutions


def _begun() -> Project:
    """The first model after its second step."""
    project = library.start_project(library.find_lesson("first_model"))
    project = edits.set_data(project, Data(kind="builtin", name="iris"))
    return edits.append_layer(project, "Dense", params={"units": 16, "activation": "relu"})


def _missing(project: Project, step: int) -> tuple[str, ...]:
    lesson = library.find_lesson("first_model")
    known = load_facts(project, Path()) if project.data.kind else None
    return check_steps(lesson, observe_project(lesson, project, known))[step - 1].missing


def test_the_output_is_a_second_layer_and_not_the_first_one_changed():
    begun = _begun()
    assert _missing(begun, 3)[0].startswith("There is no second Dense after dense")
    changed = edits.set_params(begun, "dense", units=3, activation="softmax")
    assert _missing(changed, 3)[0].startswith("There is no second Dense")
    more = edits.append_layer(begun, "Dense")
    assert "dense_1 has units 32; the lesson asks for 3." in _missing(more, 3)[0]
    assert not _missing(edits.set_params(more, "dense_1", units=3, activation="softmax"), 3)


def test_a_layer_in_the_wrong_place_or_too_many_layers_are_named():
    begun = _begun()
    above = edits.insert_after(begun, "input", "Dense")
    expected = "dense_1 comes before dense: drag it below dense."
    assert _missing(above, 3)[0] == expected
    assert _missing(edits.set_params(above, "dense_1", units=3, activation="softmax"), 3)[0] == (
        expected
    )
    output = {"units": 3, "activation": "softmax"}
    right = edits.append_layer(begun, "Dense", params=output)
    assert _missing(right, 3) == ()
    (sentence,) = _missing(edits.append_layer(edits.append_layer(begun, "Dense"), "Dense",
                                              params=output), 3)  # fmt: skip
    assert "3 layers" in sentence


def _labels_in_lesson(lesson: Lesson, project: Project) -> list[str]:
    """The fixes of the network's problems that the lesson's panel leaves."""
    assert lesson.path is not None
    known = load_facts(project, lesson.path.parent)
    state = replace(observe_project(lesson, project, known), done=frozenset({1, 2}))
    problems = diagnose(project, known, ShapeCache().compute(project.graph, known))
    fixes = [fix for problem in problems for fix in problem.fixes]
    assert fixes
    return [f.label for f in fixes if not breaks_lesson(lesson, state, f.edit(project))]


def test_a_fix_that_contradicts_the_lesson_is_not_offered():
    first, words = map(library.find_lesson, ("first_model", "word_vectors"))
    begun = _begun()
    assert _labels_in_lesson(first, begun) == ["Add a Dense: 3 units, softmax"]
    more = edits.append_layer(begun, "Dense")
    assert _labels_in_lesson(first, more) == ["Change dense_1 to 3 units, softmax"]
    assert _labels_in_lesson(first, edits.insert_after(begun, "input", "Dense")) == []
    project = edits.append_layer(library.start_project(words), "Embedding",
                                 params={"input_dim": 74, "output_dim": 8})  # fmt: skip
    assert not any("Flatten" in label for label in _labels_in_lesson(words, project))


def test_a_button_that_the_hint_names_is_there():
    begun = _begun()
    step = library.find_lesson("first_model").steps[2]
    (button,) = re.findall(r'"([^"]+)"', step.hint)
    known = load_facts(begun, Path())
    found = diagnose(begun, known, ShapeCache().compute(begun.graph, known))
    fix = next(fix for one in found for fix in one.fixes if fix.label == button)
    assert not _missing(fix.edit(begun), 3)


def _check_of(name: str, step: int, layer: str) -> LayerCheck:
    checks = library.find_lesson(name).steps[step - 1].checks
    return next(one.layer for one in checks if one.layer is not None and one.layer.layer == layer)


def test_a_layer_to_add_is_not_the_last_one_changed():
    lesson = library.find_lesson("what_is_a_network")
    start = library.start_project(lesson)
    hidden = [node.id for node in start.graph.nodes if node.params.get("units") == 3]
    alone = edits.remove_nodes(start, hidden)
    check = _check_of(lesson.name, 5, "Dense")
    (output,) = alone.graph.outputs
    assert output not in check.missing(LessonState(alone))
    above = next(node.id for node in alone.graph.nodes if node.layer == "Input")
    wider = edits.insert_after(alone, above, "Dense", params={"units": 32})
    assert output not in check.missing(LessonState(wider))
    assert "32" in check.missing(LessonState(wider))


def test_where_too_few_layers_fit_it_says_why():
    start = library.start_project(library.find_lesson("overfitting"))
    project = edits.append_layer(start, "Dropout", params={"rate": 0.3})
    assert "0.3" in _check_of("overfitting", 6, "Dropout").missing(LessonState(project))


def test_a_callback_has_the_name_that_stands_in_the_window():
    start = library.start_project(library.find_lesson("overfitting"))
    row = WORDS["callback"]
    said = row.missing(LessonState(start), row.parse("EarlyStopping"), 1)
    assert CALLBACKS["EarlyStopping"].title in said
    assert "EarlyStopping" not in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Data(), "No data is chosen; the lesson asks for Iris."),
        (Data(kind="builtin", name="digits"), "The data is Digits; the lesson asks for Iris."),
    ],
)
def test_data_is_called_as_its_card_is(data, words):
    assert _missing(edits.set_data(_begun(), data), 1) == (words,)


def test_an_activation_layer_counts_as_the_activation_of_the_layer_before_it():
    begun = _begun()
    output = edits.append_layer(begun, "Dense", params={"units": 3, "activation": None})
    assert _missing(output, 3)
    apart = edits.append_layer(output, "Activation", params={"activation": "softmax"})
    assert not _missing(apart, 3)
    hidden = edits.set_params(apart, "dense", activation=None)
    assert _missing(hidden, 2)
    assert not _missing(edits.insert_after(hidden, "dense", "ReLU"), 2)
    tanh = edits.set_params(apart, "activation", activation="tanh")
    assert _missing(tanh, 3)


def _holds(word: str, value: str, project: Project, **state: Any) -> bool:
    row = WORDS[word]
    return not row.missing(LessonState(project, **state), row.parse(value), 1)


def test_a_batch_normalization_may_stand_before_the_activation_layer():
    begun = edits.append_layer(edits.add_node(Project(), "Input"), "Dense",
                               params={"units": 8, "activation": None})  # fmt: skip
    check = LayerCheck("Dense", (("activation", parse_condition("relu")),), last=True)
    normed = edits.append_layer(begun, "BatchNormalization")
    assert check.missing(LessonState(normed))
    whole = edits.append_layer(normed, "Activation", params={"activation": "relu"})
    assert not check.missing(LessonState(whole))
    assert check.missing(LessonState(edits.append_layer(normed, "Activation",
                                                      params={"activation": "tanh"})))  # fmt: skip


def test_two_wrong_settings_of_a_layer_are_both_named():
    begun = edits.append_layer(edits.add_node(Project(), "Input"), "Dense",
                               params={"units": 5, "activation": "tanh"})  # fmt: skip
    wanted = (("units", parse_condition("8")), ("activation", parse_condition("relu")))
    said = LayerCheck("Dense", wanted).missing(LessonState(begun))
    assert all(word in said for word in ("units", "8", "activation", "relu"))
    # A layer in the wrong place is another one: its numbers are not talked about.
    assert "relu" not in LayerCheck("Dense", wanted, after="LSTM").missing(LessonState(begun))


def test_an_activation_layer_is_not_counted_as_a_layer_of_its_own():
    begun = edits.append_layer(edits.add_node(Project(), "Input"), "Dense",
                               params={"units": 1, "activation": None})  # fmt: skip
    apart = edits.append_layer(begun, "Activation", params={"activation": "sigmoid"})
    assert _holds("layers", "= 1", apart)
    assert not _holds("layers", "= 1", edits.append_layer(apart, "Dropout"))
    twice = edits.append_layer(apart, "Activation", params={"activation": "relu"})
    assert not _holds("layers", "= 1", twice), "a second activation is another layer"


def test_a_bidirectional_lstm_is_an_lstm():
    inner = {"layer": "LSTM", "params": {"units": 16}}
    project = edits.append_layer(edits.add_node(Project(), "Input"), "Bidirectional",
                                 params={"layer": inner})  # fmt: skip
    project = edits.append_layer(project, "Dense", params={"units": 1})
    units = (("units", parse_condition(">= 16")),)
    assert not LayerCheck("LSTM", units, connected=True).missing(LessonState(project))
    assert not LayerCheck("Dense", after="LSTM").missing(LessonState(project))
    assert LayerCheck("GRU").missing(LessonState(project))
    assert LayerCheck("LSTM", (("units", parse_condition(">= 32")),)).missing(LessonState(project))
    assert not _holds("absent", "LSTM", project)
    assert _holds("absent", "GRU", project)


def test_numbers_are_scaled_by_the_data_by_a_layer_or_automatically():
    asked = "standard | minmax"
    begun = edits.append_layer(edits.add_node(Project(), "Input"), "Normalization",
                               params={"mean": [1.0], "variance": [4.0]})  # fmt: skip
    raw = edits.set_data(begun, kind="builtin", name="wine", scaling="none")
    assert _holds("scaling", asked, raw)
    assert _holds("scaling", asked, edits.set_data(Project(), scaling="auto"))
    assert not _holds("scaling", "minmax", edits.set_data(Project(), scaling="auto"))
    bare = edits.set_data(_begun(), kind="builtin", name="wine", scaling="none")
    assert not _holds("scaling", asked, bare)


def test_cards_comparisons_groups_and_sheets():
    for empty in ("nobody", "a a a a a", "A, a - a. (a) nobody", "人人人人人"):
        few = card_answers.with_answer(Project(), "harm", empty)
        assert not _holds("card", "harm", few)
    said = card_answers.with_answer(few, "harm", "Patients who are sent home ill.")
    assert _holds("card", "harm", said) and not _holds("card", "limits", said)
    events = frozenset({"compared:wine", "grouped:clinic", "saved:.md"})
    assert _holds("compared", "wine", said, events=events)
    assert not _holds("compared", "iris", said, events=events)
    assert _holds("grouped", "clinic", said, events=events)
    assert not _holds("grouped", "age", said, events=events)
    clustered = frozenset({"clustered:move", "clustered:end 2", "clustered:compare wine"})
    assert _holds("clustered", "move", said, events=clustered)
    assert not _holds("clustered", "assign", said, events=clustered)
    assert not _holds("clustered", "end 2 3", said, events=clustered)
    assert _holds("clustered", "end 2 3", said, events=clustered | {"clustered:end 3"})
    assert _holds("clustered", "compare wine", said, events=clustered)
    assert not _holds("clustered", "compare hidden", said, events=clustered)
    written = frozenset({"words:analogy king man woman"})
    assert _holds("words", "analogy king man woman", said, events=written)
    assert not _holds("words", "analogy prince boy man", said, events=written)
    assert _holds("saved", ".html | .md", said, events=events)
    assert not _holds("saved", ".html | .pdf", said, events=events)
    assert _holds("sample_weight", "none", said)
    weighed = set_columns(said, ("w",), role="weight")
    assert _holds("sample_weight", "w", weighed) and not _holds("sample_weight", "none", weighed)
    sheet = edits.set_data(weighed, sheet="second study")
    assert _holds("sheet", "second study", sheet) and not _holds("sheet", "first study", sheet)
    run = ObservedRun(weighed, 3)
    assert _holds("trained", "true", weighed, run=run)
    assert not _holds("trained", "true", sheet, run=run), "other rows: another network"
    assert not _holds("trained", "true", said, run=run), "other weights: another network"


def test_each_goal_says_what_it_lacks_itself():
    """Of a step that asks for a training and for its epochs both said that there was none."""
    project = library.start_project(library.find_lesson("what_is_a_network"))
    said = []
    for word, asked in (("trained", "true"), ("epochs_run", ">= 20")):
        check = WORDS[word]
        said.append(check.missing(LessonState(project), check.parse(asked), 1))
    assert all(said) and said[0] != said[1]


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


PLAN = {
    "loss": Choice("mean_squared_error"),
    "optimizer": Choice("SGD"),
    "batch_size": 7,
    "callbacks": (Choice("EarlyStopping"),),
    "class_weight": "balanced",
}


def _trained_missing(project: Project, trained: Project) -> str:
    state = LessonState(project, run=ObservedRun(trained, 3))
    return WORDS["trained"].missing(state, True, 1)


@pytest.mark.parametrize("name", PLAN)
def test_another_plan_has_to_be_trained_again(name):
    before = Project()
    assert _trained_missing(before, before) == ""
    after = edits.set_training(before, **{name: PLAN[name]})
    assert _trained_missing(after, before)
    assert _trained_missing(after, after) == ""


def test_how_long_and_from_which_seed_is_no_other_network():
    before = Project()
    after = edits.set_training(before, epochs=99, seed=99)
    assert _trained_missing(after, before) == ""


def test_a_loss_that_was_chosen_by_itself_is_the_one_of_the_run():
    plan = Project()
    run = edits.set_training(plan, loss=Choice("binary_crossentropy"))
    assert plan.training.loss is None
    assert _trained_missing(plan, run) == ""
    chosen = replace(plan, training=replace(plan.training, loss=Choice("mean_squared_error")))
    assert "(loss)" in _trained_missing(chosen, run)


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
