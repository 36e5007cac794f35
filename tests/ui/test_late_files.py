"""A file that arrives late: what was begun meanwhile is asked about before it gives way."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from netbuilder.core.formats.importing import import_file
from netbuilder.core.project import edits, files
from netbuilder.ui.main_window import MainWindow
from netbuilder.ui.services.runs.run_record import RunState
from netbuilder.ui.window import dialogs

Open = Callable[..., MainWindow]


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
