"""What a step says that is missing leads to what its text asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.check.shapes.shapes import ShapeCache
from netbuilder.core.data.load import load_facts
from netbuilder.core.lesson_files import observe_project
from netbuilder.core.lessons import library
from netbuilder.core.lessons.step_check import check_steps
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Project


def _begun() -> Project:
    """The first model after its second step."""
    project = library.start_project(library.find_lesson("first_model"))
    project = edits.set_data(project, Data(kind="builtin", name="iris"))
    return edits.append_layer(project, "Dense", params={"units": 16, "activation": "relu"})


def _missing(project: Project, step: int) -> tuple[str, ...]:
    lesson = library.find_lesson("first_model")
    known = load_facts(project, Path()) if project.data.kind else None
    return check_steps(lesson, observe_project(lesson, project, known))[step - 1].missing


def test_the_output_is_a_second_layer_and_not_the_first_one_changed() -> None:
    begun = _begun()
    assert _missing(begun, 3)[0].startswith("There is no second Dense after dense")
    changed = edits.set_params(begun, "dense", units=3, activation="softmax")
    assert _missing(changed, 3)[0].startswith("There is no second Dense")
    more = edits.append_layer(begun, "Dense")
    assert "dense_1 has units 32; the lesson asks for 3." in _missing(more, 3)[0]
    assert not _missing(edits.set_params(more, "dense_1", units=3, activation="softmax"), 3)


def test_a_button_that_the_hint_names_is_there() -> None:
    begun = _begun()
    step = library.find_lesson("first_model").steps[2]
    (button,) = re.findall(r'"([^"]+)"', step.hint)
    known = load_facts(begun, Path())
    found = diagnose(begun, known, ShapeCache().compute(begun.graph, known))
    fix = next(fix for one in found for fix in one.fixes if fix.label == button)
    assert not _missing(fix.edit(begun), 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Data(), "No data is chosen; the lesson asks for Iris."),
        (Data(kind="builtin", name="digits"), "The data is Digits; the lesson asks for Iris."),
    ],
)
def test_data_is_called_as_its_card_is(data: Data, words: str) -> None:
    assert _missing(edits.set_data(_begun(), data), 1) == (words,)


def test_an_activation_layer_counts_as_the_activation_of_the_layer_before_it() -> None:
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
