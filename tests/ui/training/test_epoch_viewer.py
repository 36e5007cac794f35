"""Moving along the curve of a run that has ended shows the network as it was."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from netbuilder.core.project import edits
from netbuilder.ui.services.model_store import Source
from netbuilder.ui.services.runs.run_record import RunState


@pytest.mark.slow
def test_previews_and_surface_follow_the_place_on_the_curve(open_window, example, qtbot):
    window = open_window(edits.set_training(example("xor"), epochs=30, seed=1))
    models = window.workbench.models
    panel = window.docks.show_panel("training")
    qtbot.train(window)
    final = models.trained
    assert final is not None
    panel.curves.plot.placed.emit(0.0)
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    early = models.prediction_model
    assert early is not None and early.epochs == 0 and panel.epochs.epoch == 0
    assert models.trained is final, "what is evaluated and saved is the network that was trained"
    one, other = (found.training_model.get_weights() for found in (early, final))
    assert not all(np.allclose(a, b) for a, b in zip(one, other, strict=True))
    seen = window.activations_service
    qtbot.waitUntil(lambda: seen.look is not None and seen.look.trained is early)
    panel.curves.plot.placed.emit(None)
    assert models.state.model is final
    # By keys, too; another run ends it.
    panel.curves.plot.setFocus()
    QTest.keyClick(panel.curves.plot, Qt.Key.Key_Left)
    for _press in range(15):
        QTest.keyClick(panel.curves.plot, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: models.state.source is Source.HISTORY)
    window.runner.train_more(1)
    assert models.state.model is final
    qtbot.waitUntil(lambda: window.runner.state is RunState.IDLE)
    assert models.trained is not final and models.state.source is Source.RUN
