"""The stores of project and network: the only writers, in a sequence that is known."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.errors import EditError
from netbuilder.core.formats.paths import rebased
from netbuilder.core.project import edits, graph_ends
from netbuilder.core.project.model import Choice, Data, Project
from netbuilder.ui.services.model_store import ModelState, ModelStore, Source
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.runs.last_run_restorer import bring_back
from netbuilder.ui.services.runs.run_record import RunState


def add(layer):
    return lambda project: edits.append_layer(project, layer)


def test_undo_and_redo_walk_through_the_values(qtbot):
    store = ProjectStore()
    seen = []
    store.changed.connect(lambda old, new: seen.append((old, new)))
    values = [store.project]
    layers = ("Input", "Dense", "Dropout")
    values.extend(store.apply(f"Add {layer}", add(layer)) for layer in layers)
    assert store.undo_labels == ("Add Dropout", "Add Dense", "Add Input")
    for value in reversed(values[:-1]):
        store.undo()
        assert store.project is value
    assert store.redo_label == "Add Input"
    for value in values[1:]:
        store.redo()
        assert store.project is value
    assert all(old is not new for old, new in seen)
    assert len(seen) == 9


def test_a_dragged_slider_is_one_step(qtbot):
    store = ProjectStore(edits.append_layer(Project(), "Dense"))
    for units in range(10, 20):
        store.apply("Set units", lambda p, u=units: edits.set_params(p, "dense", units=u), "units")
    store.undo()
    assert store.undo_label is None
    store.redo()
    assert store.project.graph.by_id["dense"].params["units"] == 19
    store.end_merge()
    store.apply("Set units", lambda p: edits.set_params(p, "dense", units=5), "units")
    store.undo()
    assert store.project.graph.by_id["dense"].params["units"] == 19


def test_an_illegal_edit_changes_nothing(qtbot):
    store = ProjectStore()
    with pytest.raises(EditError):
        store.apply("Connect", lambda p: graph_ends.connect(p, "a", "b"))
    assert store.undo_label is None
    assert not store.modified


def test_modified_is_a_matter_of_values(qtbot):
    store = ProjectStore()
    store.apply("Add", add("Dense"))
    assert store.modified
    store.undo()
    assert not store.modified
    store.redo()
    store.mark_saved()
    assert not store.modified
    store.undo()
    assert store.modified
    store.reset(Project("other"), saved=False)
    assert store.modified


def test_an_edit_that_changes_nothing_is_no_step(qtbot):
    store = ProjectStore(edits.append_layer(Project(), "Dense"))
    units = store.project.graph.nodes[0].params["units"]
    store.apply("Set units", lambda p: edits.set_params(p, "dense", units=units))
    assert store.undo_label is None


def test_a_step_beside_the_project_is_undone_in_its_turn():
    store, told = ProjectStore(), []
    store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
    before = store.project
    store.note("Turn", lambda: told.append("back 1"), lambda: told.append("again 1"), "knob")
    store.note("Turn", lambda: told.append("back 2"), lambda: told.append("again 2"), "knob")
    store.mark_saved()
    assert store.undo_labels[:2] == ("Turn", "Add"), "a knob that is turned on is one step"
    store.undo()
    assert told == ["back 1"]
    assert store.project is before and not store.modified
    store.redo()
    assert told == ["back 1", "again 2"]
    store.undo()
    store.undo()
    assert store.project is not before, "then what was done before it"
    store.redo()
    store.expire_notes(lambda: told.append("refused"))
    assert store.redo_label is None and store.undo_labels[0] == "Add"


def test_a_step_that_has_expired_stands_before_what_was_done_earlier():
    store, told = ProjectStore(), []
    turn = ("Turn", lambda: told.append("back"), lambda: told.append("again"))
    store.note(*turn)
    store.expire_notes(lambda: told.append("refused"))
    assert store.undo_label is None, "there is nothing that it could be taken for"
    store.apply("Add", lambda p: edits.append_layer(p, "Dense"))
    added = store.project
    store.note(*turn)
    store.note(*turn)
    store.expire_notes(lambda: told.append("refused"))
    store.expire_notes(lambda: told.append("refused"))
    assert store.undo_labels == ("Turn", "Add")
    store.undo()
    assert told == ["refused"]
    assert store.project is added
    assert store.redo_label is None
    store.undo()
    assert not store.project.graph.nodes


def test_undo_of_another_project_opens_the_file_of_the_first(tmp_path):
    one, two = tmp_path / "one" / "one.netbuilder", tmp_path / "two"
    first = Project("one", data=Data("csv", path="rows.csv"))
    store = ProjectStore(first, path=one)
    store.apply("Name", lambda p: edits.rename_project(p, "first"))
    store.mark_saved()
    heard: list[Path | None] = []
    store.path_changed.connect(lambda: heard.append(store.path))
    store.replace_document("Restore", Project("other", data=Data("csv", path="o.csv")), two)
    assert store.path is None and store.modified
    assert (store.document.base / store.project.data.path).resolve() == two / "o.csv"
    base = store.document.base
    store.mark_saved_to(two / "other.netbuilder", lambda p: rebased(p, base, two))
    store.undo()
    assert store.path == one and store.project.name == "first"
    assert store.project.data.path == "rows.csv" and not store.modified
    store.undo()
    assert store.project == first, "paths of earlier steps are those of the file, too"
    store.redo()
    store.redo()
    assert store.path == two / "other.netbuilder" and not store.modified
    assert heard == [None, two / "other.netbuilder", one, two / "other.netbuilder"]


def test_all_that_is_shown_comes_through_one_store(open_window, example, qtbot, tmp_path):
    slow = Choice("SGD", {"learning_rate": 1e-6})
    window = open_window(edits.set_training(example("moons"), epochs=2, optimizer=slow))
    store, runner, hand = window.store, window.runner, window.manual_weight_editor
    models = window.workbench.models
    seen = [models.state]
    broken: list[ModelState] = []

    def hear(old, new):
        if old is not seen[-1]:
            broken.append(old)
        seen.append(new)

    models.changed.connect(hear)
    told: list[str] = []
    hand.told.connect(told.append)
    node = store.project.graph.sources[store.project.graph.outputs[0]][0]
    store.apply("Epochs", lambda p: edits.set_training(p, epochs=3))
    edited = store.project

    def ended():
        qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
        qtbot.waitUntil(lambda: models.state.evaluation is not None)

    # A run, a weight that is set by hand, and undo.
    runner.start()
    ended()
    run = models.state
    assert run.source is Source.RUN and run.before is None
    assert run.run_id == runs.list_runs()[0].id
    hand.set(node, "kernel", (0, 0), 3.0)
    qtbot.waitUntil(lambda: models.state.source is Source.MANUAL)
    manual = models.state
    assert manual.before is run and manual.run_id == "" and manual.model.set_by_hand == 1
    store.undo()
    assert models.state is run, "its evaluation and its record come back with it"
    # A pause, in which weights are set; then it is trained on.
    runner.start(first=lambda session: session.one_epoch())
    qtbot.waitUntil(lambda: models.paused_snapshot is not None)
    assert models.state.before is run
    hand.set(node, "kernel", (0, 0), 2.0)
    qtbot.waitUntil(lambda: models.trained.set_by_hand == 1)
    assert models.state.source is Source.PAUSED and models.state.before is run
    runner.toggle_pause()
    ended()
    second = models.state
    assert second.source is Source.RUN and second.model.epochs == 3
    # Ctrl+Z for the weight undoes nothing else, and says so; the next one undoes the edit.
    assert store.undo_label.startswith("Set a weight")
    store.undo()
    assert store.project is edited and models.state is second and len(told) == 1
    store.undo()
    assert store.project.training.epochs == 2
    store.redo()
    # A run that makes no step leaves what was there.
    runner.start(first=lambda session: session.pause())
    qtbot.waitUntil(lambda: models.paused_snapshot is not None)
    runner.stop()
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    assert models.state is second
    # A file.
    path = tmp_path / "moons.h5"
    assert window.documents.export_to(path).finish()
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: models.state.source is Source.FILE)
    assert store.document.model is models.trained and store.path == path
    qtbot.waitUntil(lambda: models.state.evaluation is not None)
    # An earlier run.
    first = next(one for one in runs.list_runs() if one.id == run.run_id)
    bring_back(first, "first", window.workbench, runner, told.append, window)
    qtbot.waitUntil(lambda: models.state.run_id == run.run_id)
    qtbot.waitUntil(lambda: models.state.evaluation is not None)

    changes = [new.source for old, new in pairwise(seen) if old.model is not new.model]
    assert changes == [
        Source.RUN, Source.MANUAL, Source.RUN, Source.PAUSED, Source.PAUSED, Source.RUN,
        Source.PAUSED, Source.RUN, None, Source.FILE, None, Source.RUN,
    ]  # fmt: skip
    assert not broken, "each change goes on from the one before"


def test_an_evaluation_that_comes_during_a_run_is_that_of_the_settled_network(
    open_window, example, qtbot
):
    window = open_window(edits.set_training(example("iris"), epochs=1))
    qtbot.train(window)
    qtbot.waitUntil(lambda: window.workbench.models.state.evaluation is not None)
    trained = window.workbench.models.trained
    models = ModelStore()
    models.submit(ModelState(trained, Source.FILE))
    other = window.workbench.models.state.evaluation
    later = replace(trained, epochs=7)
    models.submit_over(later, Source.LIVE)
    assert models.trained is trained and models.prediction_model is later
    models.add_evaluation(later, other)
    assert models.state.settled.evaluation is None, "nobody evaluates a passing moment"
    models.add_evaluation(trained, other)
    assert models.prediction_model is later
    models.withdraw_snapshot()
    assert models.state.model is trained and models.state.evaluation is other
