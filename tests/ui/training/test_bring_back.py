"""A trained network that was not saved comes back from Runs, and is trained on."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.formats.registry import load_network
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.ui.services.runs.last_run_restorer import keep_results, run_title
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.services.runs.run_tracker import curves_of
from netbuilder.ui.window.guide import welcome


def idle(window, qtbot):
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)


@pytest.mark.slow
def test_who_opens_something_else_is_told_that_a_long_training_is_kept(
    open_window, example, qtbot, told, monkeypatch
):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    window.welcome.tour.end()
    window.runner.start()
    idle(window, qtbot)
    assert runs.list_runs()[0].seconds < welcome.QUICK_SECONDS
    window.welcome.open_example("moons")
    qtbot.wait(50)
    told()
    assert window.banner.cards == [], "so short a run is no news"
    window.welcome._left = runs.list_runs()[0].id
    monkeypatch.setattr(welcome, "QUICK_SECONDS", 0.0)
    window.welcome._offer_last_training()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    (card,) = window.banner.cards
    assert runs.list_runs()[0].name in card.title.text(), "there may be newer ones by then"
    card.buttons[0].click()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    assert window.workbench.models.trained.epochs == 3
    assert window.store.project.name == example("iris").name
    assert window.banner.cards == []
    # What lies in a file needs no word.
    window.documents.keep_model()
    window.store.mark_saved()
    window.documents.new()
    qtbot.waitUntil(lambda: bool(window.banner.cards))
    told()
    assert [one.title.text() for one in window.banner.cards] == [_("Empty canvas")]


def write_projects(folder):
    """Two projects of other names, each in a folder of its own with its table."""
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))
    for name in ("one", "two"):
        (folder / name).mkdir()
        rows = "\n".join(f"{n},{2 * n}" for n in range(40))
        (folder / name / f"{name}.csv").write_text(f"a,{name}\n{rows}\n", encoding="utf-8")
        project = Project(name, graph, Data("csv", path=f"{name}.csv", target=(name,)))
        plan = edits.set_training(project, epochs=1)
        files.write(plan, folder / name / f"{name}.netbuilder")


def test_a_run_of_another_project_leaves_the_open_file_alone(
    open_window, qtbot, tmp_path, monkeypatch
):
    """Its data is found from another folder, and Save does not write it over what is open."""
    write_projects(tmp_path)
    window = open_window()
    window.documents.open_path(tmp_path / "one" / "one.netbuilder")
    window.runner.start()
    idle(window, qtbot)
    window.documents.keep_model()
    window.documents.open_path(tmp_path / "two" / "two.netbuilder")
    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    panel.table.selectRow(0)
    panel.bring_back()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert window.workbench.facts is not None, "its table is found"
    assert window.workbench.facts.target_names == ("one",)
    asked: list[str] = []
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args: (asked.append(args[2]), ("", ""))[1]
    )
    assert not window.documents.save()
    assert Path(asked[0]).name == "one.netbuilder"
    assert files.read(tmp_path / "two" / "two.netbuilder").name == "two"
    window.store.undo()
    assert window.store.project.name == "two"
    assert window.store.path == tmp_path / "two" / "two.netbuilder", "its file is open again"
    qtbot.waitUntil(lambda: window.workbench.settled)
    assert window.workbench.facts is not None, "and so is that of the other, after undo"
    # Of the same project the file stays.
    assert window.documents.save_to(tmp_path / "two" / "two.netbuilder")
    window.store.apply("Name", lambda p: edits.rename_project(p, "one"))
    panel.bring_back()
    assert window.store.path == tmp_path / "two" / "two.netbuilder"


@pytest.mark.slow
def test_undo_of_a_restored_run_brings_the_network_back_with_the_project(
    open_window, qtbot, tmp_path, answer
):
    """A network of one project never stands under another's name, and none is lost."""
    write_projects(tmp_path)
    window = open_window()
    store, runner, models = window.store, window.runner, window.workbench.models
    window.documents.open_path(tmp_path / "one" / "one.netbuilder")
    runner.start()
    idle(window, qtbot)
    (of_one,) = runs.list_runs()
    window.documents.open_path(tmp_path / "two" / "two.netbuilder")
    for count in (1, 2):
        store.apply("Epochs", lambda p, n=count: edits.set_training(p, epochs=n))
        runner.start()
        idle(window, qtbot)
    mine, curves, session = models.trained, runner.record.curves, runner.record.session
    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3)

    def restore(run):
        row = [panel.sorted.index(n, 0).data() for n in range(3)].index(run_title(run))
        panel.table.selectRow(row)
        panel.bring_back()

    answer("Cancel")
    restore(of_one)
    assert store.project.name == "two" and models.trained is mine, "it is asked first"
    answer("Don't save")
    restore(of_one)
    assert models.trained is None and runner.record.project is None, (
        "nothing of the other is on show"
    )
    store.undo()
    assert models.trained is mine, "also before the run is loaded"
    store.redo()
    qtbot.waitUntil(lambda: models.trained is not None)
    theirs = models.trained
    assert store.project.name == theirs.project.name == "one"
    for _again in range(2):
        store.undo()
        assert store.project.name == "two" and models.trained is mine
        assert runner.record.curves is curves and runner.record.session is session
        assert session.leads_to(mine), "it can be trained on"
        store.redo()
        assert store.project.name == "one" and models.trained is theirs
        assert runner.record.recalled is of_one or runner.record.recalled.id == of_one.id
        assert runner.record.session is None
    store.undo()
    assert store.project == runner.record.project or not runner.differs
    # While a run goes on nothing is mixed.
    runner.one_epoch()
    assert runner.state.active
    store.redo()
    assert store.project.name == "two"
    runner.stop()
    idle(window, qtbot)
    # An earlier run of the same project, too, and without a question: nothing goes.
    newest = models.trained
    earlier = runs.list_runs()[-2]
    restore(earlier)
    qtbot.waitUntil(lambda: models.trained not in (None, newest))
    assert models.state.run_id == earlier.id and store.project.training.epochs == 1
    store.undo()
    assert models.trained is newest and store.project.training.epochs == 2


@pytest.mark.slow
def test_what_was_not_saved_comes_back_with_its_weights(
    open_window, example, qtbot, tmp_path, answer
):
    window = open_window(edits.set_training(example("iris"), epochs=3))
    window.runner.start()
    idle(window, qtbot)
    weights = [
        np.array(one) for one in window.workbench.models.trained.training_model.get_weights()
    ]
    # It is on disk before the window hears of it: no crash takes it away.
    (run,) = runs.list_runs()
    assert runs.network_path(run.id).is_file()
    window.store.apply("Rename", lambda p: edits.rename_project(p, "Mine"))
    answer("Don't save")
    assert window.close()

    window = open_window()
    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    panel.table.selectRow(0)
    panel.bring_back()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    trained = window.workbench.models.trained
    pairs = zip(weights, trained.training_model.get_weights(), strict=True)
    assert all(np.array_equal(before, after) for before, after in pairs)
    predict = window.docks.show_panel("predict")
    qtbot.waitUntil(lambda: predict.answer.text() != "")
    assert len(window.runner.record.curves.epochs["loss"]) == 3
    assert window.documents.model_in_no_file and not window.documents.model_unsaved, "Runs has it"
    assert window.documents.export_to(tmp_path / "back.h5").finish()
    assert not window.documents.model_in_no_file
    training = window.docks.show_panel("training")
    training.buttons.count.setValue(2)
    training.buttons.more.click()
    idle(window, qtbot)
    assert window.workbench.run_error is None
    assert window.workbench.models.trained.epochs == 5
    assert len(window.runner.record.curves.epochs["loss"]) == 5

    # Per step: an epoch's point where no step is kept, then every step in its own place.
    def placed(curves):
        loss, per_epoch = curves.training("loss", per_step=True), curves.epochs["loss"]
        assert np.allclose(loss.x[:3], [1, 2, 3])
        assert np.allclose(loss.y[:3], per_epoch.y[:3])
        assert 3 < loss.x[3] < 3.5
        assert loss.x[-1] == pytest.approx(5)

    placed(window.runner.record.curves)
    placed(curves_of(runs.list_runs()[0]))


@pytest.mark.slow
def test_an_example_is_left_without_a_question_and_its_network_is_in_runs(
    open_window, example, qtbot, tmp_path, monkeypatch
):
    other = tmp_path / "other.netbuilder"
    files.write(example("xor"), other)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(other), ""))
    window = open_window()
    page, act = window.welcome.page, window.actions_table

    def gallery(name):
        act["gallery"].trigger()
        page.example_cards[name].choose()

    weights = {}
    ways = (act["new"].trigger, act["open"].trigger, lambda: gallery("diabetes"))
    for number, leave in enumerate(ways, 1):
        gallery("iris")
        assert window.store.project.name == "Iris"
        qtbot.waitUntil(lambda: window.workbench.settled)
        with qtbot.waitSignal(window.runner.began):
            act["train"].trigger()
        idle(window, qtbot)
        (newest, *_), trained = runs.list_runs(), window.workbench.models.trained
        weights[newest.id] = [np.array(one) for one in trained.training_model.get_weights()]
        assert window.documents.unsaved == (), "nothing is asked"
        leave()
        assert window.store.project.name != "Iris"
        assert window.workbench.models.trained is None
        assert len(weights) == number == runs.run_count()

    panel = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3)
    for row in range(3):
        panel.table.selectRow(row)
        (run,) = panel.selected()
        before = window.workbench.models.trained
        QTest.mouseClick(panel.back, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda before=before: window.workbench.models.trained not in (None, before))
        pairs = zip(
            weights[run.id],
            window.workbench.models.trained.training_model.get_weights(),
            strict=True,
        )
        assert all(np.array_equal(then, now) for then, now in pairs)


@pytest.mark.slow
def test_what_is_saved_while_it_trains_on_is_of_one_moment(open_window, example, qtbot, tmp_path):
    window = open_window(edits.set_training(example("iris"), epochs=2))
    window.runner.start()
    idle(window, qtbot)
    trained = window.workbench.models.trained
    then = [np.array(one) for one in trained.training_model.get_weights()]
    window.runner.train_more(1_000_000)
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs["loss"]) > 50)
    path = tmp_path / "then.h5"
    assert window.documents.export_to(path).finish()
    window.evaluation_service.evaluate()
    at = len(window.runner.record.curves.epochs["loss"])
    qtbot.waitUntil(lambda: len(window.runner.record.curves.epochs["loss"]) > at + 50)
    assert window.runner.state.active, "it trained all the while"
    window.runner.stop()
    idle(window, qtbot)
    saved, learned = load_network(path), window.workbench.models.trained
    for one, two, on in zip(
        then, saved.training_model.get_weights(), learned.training_model.get_weights(), strict=True
    ):
        assert np.array_equal(one, two)
        assert not np.array_equal(one, on)
    assert saved.epochs == 2
    # Measuring the old network has reset no number of the run: its losses go on falling.
    losses = window.runner.record.curves.epochs["loss"].y
    assert losses[-1] < losses[1]
    assert np.isfinite(losses).all()


def test_undo_of_a_step_that_a_training_follows_brings_the_network_before_it_back(
    open_window, example, qtbot
):
    """As fine-tuning does: another setting, and training goes on from the network."""
    window = open_window(edits.set_training(example("moons"), epochs=3))
    qtbot.train(window)
    models, runner, store = window.workbench.models, window.runner, window.store
    before, run = models.trained, runner.record
    exchange = keep_results("Fine-tune", window.workbench, runner)
    changed = edits.set_training(store.project, batch_size=64)
    store.replace_document("Fine-tune", changed, None, exchange)
    assert models.trained is before, "the training begins with it"
    runner.start(on_from=before, more=2)
    store.undo()
    assert store.project is not None and store.project.training.batch_size == 64, "it runs"
    qtbot.waitUntil(
        lambda: (
            runner.state is RunState.IDLE
            and models.trained not in (before, None)
            and models.state.settled.evaluation is not None
        )
    )
    after = models.trained
    store.undo()
    assert models.trained is before and runner.record is run
    assert store.project.training.batch_size != 64 and not runner.differs
    store.redo()
    assert models.trained is after and store.project.training.batch_size == 64
