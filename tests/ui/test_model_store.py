"""The store of the network on show: every writer goes through it, in a sequence that is known."""

from dataclasses import replace
from itertools import pairwise

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice
from netbuilder.ui.services.model_store import ModelState, ModelStore, Source
from netbuilder.ui.services.runs.last_run_restorer import bring_back
from netbuilder.ui.services.runs.run_record import RunState


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
