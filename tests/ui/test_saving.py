"""Saving, closing and files that come late: nothing is lost, and each name is the right one."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QPlainTextEdit

from netbuilder.core.data.pasted_table import store_table
from netbuilder.core.formats import registry
from netbuilder.core.formats.importing import import_file
from netbuilder.core.i18n import gettext as _
from netbuilder.core.lessons.lesson_record import LessonRecord, with_record
from netbuilder.core.project import card_answers, edits, files, network_data
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number
from netbuilder.ui.gallery.start_page import _losses
from netbuilder.ui.grading.submission_dialog import submission_source
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import settings, suggested_paths
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.widgets import question_dialogs
from netbuilder.ui.widgets.file_dialogs import FileType, last_place, remember_place, with_ending
from netbuilder.ui.window import dialogs, documents
from netbuilder.ui.window.documents import empty_project
from tests.processes import run_python

MINUTE = 60_000
Open = Callable[..., MainWindow]
H5, KERAS = FileType("Keras HDF5", (".h5", ".hdf5")), FileType("Keras", (".keras",))


def names(monkeypatch, *paths: Path | str):
    """Let the system's file dialog, which tests cannot see, answer with these paths."""
    answers = iter(paths)
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args: (str(next(answers)), args[3].split(";;")[0])
    )


@pytest.fixture(scope="module")
def small(example_of):
    return edits.set_training(example_of("iris"), epochs=2)


@pytest.fixture(scope="module")
def example_of():
    from netbuilder.core.folders import resource

    return lambda name: files.read(resource("examples", f"{name}.netbuilder"))


@pytest.fixture
def trained(open_window, small, qtbot, tmp_path):
    """A window on a saved project, with a network that was trained a moment ago."""
    path = tmp_path / "mine.netbuilder"
    files.write(small, path)
    window = open_window(small, path)
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    return window


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("sales.v2", "sales.v2.h5"),
        ("sales", "sales.h5"),
        ("sales.h5", "sales.h5"),
        ("sales.H5", "sales.H5"),
        ("sales.keras", "sales.keras"),
        ("sales.h5.old", "sales.h5.old.h5"),
    ],
)
def test_a_dot_in_a_name_makes_no_ending(given, wanted):
    assert with_ending(Path("/a.b", given), (H5, KERAS), H5) == Path("/a.b", wanted)


def test_a_folder_takes_any_name():
    folder = FileType("SavedModel", ())
    assert with_ending(Path("/a/served"), (H5, folder), folder) == Path("/a/served")


def test_no_file_dialog_stands_beside_these():
    import netbuilder

    root = Path(netbuilder.__file__).parent
    users = [p.name for p in root.rglob("*.py") if "QFileDialog." in p.read_text("utf-8")]
    assert users == ["file_dialogs.py"]


def test_a_name_and_a_folder_are_offered_beside_the_data(open_window, tmp_path, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args: (asked.append(args[2]), ("", ""))[1]
    )
    place = tmp_path / "lesson"
    place.mkdir()
    data = place / "sales.csv"
    data.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    window = open_window(edits.set_data(empty_project(), Data("csv", path=str(data))), keras=False)
    window.documents.save_as()
    curves = window.docks.show_panel("training").curves
    curves.export()
    window.docks.show_panel("code")._save()
    assert asked == [str(place / name) for name in ("sales.netbuilder", "curves.png", "sales.py")]

    # A project that was saved keeps its own place and name, wherever its data lies.
    own = tmp_path / "own"
    own.mkdir()
    assert window.documents.save_to(own / "mine.netbuilder")
    asked.clear()
    window.documents.save_as()
    curves.export()
    assert asked == [str(own / "mine.netbuilder"), str(own / "curves.png")]

    window.documents.show_project(empty_project(), None)
    asked.clear()
    curves.export()
    assert asked == [str(own / "curves.png")], "where the last file was"


def test_a_dialog_of_a_project_without_a_place_begins_where_the_last_file_was(
    open_window, small, tmp_path, monkeypatch
):
    starts: list[str] = []
    chosen = ["", str(tmp_path / "theirs" / "rows.csv"), ""]
    (tmp_path / "theirs").mkdir()
    (tmp_path / "pictures").mkdir()

    def dialog(_parent, _title, start, _types):
        starts.append(start)
        return chosen.pop(0), ""

    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, dialog)
    remember_place(suggested_paths.documents_folder())
    window = open_window(empty_project(), keras=False)
    window.documents.open()
    evaluate = window.docks.show_panel("evaluate")
    evaluate._ask_file()
    evaluate.heat.menu.ask_and_save()
    documents, theirs = str(suggested_paths.documents_folder()), str(tmp_path / "theirs")
    assert starts[:2] == [documents, documents]
    assert Path(starts[2]).parent == Path(theirs)
    chosen.append(str(tmp_path / "pictures" / "matrix.png"))
    evaluate.heat.menu.ask_and_save()
    assert last_place() == tmp_path / "pictures"
    assert not window.toast.isHidden(), "a hint at the mouse would have gone with the dialog"
    assert "matrix.png" in window.toast.text()
    assert str(tmp_path / "pictures") in window.toast.text()
    assert suggested_paths.suggested_folder(window.workbench) == tmp_path / "pictures"


def test_work_of_a_lesson_is_not_saved_beside_the_teachers_lesson(open_window, tmp_path):
    """The data of a lesson lie with the teacher; data of one's own are a place of one's own."""
    shared = tmp_path / "share"
    (shared / "data").mkdir(parents=True)
    (shared / "data" / "rows.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    own = Project("Mine", data=Data("csv", path=str(shared / "data" / "rows.csv"), target=("b",)))
    window = open_window(own, keras=False)
    remember_place(shared / "data")
    assert suggested_paths.suggested_folder(window.workbench) == shared / "data"
    window.documents.show_project(with_record(own, LessonRecord("own")), None)
    assert suggested_paths.suggested_folder(window.workbench) == suggested_paths.documents_folder()
    # Where the pupil has chosen a folder, it is that one.
    (tmp_path / "pupil").mkdir()
    remember_place(tmp_path / "pupil")
    assert suggested_paths.suggested_folder(window.workbench) == tmp_path / "pupil"


def test_an_appended_ending_replaces_no_file_unasked(
    open_window, small, tmp_path, monkeypatch, answer
):
    there = tmp_path / "lesson 2.1.netbuilder"
    there.write_text("of somebody else")
    window = open_window(small, keras=False)
    names(monkeypatch, tmp_path / "lesson 2.1", tmp_path / "lesson 2.1")
    answer("Cancel")
    assert not window.documents.save_as()
    assert there.read_text() == "of somebody else"
    answer("Replace")
    assert window.documents.save_as()
    assert files.read(there).graph == small.graph


def lose_record(window):
    """As if the network were too large for Runs: it is in no file, and nowhere else."""
    models = window.workbench.models
    models.submit(replace(models.state, run_id=""))


def test_a_window_closes_once_its_network_is_saved(trained, tmp_path, monkeypatch, answer):
    lose_record(trained)
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    names(monkeypatch, blocked / "sales.h5", tmp_path / "sales.v2")
    answer("Save")
    assert not trained.close()
    assert trained.isVisible()
    assert trained.banner.cards, "why it failed is said"
    assert trained.workbench.models.trained is not None
    assert trained.documents.model_unsaved
    answer("Save")
    assert trained.close()
    assert (tmp_path / "sales.v2.h5").stat().st_size > 1000, "of an ending that nobody knows"
    assert not trained.documents.model_unsaved


def test_project_and_model_are_asked_about_once(trained, tmp_path, monkeypatch, answer):
    trained.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=3))
    lose_record(trained)
    names(monkeypatch, tmp_path / "both.h5")
    seen = [one.what for one in trained.documents.unsaved]
    answer("Save")
    assert trained.close()
    assert len(seen) == 2
    assert "project" in seen[0]
    assert "network" in seen[1]
    assert files.read(tmp_path / "mine.netbuilder").training.epochs == 3
    assert (tmp_path / "both.h5").exists()


def test_a_network_that_stays_in_runs_is_said(trained, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(
        question_dialogs, "ask_question", lambda *one: asked.append(one[2]) or one[3][-1]
    )
    trained.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=3))
    assert not trained.documents.may_close()
    lose_record(trained)
    assert not trained.documents.may_close()
    words = _("The trained network is in no file. It stays among the runs, on Compare.")
    assert [words in text for text in asked] == [True, False]


def test_a_run_that_closing_stops_can_be_saved(open_window, small, qtbot, monkeypatch):
    """The dialog says so; a project that no file holds is not restored at the next start."""
    window = open_window(edits.set_training(small, epochs=1_000_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.record.tracker.epoch > 1)
    asked: list[str] = []
    monkeypatch.setattr(dialogs, "PATIENCE_MS", MINUTE)
    monkeypatch.setattr(dialogs, "ask_question", lambda *one, **_more: one[3][0])
    monkeypatch.setattr(
        question_dialogs, "ask_question", lambda *one: asked.append(one[2]) or one[3][-1]
    )
    assert not window.documents.may_close()
    assert [_("The trained network") in text for text in asked] == [True]


@pytest.mark.slow
def test_what_is_in_runs_is_not_asked_about(trained, qtbot, tmp_path):
    assert trained.documents.unsaved == (), "the project is in its file, its network in Runs"
    lose_record(trained)
    assert len(trained.documents.unsaved) == 1
    assert trained.documents.export_to(tmp_path / "mine.h5").finish()
    assert trained.documents.unsaved == ()
    # Of a model's own file another network is a change.
    trained.documents.open_path(tmp_path / "mine.h5")
    qtbot.waitUntil(lambda: trained.store.path == tmp_path / "mine.h5")
    assert trained.documents.unsaved == ()
    trained.runner.train_more(1)
    qtbot.waitUntil(lambda: trained.runner.state is RunState.IDLE)
    assert trained.workbench.models.state.run_id
    assert len(trained.documents.unsaved) == 1


def test_whichever_file_was_saved_last_counts(trained, tmp_path):
    """The file of the network holds the project, too: what was written since the training."""
    trained.store.apply("Name", lambda p: edits.rename_project(p, "Flowers"))
    trained.store.apply("Card", lambda p: card_answers.with_answer(p, "harm", "Nobody."))
    assert trained.store.modified
    assert trained.documents.export_to(tmp_path / "last.h5").finish()
    assert not trained.store.modified
    work = submission_source(trained.workbench, trained.lessons.stamp)
    for path in (tmp_path / "last.h5", work.write("Ada", tmp_path)):
        held = registry.read_project(path)
        assert held.name == "Flowers" and card_answers.answers_of(held)["harm"] == "Nobody."


def test_the_bar_has_the_name_of_the_only_file(trained, example, tmp_path):
    """A network that was saved before its project has a file of its own."""
    unnamed = edits.rename_project(trained.store.project, "")
    trained.store.reset(unnamed, None)
    assert trained.documents.name == unnamed.name == Project().name
    chosen = trained.canvas.selection() or (unnamed.graph.order[0],)
    trained.canvas.select(chosen)
    assert trained.documents.export_to(tmp_path / "last.h5").finish()
    assert trained.documents.name == "last.h5" and "last.h5" in trained.windowTitle()
    assert trained.store.project.name == "last", "the strip and the next file are called so too"
    assert not trained.store.modified and not trained.store.undo_labels
    assert trained.canvas.selection() == chosen, "the canvas was opened anew"
    trained.documents.show_project(example("xor"), None)
    assert trained.documents.name == "XOR"


def test_a_file_that_changed_outside_is_not_replaced_in_silence(
    open_window, small, tmp_path, monkeypatch, answer
):
    path = tmp_path / "mine.netbuilder"
    files.write(small, path)
    window = open_window(small, path, keras=False)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=3))
    assert window.documents.save(), "nobody else has written it"
    files.write(edits.set_training(small, epochs=99), path)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=4))
    answer("Cancel")
    assert not window.documents.save()
    assert files.read(path).training.epochs == 99
    names(monkeypatch, tmp_path / "other.netbuilder")
    answer("Save as…")
    assert window.documents.save()
    assert files.read(path).training.epochs == 99
    assert files.read(window.store.path).training.epochs == 4
    window.documents.open_path(path)
    assert window.documents.save(), "it was read as it is now"
    files.write(small, path)
    answer("Replace it")
    assert window.documents.save()
    assert files.read(path).training.epochs == 99


def test_the_second_window_with_a_file_says_so(open_window, small, tmp_path, qtbot):
    path = tmp_path / "mine.netbuilder"
    files.write(small, path)
    first = open_window(small, path, keras=False)
    qtbot.waitUntil(lambda: first.documents.held_lock is not None)
    second, errors = open_window(small, keras=False), []
    second.documents.failed.connect(errors.append)
    second.documents.open_path(path)
    qtbot.waitUntil(lambda: bool(errors))
    assert errors[0].code == "open_in_another_window"
    assert second.banner.cards
    assert first.documents.save_to(tmp_path / "another.netbuilder")
    qtbot.waitUntil(lambda: not first.documents.hold_soon.isActive())
    second.documents.open_path(path)
    qtbot.waitUntil(lambda: second.documents.held_lock is not None)
    assert len(errors) == 1, "the first window has another file now"
    third = open_window(small, keras=False)
    third.documents.only_reads = True
    third.documents.open_path(path)
    qtbot.waitUntil(lambda: not third.documents.hold_soon.isActive())
    assert third.documents.held_lock is None and not third.banner.cards, "for a picture"


def test_an_example_that_nobody_edited_does_not_nag(open_window, small, qtbot):
    window = open_window(small)
    qtbot.train(window)
    assert window.workbench.models.trained is not None
    assert window.documents.unsaved == ()
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=9))
    assert len(window.documents.unsaved) == 1, "the network is in Runs"


def test_data_that_was_chosen_on_an_empty_canvas_is_nothing_to_lose(open_window, tmp_path):
    (tmp_path / "one.csv").write_text("a,b,kind\n1,2,x\n3,4,y\n")
    window = open_window(keras=False)
    window.commands.begin_with_data(tmp_path / "one.csv")
    assert window.store.modified
    assert window.documents.unsaved == ()
    window.store.apply("Target", lambda p: edits.set_data(p, target=("a",)))
    assert len(window.documents.unsaved) == 1, "what was said about the columns"
    window.store.undo()
    window.store.apply("Layer", lambda p: edits.append_layer(p, "Dense"))
    assert len(window.documents.unsaved) == 1
    window.commands.begin_with_data(tmp_path / "one.csv")
    assert window.documents.unsaved == ()
    # A table that was pasted is in no file of the person's own.
    window.documents.new(asked=True)
    window.commands.use_data(store_table("a\tb\n1\t2\n3\t4\n", None))
    assert len(window.documents.unsaved) == 1
    window.store.mark_saved()


def test_a_model_file_holds_the_project_too(open_window, small, qtbot, tmp_path):
    """Who saved the .h5 is not asked about the project: it lies in that file, as it was trained."""
    window = open_window(small)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=4))
    qtbot.train(window)
    lose_record(window)
    assert len(window.documents.unsaved) == 2
    assert window.documents.export_to(tmp_path / "mine.h5").finish()
    assert window.documents.unsaved == ()
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=5))
    assert window.documents.export_to(tmp_path / "mine.h5").finish()
    assert [one.what[:11] for one in window.documents.unsaved] == ["The project"]


def with_table(folder, project):
    folder.mkdir()
    (folder / "rows.csv").write_text("a,b\n1,2\n3,4\n")
    return replace(project, data=Data(kind="csv", path="rows.csv", target=("b",)))


def test_a_save_that_failed_leaves_the_paths_alone(open_window, small, tmp_path):
    project = with_table(tmp_path / "one", small)
    path = tmp_path / "one" / "p.netbuilder"
    files.write(project, path)
    window = open_window(project, path, keras=False)
    (tmp_path / "blocked").write_text("a file")
    assert not window.documents.save_to(tmp_path / "blocked" / "p.netbuilder")
    assert window.store.project == project
    assert window.store.undo_label is None
    assert window.store.path == path
    assert window.workbench.base == path.parent


def test_undo_after_save_as_still_finds_the_data(open_window, small, tmp_path):
    project = with_table(tmp_path / "one", small)
    (tmp_path / "two").mkdir()
    path = tmp_path / "one" / "p.netbuilder"
    files.write(project, path)
    window = open_window(project, path, keras=False)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=7))
    assert window.documents.save_to(tmp_path / "two" / "p.netbuilder")
    assert not window.store.modified
    window.store.undo()
    for step in ("before", "after redo"):
        found = window.workbench.base / window.store.project.data.path
        assert found.resolve() == (tmp_path / "one" / "rows.csv").resolve(), step
        window.store.redo()
    assert window.store.project.training.epochs == 7
    assert not window.store.modified


@pytest.fixture
def slow_model(trained, tmp_path, monkeypatch):
    """A .h5, and a gate that its reading waits at, as at a slow disk."""
    path = tmp_path / "slow.h5"
    assert trained.documents.export_to(path).finish()
    gate = threading.Event()
    from netbuilder.core.formats.importing import import_file

    read = import_file.import_file
    monkeypatch.setattr(import_file, "import_file", lambda p: gate.wait(60) and read(p))
    yield path, gate
    gate.set()


def test_a_file_that_comes_late_does_not_replace_a_newer_one(
    trained, slow_model, small, tmp_path, told
):
    path, gate = slow_model
    other = tmp_path / "other.netbuilder"
    files.write(edits.rename_project(small, "Other"), other)
    window = trained
    window.documents.open_path(path)
    window.documents.open_path(other)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=77))
    gate.set()
    told()
    assert window.store.project.name == "Other"
    assert window.store.project.training.epochs == 77
    assert window.store.path == other
    assert window.documents.opening == ""


def test_edits_made_while_a_file_is_read_are_asked_about(trained, slow_model, qtbot, answer):
    path, gate = slow_model
    window = trained
    window.documents.keep_model()
    window.documents.open_path(path)
    window.store.apply("Change epochs", lambda p: edits.set_training(p, epochs=55))
    answer("Cancel")
    gate.set()
    qtbot.waitUntil(lambda: window.documents.opening == "")
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None)
    assert window.store.project.training.epochs == 55


def test_a_save_is_confirmed_where_the_eye_is(open_window, small, tmp_path):
    window = open_window(small, keras=False)
    assert window.documents.save_to(tmp_path / "here.netbuilder")
    toast = window.toast
    assert toast.isVisible()
    assert "Saved here.netbuilder" in toast.text()
    assert window.rect().contains(toast.geometry())
    at = window.canvas.viewport().mapTo(window, QPoint())
    for card in window.canvas.picture.cards:
        place = window.canvas.scene_viewport.card_rect(card).toRect().translated(at)
        assert not place.intersects(toast.geometry())
    assert window.status.news.text() == "", "the bar at the top says so already"


def test_a_network_that_was_saved_is_among_the_recent_files(trained, qtbot, tmp_path):
    path = tmp_path / "net.h5"
    assert trained.documents.export_to(path).finish()
    assert settings.recent_files()[0] == path
    trained.toast.linkActivated.emit("#")
    assert trained.findChild(QComboBox, "code-style").currentData() == "use"
    code = trained.findChild(QPlainTextEdit, "code-text")
    for name in ("net.h5", "again.h5"):
        assert trained.documents.export_to(tmp_path / name).finish()
        qtbot.waitUntil(lambda name=name: f'load_model("{name}")' in code.toPlainText())
    for row in ([9.5, 8.5, 7.5, 6.5], [5.25, 4.25, 3.25, 2.25]):  # the user's own
        (key,) = trained.workbench.models.trained.preprocessing.inputs
        own = {key: np.array(row)}, None
        trained.activations_service.show_own(lambda _trained, own=own: own, "")
        qtbot.waitUntil(lambda row=row: all(f": {value}," in code.toPlainText() for value in row))
    assert trained.documents.export_to(path).finish()
    trained.documents.export_to(tmp_path / "net.onnx.svg").finish()
    assert settings.recent_files()[0] == path, "a picture cannot be opened again"
    trained.welcome.show_page()
    assert trained.welcome.page.recent_cards[0].accessibleName().startswith("net.h5")
    # The loss on its card is that of the weights in the file.
    model = trained.workbench.models.trained
    losses = tuple(model.history["loss"])
    assert _losses(path) == (losses, 0)
    kept = replace(model, kept_epoch=1)
    registry.save_network(kept, path)
    assert _losses(path) == (losses, 1)
    page = trained.welcome.page
    curve = page._curves[path]
    page._show_curves({path: (losses, 1)})
    assert format_number(losses[0]) in curve.accessibleName()
    assert format_number(losses[-1]) not in curve.accessibleName()


def test_the_question_about_a_run_goes_when_the_run_ends(open_window, small, qtbot):
    window = open_window(edits.set_training(small, epochs=100_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    window.documents.keep_model()
    QTimer.singleShot(200, window.runner.stop)
    assert window._may_leave()
    assert window.runner.state is RunState.IDLE
    assert QApplication.activeModalWidget() is None


def test_go_on_training_goes_on(open_window, small, qtbot, answer):
    window = open_window(edits.set_training(small, epochs=100_000))
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    answer(dialogs.GO_ON)
    assert not window.close()
    assert window.runner.state is RunState.RUNNING
    answer(dialogs.STOP, "Don't save")
    assert window.close()


def test_data_on_another_computer_is_asked_about_and_remembered(
    open_window, tmp_path, home, monkeypatch, answer
):
    monkeypatch.setattr(network_data, "TRUSTED", {""})
    monkeypatch.setattr(documents, "TRUSTED", network_data.TRUSTED)
    recipe = Data("csv", path="//evil/share/t.csv", test_path="//evil/share/u.csv")
    path = tmp_path / "theirs.netbuilder"
    files.write(replace(empty_project(), data=recipe), path)
    window = open_window(keras=False)
    for button, data in (
        ("Open without the data", Data()),
        ("Open the data", recipe),
        ("", recipe),  # no question any more
    ):
        pressed = answer(*[button] * bool(button))
        window.documents.open_path(path)
        assert window.store.project.data == data and len(pressed) == bool(button), button
    network_data.TRUSTED.clear()
    window.documents.open_path(path)
    assert network_data.untrusted_host(recipe, tmp_path) == "", "also at the next start"


CODE = """
import sys
from PySide6.QtCore import QTimer
from netbuilder.ui import app

application = app.make_application(["netbuilder"])


def close_soon():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    {body}


QTimer.singleShot(0, close_soon)
sys.exit(app.main(None))
"""
SOON = "QTimer.singleShot(300, window.close)"
TRAINING = """
    from PySide6.QtWidgets import QPushButton

    def begin():
        if window.workbench.keras_state != "ready" or not window.workbench.settled:
            QTimer.singleShot(50, begin)
            return
        window.commands.train()
        end()

    def end():
        if not window.runner.record.curves.steps:
            QTimer.singleShot(50, end)
            return
        assert window.runner.state.active, window.runner.state
        press("Stop training", "Don't save")
        window.close()

    def press(text, *later):
        box = application.activeModalWidget()
        buttons = box.findChildren(QPushButton) if box is not None else []
        button = next((b for b in buttons if b.text() == text), None)
        if button is None:
            QTimer.singleShot(50, lambda: press(text, *later))
            return
        button.click()
        if later:
            press(*later)

    begin()
"""


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(SOON, id="while Keras loads"),
        pytest.param(TRAINING, id="while it trains", marks=pytest.mark.slow),
    ],
)
def test_the_process_ends_with_zero(body, home):
    env = {**os.environ, "NETBUILDER_HOME": str(home)}
    done = run_python(CODE.format(body=body), env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "FATAL" not in done.stderr
    assert "Traceback" not in done.stderr, done.stderr[-2000:]
    left = list((home / "state" / "recovery").glob("*.json")) if home.exists() else []
    assert left == [], "nothing was lost, so nothing is offered at the next start"


@pytest.fixture
def slow(open_window, example, qtbot, tmp_path, monkeypatch):
    """A window on a saved project that opens a .h5 of a slow disk, and the gate of that disk."""
    window = open_window(edits.set_training(example("xor"), epochs=2))
    qtbot.train(window)
    model = tmp_path / "xor.h5"
    assert window.documents.export_to(model).finish()
    mine = tmp_path / "mine.netbuilder"
    files.write(edits.set_training(example("iris"), epochs=3), mine)
    window.documents.open_path(mine)
    qtbot.waitUntil(lambda: window.workbench.settled)
    gate, read = threading.Event(), import_file.import_file
    monkeypatch.setattr(import_file, "import_file", lambda path: gate.wait(60) and read(path))
    window.documents.open_path(model)
    yield window, gate
    gate.set()


@pytest.mark.slow
def test_a_run_that_was_begun_meanwhile_is_asked_about(slow, qtbot, answer):
    window, gate = slow
    window.actions_table["step"].trigger()
    qtbot.waitUntil(lambda: window.runner.state is RunState.PAUSED)
    pressed = answer(dialogs.GO_ON)
    gate.set()
    qtbot.waitUntil(lambda: window.documents.opening == "")
    qtbot.waitUntil(lambda: pressed == [dialogs.GO_ON])
    assert window.runner.state is RunState.PAUSED
    assert window.store.path.name == "mine.netbuilder"


@pytest.mark.slow
def test_a_network_that_was_trained_meanwhile_is_asked_about(slow, qtbot, answer):
    window, gate = slow
    qtbot.train(window)
    trained = window.workbench.models.trained
    assert trained is not None
    models = window.workbench.models
    models.submit(replace(models.state, run_id=""))  # as if it were too large for Runs
    pressed = answer("Cancel")
    gate.set()
    qtbot.waitUntil(lambda: pressed == ["Cancel"])
    qtbot.waitUntil(lambda: window.documents.opening == "")
    assert window.workbench.models.trained is trained
    # Opened again at leisure, and not to be kept, it gives way.
    pressed = answer("Don't save")
    window.documents.open_asking(window.store.path.with_name("xor.h5"))
    qtbot.waitUntil(lambda: window.store.path.name == "xor.h5")
    assert pressed == ["Don't save"]


@pytest.mark.parametrize("name", ["broken.h5", "broken.netbuilder"])
def test_nothing_is_asked_for_a_file_that_cannot_be_opened(
    open_window, example, qtbot, tmp_path, answer, name
):
    window = open_window(example("xor"), keras=False)
    window.store.apply("Epochs", lambda project: edits.set_training(project, epochs=7))
    assert window.documents.unsaved
    broken = tmp_path / name
    broken.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 5000)
    pressed = answer("Don't save")
    with qtbot.waitSignal(window.documents.failed):
        window.documents.open_asking(broken)
    assert pressed == []
    assert window.store.project.training.epochs == 7
    files.write(example("iris"), tmp_path / "whole.netbuilder")
    window.documents.open_asking(tmp_path / "whole.netbuilder")
    assert pressed == ["Don't save"], "what can be opened is asked about as before"
    assert window.store.path == tmp_path / "whole.netbuilder"
