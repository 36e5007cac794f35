"""A training that breaks off, or ends slowly, takes nothing away that it had learned."""

import threading
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from netbuilder.core.engine.runs import run_store as runs
from netbuilder.core.formats.registry import load_network
from netbuilder.core.project import edits, files
from netbuilder.core.project.model import Choice
from netbuilder.ui.services.runs import training_thread
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.window import dialogs


@pytest.mark.slow
def test_a_stick_that_is_pulled_out_takes_no_weights_away(open_window, example, qtbot, tmp_path):
    nets = Choice("ModelCheckpoint", {"filepath": "nets/last.keras", "save_best_only": False})
    project = edits.set_training(example("iris"), epochs=100_000, callbacks=(nets,))
    path = tmp_path / "mine.netbuilder"
    files.write(project, path)
    window = open_window(project, path)
    runner = window.runner
    runner.start()
    qtbot.waitUntil(lambda: len(runner.record.curves.epochs.get("loss", ())) > 5)
    (tmp_path / "nets").rename(tmp_path / "gone")
    (tmp_path / "nets").write_text("a file where the folder was")
    qtbot.waitUntil(lambda: runner.state is RunState.IDLE)
    trained = window.workbench.models.trained
    assert trained.epochs > 5
    title = window.banner.cards[0].title.text()
    assert f" {trained.epochs} " in title
    assert runner.record.progress.words.startswith(f"Failed at epoch {trained.epochs}")
    (run,) = runs.list_runs()
    qtbot.waitUntil(lambda: not window.documents.unsaved)  # Runs has it
    assert run.reason == "failed"
    assert load_network(runs.network_path(run.id)).epochs == trained.epochs
    assert window.documents.export_to(tmp_path / "mine.h5").finish()
    assert load_network(tmp_path / "mine.h5").epochs == trained.epochs


@pytest.mark.slow
def test_a_window_that_is_closed_waits_for_the_end_of_its_run(
    open_window, example, qtbot, tmp_path, answer, monkeypatch
):
    gate, judged = threading.Event(), training_thread.evaluate_run

    def slowly(*given: Any):
        gate.wait(60)
        return judged(*given)

    monkeypatch.setattr(training_thread, "evaluate_run", slowly)
    monkeypatch.setattr(dialogs, "PATIENCE_MS", 100)
    project = edits.set_training(example("iris"), epochs=1_000_000)
    path = tmp_path / "mine.netbuilder"
    files.write(project, path)
    window = open_window(project, path)
    window.runner.start()
    qtbot.waitUntil(lambda: window.runner.state is RunState.RUNNING)
    pressed = answer(dialogs.STOP, dialogs.STAY)
    assert not window.close()
    assert pressed == [dialogs.STOP, dialogs.STAY]
    assert window.isVisible()

    seen: list[str] = []

    def let_go():
        box = QApplication.activeModalWidget()
        if box is None or "still stopping" not in box.windowTitle():
            QTimer.singleShot(30, let_go)
            return
        seen.append(box.windowTitle())
        gate.set()

    QTimer.singleShot(0, let_go)
    pressed = answer("Don't save")
    assert window.close()
    assert len(seen) == 1
    assert pressed == ["Don't save"], "what it learned can be saved, as the dialog said"
    assert window.workbench.models.trained is not None
    assert window.workbench.models.state.run_id
