"""Where they were: a project that is opened again shows its last run, and no other project's."""

from collections.abc import Callable

import pytest

from netbuilder.core.engine.runs import run_store
from netbuilder.core.project import edits, files
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services import jobs
from netbuilder.ui.services.runs.run_record import RunState

Open = Callable[..., MainWindow]


@pytest.fixture
def trained(open_window, example, qtbot, tmp_path):
    """A window with a project that was saved and trained, its rate changed by hand."""
    window = open_window(edits.set_training(example("iris"), epochs=400))
    assert window.documents.save_to(tmp_path / "flowers.netbuilder")
    window.runner.step()  # or it would be done before anybody could turn anything
    qtbot.waitUntil(lambda: window.runner.state.paused)
    window.runner.changes.set_learning_rate(0.002)
    window.runner.toggle_pause()
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert window.workbench.run_error is None
    return window


def settle(qtbot):
    """Wait until whatever an opened project started has been told."""
    qtbot.waitUntil(lambda: not jobs.RUNNING)


@pytest.mark.slow
def test_an_opened_project_shows_its_last_run(trained, open_window, qtbot, tmp_path):
    path = tmp_path / "flowers.netbuilder"
    before = trained.runner.record.curves
    window = open_window(files.read(path), path, keras=False)
    qtbot.waitUntil(lambda: window.runner.record.recalled is not None)
    curves = window.runner.record.curves
    for name, series in before.steps.items():
        assert curves.steps[name].x.tolist() == pytest.approx(series.x.tolist())
        assert curves.steps[name].y.tolist() == series.y.tolist()
    for name, series in before.epochs.items():
        assert curves.epochs[name].y.tolist() == series.y.tolist()
    assert [words for _, words in curves.marks] == [words for _, words in before.marks]
    panel = window.docks.show_panel("training")
    assert panel.curves.plot.run is curves
    assert "400 epochs" in panel.messages.shown.title
    assert not window.runner.may_go_on
    # Edits say that the curves are of another network now; a new project has none.
    window.store.apply("More", lambda p: edits.set_training(p, epochs=7))
    assert window.runner.differs
    window.store.mark_saved()
    window.documents.new()
    settle(qtbot)
    assert window.runner.record.recalled is None
    assert window.runner.record.curves.quantities == []
    # By the menu, too, and while another project was open.
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: window.runner.record.recalled is not None)
    window.runner.start(window.store.project)
    assert window.runner.record.recalled is None


@pytest.mark.slow
def test_the_trained_network_comes_back_with_it(trained, open_window, qtbot, tmp_path):
    path = tmp_path / "flowers.netbuilder"
    window = open_window(files.read(path), path)
    qtbot.waitUntil(lambda: window.workbench.models.trained is not None)
    was, now = trained.workbench.models.trained, window.workbench.models.trained
    assert was is not None and now is not None
    for one, two in zip(
        was.training_model.get_weights(), now.training_model.get_weights(), strict=True
    ):
        assert (one == two).all()
    assert now.test == pytest.approx(was.test)
    assert not window.documents.model_unsaved
    panel = window.docks.show_panel("training")
    assert panel.curves.plot.run is window.runner.record.curves
    assert panel.curves.plot.run.steps, "the curves of the steps stay, too"
    panel.buttons.count.setValue(2)
    panel.buttons.more.click()
    qtbot.waitUntil(lambda: window.workbench.models.trained is not now)
    assert window.workbench.run_error is None
    assert window.workbench.models.trained.epochs == 402
    assert len(window.runner.record.curves.epochs["loss"]) == 402
    # A run that was deleted is gone with its network.
    (run, *_) = run_store.list_runs()
    run_store.delete_run(run.id)
    assert not run_store.network_path(run.id).exists()


@pytest.mark.slow
def test_another_project_never_gets_these_curves(trained, open_window, qtbot, tmp_path):
    project = files.read(tmp_path / "flowers.netbuilder")
    assert run_store.newest_run(project, tmp_path) is not None
    last = project.graph.nodes[-2].id
    others = {
        "plan": edits.set_training(project, epochs=9),
        "network": edits.set_params(project, last, units=31),
        "data": edits.set_data(project, type(project.data)(kind="builtin", name="wine")),
    }
    window = open_window(keras=False)
    for name, other in others.items():
        path = tmp_path / f"{name}.netbuilder"
        files.write(other, path)
        window.documents.open_path(path)
        settle(qtbot)
        assert window.store.path == path
        assert window.runner.record.recalled is None, name
        assert window.runner.record.curves.quantities == [], name


@pytest.mark.slow
def test_a_project_left_at_once_does_not_show_the_others_run(trained, open_window, qtbot, tmp_path):
    window = open_window(keras=False)
    window.documents.open_path(tmp_path / "flowers.netbuilder")
    window.documents.new()
    settle(qtbot)
    assert window.runner.record.recalled is None
