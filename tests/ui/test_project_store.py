"""The store: the only writer; undo, redo, merging and 'modified' follow from values."""

from pathlib import Path

import pytest

from netbuilder.core.errors import EditError
from netbuilder.core.formats.paths import rebased
from netbuilder.core.project import edits, graph_ends
from netbuilder.core.project.model import Data, Project
from netbuilder.ui.services.project_store import ProjectStore


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
