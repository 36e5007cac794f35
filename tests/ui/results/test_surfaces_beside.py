"""Runs that are ticked in Runs stand side by side in Surface, in the same colours."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from netbuilder.core.project import edits
from netbuilder.ui.plots.live.surface_plot import paint_surface
from netbuilder.ui.plots.training_curves import overlay_color


def train(window, qtbot, epochs):
    """What the network answers everywhere after so many epochs."""
    window.store.apply("Epochs", lambda p: edits.set_training(p, epochs=epochs))
    qtbot.train(window)
    panel = window.docks.show_panel("surface")
    trained = window.workbench.models.trained
    qtbot.waitUntil(
        lambda: (
            panel.live.idle
            and panel.live.shown is not None
            and panel.live.shown.question.trained is trained
        )
    )
    return panel.picture.shares


@pytest.mark.slow
def test_two_runs_stand_side_by_side(open_window, qtbot, example):
    window = open_window(example("moons"))
    early = train(window, qtbot, 1)
    late = train(window, qtbot, 60)
    assert not np.allclose(early, late, atol=0.1)
    runs = window.docks.show_panel("compare").runs
    qtbot.waitUntil(lambda: runs.model.rowCount() == 2)
    older = next(n for n, run in enumerate(runs.model.runs) if run.epochs == 1)
    name = runs.model.index(older, 0)
    runs.model.setData(name, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    panel = window.docks.show_panel("surface")
    beside = panel.beside
    qtbot.waitUntil(lambda: bool(beside.plots) and beside.idle)
    (picture,) = beside.pictures.values()
    # Its grid is coarser than that of the large surface.
    at = np.linspace(0, len(early) - 1, len(picture.shares)).round().astype(int)
    apart = [np.abs(picture.shares - run[np.ix_(at, at)]).mean() for run in (early, late)]
    assert apart[0] < 0.01 < apart[1], "the run of before, not the one of now"
    assert picture.box == panel.picture.box
    assert picture.classes == panel.picture.classes
    colours = [
        {tuple(row) for row in paint_surface(one, discrete=True).reshape(-1, 3)}
        for one in (picture, panel.picture)
    ]
    assert colours[1] >= colours[0] > set()
    titles = [label.text() for label in beside.findChildren(type(panel.legend)) if label.text()]
    assert any(overlay_color(0) in text for text in titles)
    assert beside.isVisible()

    runs.model.setData(name, Qt.CheckState.Unchecked.value, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: not beside.isVisible())
