"""The landscape shows the path of this run and of the one before, each with its optimizer."""

from functools import partial

import numpy as np
import pytest

from netbuilder.core.project import edits
from netbuilder.core.project.model import Choice


@pytest.mark.slow
def test_two_optimizers_on_one_landscape(open_window, example, qtbot):
    window = open_window(edits.set_training(example("moons"), epochs=6))
    panel = window.docks.show_panel("landscape")
    store, models = window.store, window.workbench.models
    for name in ("SGD", "Adam"):
        before = models.trained
        chosen = partial(edits.set_training, optimizer=Choice(name))
        store.apply(name, chosen)
        window.commands.train()
        qtbot.waitUntil(lambda before=before: models.trained not in (None, before))
        qtbot.waitUntil(lambda: not window.runner.state.active)
        window.docks.show_panel("training")  # the paths are kept while the page is hidden
        window.docks.show_panel("landscape")
    qtbot.waitUntil(lambda: panel.plot.landscape is not None)
    paths = panel.plot.landscape.paths
    assert len(paths) == len(panel.plot.landscape.explained) == 2
    assert min(panel.plot.landscape.explained) > 0.5, "the plane holds both ways"
    np.testing.assert_allclose(paths[0][-1], 0, atol=1e-6)
    assert np.linalg.norm(paths[1][-1]) > 0.1, "another end than Adam's"
    note = panel.note.text()
    assert note.index("Adam") < note.index("SGD")
